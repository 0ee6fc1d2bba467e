/* SPDX-License-Identifier: Apache-2.0 */
/* The SSL_CTX that mod_ssl made for each server. */
#include "httpd/tls/ssl_context.h"

#include "httpd/tls/libssl.h"

int cfo_ssl_context_is_built(void)
{
#ifdef CFO_HAVE_MOD_SSL_OPENSSL_H
    return 1;
#else
    return 0;
#endif
}

#ifdef CFO_HAVE_MOD_SSL_OPENSSL_H

#include "http_config.h"
#include "mod_ssl_openssl.h"

#include "apr_hash.h"
#include "apr_optional_hooks.h"
#include "apr_strings.h"

#define CONTEXTS "cf_origin: SSL_CTX of each server"

enum { KEY = sizeof(void *) }; /* pointers are the keys, as bytes */

struct cfo_ssl_contexts_t {
    apr_hash_t *of_server; /* server_rec * -> SSL_CTX */
    apr_hash_t *owner;     /* SSL_CTX * -> server_rec */
};

/* Result, name here, name in OpenSSL, arguments. */
/* clang-format off */
#define FUNCTIONS(X) \
    X(int, get_verify_mode, "SSL_CTX_get_verify_mode", (const SSL_CTX *)) \
    X(long, control, "SSL_CTX_ctrl", (SSL_CTX *, int, long, void *)) \
    X(X509_STORE *, get_cert_store, "SSL_CTX_get_cert_store", (const SSL_CTX *)) \
    X(STACK_OF(X509_OBJECT) *, get_objects, "X509_STORE_get0_objects", \
      (const X509_STORE *)) \
    X(int, count, "OPENSSL_sk_num", (const OPENSSL_STACK *)) \
    X(void *, item, "OPENSSL_sk_value", (const OPENSSL_STACK *, int)) \
    X(X509 *, get_x509, "X509_OBJECT_get0_X509", (const X509_OBJECT *)) \
    X(int, encode, "i2d_X509", (const X509 *, unsigned char **))
/* clang-format on */

typedef struct {
    FUNCTIONS(CFO_LIBSSL_DECLARE)
} libssl_t;

static int load_libssl(libssl_t *lib)
{
    int is_complete = 1;

    FUNCTIONS(CFO_LIBSSL_LOAD)
    return is_complete;
}

cfo_ssl_contexts_t *cfo_ssl_contexts_find(apr_pool_t *pconf)
{
    void *contexts = NULL;

    apr_pool_userdata_get(&contexts, CONTEXTS, pconf);
    return contexts;
}

static cfo_ssl_contexts_t *make_contexts(apr_pool_t *pconf)
{
    cfo_ssl_contexts_t *contexts = apr_palloc(pconf, sizeof *contexts);

    contexts->of_server = apr_hash_make(pconf);
    contexts->owner = apr_hash_make(pconf);
    apr_pool_userdata_setn(contexts, CONTEXTS, NULL, pconf);
    return contexts;
}

/* mod_ssl's init_server hook, for each server with TLS when its SSL_CTX is ready. */
static int remember(server_rec *s, apr_pool_t *p, int is_proxy, SSL_CTX *ctx)
{
    cfo_ssl_contexts_t *contexts;

    if (is_proxy)
        return DECLINED;
    contexts = cfo_ssl_contexts_find(p);
    if (!contexts)
        contexts = make_contexts(p);
    apr_hash_set(contexts->of_server, apr_pmemdup(p, &s, KEY), KEY, ctx);
    apr_hash_set(contexts->owner, apr_pmemdup(p, &ctx, KEY), KEY, s);
    return DECLINED;
}

void cfo_ssl_context_register(void)
{
    APR_OPTIONAL_HOOK(ssl, init_server, remember, NULL, NULL, APR_HOOK_MIDDLE);
}

static SSL_CTX *find_context(const server_rec *s)
{
    const cfo_ssl_contexts_t *contexts = cfo_ssl_contexts_find(s->process->pconf);

    return contexts ? apr_hash_get(contexts->of_server, &s, KEY) : NULL;
}

const server_rec *cfo_ssl_context_owner(const cfo_ssl_contexts_t *contexts,
                                        const void *ctx)
{
    return contexts ? apr_hash_get(contexts->owner, &ctx, KEY) : NULL;
}

int cfo_ssl_context_asks(const server_rec *s)
{
    SSL_CTX *ctx = find_context(s);
    libssl_t lib;

    if (!ctx || !load_libssl(&lib))
        return -1;
    return (lib.get_verify_mode(ctx) & SSL_VERIFY_PEER) != 0;
}

/* SSLOpenSSLConfCmd VerifyCAFile makes a second store, which is then used instead. */
static X509_STORE *find_store(const libssl_t *lib, SSL_CTX *ctx)
{
    X509_STORE *store = NULL;

#ifdef SSL_CTRL_GET_VERIFY_CERT_STORE
    lib->control(ctx, SSL_CTRL_GET_VERIFY_CERT_STORE, 0, &store);
#endif
    return store ? store : lib->get_cert_store(ctx);
}

static void add_certificate(apr_pool_t *p, const libssl_t *lib, const X509 *x509,
                            cfo_ca_store_t *store)
{
    int length = lib->encode(x509, NULL);
    unsigned char *der, *end;

    if (length <= 0)
        return;
    der = end = apr_palloc(p, length);
    if (lib->encode(x509, &end) == length)
        cfo_ca_store_add(store, der, length);
}

cfo_ca_store_t *cfo_ssl_context_store(apr_pool_t *p, const server_rec *s)
{
    SSL_CTX *ctx = find_context(s);
    const OPENSSL_STACK *objects;
    cfo_ca_store_t *store;
    libssl_t lib;
    int i;

    if (!ctx || !load_libssl(&lib))
        return NULL;
    store = cfo_ca_store_create(p);
    objects = (const OPENSSL_STACK *)lib.get_objects(find_store(&lib, ctx));
    for (i = 0; store && i < lib.count(objects); i++) {
        const X509 *x509 = lib.get_x509(lib.item(objects, i));

        if (x509)
            add_certificate(p, &lib, x509, store);
    }
    return store;
}

#else

void cfo_ssl_context_register(void)
{
}

int cfo_ssl_context_asks(const server_rec *s)
{
    (void)s;
    return -1;
}

cfo_ca_store_t *cfo_ssl_context_store(apr_pool_t *p, const server_rec *s)
{
    (void)p;
    (void)s;
    return NULL;
}

#endif
