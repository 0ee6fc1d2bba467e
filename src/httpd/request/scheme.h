/* SPDX-License-Identifier: Apache-2.0 */
/* CFOriginPullScheme visitor: a request over plain HTTP that the visitor sent by https.
 */
#ifndef CFO_HTTPD_REQUEST_SCHEME_H
#define CFO_HTTPD_REQUEST_SCHEME_H

#include "httpd/request/parts.h"

/* Whether such a request is an https request for httpd: it is verified or from a tunnel,
 * its connection has no TLS, and CF-Visitor says https. */
int cfo_scheme_applies(const cfo_server_conf_t *conf, const cfo_request_t *request,
                       cfo_reason_t reason);

/* Makes it one, as far as that is not found out from its part (part->is_https): the port
 * of its URLs, and what its connection answers to ap_ssl_conn_is_ssl() as long as the
 * request lives. A subrequest leaves the connection as it is. */
void cfo_scheme_apply(request_rec *r);

/* The port alone. */
void cfo_scheme_set_port(request_rec *r);

/* To be called when another request comes: a pipelined one may come before the one before
 * it is gone. */
void cfo_scheme_forget(conn_rec *c);

/* Hooks http_scheme, default_port and ssl_conn_is_ssl. */
const char *cfo_scheme_name(const request_rec *r);
apr_port_t cfo_scheme_default_port(const request_rec *r);
int cfo_scheme_conn_is_https(conn_rec *c);

#endif
