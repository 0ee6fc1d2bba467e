/* SPDX-License-Identifier: Apache-2.0 */
/* A TLS handshake as OpenSSL's message callback shows it to a server, and why it ended
 * because of the client's certificate (CFO0005). */
#ifndef CFO_CORE_HANDSHAKE_H
#define CFO_CORE_HANDSHAKE_H

#include "apr_pools.h"
#include "apr_time.h"

#include "certificate.h"

/* Why mod_ssl ended a handshake because of the client certificate (CFO0005). */
typedef enum {
    CFO_HANDSHAKE_CERT_MISSING,
    CFO_HANDSHAKE_CERT_UNKNOWN,
    CFO_HANDSHAKE_CERT_EXPIRED,
    CFO_HANDSHAKE_CERT_NOT_YET_VALID,
    CFO_HANDSHAKE_CERT_UNSUITABLE,
    CFO_HANDSHAKE_OTHER,
    CFO_HANDSHAKE_COUNT
} cfo_handshake_t;

/* "cert-missing" ... "other" */
const char *cfo_handshake_name(cfo_handshake_t reason);

typedef enum {
    CFO_PRESENTED_UNKNOWN, /* nothing yet, or nothing that can be read */
    CFO_PRESENTED_NONE,    /* an empty list of certificates */
    CFO_PRESENTED_LEAF
} cfo_presented_t;

/* What is kept of a handshake; zeros and a pool to begin with. */
typedef struct {
    apr_pool_t *pool;
    int message; /* type of the one that is being processed; 0: none */
    cfo_presented_t presented;
    const unsigned char *leaf; /* its DER, in `pool`; NULL: none, or it is too long */
    long leaf_size;
    int alert;          /* that ended the handshake; 0: none */
    int is_key_missing; /* not the certificate was bad, but the proof of having its key */
} cfo_handshake_state_t;

enum { CFO_HANDSHAKE_LEAF_MOST = 16384 }; /* bytes of a leaf that is kept */

typedef enum {
    CFO_STEP_GOES_ON,
    CFO_STEP_FINISHED, /* the client is done: nothing that comes now is the handshake's */
    CFO_STEP_ENDED     /* by an alert of ours, over the client's certificate */
} cfo_step_t;

/* Takes what the callback is called with. The certificate's alerts are told from all
 * others by when they are sent, not by their number, which is none's alone: after the
 * client's Certificate or CertificateVerify, and before anything else has come. Foreign
 * bytes; never reads beyond `size`, and copies the leaf. */
cfo_step_t cfo_handshake_see(cfo_handshake_state_t *state, int is_sent, int version,
                             int type, const void *data, apr_size_t size);

/* What a Certificate message (RFC 5246 7.4.2, RFC 8446 4.4.2; with its header of four
 * bytes) has in it. LEAF sets *leaf and *leaf_size, which point into it. What follows the
 * leaf is not looked at. */
cfo_presented_t cfo_handshake_read(const unsigned char *message, apr_size_t size,
                                   int is_tls13, const unsigned char **leaf,
                                   apr_size_t *leaf_size);

/* Why it ended; `error` is OpenSSL's result of the verification, X509_V_OK also where
 * there was none. */
cfo_handshake_t cfo_handshake_reason(const cfo_handshake_state_t *state, int error);

/* What to do about it, one sentence. `leaf` NULL: not known. */
const char *cfo_handshake_hint(apr_pool_t *p, cfo_handshake_t reason,
                               const cfo_handshake_state_t *state, int error,
                               const cfo_certificate_t *leaf, apr_time_t now);

#endif
