/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a certificate after a recipe, also such as `openssl x509` refuses to make.
 * Fields:
 *
 *   0  file to write
 *   1  file of the key
 *   2  file of the key that signs
 *   3  file of the issuer's certificate; "": its own
 *   4  version, 1 or 3
 *   5  digest of the signature; "": that of the key's algorithm
 *   6  subject; "=": that of the issuer. Parts like CN:12:text, separated by slashes; the
 *      number is the type of the ASN.1 string
 *   7  notBefore, 8 notAfter: type of the ASN.1 time, then its text: 23:270101000000Z
 *   9  what to break when it is signed: "", "signature", "algorithm", "bit:N"
 *   10 and more: extensions as in openssl's configuration: keyUsage=critical,keyCertSign
 */
#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "apr_strings.h"

enum {
    FILE_NAME,
    KEY,
    SIGNER,
    ISSUER,
    VERSION,
    DIGEST,
    SUBJECT,
    START,
    END,
    BREAK,
    REST
};

static BIO *open_bio(const char *path, const char *mode)
{
    BIO *bio = BIO_new_file(path, mode);

    if (!bio)
        oracle_fail("cannot open", path);
    return bio;
}

static EVP_PKEY *read_key(const char *path)
{
    BIO *bio = open_bio(path, "r");
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

    BIO_free(bio);
    if (!key)
        oracle_fail("no key", path);
    return key;
}

static X509 *read_certificate(const char *path)
{
    BIO *bio = open_bio(path, "r");
    X509 *x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);

    BIO_free(bio);
    if (!x509)
        oracle_fail("no certificate", path);
    return x509;
}

static void set_name(apr_pool_t *p, X509_NAME *name, const char *text)
{
    char *state, *part = apr_strtok(apr_pstrdup(p, text), "/", &state);

    for (; part; part = apr_strtok(NULL, "/", &state)) {
        char *type = strchr(part, ':');
        char *value = type ? strchr(type + 1, ':') : NULL;

        if (!value)
            oracle_fail("not a name", text);
        *type++ = *value++ = '\0';
        if (!X509_NAME_add_entry_by_txt(name, part, atoi(type), (unsigned char *)value,
                                        (int)strlen(value), -1, 0))
            oracle_fail("not a name", text);
    }
}

static void set_time(const ASN1_TIME *time, const char *text)
{
    const char *value = strchr(text, ':');

    if (!value || !ASN1_STRING_set((ASN1_STRING *)(uintptr_t)time, value + 1, -1))
        oracle_fail("not a time", text);
    ((ASN1_STRING *)(uintptr_t)time)->type = atoi(text);
}

static void add_extensions(X509 *x509, X509 *issuer, const apr_array_header_t *recipe)
{
    CONF *conf = NCONF_new(NULL);
    X509V3_CTX context;
    int i;

    X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
    X509V3_set_nconf(&context, conf);
    for (i = REST; i < recipe->nelts; i++) {
        char *name = APR_ARRAY_IDX(recipe, i, char *), *value = strchr(name, '=');
        X509_EXTENSION *extension;

        if (!value)
            oracle_fail("not an extension", name);
        *value++ = '\0';
        extension = X509V3_EXT_nconf(conf, &context, name, value);
        if (!extension || !X509_add_ext(x509, extension, -1))
            oracle_fail("not an extension",
                        apr_pstrcat(recipe->pool, name, "=", value, NULL));
        X509_EXTENSION_free(extension);
    }
    NCONF_free(conf);
}

/* The bytes of the certificate, with what is to be broken. */
static unsigned char *encode(X509 *x509, const char *what, int *size)
{
    unsigned char *der = NULL;

    if (!strcmp(what, "algorithm")) {
        const X509_ALGOR *algorithm;

        X509_get0_signature(NULL, &algorithm, x509);
        X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)algorithm,
                        OBJ_nid2obj(NID_ecdsa_with_SHA512), V_ASN1_UNDEF, NULL);
    }
    *size = i2d_X509(x509, &der);
    if (*size < 100)
        oracle_fail("cannot encode", what);
    if (!strcmp(what, "signature"))
        der[*size - 3] ^= 1;
    else if (!strncmp(what, "bit:", 4))
        der[atoi(what + 4) / 8 % *size] ^= (unsigned char)(1 << atoi(what + 4) % 8);
    return der;
}

static void write_certificate(X509 *x509, const apr_array_header_t *recipe)
{
    BIO *bio = open_bio(oracle_field(recipe, FILE_NAME), "w");
    int size;
    unsigned char *der = encode(x509, oracle_field(recipe, BREAK), &size);

    PEM_write_bio(bio, PEM_STRING_X509, "", der, size);
    OPENSSL_free(der);
    BIO_free(bio);
}

static X509 *begin(apr_pool_t *p, const apr_array_header_t *recipe, EVP_PKEY *key,
                   X509 *issuer)
{
    const char *subject = oracle_field(recipe, SUBJECT);
    X509 *x509 = X509_new();

    X509_set_version(x509, atoi(oracle_field(recipe, VERSION)) - 1);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), (uint64_t)random() + 1);
    if (strcmp(subject, "="))
        set_name(p, X509_get_subject_name(x509), subject);
    else if (issuer)
        X509_set_subject_name(x509, X509_get_subject_name(issuer));
    X509_set_issuer_name(x509, X509_get_subject_name(issuer ? issuer : x509));
    X509_set_pubkey(x509, key);
    set_time(X509_get0_notBefore(x509), oracle_field(recipe, START));
    set_time(X509_get0_notAfter(x509), oracle_field(recipe, END));
    return x509;
}

void oracle_certificate(apr_pool_t *p, const apr_array_header_t *recipe)
{
    EVP_PKEY *key = read_key(oracle_field(recipe, KEY));
    EVP_PKEY *signer = read_key(oracle_field(recipe, SIGNER));
    const char *from = oracle_field(recipe, ISSUER),
               *digest = oracle_field(recipe, DIGEST);
    X509 *issuer = *from ? read_certificate(from) : NULL;
    X509 *x509 = begin(p, recipe, key, issuer);

    add_extensions(x509, issuer ? issuer : x509, recipe);
    /* A digest that this library has no name for, or that the policy of a distribution
     * forbids. */
    if (!X509_sign(x509, signer, *digest ? EVP_get_digestbyname(digest) : NULL) &&
        !X509_sign(x509, signer, EVP_sha256()))
        oracle_fail("cannot sign", ERR_error_string(ERR_peek_last_error(), NULL));
    write_certificate(x509, recipe);
    X509_free(x509);
    X509_free(issuer);
    EVP_PKEY_free(key);
    EVP_PKEY_free(signer);
    printf("made");
}
