/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: the certificate of this server, taken for that of Cloudflare. */
#include "httpd/check/checks.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "http_config.h"

#include "apr_file_info.h"
#include "apr_strings.h"

#include "core/live/public_cas.h"
#include "core/trust/origin_ca.h"
#include "httpd/check/proofs.h"

/* The certificates that this server presents: of each, by the SHA-256 of its DER, and of
 * its public key, the file. */
typedef struct {
    apr_pool_t *pool;
    apr_hash_t *files; /* that were read */
    apr_hash_t *leaves, *keys, *chain;
} own_t;

static void keep(own_t *own, apr_hash_t *hash, const void *data, size_t size,
                 const char *file)
{
    unsigned char *digest = apr_palloc(own->pool, CFO_DIGEST_SIZE);

    if (EVP_Digest(data, size, digest, NULL, EVP_sha256(), NULL))
        apr_hash_set(hash, digest, CFO_DIGEST_SIZE, file);
}

/* The key is read without parsing all of the certificate, which takes longer. */
static void keep_key(own_t *own, const unsigned char *der, long size, const char *file)
{
    X509 *x509 = d2i_X509(NULL, &der, size);
    unsigned char *spki = NULL;
    int length = x509 ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &spki) : 0;

    if (length > 0)
        keep(own, own->keys, spki, (size_t)length, file);
    OPENSSL_free(spki);
    X509_free(x509);
}

/* The first certificate of SSLCertificateFile is that of the server, the others are its
 * chain. A file that cannot be read is mod_ssl's business. */
static void read_file(own_t *own, const char *file, int has_leaf)
{
    unsigned char *der = NULL;
    char *name = NULL, *header = NULL;
    long size;
    BIO *bio;

    if (!file || apr_hash_get(own->files, file, APR_HASH_KEY_STRING))
        return;
    apr_hash_set(own->files, file, APR_HASH_KEY_STRING, file);
    ERR_set_mark();
    bio = BIO_new_file(file, "r");
    while (bio && PEM_read_bio(bio, &name, &header, &der, &size)) {
        int is_certificate = ap_strstr_c(name, "CERTIFICATE") != NULL;

        if (is_certificate)
            keep(own, has_leaf ? own->leaves : own->chain, der, (size_t)size, file);
        if (is_certificate && has_leaf)
            keep_key(own, der, size, file);
        has_leaf = has_leaf && !is_certificate;
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(der);
    }
    BIO_free(bio);
    ERR_pop_to_mark();
}

static int is_regular(apr_pool_t *p, const char *path)
{
    apr_finfo_t info;

    return path && apr_stat(&info, path, APR_FINFO_TYPE, p) == APR_SUCCESS &&
           info.filetype == APR_REG;
}

static void read_lines(cfo_checking_t *checking, own_t *own, const server_rec *s,
                       const char *directive, int has_leaf)
{
    const apr_array_header_t *lines =
        cfo_conf_tree_lines(checking->vhosts->conf_tree, s, directive);
    int i;

    for (i = 0; i < lines->nelts; i++) {
        const char *path = ap_server_root_relative(
            own->pool, cfo_conf_tree_word(own->pool, APR_ARRAY_IDX(lines, i, void *), 0));

        if (is_regular(own->pool, path))
            read_file(own, path, has_leaf);
    }
}

/* mod_md keeps the certificates that it has got in a folder for each domain. */
static void read_mod_md(cfo_checking_t *checking, own_t *own)
{
    const ap_directive_t *line = cfo_conf_tree_last(checking->vhosts->conf_tree,
                                                    checking->vhosts->main, "MDStoreDir");
    const char *store = line ? cfo_conf_tree_word(own->pool, line, 0) : "md";
    const char *domains = ap_server_root_relative(
        own->pool, apr_pstrcat(own->pool, store, "/domains", NULL));
    apr_finfo_t info;
    apr_dir_t *dir;

    if (!ap_find_linked_module("mod_md.c") || !domains ||
        apr_dir_open(&dir, domains, own->pool) != APR_SUCCESS)
        return;
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        const char *path =
            apr_pstrcat(own->pool, domains, "/", info.name, "/pubcert.pem", NULL);

        if (info.name[0] != '.' && is_regular(own->pool, path))
            read_file(own, path, 1);
    }
    apr_dir_close(dir);
}

static own_t *make_own(cfo_checking_t *checking)
{
    apr_pool_t *p = checking->pool;
    own_t *own = apr_palloc(p, sizeof *own);
    const server_rec *s;

    *own = (own_t){ p, apr_hash_make(p), apr_hash_make(p), apr_hash_make(p),
                    apr_hash_make(p) };
    for (s = checking->vhosts->main; s; s = s->next) {
        read_lines(checking, own, s, "SSLCertificateFile", 1);
        read_lines(checking, own, s, "MDCertificateFile", 1);
        read_lines(checking, own, s, "SSLCertificateChainFile", 0);
    }
    read_mod_md(checking, own);
    return own;
}

