/* SPDX-License-Identifier: Apache-2.0 */
/* A parsed certificate. */
#include "core/trust/certificate.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "apr_escape.h"
#include "apr_strings.h"

const char *cfo_openssl_reason(apr_pool_t *p)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;

    return apr_pstrdup(p, reason ? reason : "unknown reason");
}

static apr_status_t free_x509(void *x509)
{
    X509_free(x509);
    return APR_SUCCESS;
}

/* RFC 2253 order and escaping, except that UTF-8 is left as it is: the log has its own
 * escaping. */
static const char *name_text(apr_pool_t *p, const X509_NAME *name)
{
    BIO *bio = BIO_new(BIO_s_mem());
    const char *text = "?";

    if (bio &&
        X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
        char *data = NULL;
        long length = BIO_get_mem_data(bio, &data);

        text = length > 0 ? apr_pstrmemdup(p, data, length)
                          : ""; /* no data: the pointer may be NULL */
    }
    BIO_free(bio);
    return text;
}

/* apr_time_exp_gmt_get() accepts no date before 1970. ASN1_TIME_diff() also accepts what
 * RFC 5280, 4.1.2.5 forbids in a certificate, such as fractions of a second; a chain with
 * such a date is invalid for OpenSSL, which compares dates with X509_cmp_time(). */
static int read_time(const ASN1_TIME *asn1, apr_time_t *time)
{
    time_t any = 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, any);
    int days, seconds;
    int ok = epoch && X509_cmp_time(asn1, &any) &&
             ASN1_TIME_diff(&days, &seconds, epoch, asn1);

    ASN1_TIME_free(epoch);
    if (ok)
        *time = apr_time_from_sec((apr_time_t)days * 86400 + seconds);
    return ok;
}

static int digest_key(X509 *x509, unsigned char *digest)
{
    unsigned char *der = NULL;
    int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);
    int ok = length > 0 && EVP_Digest(der, length, digest, NULL, EVP_sha256(), NULL);

    OPENSSL_free(der);
    return ok;
}

static int has_key(X509 *x509)
{
    const EVP_PKEY *key = X509_get0_pubkey(x509);

    return key && EVP_PKEY_security_bits(key) > 0;
}

/* OpenSSL decodes the key while it parses, and goes on without it, or without its
 * strength, if it cannot, for lack of memory too; later it does not try again. A copy is
 * decoded afresh. NULL: there is no memory. */
static X509 *with_key(X509 *x509)
{
    X509 *copy;

    if (has_key(x509))
        return x509;
    copy = X509_dup(x509);
    X509_free(x509);
    return copy;
}

/* `x509` is NULL if OpenSSL could not parse it. */
static const char *make(apr_pool_t *p, X509 *x509, cfo_certificate_t **certificate)
{
    cfo_certificate_t *cert = apr_pcalloc(p, sizeof *cert);

    if (!x509)
        return apr_psprintf(p, "OpenSSL rejects it: %s", cfo_openssl_reason(p));
    x509 = with_key(x509);
    if (!x509)
        return "out of memory";
    apr_pool_cleanup_register(p, x509, free_x509, apr_pool_cleanup_null);
    cert->x509 = x509;
    if (!X509_digest(x509, EVP_sha256(), cert->sha256, NULL) ||
        !digest_key(x509, cert->spki_sha256))
        return apr_psprintf(p, "OpenSSL cannot digest it: %s", cfo_openssl_reason(p));
    if (!read_time(X509_get0_notBefore(x509), &cert->not_before) ||
        !read_time(X509_get0_notAfter(x509), &cert->not_after))
        return "its dates cannot be read";
    /* Also makes OpenSSL parse the extensions now, while no other thread uses them. */
    if (X509_check_purpose(x509, -1, 0) != 1)
        return "its extensions cannot be read";
    cert->can_issue = X509_check_ca(x509) == 1;
    cert->is_ca = X509_check_ca(x509) || (X509_get_extension_flags(x509) & EXFLAG_CA);
    cert->is_self_signed = (X509_get_extension_flags(x509) & EXFLAG_SS) != 0;
    cert->has_receipts = X509_get_ext_by_NID(x509, NID_ct_precert_scts, -1) >= 0;
    cert->not_after += apr_time_from_sec(1) - 1;
    cert->sha256_hex = apr_pescape_hex(p, cert->sha256, CFO_DIGEST_SIZE, 0);
    cert->subject = name_text(p, X509_get_subject_name(x509));
    cert->issuer = name_text(p, X509_get_issuer_name(x509));
    *certificate = cert;
    return NULL;
}

const char *cfo_certificate_make(apr_pool_t *p, X509 *x509,
                                 cfo_certificate_t **certificate)
{
    const char *reason;

    ERR_set_mark();
    reason = make(p, x509, certificate);
    ERR_pop_to_mark();
    return reason;
}

