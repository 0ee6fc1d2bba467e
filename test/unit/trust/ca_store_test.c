/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/ca_store.h"
#include "core/trust/proof.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "fixture.h"
#include "memory.h"
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

/* The same certificate, as a zone has it. */
static const cfo_certificate_t *packed(const pki_t *certificate)
{
    apr_array_header_t *proofs;

    assert_null(cfo_proof_read_pem(pool, certificate->pem, strlen(certificate->pem), "",
                                   &proofs));
    return APR_ARRAY_IDX(proofs, 0, const cfo_proof_t *)->certificate;
}

static void assert_result(const cfo_ca_store_t *store, const pki_t *certificate,
                          cfo_ca_result_t expected)
{
    assert_int_equal(cfo_ca_store_check(store, certificate->certificate, NULL), expected);
    assert_int_equal(cfo_ca_store_check(store, packed(certificate), NULL), expected);
}

static void what_is_not_related_to_a_store_is_not_decoded(void **state)
{
    const cfo_ca_store_t *store = store_of(root->pem, intermediate->pem);
    const cfo_certificate_t *below = packed(leaf), *other = packed(pki_ca("other"));

    (void)state;
    assert_int_equal(cfo_ca_store_check(store, other, NULL), CFO_CA_UNKNOWN);
    assert_null(cfo_ca_store_root(store, other));
    assert_null(other->packed->x509);
    assert_int_equal(cfo_ca_store_check(store, below, NULL), CFO_CA_ROOTED);
    assert_non_null(below->packed->x509);
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
    assert_true(cfo_ca_store_has_root(store_of(root->pem, pki_ca("other")->pem)));
    assert_false(cfo_ca_store_has_root(store_of(intermediate->pem, "")));
    assert_false(cfo_ca_store_has_root(cfo_ca_store_create(pool)));
}

static const char *revocation_list_of(const pki_t *ca)
{
    X509_CRL *list = X509_CRL_new();
    BIO *bio = BIO_new(BIO_s_mem());
    const char *text;
    char *data;
    long length;

    X509_CRL_set_version(list, 1);
    X509_CRL_set_issuer_name(list, X509_get_subject_name(ca->x509));
    X509_CRL_set1_lastUpdate(list, X509_get0_notBefore(ca->x509));
    assert_true(X509_CRL_sign(list, ca->key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_bio_X509_CRL(bio, list), 1);
    length = BIO_get_mem_data(bio, &data);
    text = apr_pstrmemdup(pool, data, (apr_size_t)length);
    BIO_free(bio);
    X509_CRL_free(list);
    return text;
}

/* As SSLCACertificateFile may have one. */
static void a_revocation_list_is_no_root(void **state)
{
    const char *list = revocation_list_of(root);

    (void)state;
    assert_false(cfo_ca_store_has_root(store_of(intermediate->pem, list)));
    assert_true(cfo_ca_store_has_root(store_of(root->pem, list)));
    assert_result(store_of(root->pem, list), root, CFO_CA_ROOTED);
}

/* A store, and what was found out while there was no memory. */
typedef struct {
    const char *file;
    cfo_ca_store_t *store;
    cfo_ca_result_t of_root, of_other;
    const pki_t *other;
} shortage_t;

static void open_and_check(void *data)
{
    shortage_t *shortage = data;

    shortage->of_root = shortage->of_other = CFO_CA_UNKNOWN;
    shortage->store = cfo_ca_store_open(pool, shortage->file, NULL);
    if (!shortage->store)
        return;
    shortage->of_root = cfo_ca_store_check(shortage->store, root->certificate, NULL);
    shortage->of_other =
        cfo_ca_store_check(shortage->store, shortage->other->certificate, NULL);
}

static void assert_no_other_is_verified(void *data)
{
    const shortage_t *shortage = data;

    assert_int_equal(shortage->of_other, CFO_CA_UNKNOWN);
    if (shortage->store)
        assert_int_equal(
            cfo_ca_store_check(shortage->store, shortage->other->certificate, NULL),
            CFO_CA_UNKNOWN);
}

static void without_memory_nothing_is_verified_that_would_not_be_with_it(void **state)
{
    shortage_t shortage = { .other = pki_ca("other") };

    (void)state;
    shortage.file = fixture_write("ca.pem", root->pem, strlen(root->pem));
    open_and_check(&shortage);
    assert_int_equal(shortage.of_root, CFO_CA_ROOTED);
    assert_true(memory_fail_each(1, open_and_check, assert_no_other_is_verified,
                                 &shortage) > 100);
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
        CHAIN_TEST(what_is_not_related_to_a_store_is_not_decoded),
        CHAIN_TEST(a_certificate_below_a_root_is_verified_and_its_depth_is_returned),
        CHAIN_TEST(the_root_of_a_chain_is_returned),
        CHAIN_TEST(an_intermediate_without_its_root_is_bare),
        CHAIN_TEST(an_issued_leaf_in_the_store_verifies_nothing),
        CHAIN_TEST(an_unrelated_certificate_is_unknown),
        CHAIN_TEST(a_root_is_found_among_others),
        CHAIN_TEST(certificates_can_be_added_and_garbage_is_ignored),
        CHAIN_TEST(a_revocation_list_is_no_root),
        CHAIN_TEST(without_memory_nothing_is_verified_that_would_not_be_with_it),
        TEST(dates_are_ignored),
        TEST(a_self_signed_leaf_is_its_own_root),
        TEST(an_unreadable_file_gives_no_store),
    };

    return RUN(tests);
}
