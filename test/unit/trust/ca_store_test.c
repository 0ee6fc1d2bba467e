/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/ca_store.h"

#include <openssl/err.h>

#include "fixture.h"
#include "pki.h"

static const pki_t *root, *intermediate, *leaf;

/* root, its intermediate, and the leaf of that */
static int make_chain(void **state)
{
    fixture_open(state);
    root = pki_ca("root");
    intermediate = pki_make(&(pki_order_t){ "intermediate",
                                            CA_EXTENSIONS "|authorityKeyIdentifier=keyid",
                                            root, NULL, NULL, NULL, 0, 0, 0 });
    leaf = pki_leaf("leaf", intermediate);
    return 0;
}

#define CHAIN_TEST(name) cmocka_unit_test_setup_teardown(name, make_chain, fixture_close)

static const cfo_ca_store_t *store_of(const char *first, const char *second)
{
    const char *pem = apr_pstrcat(pool, first, second, NULL);
    const char *file = fixture_write("ca.pem", pem, strlen(pem));
    const cfo_ca_store_t *store = cfo_ca_store_open(pool, file, NULL);

    assert_non_null(store);
    return store;
}

static void assert_result(const cfo_ca_store_t *store, const pki_t *certificate,
                          cfo_ca_result_t expected)
{
    assert_int_equal(cfo_ca_store_check(store, certificate->certificate, NULL), expected);
}

static void a_certificate_below_a_root_is_verified_and_its_depth_is_returned(void **state)
{
    const cfo_ca_store_t *store = store_of(root->pem, intermediate->pem);
    int above = -1;

    (void)state;
    assert_int_equal(cfo_ca_store_check(store, leaf->certificate, &above), CFO_CA_ROOTED);
    assert_int_equal(above, 2);
    assert_int_equal(cfo_ca_store_check(store, intermediate->certificate, &above),
                     CFO_CA_ROOTED);
    assert_int_equal(above, 1);
    assert_int_equal(cfo_ca_store_check(store, root->certificate, &above), CFO_CA_ROOTED);
    assert_int_equal(above, 0);
}

static void the_root_of_a_chain_is_returned(void **state)
{
    const cfo_ca_store_t *store = store_of(root->pem, intermediate->pem);
    const pki_t *const below[] = { leaf, intermediate, root };
    X509 *found;
    int i;

    (void)state;
    for (i = 0; i < COUNT(below); i++) {
        found = cfo_ca_store_root(store, below[i]->certificate);
        assert_non_null(found);
        assert_int_equal(X509_cmp(found, root->x509), 0);
        X509_free(found);
    }
    assert_null(cfo_ca_store_root(store, pki_ca("other")->certificate));
    assert_null(cfo_ca_store_root(store_of(intermediate->pem, ""), leaf->certificate));
}

static void an_intermediate_without_its_root_is_bare(void **state)
{
    const cfo_ca_store_t *store = store_of(intermediate->pem, pki_ca("other")->pem);

    (void)state;
    assert_result(store, intermediate, CFO_CA_BARE);
    assert_result(store, leaf, CFO_CA_BARE);
}

/* As in mod_ssl (internals 2.1): the leaf is not its own issuer. */
static void an_issued_leaf_in_the_store_verifies_nothing(void **state)
{
    const cfo_ca_store_t *store = store_of(leaf->pem, "");

    (void)state;
    assert_result(store, leaf, CFO_CA_UNKNOWN);
    assert_false(cfo_ca_store_has_root(store));
}

static void an_unrelated_certificate_is_unknown(void **state)
{
    const cfo_ca_store_t *store = store_of(pki_ca("other")->pem, "");

    (void)state;
    assert_result(store, root, CFO_CA_UNKNOWN);
    assert_result(store, intermediate, CFO_CA_UNKNOWN);
    assert_result(store, leaf, CFO_CA_UNKNOWN);
    /* The root alone does not verify what its intermediate issued. */
    assert_result(store_of(root->pem, ""), leaf, CFO_CA_UNKNOWN);
}

static void dates_are_ignored(void **state)
{
    const pki_t *old = pki_make(&(pki_order_t){ "old", CA_EXTENSIONS, NULL, NULL, NULL,
                                                NULL, NOW - 9 * DAY, NOW - 8 * DAY, 0 });

    (void)state;
    assert_result(store_of(old->pem, ""), old, CFO_CA_ROOTED);
}

static void a_root_is_found_among_others(void **state)
{
    (void)state;
    assert_true(cfo_ca_store_has_root(store_of(intermediate->pem, root->pem)));
    assert_false(cfo_ca_store_has_root(store_of(intermediate->pem, "")));
    assert_false(cfo_ca_store_has_root(cfo_ca_store_create(pool)));
}

static void a_self_signed_leaf_is_its_own_root(void **state)
{
    const pki_t *own = pki_make(
        &(pki_order_t){ "own", BARE_EXTENSIONS, NULL, NULL, NULL, NULL, 0, 0, 0 });
    const cfo_ca_store_t *store = store_of(own->pem, "");

    (void)state;
    assert_true(cfo_ca_store_has_root(store));
    assert_result(store, own, CFO_CA_ROOTED);
}

static void an_unreadable_file_gives_no_store(void **state)
{
    (void)state;
    assert_null(cfo_ca_store_open(pool, "/none/such.pem", NULL));
    assert_null(cfo_ca_store_open(pool, fixture_write("text", "text", 4), NULL));
}

static void certificates_can_be_added_and_garbage_is_ignored(void **state)
{
    cfo_ca_store_t *store = cfo_ca_store_create(pool);
    unsigned char *der = NULL;
    int length = i2d_X509(root->x509, &der);

    (void)state;
    cfo_ca_store_add(store, (const unsigned char *)"rubbish", 7);
    assert_result(store, root, CFO_CA_UNKNOWN);
    cfo_ca_store_add(store, der, length);
    assert_result(store, root, CFO_CA_ROOTED);
    OPENSSL_free(der);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHAIN_TEST(a_certificate_below_a_root_is_verified_and_its_depth_is_returned),
        CHAIN_TEST(the_root_of_a_chain_is_returned),
        CHAIN_TEST(an_intermediate_without_its_root_is_bare),
        CHAIN_TEST(an_issued_leaf_in_the_store_verifies_nothing),
        CHAIN_TEST(an_unrelated_certificate_is_unknown),
        CHAIN_TEST(a_root_is_found_among_others),
        CHAIN_TEST(certificates_can_be_added_and_garbage_is_ignored),
        TEST(dates_are_ignored),
        TEST(a_self_signed_leaf_is_its_own_root),
        TEST(an_unreadable_file_gives_no_store),
    };

    return RUN(tests);
}
