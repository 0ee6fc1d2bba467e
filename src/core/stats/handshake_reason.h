/* SPDX-License-Identifier: Apache-2.0 */
/* A TLS handshake as OpenSSL's message callback shows it to a server, and why it ended
 * because of the client's certificate (CFO0005). */
#ifndef CFO_CORE_STATS_HANDSHAKE_REASON_H
#define CFO_CORE_STATS_HANDSHAKE_REASON_H

#include "apr_pools.h"
#include "apr_time.h"

#include "core/trust/certificate.h"

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

/* What is kept of a handshake; zeros to begin with. */
typedef struct {
    int message;        /* type of the client's that is being processed; 0: none */
    int alert;          /* that ended the handshake; 0: none */
    int is_key_missing; /* not the certificate was bad, but the proof of having its key */
    const unsigned char *leaf; /* DER of what the client presented, for the caller to set
                                * when it has ended; NULL: none, or not known */
    long leaf_size;
    int chain_length; /* of what OpenSSL found up from the leaf; 0: not known */
} cfo_handshake_state_t;

typedef enum {
    CFO_STEP_GOES_ON,
    CFO_STEP_FINISHED, /* the client is done: nothing that comes now is the handshake's */
    CFO_STEP_ENDED     /* by an alert of ours, over the client's certificate */
} cfo_step_t;

/* Takes what the callback is called with. The certificate's alerts are told from all
 * others by when they are sent, not by their number, which is none's alone: after the
 * client's Certificate (compressed or not) or CertificateVerify, and before anything else
 * has come. Of messages the type alone is looked at, and what is in an alert. */
cfo_step_t cfo_handshake_see(cfo_handshake_state_t *state, int is_sent, int type,
                             const void *data, apr_size_t size);

/* Why it ended; `error` is OpenSSL's result of the verification, X509_V_OK also where
 * there was none. */
cfo_handshake_t cfo_handshake_reason(const cfo_handshake_state_t *state, int error);

/* What to do about it, one sentence. `leaf` NULL: not known. */
const char *cfo_handshake_hint(apr_pool_t *p, cfo_handshake_t reason,
                               const cfo_handshake_state_t *state, int error,
                               const cfo_certificate_t *leaf, apr_time_t now);

#endif
