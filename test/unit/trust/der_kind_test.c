/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/der_kind.h"

#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "fixture.h"
#include "pki.h"

/* The kind of what an encoder writes, which is freed. */
static const char *kind_of(unsigned char *der, int length)
{
    const char *kind;

    assert_true(length > 0);
    kind = cfo_der_kind((const char *)der, (apr_size_t)length);
    OPENSSL_free(der);
    return kind;
}

static void each_kind_is_named_with_how_to_convert_it(void **state)
{
    const pki_t *ca = pki_make(&(pki_order_t){
        .name = "A", .extensions = CA_EXTENSIONS, .key = pki_rsa_key(2048) });
    unsigned char *der[4] = { NULL };
    PKCS12 *p12 = PKCS12_create("x", "a", ca->key, ca->x509, NULL, 0, 0, 0, 0, 0);
    X509_REQ *request = X509_to_X509_REQ(ca->x509, ca->key, EVP_sha256());
    int length;

    (void)state;
    length = i2d_X509(ca->x509, &der[0]);
    assert_contains(kind_of(der[0], length), "DER, not PEM; convert it: openssl x509");
    length = i2d_PKCS12(p12, &der[1]);
    assert_contains(kind_of(der[1], length), "PKCS#12");
    length = i2d_X509_REQ(request, &der[2]);
    assert_contains(kind_of(der[2], length), "certificate request");
    length = i2d_PrivateKey(ca->key, &der[3]);
    assert_contains(kind_of(der[3], length), "private key");
    PKCS12_free(p12);
    X509_REQ_free(request);
    assert_contains(cfo_der_kind("\x30\x82\x01\x02", 4), "it is DER, not PEM; if");
    assert_null(cfo_der_kind("0abc", 4));
    assert_null(cfo_der_kind("\x30\x05\x02\x01\x01\x04", 6)); /* another length */
    assert_null(cfo_der_kind("-----", 5));
    assert_null(cfo_der_kind("\x30", 1));
}

/* Of PKCS#8 and of older forms, such as that of EC keys. */
static void a_key_begins_with_version_0_or_1(void **state)
{
    static const char other[] = "it is DER, not PEM; if";

    (void)state;
    assert_contains(cfo_der_kind("\x30\x04\x02\x01\x00\x04", 6), "private key");
    assert_contains(cfo_der_kind("\x30\x04\x02\x01\x01\x04", 6), "private key");
    assert_contains(cfo_der_kind("\x30\x81\x04\x02\x01\x01\x04", 7), "private key");
    assert_contains(cfo_der_kind("\x30\x04\x02\x01\x02\x04", 6), other);
    assert_contains(cfo_der_kind("\x30\x04\x02\x02\x01\x04", 6), other);
    assert_contains(cfo_der_kind("\x30\x81\x04\x04\x01\x01\x04", 7), other);
    assert_contains(cfo_der_kind("\x30\x03\x02\x01\x01", 5), other);
}

static void there_is_advice_for_other_blocks(void **state)
{
    (void)state;
    assert_contains(cfo_pem_advice("PKCS7"), "openssl pkcs7");
    assert_contains(cfo_pem_advice("NEW CERTIFICATE REQUEST"), "of which a CA makes");
    assert_contains(cfo_pem_advice("TRUSTED CERTIFICATE"), "openssl x509");
    assert_contains(cfo_pem_advice("PUBLIC KEY"), "spki-sha256");
    assert_contains(cfo_pem_advice("X509 CRL"), "revocation list");
    assert_contains(cfo_pem_advice("EC PARAMETERS"), "parameters");
    assert_null(cfo_pem_advice("SOMETHING"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_kind_is_named_with_how_to_convert_it),
        TEST(a_key_begins_with_version_0_or_1),
        TEST(there_is_advice_for_other_blocks),
    };

    return RUN(tests);
}
