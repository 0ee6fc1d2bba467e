/* SPDX-License-Identifier: Apache-2.0 */
/* What proves a zone: CA certificates, exact leaves and pins. */
#ifndef CFO_CORE_TRUST_PROOF_H
#define CFO_CORE_TRUST_PROOF_H

#include "apr_pools.h"
#include "apr_tables.h"

#include "core/trust/certificate.h"

typedef enum {
    CFO_PROOF_ANCHOR, /* a CA certificate: the leaves that it issued itself */
    CFO_PROOF_LEAF,   /* a leaf from a file: exactly this certificate */
    CFO_PROOF_SHA256, /* sha256:HEX of a leaf's DER */
    CFO_PROOF_SPKI    /* spki-sha256:HEX-or-BASE64 of a leaf's public key */
} cfo_proof_kind_t;

/* Immutable; freed with its pool. */
typedef struct {
    cfo_proof_kind_t kind;
    const char *source;                    /* the file or the pin, as configured */
    const cfo_certificate_t *certificate;  /* ANCHOR and LEAF; else NULL */
    unsigned char digest[CFO_DIGEST_SIZE]; /* LEAF, SHA256 (of DER), SPKI (of the key) */
    X509_STORE *store;                     /* ANCHOR: with nothing but it inside */
    unsigned long subject_hash;            /* ANCHOR: X509_subject_name_hash() */
    int ignored_beside;                    /* CA certificates of the same file that are no
                                              anchors; on its first leaf only */
} cfo_proof_t;

/* The outcome of holding one leaf against one proof. */
typedef enum {
    CFO_PROOF_OTHER,      /* has nothing to do with it */
    CFO_PROOF_UNSUITABLE, /* issued by the anchor, but of the wrong kind */
    CFO_PROOF_HOLDS       /* dates are for the caller to compare */
} cfo_proof_result_t;

/* Whether `text` begins as a pin does ("sha256:", "spki-sha256:", any case). */
int cfo_proof_is_pin(const char *text);

/* Reads a pin: 64 hexadecimal digits, or 32 pairs with colons as openssl prints them, and
 * for spki-sha256 also 44 characters of base64. NULL, or the reason. */
const char *cfo_proof_read_pin(apr_pool_t *p, const char *text,
                               const cfo_proof_t **proof);

/* Reads a PEM text as above; `source` is only recorded. A text with CA certificates alone
 * gives an anchor for each; one with a leaf in it gives the leaves alone. Returns NULL
 * and sets *proofs (of const cfo_proof_t *, at least one), or the reason. */
const char *cfo_proof_read_pem(apr_pool_t *p, const char *pem, apr_size_t length,
                               const char *source, apr_array_header_t **proofs);

/* Whether it takes a signature check to hold `leaf` against `proof`: it is an anchor with
 * the name and the key identifier of the leaf's issuer. */
int cfo_proof_needs_signature(const cfo_proof_t *proof, const cfo_certificate_t *leaf);

/* Holds `leaf` against `proof`, looking at everything but dates. The chain that a peer
 * may have sent is not asked for: after a resumption it is gone (internals 1.2). An
 * anchor's leaf has to be signed by the anchor itself, be no CA, be fit for a TLS client,
 * and reach OpenSSL's security level 2. `why` (may be NULL) gets the words for
 * UNSUITABLE. Safe to call from several threads. */
cfo_proof_result_t cfo_proof_check(const cfo_proof_t *proof,
                                   const cfo_certificate_t *leaf, const char **why);

/* Why nothing will ever be proved by it, whatever the time: what is said of its
 * certificate, as "it is not for TLS clients ..."; or NULL. An anchor of such a kind
 * refuses what it issued; a leaf would do for us, but mod_ssl ends its handshakes, as
 * every TLS server does that keeps to OpenSSL's defaults. Of a pin nothing is known. */
const char *cfo_proof_unfit(const cfo_proof_t *proof);

/* Why nothing is proved by it at `now`: likewise, or for its dates. */
const char *cfo_proof_flaw(const cfo_proof_t *proof, apr_time_t now);

/* The pinned leaf among `proofs` (of const cfo_proof_t *) that signed `leaf`: most likely
 * a CA certificate that says nowhere that it is one. NULL: none. For a line that is
 * written; costs a few signature checks at most. */
const cfo_proof_t *cfo_proof_signer(const apr_array_header_t *proofs,
                                    const cfo_certificate_t *leaf);

#endif
