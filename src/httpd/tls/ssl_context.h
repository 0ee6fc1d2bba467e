/* SPDX-License-Identifier: Apache-2.0 */
/* The SSL_CTX that mod_ssl made for each server. For reports only, and only if the module
 * was built with mod_ssl_openssl.h. */
#ifndef CFO_HTTPD_TLS_SSL_CONTEXT_H
#define CFO_HTTPD_TLS_SSL_CONTEXT_H

#include "httpd.h"

#include "core/trust/ca_store.h"

/* For register_hooks. */
void cfo_ssl_context_register(void);

/* Whether the module was built with that header. */
int cfo_ssl_context_is_built(void);

/* The SSL_CTX of all servers. Available after mod_ssl's post_config; they do not change
 * later. NULL: there are none. These two exist only in a build with the header. */
typedef struct cfo_ssl_contexts_t cfo_ssl_contexts_t;
cfo_ssl_contexts_t *cfo_ssl_contexts_find(apr_pool_t *pconf);

/* The server that an SSL_CTX was made for; NULL: not known. Any thread. */
const server_rec *cfo_ssl_context_owner(const cfo_ssl_contexts_t *contexts,
                                        const void *ctx);

/* Whether mod_ssl asks clients of a virtual host for a certificate: 1, 0, or -1 if that
 * is not known (called too early, no TLS there, built without the header). */
int cfo_ssl_context_asks(const server_rec *s);

/* The CA certificates that mod_ssl verifies client certificates with; NULL if they are
 * not known. OpenSSL loads those of SSLCACertificatePath only when it needs them, so they
 * are not included. */
cfo_ca_store_t *cfo_ssl_context_store(apr_pool_t *p, const server_rec *s);

#endif
