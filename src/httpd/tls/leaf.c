/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate that a client presented in the handshake. */
#include "httpd/tls/leaf.h"

#include <string.h>

#include "http_ssl.h"

#include "httpd/tls/handshake_log.h"

const char *cfo_ssl_variable(conn_rec *c, const char *name)
{
    const char *value = ap_ssl_var_lookup(c->pool, c->base_server, c, NULL, name);

    return value && *value ? value : NULL;
}

/* Where the handshake was not watched: built without mod_ssl_openssl.h, or another module
 * has set a message callback. Takes five times as long. */
static cfo_leaf_t read_text(conn_rec *c)
{
    const char *pem = cfo_ssl_variable(c, "SSL_CLIENT_CERT");

    return (cfo_leaf_t){ pem, pem ? strlen(pem) : 0, 1 };
}

cfo_leaf_t cfo_leaf_of(conn_rec *c)
{
    const cfo_handshake_end_t *end = cfo_handshake_end_of(c);

    if (!end || !end->is_finished)
        return read_text(c);
    return (cfo_leaf_t){ end->state.leaf, (apr_size_t)end->state.leaf_size, 0 };
}
