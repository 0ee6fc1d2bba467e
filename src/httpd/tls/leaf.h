/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate that a client presented in the handshake. */
#ifndef CFO_HTTPD_TLS_LEAF_H
#define CFO_HTTPD_TLS_LEAF_H

#include "httpd.h"

typedef struct {
    const void *encoding; /* DER or a PEM text; NULL: the client presented none */
    apr_size_t size;
    int is_text;
} cfo_leaf_t;

/* For a primary connection after mod_ssl's handshake, and before anything else is read.
 * Lives in the connection's pool. */
cfo_leaf_t cfo_leaf_of(conn_rec *c);

/* A variable of mod_ssl's; NULL: none, or it is empty. */
const char *cfo_ssl_variable(conn_rec *c, const char *name);

#endif
