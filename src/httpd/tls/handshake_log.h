/* SPDX-License-Identifier: Apache-2.0 */
/* CFO0005: a handshake that mod_ssl ended because of the client certificate. */
#ifndef CFO_HTTPD_TLS_HANDSHAKE_LOG_H
#define CFO_HTTPD_TLS_HANDSHAKE_LOG_H

#include "httpd.h"

#include "core/stats/handshake_failure.h"

/* How a handshake ended, noted while there still was an SSL object to ask. Lives in the
 * connection's pool. */
typedef struct {
    cfo_handshake_state_t state;
    int error;           /* of the verification; X509_V_OK: none */
    const char *sni;     /* NULL: none */
    const server_rec *s; /* the virtual host whose TLS settings it had */
} cfo_handshake_end_t;

/* Keeps *end, which has to live as long as `c`, for cfo_handshake_report(). */
void cfo_handshake_note(conn_rec *c, const cfo_handshake_end_t *end);

/* To be called once for each primary connection on which there is no TLS after mod_ssl's
 * process_connection: logs what was noted, if the virtual host is not Off. */
void cfo_handshake_report(conn_rec *c);

#endif