/* Read once in a run. */
static const own_t *own_certificates(cfo_checking_t *checking)
{
    static const char key[] = "the certificates of this server";
    own_t *own = apr_hash_get(checking->seen, key, APR_HASH_KEY_STRING);

    if (!own) {
        own = make_own(checking);
        apr_hash_set(checking->seen, key, APR_HASH_KEY_STRING, own);
    }
    return own;
}

/* The file of this server's certificate that a proof is; NULL: it is none. (`openssl req
 * -x509` makes certificates of servers that are CAs, so that they are anchors.) */
static const char *find_own(const own_t *own, const cfo_proof_t *proof)
{
    return apr_hash_get(proof->kind == CFO_PROOF_SPKI ? own->keys : own->leaves,
                        proof->digest, CFO_DIGEST_SIZE);
}

static const char *find_reissued(const own_t *own, const cfo_proof_t *proof)
{
    return proof->certificate
               ? apr_hash_get(own->keys, proof->certificate->spki_sha256, CFO_DIGEST_SIZE)
               : NULL;
}

static void check_own_certificate(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                                  const cfo_zone_t *zone)
{
    const own_t *own = own_certificates(checking);
    int i;

    for (i = 0; i < zone->proofs->nelts; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(zone->proofs, i, const cfo_proof_t *);
        const char *file = find_own(own, proof);
        int is_same = file != NULL;

        if (!file)
            file = find_reissued(own, proof);
        if (!file)
            continue;
        cfo_check_add_proof(
            checking, vhost, zone, proof,
            apr_psprintf(
                checking->pool,
                "the proof of the zone %s (%s) %s this server presents (%s): it proves the "
                "server to Cloudflare, not Cloudflare to the server. Set the certificate "
                "that Cloudflare presents, which is the one that you uploaded for "
                "Authenticated Origin Pulls, or the CA that issued it; it has to have a key "
                "of its own, not that of the server",
                cfo_check_quote(checking, zone->name), proof->source,
                is_same ? "is the certificate that"
                        : "has the key of the certificate that",
                file));
    }
}

/* Why a proof seems to be for servers; NULL: it does not. */
static const char *find_purpose(cfo_checking_t *checking, const cfo_proof_t *proof)
{
    const own_t *own = own_certificates(checking);
    const char *file;

    if (!proof->certificate || find_own(own, proof) || find_reissued(own, proof))
        return NULL;
    if (proof->kind == CFO_PROOF_LEAF && cfo_origin_ca_issued(proof->certificate))
        return "Cloudflare's Origin CA issued it, which issues certificates for origin "
               "servers";
    if (proof->kind == CFO_PROOF_LEAF && cfo_public_cas_issued(proof->certificate))
        return "a public CA issued it, as its receipts of Certificate Transparency show";
    file = apr_hash_get(own->chain, proof->certificate->sha256, CFO_DIGEST_SIZE);
    return file && !cfo_origin_ca_is(proof->certificate) &&
                   !cfo_proof_public_root(checking, proof)
               ? apr_psprintf(checking->pool,
                              "it is in the chain of this server's own certificate (%s)",
                              file)
               : NULL;
}

static void check_server_certificate(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                                     const cfo_zone_t *zone)
{
    int i;

    for (i = 0; i < zone->proofs->nelts; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(zone->proofs, i, const cfo_proof_t *);
        const char *purpose = find_purpose(checking, proof);

        if (!purpose)
            continue;
        cfo_check_add_proof(
            checking, vhost, zone, proof,
            apr_psprintf(
                checking->pool, "%s in %s seems to be for servers: %s. %s",
                cfo_check_quote(checking, proof->certificate->subject), proof->source,
                purpose,
                proof->kind == CFO_PROOF_ANCHOR
                    ? "It proves the zone with every certificate that it issues, those of "
                      "servers included. If all of them are yours, nothing is wrong; if "
                      "not, use a CA of its own"
                    : "If you uploaded this certificate to Cloudflare for Authenticated "
                      "Origin Pulls, nothing is wrong; if not, no request proves the zone "
                      "with it: set the certificate that you uploaded, or its CA"));
    }
}

const cfo_check_t cfo_own_certificates_checks[] = {
    { CFO_LEVEL_WARNING, "CFO0257 own-certificate", NULL, check_own_certificate },
    { CFO_LEVEL_NOTICE, "CFO0258 for-servers", NULL, check_server_certificate },
    { 0 }
};
