/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs of a zone: CA certificates, exact leaves and pins. */
#ifndef CFO_CORE_TRUST_PROOF_H
#define CFO_CORE_TRUST_PROOF_H

#include "apr_pools.h"
#include "apr_tables.h"

#include "core/trust/certificate.h"

typedef enum {
    CFO_PROOF_ANCHOR, /* a CA certificate: all leaves that it issued itself */
    CFO_PROOF_LEAF,   /* a leaf from a file: this certificate only */
    CFO_PROOF_SHA256, /* sha256:HEX of a leaf's DER */
    CFO_PROOF_SPKI    /* spki-sha256:HEX-or-BASE64 of a leaf's public key */
} cfo_proof_kind_t;

/* A key identifier; one that is longer is cut off. */
enum { CFO_KEY_ID_MOST = 20 };

typedef struct {
    long length;
    unsigned char bytes[CFO_KEY_ID_MOST]; /* zeros follow */
} cfo_key_id_t;

/* Immutable; freed with its pool. */
typedef struct {
    cfo_proof_kind_t kind;
    const char *source;                    /* the file or the pin, as configured */
    const cfo_certificate_t *certificate;  /* ANCHOR and LEAF, packed; else NULL */
    unsigned char digest[CFO_DIGEST_SIZE]; /* LEAF, SHA256 (of DER), SPKI (of the key) */
    unsigned long subject_hash;            /* X509_subject_name_hash() */
    const char *unfit;                     /* what cfo_proof_unfit() returns */
    const cfo_key_id_t *key_id;            /* ANCHOR: of its subject; NULL: none */
    int ignored_cas; /* CA certificates of the same file that are not used as anchors; set
                        on its first leaf only */
} cfo_proof_t;

/* The result of checking a leaf against a proof. */
typedef enum {
    CFO_PROOF_UNCHECKED,  /* OpenSSL could not tell, most likely for lack of memory */
    CFO_PROOF_OTHER,      /* they are not related */
    CFO_PROOF_UNSUITABLE, /* issued by the anchor, but of the wrong type */
    CFO_PROOF_HOLDS       /* dates are not checked; the caller compares them */
} cfo_proof_result_t;

/* Whether `text` begins like a pin ("sha256:", "spki-sha256:", any case). */
int cfo_proof_is_pin(const char *text);

/* Reads a pin: 64 hexadecimal digits, or 32 pairs with colons as openssl prints them; for
 * spki-sha256 also 44 characters of base64. Returns NULL, or the error. */
const char *cfo_proof_read_pin(apr_pool_t *p, const char *text,
                               const cfo_proof_t **proof);

/* Reads a PEM text (pem.h); `source` is only recorded. If all its certificates are CA
 * certificates, each of them is an anchor; if one is a leaf, only the leaves are used.
 * Returns NULL and sets *proofs (of const cfo_proof_t *, at least one), or returns the
 * error. */
const char *cfo_proof_read_pem(apr_pool_t *p, const char *pem, apr_size_t length,
                               const char *source, apr_array_header_t **proofs);

/* Copies a key identifier of OpenSSL's. */
void cfo_key_id_set(cfo_key_id_t *key_id, const ASN1_OCTET_STRING *octets);

/* No leaf that is passed to the functions below is packed. Whether checking `leaf`
 * against `proof` requires a signature check: `proof` is an anchor with the name and the
 * key identifier of the issuer of the leaf, or there is no memory to find out. */
int cfo_proof_needs_signature(const cfo_proof_t *proof, const cfo_certificate_t *leaf);

/* Checks `leaf` against `proof`, except for dates. The chain that the client may have
 * sent is not used: it is gone after a resumption (internals 1.2). The leaf of an anchor
 * must be signed by the anchor itself, must not be a CA, must be suitable for a TLS
 * client, and must reach OpenSSL's security level 2. `why` (may be NULL) is set to an
 * explanation of UNSUITABLE. Safe to call from several threads. */
cfo_proof_result_t cfo_proof_check(const cfo_proof_t *proof,
                                   const cfo_certificate_t *leaf, const char **why);

/* Why the proof can never be satisfied, at any time, as a sentence about its certificate
 * ("it is not for TLS clients ..."); NULL: it can. What an unfit anchor issued is refused
 * here. An unfit leaf would be accepted here, but mod_ssl refuses its handshakes, as does
 * every TLS server with OpenSSL's defaults. Nothing is known about the certificate of a
 * pin by digest. */
const char *cfo_proof_unfit(const cfo_proof_t *proof);

/* Why a TLS server ends every handshake with this certificate of a client, whatever
 * accepts it after that (internals 2.9); NULL: it does not, or only because of its
 * dates. */
const char *cfo_leaf_unfit(const cfo_certificate_t *leaf);

/* Why the proof cannot be satisfied at `now`: the same, or because of its dates. */
const char *cfo_proof_unfit_at(const cfo_proof_t *proof, apr_time_t now);

/* Finds the pinned leaf among `proofs` (of const cfo_proof_t *) that signed `leaf`: most
 * likely it is a CA certificate that is not marked as one. NULL: there is none. For a log
 * line; costs a few signature checks at most. */
const cfo_proof_t *cfo_proof_signer(const apr_array_header_t *proofs,
                                    const cfo_certificate_t *leaf);

#endif
