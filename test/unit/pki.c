/* SPDX-License-Identifier: Apache-2.0 */
/* Makes certificates of every type. */
#include "pki.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "fixture.h"

static apr_status_t free_key(void *key)
{
    EVP_PKEY_free(key);
    return APR_SUCCESS;
}

/* Takes over `ctx`, which is ready to generate a key. */
static EVP_PKEY *generate(EVP_PKEY_CTX *ctx)
{
    EVP_PKEY *key = NULL;

    assert_int_equal(EVP_PKEY_keygen(ctx, &key), 1);
    EVP_PKEY_CTX_free(ctx);
    apr_pool_cleanup_register(pool, key, free_key, apr_pool_cleanup_null);
    return key;
}

EVP_PKEY *pki_rsa_key(int bits)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, NULL);

    assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, bits), 1);
    return generate(ctx);
}

static EVP_PKEY *make_ec_key(const char *curve, int encoding)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
    int nid = EC_curve_nist2nid(curve);

    if (nid == NID_undef)
        nid = OBJ_txt2nid(curve);
    assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, nid), 1);
    assert_int_equal(EVP_PKEY_CTX_set_ec_param_enc(ctx, encoding), 1);
    return generate(ctx);
}

EVP_PKEY *pki_ec_key(const char *curve)
{
    return make_ec_key(curve, OPENSSL_EC_NAMED_CURVE);
}

EVP_PKEY *pki_explicit_ec_key(const char *curve)
{
    return make_ec_key(curve, OPENSSL_EC_EXPLICIT_CURVE);
}

static void add_extensions(X509 *x509, X509 *issuer, const char *list)
{
    char *rest, *item = apr_strtok(apr_pstrdup(pool, list), "|", &rest);
    X509V3_CTX ctx;

    X509V3_set_ctx(&ctx, issuer, x509, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&ctx);
    for (; item; item = apr_strtok(NULL, "|", &rest)) {
        char *value = strchr(item, '=');
        X509_EXTENSION *extension;

        *value++ = '\0';
        extension = X509V3_EXT_nconf(NULL, &ctx, item, value);
        assert_non_null(extension);
        assert_int_equal(X509_add_ext(x509, extension, -1), 1);
        X509_EXTENSION_free(extension);
    }
}

static const char *write_pem(X509 *x509)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data, *text;
    long length;

    assert_int_equal(PEM_write_bio_X509(bio, x509), 1);
    length = BIO_get_mem_data(bio, &data);
    text = apr_pstrmemdup(pool, data, length);
    BIO_free(bio);
    return text;
}

static const unsigned char *write_der(X509 *x509, size_t *size)
{
    unsigned char *data = NULL;
    const unsigned char *der;

    int length = i2d_X509(x509, &data);

    assert_true(length > 0);
    *size = (size_t)length;
    der = apr_pmemdup(pool, data, *size);
    OPENSSL_free(data);
    return der;
}

static void set_name(X509_NAME *name, const char *text)
{
    if (!*text)
        return;
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                                (const unsigned char *)text, -1, -1, 0),
                     1);
}

/* From days and seconds, for time_t of 32 bits ends in 2038. */
static void set_time(ASN1_TIME *time, apr_time_t value)
{
    const apr_int64_t day = 86400, seconds = apr_time_sec(value);

    assert_non_null(ASN1_TIME_adj(time, 0, (int)(seconds / day), (long)(seconds % day)));
}

static void set_dates(X509 *x509, const pki_order_t *order)
{
    apr_time_t from = order->from ? order->from : NOW - DAY;
    apr_time_t until = order->until ? order->until : NOW + DAY;

    set_time(X509_getm_notBefore(x509), from);
    set_time(X509_getm_notAfter(x509), until);
}

const pki_t *pki_make(const pki_order_t *order)
{
    static long last_serial;
    pki_t *made = apr_pcalloc(pool, sizeof *made);
    const pki_t *issuer = order->issuer ? order->issuer : made;
    EVP_PKEY *signer;
    cfo_certificate_t *certificate = NULL;

    ERR_set_mark();
    made->x509 = X509_new();
    made->key = order->key ? order->key : pki_ec_key("P-256");
    signer = order->signed_by ? order->signed_by : issuer->key;
    ASN1_INTEGER_set(X509_get_serialNumber(made->x509),
                     order->serial ? order->serial : ++last_serial);
    set_name(X509_get_subject_name(made->x509), order->name);
    X509_set_issuer_name(made->x509, X509_get_subject_name(issuer->x509));
    set_dates(made->x509, order);
    X509_set_pubkey(made->x509, made->key);
    if (order->extensions) {
        X509_set_version(made->x509, 2);
        add_extensions(made->x509, issuer->x509, order->extensions);
    }
    assert_true(
        X509_sign(made->x509, signer, order->digest ? order->digest : EVP_sha256()));
    made->pem = write_pem(made->x509);
    made->der = write_der(made->x509, &made->der_size);
    ERR_pop_to_mark();
    made->problem = cfo_certificate_make(pool, made->x509, &certificate);
    made->certificate = certificate;
    return made;
}

const char *pki_with_unknown_key(const pki_t *made)
{
    X509 *x509 = X509_dup(made->x509);
    unsigned char *key = OPENSSL_zalloc(1);
    const char *pem;

    assert_int_equal(X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(x509),
                                            OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1),
                                            V_ASN1_UNDEF, NULL, key, 1),
                     1);
    i2d_re_X509_tbs(x509, NULL); /* forgets how it was encoded */
    pem = write_pem(x509);
    X509_free(x509);
    return pem;
}

const pki_t *pki_ca(const char *name)
{
    return pki_make(&(pki_order_t){ .name = name, .extensions = CA_EXTENSIONS });
}

const pki_t *pki_leaf(const char *name, const pki_t *issuer)
{
    return pki_make(
        &(pki_order_t){ .name = name, .extensions = LEAF_EXTENSIONS, .issuer = issuer });
}

cfo_credential_t *pki_credential(apr_pool_t *p, const pki_t *leaf)
{
    return cfo_credential_create(p, leaf->certificate, leaf->der, leaf->der_size);
}
