/* SPDX-License-Identifier: Apache-2.0 */
/* What mod_ssl made of its directives. */
#include "ssl_context.h"

#ifdef __has_include
#if __has_include("mod_ssl_openssl.h")
#define HAVE_MOD_SSL_OPENSSL_H
#endif
#endif

int cfo_ssl_context_is_built(void)
{
#ifdef HAVE_MOD_SSL_OPENSSL_H
    return 1;
#else
    return 0;
#endif
}

#ifdef HAVE_MOD_SSL_OPENSSL_H

#include <dlfcn.h>

#include "http_config.h"
#include "mod_ssl_openssl.h"

#include "apr_dso.h"
#include "apr_hash.h"
#include "apr_optional_hooks.h"
#include "apr_strings.h"

#define CONTEXTS "cf_origin: SSL_CTX of each server"

/* The module is linked to no libssl, and to a libcrypto that need not be mod_ssl's: what
 * belongs to mod_ssl is only touched by functions of the libraries that mod_ssl has, and
 * leaves here as DER (facts 6.5). */
typedef struct {
    int (*get_verify_mode)(const SSL_CTX *);
    long (*control)(SSL_CTX *, int, long, void *);
    X509_STORE *(*get_cert_store)(const SSL_CTX *);
    STACK_OF(X509_OBJECT) * (*get_objects)(const X509_STORE *);
    int (*count)(const OPENSSL_STACK *);
    void *(*item)(const OPENSSL_STACK *, int);
    X509 *(*get_x509)(const X509_OBJECT *);
    int (*encode)(const X509 *, unsigned char **);
} libssl_t;

/* dlsym() in a module's own handle looks through the libraries that it needs; a mod_ssl
 * that is part of httpd has them as httpd has. */
static void *find_symbol(const char *name)
{
    const module *mod_ssl = ap_find_linked_module("mod_ssl.c");
    apr_dso_handle_sym_t symbol = NULL;

    if (!mod_ssl)
        return NULL;
    if (!mod_ssl->dynamic_load_handle)
        return dlsym(RTLD_DEFAULT, name);
    if (apr_dso_sym(&symbol, mod_ssl->dynamic_load_handle, name) != APR_SUCCESS)
        return NULL;
    return symbol;
}

static int load_libssl(libssl_t *lib)
{
    lib->get_verify_mode =
        (int (*)(const SSL_CTX *))find_symbol("SSL_CTX_get_verify_mode");
    lib->control = (long (*)(SSL_CTX *, int, long, void *))find_symbol("SSL_CTX_ctrl");
    lib->get_cert_store =
        (X509_STORE * (*)(const SSL_CTX *)) find_symbol("SSL_CTX_get_cert_store");
    lib->get_objects = (STACK_OF(X509_OBJECT) * (*)(const X509_STORE *))
        find_symbol("X509_STORE_get0_objects");
    lib->count = (int (*)(const OPENSSL_STACK *))find_symbol("OPENSSL_sk_num");
    lib->item = (void *(*)(const OPENSSL_STACK *, int))find_symbol("OPENSSL_sk_value");
    lib->get_x509 =
        (X509 * (*)(const X509_OBJECT *)) find_symbol("X509_OBJECT_get0_X509");
    lib->encode = (int (*)(const X509 *, unsigned char **))find_symbol("i2d_X509");
    return lib->get_verify_mode && lib->control && lib->get_cert_store &&
           lib->get_objects && lib->count && lib->item && lib->get_x509 && lib->encode;
}

/* init_server hook of mod_ssl: for each server with TLS, when all is set. */
static int remember(server_rec *s, apr_pool_t *p, int is_proxy, SSL_CTX *ctx)
{
    void *contexts = NULL;

    if (is_proxy)
        return DECLINED;
    apr_pool_userdata_get(&contexts, CONTEXTS, p);
    if (!contexts) {
        contexts = apr_hash_make(p);
        apr_pool_userdata_setn(contexts, CONTEXTS, NULL, p);
    }
    apr_hash_set(contexts, apr_psprintf(p, "%pp", (void *)s), APR_HASH_KEY_STRING, ctx);
    return DECLINED;
}

void cfo_ssl_context_register(void)
{
    APR_OPTIONAL_HOOK(ssl, init_server, remember, NULL, NULL, APR_HOOK_MIDDLE);
}

static SSL_CTX *find_context(const server_rec *s)
{
    void *contexts = NULL;
    char key[32];

    apr_pool_userdata_get(&contexts, CONTEXTS, s->process->pconf);
    apr_snprintf(key, sizeof key, "%pp", (const void *)s);
    return contexts ? apr_hash_get(contexts, key, APR_HASH_KEY_STRING) : NULL;
}

int cfo_ssl_context_asks(const server_rec *s)
{
    SSL_CTX *ctx = find_context(s);
    libssl_t lib;

    if (!ctx || !load_libssl(&lib))
        return -1;
    return (lib.get_verify_mode(ctx) & SSL_VERIFY_PEER) != 0;
}

/* SSLOpenSSLConfCmd VerifyCAFile makes a second store, which then is the one. */
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