const char *cfo_certificate_read(apr_pool_t *p, const char *pem, apr_size_t length,
                                 cfo_certificate_t **certificate)
{
    const char *reason;
    X509 *x509;
    BIO *bio;

    ERR_set_mark();
    bio = BIO_new_mem_buf(pem, (int)length);
    x509 = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    reason = make(p, x509, certificate);
    ERR_pop_to_mark();
    return reason;
}

const char *cfo_certificate_decode(apr_pool_t *p, const unsigned char *der, long size,
                                   cfo_certificate_t **certificate)
{
    const char *reason;

    ERR_set_mark();
    reason = make(p, d2i_X509(NULL, &der, size), certificate);
    ERR_pop_to_mark();
    return reason;
}

static apr_status_t free_packed(void *data)
{
    cfo_packed_t *packed = data;

    X509_free(packed->x509);
    return APR_SUCCESS;
}

int cfo_certificate_pack(apr_pool_t *p, cfo_certificate_t *certificate)
{
    X509 *x509 = certificate->x509;
    unsigned char *der = NULL;
    cfo_packed_t *packed;
    int size;

    ERR_set_mark();
    size = i2d_X509(x509, &der);
    if (size > 0) {
        packed = apr_pcalloc(p, sizeof *packed);
        packed->der = apr_pmemdup(p, der, (apr_size_t)size);
        packed->size = size;
        packed->subject_hash = X509_subject_name_hash(x509);
        packed->issuer_hash = X509_issuer_name_hash(x509);
        packed->has_key = has_key(x509);
        certificate->packed = packed;
        certificate->x509 = NULL;
        apr_pool_cleanup_run(p, x509, free_x509);
        apr_pool_cleanup_register(p, packed, free_packed, apr_pool_cleanup_null);
    }
    OPENSSL_free(der);
    ERR_pop_to_mark();
    return size > 0;
}

/* With its key and its extensions, which no thread may decode later. It was whole when it
 * was packed: if anything is missing now, there is no memory. */
static X509 *unpack(const cfo_packed_t *packed)
{
    const unsigned char *der = packed->der;
    X509 *x509 = d2i_X509(NULL, &der, packed->size);

    if (x509)
        x509 = with_key(x509);
    if (x509 && X509_check_purpose(x509, -1, 0) == 1 && has_key(x509) == packed->has_key)
        return x509;
    X509_free(x509);
    return NULL;
}

int cfo_certificate_is_decoded(const cfo_certificate_t *certificate)
{
    const cfo_packed_t *packed = certificate->packed;

    return !packed || __atomic_load_n(&packed->x509, __ATOMIC_ACQUIRE);
}

X509 *cfo_certificate_x509(const cfo_certificate_t *certificate)
{
    cfo_packed_t *packed = certificate->packed;
    X509 *x509, *known = NULL;

    if (!packed)
        return certificate->x509;
    x509 = __atomic_load_n(&packed->x509, __ATOMIC_ACQUIRE);
    if (x509)
        return x509;
    ERR_set_mark();
    x509 = unpack(packed);
    ERR_pop_to_mark();
    if (!x509 || __atomic_compare_exchange_n(&packed->x509, &known, x509, 0,
                                             __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return x509;
    X509_free(x509); /* another thread was faster */
    return known;
}

const cfo_certificate_t *cfo_certificate_share(apr_pool_t *p,
                                               const cfo_certificate_t *certificate)
{
    cfo_certificate_t *shared = apr_pmemdup(p, certificate, sizeof *shared);

    X509_up_ref(shared->x509);
    apr_pool_cleanup_register(p, shared->x509, free_x509, apr_pool_cleanup_null);
    shared->sha256_hex = apr_pstrdup(p, certificate->sha256_hex);
    shared->subject = apr_pstrdup(p, certificate->subject);
    shared->issuer = apr_pstrdup(p, certificate->issuer);
    return shared;
}

int cfo_certificate_is_shared_ca(const cfo_certificate_t *certificate)
{
    static const unsigned char spki_sha256[CFO_DIGEST_SIZE] = {
        0xe2, 0xef, 0x9f, 0xe8, 0x5a, 0xc3, 0x9f, 0x52, 0x2d, 0xc7, 0x73,
        0x50, 0x5f, 0x39, 0x98, 0x75, 0xaa, 0x75, 0xac, 0x10, 0xc4, 0x97,
        0x66, 0xca, 0x89, 0x9f, 0x8f, 0x99, 0xb0, 0x7d, 0xa3, 0x4c,
    };

    return !memcmp(certificate->spki_sha256, spki_sha256, CFO_DIGEST_SIZE);
}
