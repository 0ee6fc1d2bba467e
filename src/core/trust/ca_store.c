/* SPDX-License-Identifier: Apache-2.0 */
/* The CA certificates that mod_ssl verifies with. */
#include "core/trust/ca_store.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "apr_hash.h"
#include "apr_strings.h"

struct cfo_ca_store_t {
    X509_STORE *x509_store;
    apr_hash_t *names; /* X509_subject_name_hash() of all that are in it */
    int has_folder;    /* more are loaded when they are looked up */
};

static apr_status_t free_store(void *store)
{
    X509_STORE_free(store);
    return APR_SUCCESS;
}

cfo_ca_store_t *cfo_ca_store_create(apr_pool_t *p)
{
    cfo_ca_store_t *store = apr_pcalloc(p, sizeof *store);

    ERR_set_mark();
    store->x509_store = X509_STORE_new();
    store->names = apr_hash_make(p);
    ERR_pop_to_mark();
    if (!store->x509_store)
        return NULL;
    apr_pool_cleanup_register(p, store->x509_store, free_store, apr_pool_cleanup_null);
    return store;
}

static void note_name(cfo_ca_store_t *store, X509 *x509)
{
    apr_pool_t *p = apr_hash_pool_get(store->names);
    unsigned long hash = X509_subject_name_hash(x509);
    const void *key = apr_pmemdup(p, &hash, sizeof hash);

    apr_hash_set(store->names, key, sizeof hash, key);
}

static void note_names(cfo_ca_store_t *store)
{
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store->x509_store);
    int i;

    for (i = 0; i < sk_X509_OBJECT_num(objects); i++) {
        X509 *x509 = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));

        if (x509)
            note_name(store, x509);
    }
}

static int has_name(const cfo_ca_store_t *store, unsigned long hash)
{
    return !hash || apr_hash_get(store->names, &hash, sizeof hash);
}

/* A certificate for OpenSSL. NULL: neither it nor its issuer is in the store, so that
 * there is nothing to verify, or there is no memory. To decode the certificates of all
 * zones would take as long as to read them. */
static X509 *x509_of(const cfo_ca_store_t *store, const cfo_certificate_t *certificate)
{
    const cfo_packed_t *packed = certificate->packed;

    if (packed && !store->has_folder && !has_name(store, packed->subject_hash) &&
        !has_name(store, packed->issuer_hash))
        return NULL;
    return cfo_certificate_x509(certificate);
}

cfo_ca_store_t *cfo_ca_store_open(apr_pool_t *p, const char *file, const char *path)
{
    cfo_ca_store_t *store = cfo_ca_store_create(p);
    int ok;

    ERR_set_mark();
    ok = store && X509_STORE_load_locations(store->x509_store, file, path);
    if (ok)
        note_names(store);
    ERR_pop_to_mark();
    if (ok && path)
        store->has_folder = 1;
    return ok ? store : NULL;
}

void cfo_ca_store_add(cfo_ca_store_t *store, const unsigned char *der, long length)
{
    X509 *x509;

    ERR_set_mark();
    x509 = d2i_X509(NULL, &der, length);
    if (x509 && X509_STORE_add_cert(store->x509_store, x509))
        note_name(store, x509);
    X509_free(x509);
    ERR_pop_to_mark();
}

int cfo_ca_store_has_root(const cfo_ca_store_t *store)
{
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store->x509_store);
    int i, found = 0;

    ERR_set_mark();
    for (i = 0; i < sk_X509_OBJECT_num(objects) && !found; i++) {
        X509 *x509 = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));

        found = x509 && X509_get_extension_flags(x509) & EXFLAG_SS;
    }
    ERR_pop_to_mark();
    return found;
}

/* The chain that was found. */
typedef struct {
    int above;  /* certificates above the first */
    X509 *root; /* the last of all, with a reference */
} chain_t;

static int verify(const cfo_ca_store_t *store, X509 *x509, unsigned long flags,
                  chain_t *chain)
{
    int error = X509_V_ERR_OUT_OF_MEM;
    X509_STORE_CTX *ctx;

    ERR_set_mark();
    ctx = X509_STORE_CTX_new();
    if (ctx && X509_STORE_CTX_init(ctx, store->x509_store, x509, NULL)) {
        X509_STORE_CTX_set_flags(ctx, flags | X509_V_FLAG_NO_CHECK_TIME);
        error = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
        if (error == X509_V_OK && chain) {
            STACK_OF(X509) *found = X509_STORE_CTX_get0_chain(ctx);

            chain->above = sk_X509_num(found) - 1;
            chain->root = sk_X509_value(found, chain->above);
            X509_up_ref(chain->root);
        }
    }
    X509_STORE_CTX_free(ctx);
    ERR_pop_to_mark();
    return error;
}

cfo_ca_result_t cfo_ca_store_check(const cfo_ca_store_t *store,
                                   const cfo_certificate_t *certificate, int *above)
{
    chain_t chain = { 0, NULL };
    X509 *x509 = x509_of(store, certificate);
    int error;

    if (!x509)
        return CFO_CA_UNKNOWN;
    error = verify(store, x509, 0, &chain);
    X509_free(chain.root);
    if (error == X509_V_OK && above)
        *above = chain.above;
    if (error == X509_V_OK)
        return CFO_CA_ROOTED;
    if (error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT)
        return CFO_CA_BARE;
    /* Or it is a CA in the store itself, and verifies what it issued. (A leaf in the
     * store is not its own issuer.) */
    if (certificate->can_issue &&
        verify(store, x509, X509_V_FLAG_PARTIAL_CHAIN, NULL) == X509_V_OK)
        return CFO_CA_BARE;
    return CFO_CA_UNKNOWN;
}

X509 *cfo_ca_store_root(const cfo_ca_store_t *store, const cfo_certificate_t *certificate)
{
    chain_t chain = { 0, NULL };
    X509 *x509 = x509_of(store, certificate);

    if (x509)
        verify(store, x509, 0, &chain);
    return chain.root;
}
