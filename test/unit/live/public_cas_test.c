/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/public_cas.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "fixture.h"
#include "pki.h"

static const pki_t *root, *intermediate, *own;
static const char *own_folder;

/* A bundle with a public root and one that the administrator added. */
static int make_bundle(void **state)
{
    const char *pem, *file;

    fixture_open(state);
    root = pki_ca("public");
    own = pki_ca("own");
    intermediate = pki_make(&(pki_order_t){
        .name = "intermediate", .extensions = CA_EXTENSIONS, .issuer = root });
    pem = apr_pstrcat(pool, root->pem, own->pem, NULL);
    file = fixture_write("bundle.pem", pem, strlen(pem));
    setenv("SSL_CERT_FILE", file, 1);
    own_folder =
        apr_pstrcat(pool, apr_pstrmemdup(pool, file, strlen(file) - 10), "own", NULL);
    mkdir(own_folder, 0755);
    return 0;
}

static int end(void **state)
{
    unsetenv("SSL_CERT_FILE");
    unsetenv("SSL_CERT_DIR");
    return fixture_close(state);
}

#define BUNDLE_TEST(name) cmocka_unit_test_setup_teardown(name, make_bundle, end)

static cfo_public_cas_t *open_cas(void)
{
    static const char *folders[2];
    cfo_public_cas_t *cas;

    folders[0] = own_folder;
    cas = cfo_public_cas_open(pool, folders);
    assert_non_null(cas);
    return cas;
}

static void a_root_and_what_is_below_it_are_public(void **state)
{
    cfo_public_cas_t *cas = open_cas();

    (void)state;
    assert_string_equal(cfo_public_cas_root(cas, root->certificate), "CN=public");
    assert_string_equal(cfo_public_cas_root(cas, intermediate->certificate), "CN=public");
    assert_string_equal(cfo_public_cas_root(cas, own->certificate), "CN=own");
    assert_null(cfo_public_cas_root(cas, pki_ca("public")->certificate));
    assert_null(cfo_public_cas_root(cas, pki_ca("other")->certificate));
}

/* Public ones are expired as well, and are still in old bundles. */
static void dates_are_ignored(void **state)
{
    const pki_t *expired = pki_make(&(pki_order_t){ .name = "old",
                                                    .extensions = CA_EXTENSIONS,
                                                    .from = NOW - 9 * DAY,
                                                    .until = NOW - 8 * DAY });

    (void)state;
    setenv("SSL_CERT_FILE", fixture_write("old.pem", expired->pem, strlen(expired->pem)),
           1);
    assert_string_equal(cfo_public_cas_root(open_cas(), expired->certificate), "CN=old");
}

static void write_own(const char *folder, const char *name, const pki_t *certificate)
{
    FILE *file;

    folder = apr_pstrcat(pool, own_folder, folder, NULL);
    mkdir(folder, 0755);
    file = fopen(apr_pstrcat(pool, folder, name, NULL), "w");
    assert_non_null(file);
    fputs(certificate->pem, file);
    fclose(file);
}

static void a_root_that_the_administrator_added_is_not_public(void **state)
{
    (void)state;
    write_own("", "/own.crt", own);
    write_own("/mozilla", "/root.crt", root);
    assert_null(cfo_public_cas_root(open_cas(), own->certificate));
    assert_non_null(cfo_public_cas_root(open_cas(), root->certificate));
    write_own("/company", "/root.crt", root);
    assert_null(cfo_public_cas_root(open_cas(), root->certificate));
}

static void a_leaf_with_receipts_of_logs_is_from_a_public_ca(void **state)
{
    const pki_t *leaf = pki_make(
        &(pki_order_t){ .name = "leaf",
                        .extensions = "1.3.6.1.4.1.11129.2.4.2=ASN1:OCTETSTRING:x",
                        .issuer = root });

    (void)state;
    assert_true(cfo_public_cas_issued(leaf->certificate));
    assert_false(cfo_public_cas_issued(pki_leaf("leaf", root)->certificate));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUNDLE_TEST(a_root_and_what_is_below_it_are_public),
        BUNDLE_TEST(dates_are_ignored),
        BUNDLE_TEST(a_root_that_the_administrator_added_is_not_public),
        BUNDLE_TEST(a_leaf_with_receipts_of_logs_is_from_a_public_ca),
    };

    return RUN(tests);
}
