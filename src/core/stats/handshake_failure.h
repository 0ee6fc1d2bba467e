/* SPDX-License-Identifier: Apache-2.0 */
/* A TLS handshake as OpenSSL's message callback shows it to a server, and why it failed
 * because of the client's certificate. */
#ifndef CFO_CORE_STATS_HANDSHAKE_FAILURE_H
#define CFO_CORE_STATS_HANDSHAKE_FAILURE_H

#include "apr_pools.h"
#include "apr_time.h"

#include "core/stats/handshake_reason.h"
#include "core/trust/certificate.h"

/* The state of a handshake; all zeros at its start. */
typedef struct {
    int message;        /* type of the client's message being processed; 0: none */
    int alert;          /* that ended the handshake; 0: none */
    int is_key_missing; /* the client did not prove that it has the certificate's key */
    const unsigned char *leaf; /* DER of the client's certificate, set by the caller when
                                * the handshake has ended; NULL: none, or not known */
    long leaf_size;
    int chain_length; /* of the chain that OpenSSL built from the leaf; 0: not known */
} cfo_handshake_state_t;

typedef enum {
    CFO_STEP_GOES_ON,
    CFO_STEP_FINISHED, /* the client is done: what follows is not part of the handshake */
    CFO_STEP_ENDED     /* by an alert that we sent because of the client's certificate */
} cfo_step_t;

/* Takes the arguments of the callback. No alert number belongs to certificates alone, so
 * an alert counts as the certificate's by its time: after the client's Certificate
 * (compressed or not) or CertificateVerify, and before the next record. Reads only the
 * types of messages, and the content of alerts. */
cfo_step_t cfo_handshake_see(cfo_handshake_state_t *state, int is_sent, int type,
                             const void *data, apr_size_t size);

/* Why it ended. `error` is OpenSSL's verification result; X509_V_OK if nothing was
 * verified. */
cfo_handshake_t cfo_handshake_reason(const cfo_handshake_state_t *state, int error);

/* One sentence: what to do. `leaf` NULL: not known. */
const char *cfo_handshake_hint(apr_pool_t *p, cfo_handshake_t reason,
                               const cfo_handshake_state_t *state, int error,
                               const cfo_certificate_t *leaf, apr_time_t now);

#endif
