/* SPDX-License-Identifier: Apache-2.0 */
/* A parsed certificate. */
#ifndef CFO_CORE_TRUST_CERTIFICATE_H
#define CFO_CORE_TRUST_CERTIFICATE_H

#include <openssl/x509.h>

#include "apr_pools.h"
#include "apr_time.h"

enum { CFO_DIGEST_SIZE = 32 }; /* SHA-256 */

/* A certificate that OpenSSL need not hold in memory, where it takes ten times as much.
 */
typedef struct {
    const unsigned char *der;
    long size;
    unsigned long subject_hash; /* X509_subject_name_hash(), or 0 */
    unsigned long issuer_hash;
    int has_key; /* OpenSSL knows its key */
    X509 *x509;  /* NULL: nobody has asked for it yet */
} cfo_packed_t;

/* Immutable once made; freed with its pool. */
typedef struct {
    X509 *x509;           /* NULL: it is packed; see cfo_certificate_x509() */
    cfo_packed_t *packed; /* NULL: it is not */
    unsigned char sha256[CFO_DIGEST_SIZE];      /* of the DER */
    unsigned char spki_sha256[CFO_DIGEST_SIZE]; /* of the SubjectPublicKeyInfo */
    const char *sha256_hex;                     /* lower case */
    const char *subject; /* RFC 2253 form; any bytes but NUL; never NULL: "" if empty, "?"
                            if it cannot be converted */
    const char *issuer;  /* same form */
    apr_time_t not_before; /* valid from (even before 1970), ... */
    apr_time_t not_after;  /* ... up to and including this second */
    int can_issue;         /* a CA that may sign certificates */
    int is_ca;             /* a CA in any sense: never accepted from a client */
    int is_self_signed;    /* as its names and key identifiers say */
    int has_receipts;      /* of Certificate Transparency logs */
} cfo_certificate_t;

/* Takes over `x509`, also on failure. Returns NULL and sets *certificate, or returns why
 * this certificate cannot be used. */
const char *cfo_certificate_make(apr_pool_t *p, X509 *x509,
                                 cfo_certificate_t **certificate);

/* Reads the first certificate of a PEM text, as in SSL_CLIENT_CERT. Returns the same. */
const char *cfo_certificate_read(apr_pool_t *p, const char *pem, apr_size_t length,
                                 cfo_certificate_t **certificate);

/* Decodes the certificate at the start of `der`. Returns the same. */
const char *cfo_certificate_decode(apr_pool_t *p, const unsigned char *der, long size,
                                   cfo_certificate_t **certificate);

/* Frees what OpenSSL holds of a certificate that `p` has just been used to make, and
 * keeps the DER in `p` instead. 0: there is no memory, and the certificate is as before.
 */
int cfo_certificate_pack(apr_pool_t *p, cfo_certificate_t *certificate);

/* The certificate for OpenSSL: decoded by the first caller in a process, if it is packed.
 * Lives as long as `certificate`. NULL: there is no memory. Any thread. */
X509 *cfo_certificate_x509(const cfo_certificate_t *certificate);

/* Whether it costs no memory to ask for it. */
int cfo_certificate_is_decoded(const cfo_certificate_t *certificate);

/* Returns a copy of one that is not packed, which lives as long as `p`, even if the
 * original is freed. */
const cfo_certificate_t *cfo_certificate_share(apr_pool_t *p,
                                               const cfo_certificate_t *certificate);

/* Whether it is Cloudflare's shared CA for origin pulls. It proves that some customer of
 * Cloudflare sent the request, but not for which zone. Recognized by its public key,
 * which stays the same when the certificate is renewed, unlike its fingerprint (internals
 * 2.5). */
int cfo_certificate_is_shared_ca(const cfo_certificate_t *certificate);

/* OpenSSL's text for the last error.
 *
 * No function here leaves errors in OpenSSL's error queue or removes errors that were
 * there before: mod_ssl reads the queue to find out how its own calls ended. So every
 * call of OpenSSL stands between ERR_set_mark() and ERR_pop_to_mark(), also on
 * success. */
const char *cfo_openssl_reason(apr_pool_t *p);

#endif
