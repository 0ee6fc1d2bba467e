/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/core/shared_ca.h"

#include "apr_escape.h"

#include "fixture.h"
#include "pki.h"

#define SHARED_KEY "e2ef9fe85ac39f522dc773505f399875aa75ac10c49766ca899f8f99b07da34c"
#define SHARED_NAME "CN=origin-pull.cloudflare.net,OU=Origin Pull,O=CloudFlare\\, Inc."

static cfo_certificate_t certificate_of(const char *key, const char *issuer)
{
    cfo_certificate_t certificate = *pki_ca("any")->certificate;

    if (key)
        assert_int_equal(
            apr_unescape_hex(certificate.spki_sha256, key, APR_ESCAPE_STRING, 0, NULL),
            APR_SUCCESS);
    if (issuer)
        certificate.issuer = issuer;
    return certificate;
}

static int is_shared(cfo_proof_kind_t kind, const char *key, const char *issuer)
{
    cfo_certificate_t certificate = certificate_of(key, issuer);
    cfo_proof_t proof = { kind, "source", &certificate, { 0 }, NULL, 0 };

    return cfo_shared_ca_is(&proof);
}

static void the_shared_ca_is_known_by_its_key_whatever_it_is_called(void **state)
{
    (void)state;
    assert_true(is_shared(CFO_PROOF_ANCHOR, SHARED_KEY, NULL));
    assert_true(is_shared(CFO_PROOF_ANCHOR, SHARED_KEY, SHARED_NAME));
}

/* Anybody can call his CA so, and it is his own then. */
static void a_ca_of_its_name_alone_is_not_the_shared_one(void **state)
{
    (void)state;
    assert_false(is_shared(CFO_PROOF_ANCHOR, NULL, SHARED_NAME));
    assert_false(is_shared(CFO_PROOF_ANCHOR, NULL, NULL));
}

static void a_leaf_with_its_name_as_issuer_is_shared(void **state)
{
    (void)state;
    assert_true(is_shared(CFO_PROOF_LEAF, NULL, SHARED_NAME));
    assert_false(is_shared(CFO_PROOF_LEAF, NULL, "CN=example.com"));
}

static void of_a_pin_nothing_is_known(void **state)
{
    cfo_proof_t proof = { CFO_PROOF_SPKI, "source", NULL, { 0 }, NULL, 0 };

    (void)state;
    assert_false(cfo_shared_ca_is(&proof));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_shared_ca_is_known_by_its_key_whatever_it_is_called),
        TEST(a_ca_of_its_name_alone_is_not_the_shared_one),
        TEST(a_leaf_with_its_name_as_issuer_is_shared),
        TEST(of_a_pin_nothing_is_known),
    };

    return RUN(tests);
}
