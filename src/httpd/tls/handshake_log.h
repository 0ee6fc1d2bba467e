/* SPDX-License-Identifier: Apache-2.0 */
/* CFO0005: a handshake that mod_ssl ended because of the client certificate. */
#ifndef CFO_HTTPD_TLS_HANDSHAKE_LOG_H
#define CFO_HTTPD_TLS_HANDSHAKE_LOG_H

#include "httpd.h"

#include "core/stats/handshake_failure.h"

/* How a handshake ended, seen while the SSL object existed; all zeros until then. Lives
 * in the connection's pool. */
typedef struct {
    cfo_handshake_state_t state;
    int is_finished;     /* the client is done; without a leaf, it presented none */
    int is_refused;      /* because of the certificate; the rest is set then */
    int error;           /* of the verification, X509_V_OK: none */
    const char *sni;     /* NULL: none */
    const server_rec *s; /* the virtual host whose TLS settings it had */
} cfo_handshake_end_t;

/* Keeps `end`, which must live as long as `c`, for the functions below. */
void cfo_handshake_note(conn_rec *c, const cfo_handshake_end_t *end);

/* What was noted; NULL: the handshake is not watched. */
const cfo_handshake_end_t *cfo_handshake_end_of(const conn_rec *c);

/* To be called once for each primary connection that has no TLS after mod_ssl's
 * process_connection: logs a handshake that was refused, unless the virtual host is
 * Off. */
void cfo_handshake_report(conn_rec *c);

#endif
