/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a connection after its handshake. */
#ifndef CFO_HTTPD_REQUEST_CONNECTION_H
#define CFO_HTTPD_REQUEST_CONNECTION_H

#include "httpd.h"

#include "core/net/address.h"
#include "core/trust/credential.h"

/* Made on the primary connection, and read-only after that (`credential` locks what it
 * changes), so that the threads of HTTP/2 streams may use it. Lives in the connection's
 * pool. */
typedef struct {
    cfo_address_t peer;  /* the TCP peer */
    int peer_known;      /* it is in CFOriginPullRanges, ... */
    apr_uint32_t serial; /* ... according to the snapshot of this number */
    int is_tls;
    const char *sni;                      /* NULL: none */
    int has_certificate;                  /* the peer presented one */
    const cfo_certificate_t *certificate; /* NULL: none, or it could not be parsed */
    const char *certificate_problem;      /* why it could not be */
    cfo_credential_t *credential;         /* NULL: no certificate */
    /* See scheme.h. Each HTTP/2 stream has one of its own, in a cfo_connection_t in which
     * nothing else is set; it is used by the thread of the request only. */
    const request_rec *https_request;
} cfo_connection_t;

/* pre_connection hook: CFOriginPullEarlyDrop. */
int cfo_connection_accept(conn_rec *c, void *socket);

/* process_connection hook, after mod_ssl and before mod_http2: reads the certificate. */
int cfo_connection_read(conn_rec *c);

/* What is known of the primary connection of `c`; NULL if it was never read. */
const cfo_connection_t *cfo_connection_of(const conn_rec *c);

#endif
