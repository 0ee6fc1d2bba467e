/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate that a client presented in the handshake. */
#include "httpd/tls/leaf.h"

#include <string.h>

#include "http_ssl.h"

#include "core/trust/certificate.h"
#include "httpd/tls/handshake_log.h"

const char *cfo_ssl_variable(conn_rec *c, const char *name)
{
    const char *value = ap_ssl_var_lookup(c->pool, c->base_server, c, NULL, name);

    return value && *value ? value : NULL;
}

/* Where the handshake was not watched: built without mod_ssl_openssl.h, or another module
 * has set a message callback. Takes six times as long. */
static const unsigned char *read_text(conn_rec *c, long *size)
{
    const char *pem = cfo_ssl_variable(c, "SSL_CLIENT_CERT");
    const unsigned char *der;

    *size = 0;
    if (!pem)
        return NULL;
    der = cfo_certificate_der(c->pool, pem, strlen(pem), size);
    return der ? der : (const unsigned char *)"";
}

const unsigned char *cfo_leaf_read(conn_rec *c, long *size)
{
    const cfo_handshake_seen_t *seen = cfo_handshake_seen(c);

    if (!seen || !seen->is_finished)
        return read_text(c, size);
    *size = seen->state.leaf_size;
    return seen->state.leaf;
}
