/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/origin_ca.h"

#include "apr_escape.h"

#include "fixture.h"
#include "pki.h"

static cfo_certificate_t with_key(const char *hex)
{
    cfo_certificate_t certificate = { .subject = "CN=any", .issuer = "CN=any" };

    apr_unescape_hex(certificate.spki_sha256, hex, APR_ESCAPE_STRING, 0, NULL);
    return certificate;
}

static void the_roots_are_known_by_their_keys(void **state)
{
    cfo_certificate_t rsa =
        with_key("b6e8c8ca4c7ca5e6934efea031364927bbfedf086229499a60d83b5d587222b7");
    cfo_certificate_t ecc =
        with_key("9114b3916b6457dbf19b6fc04ea6b61aa33a98668e71a01ba60c08f8a5167d5e");
    cfo_certificate_t other =
        with_key("9114b3916b6457dbf19b6fc04ea6b61aa33a98668e71a01ba60c08f8a5167d5f");

    (void)state;
    assert_int_equal(cfo_origin_ca_is(&rsa), CFO_ORIGIN_CA_KEY);
    assert_int_equal(cfo_origin_ca_is(&ecc), CFO_ORIGIN_CA_KEY);
    assert_int_equal(cfo_origin_ca_is(&other), CFO_ORIGIN_CA_NO);
}

static void they_and_their_leaves_are_known_by_name(void **state)
{
    cfo_certificate_t root = with_key(""), leaf = with_key("");

    (void)state;
    root.subject =
        "ST=California,L=San Francisco,OU=CloudFlare Origin SSL ECC Certificate "
        "Authority,O=CloudFlare\\, Inc.,C=US";
    leaf.subject =
        "CN=CloudFlare Origin Certificate,OU=CloudFlare Origin CA,O=CloudFlare";
    leaf.issuer = root.subject;
    assert_int_equal(cfo_origin_ca_is(&root), CFO_ORIGIN_CA_NAME);
    assert_int_equal(cfo_origin_ca_is(&leaf), CFO_ORIGIN_CA_NO);
    assert_true(cfo_origin_ca_issued(&leaf));
    assert_false(cfo_origin_ca_issued(pki_leaf("a", pki_ca("CloudFlare"))->certificate));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_roots_are_known_by_their_keys),
        TEST(they_and_their_leaves_are_known_by_name),
    };

    return RUN(tests);
}
