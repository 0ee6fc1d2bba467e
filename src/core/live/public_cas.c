/* SPDX-License-Identifier: Apache-2.0 */
/* The public CAs that this host trusts. */
#include "core/live/public_cas.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "apr_env.h"
#include "apr_file_info.h"
#include "apr_hash.h"
#include "apr_strings.h"

#include "core/live/input_file.h"
#include "core/trust/ca_store.h"
#include "core/trust/pem.h"

enum { FILE_MOST = 1024 * 1024, DEPTH_MOST = 3 };

/* The folder in /usr/share/ca-certificates that has the public CAs of Debian. */
#define PUBLIC "mozilla"

struct cfo_public_cas_t {
    apr_pool_t *pool;
    const cfo_ca_store_t *store;
    const char *const *own_folders;
    apr_hash_t *own; /* SHA-256 of the administrator's certificates; NULL: not read yet */
};

const char *const cfo_public_cas_own_folders[] = {
    "/usr/local/share/ca-certificates",          /* Debian, Alpine */
    "/etc/pki/ca-trust/source/anchors",          /* Fedora and its relatives */
    "/etc/pki/trust/anchors",                    /* SUSE */
    "/etc/ca-certificates/trust-source/anchors", /* Arch */
    "/usr/share/pki/ca-trust-source/anchors",
    "/usr/share/ca-certificates", /* what is not in its folder "mozilla" */
    NULL,
};

static int is_file(apr_pool_t *p, const char *path)
{
    apr_finfo_t info;

    return path && apr_stat(&info, path, APR_FINFO_TYPE, p) == APR_SUCCESS &&
           info.filetype == APR_REG;
}

static const char *variable(apr_pool_t *p, const char *name)
{
    char *value;

    return apr_env_get(&value, name, p) == APR_SUCCESS ? value : NULL;
}

/* A bundle rather than OpenSSL's folder, into which people put files of their own. */
static const char *find_bundle(apr_pool_t *p)
{
    const char *const paths[] = { variable(p, X509_get_default_cert_file_env()),
                                  X509_get_default_cert_file(),
                                  "/etc/ssl/certs/ca-certificates.crt",
                                  "/etc/pki/tls/certs/ca-bundle.crt",
                                  "/etc/ssl/ca-bundle.pem",
                                  "/etc/ssl/cert.pem" };
    size_t i;

    for (i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (is_file(p, paths[i]))
            return paths[i];
    }
    return NULL;
}

static const char *find_folder(apr_pool_t *p)
{
    const char *path = variable(p, X509_get_default_cert_dir_env());

    return path ? path : X509_get_default_cert_dir();
}

cfo_public_cas_t *cfo_public_cas_open(apr_pool_t *p, const char *const *own_folders)
{
    const char *bundle = find_bundle(p);
    cfo_public_cas_t *cas = apr_pcalloc(p, sizeof *cas);

    cas->pool = p;
    cas->own_folders = own_folders;
    cas->store = cfo_ca_store_open(p, bundle, bundle ? NULL : find_folder(p));
    return cas->store ? cas : NULL;
}

static void add_own_file(cfo_public_cas_t *cas, apr_pool_t *scratch, const char *path)
{
    apr_array_header_t *certificates;
    apr_size_t length = 0;
    const char *text;
    int i;

    if (cfo_input_file_read(scratch, path, FILE_MOST, &text, &length) ||
        cfo_pem_read(scratch, text, length, &certificates))
        return;
    for (i = 0; i < certificates->nelts; i++) {
        const cfo_certificate_t *certificate =
            APR_ARRAY_IDX(certificates, i, const cfo_certificate_t *);
        const void *key = apr_pmemdup(cas->pool, certificate->sha256, CFO_DIGEST_SIZE);

        apr_hash_set(cas->own, key, CFO_DIGEST_SIZE, key);
    }
}

/* And its folders. */
static void add_own_folder(cfo_public_cas_t *cas, apr_pool_t *scratch, const char *folder,
                           int depth)
{
    apr_finfo_t info;
    apr_dir_t *dir;

    if (depth > DEPTH_MOST || apr_dir_open(&dir, folder, scratch) != APR_SUCCESS)
        return;
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        const char *path = apr_pstrcat(scratch, folder, "/", info.name, NULL);

        if (info.name[0] == '.' || !strcmp(info.name, PUBLIC))
            continue;
        if (apr_stat(&info, path, APR_FINFO_TYPE, scratch) == APR_SUCCESS &&
            info.filetype == APR_DIR)
            add_own_folder(cas, scratch, path, depth + 1);
        else
            add_own_file(cas, scratch, path);
    }
    apr_dir_close(dir);
}

/* Only needed if something is found, which is rare. */
static int is_own(cfo_public_cas_t *cas, const unsigned char *sha256)
{
    const char *const *folder;
    apr_pool_t *scratch;

    if (!cas->own) {
        cas->own = apr_hash_make(cas->pool);
        apr_pool_create(&scratch, cas->pool);
        for (folder = cas->own_folders; *folder; folder++)
            add_own_folder(cas, scratch, *folder, 0);
        apr_pool_destroy(scratch);
    }
    return apr_hash_get(cas->own, sha256, CFO_DIGEST_SIZE) != NULL;
}

const char *cfo_public_cas_root(cfo_public_cas_t *cas, const cfo_certificate_t *ca)
{
    cfo_certificate_t *root;
    X509 *x509 = cfo_ca_store_root(cas->store, ca);

    if (!x509 || cfo_certificate_make(cas->pool, x509, &root))
        return NULL;
    return is_own(cas, root->sha256) ? NULL : root->subject;
}

int cfo_public_cas_issued(const cfo_certificate_t *leaf)
{
    return leaf->has_receipts;
}
