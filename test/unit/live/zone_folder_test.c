/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/zone_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include "apr_file_info.h"

#include "core/live/snapshot_builder.h"
#include "core/trust/zone_check.h"
#include "fixture.h"
#include "pki.h"

static int entries_until_failure = -1; /* -1: none */

/* The linker replaces apr_dir_read() by these. */
apr_status_t __real_apr_dir_read(apr_finfo_t *, apr_int32_t, apr_dir_t *);
apr_status_t __wrap_apr_dir_read(apr_finfo_t *, apr_int32_t, apr_dir_t *);

apr_status_t __wrap_apr_dir_read(apr_finfo_t *info, apr_int32_t wanted, apr_dir_t *dir)
{
    if (entries_until_failure == 0)
        return EIO;
    entries_until_failure -= entries_until_failure > 0;
    return __real_apr_dir_read(info, wanted, dir);
}

/* The tables of a configuration that names the folder, which is read once, as at
 * startup. */
static const char *read_folder(const char *folder, cfo_zone_table_t **table,
                               apr_array_header_t **errors)
{
    cfo_snapshot_builder_t *builder = cfo_snapshot_builder_create(pool);
    cfo_table_builder_t *one = cfo_snapshot_builder_add_table(builder, folder);
    cfo_snapshot_t snapshot;
    const char *reason;

    *errors = apr_array_make(pool, 1, sizeof(cfo_zone_file_t));
    reason = cfo_zone_folder_load(pool, builder->watched, one->folder, *errors);
    cfo_snapshot_build(builder, pool, builder->watched->start, &snapshot);
    *table = APR_ARRAY_IDX(snapshot.tables, 0, cfo_zone_table_t *);
    return reason;
}

static void write_text(const char *name, const char *text)
{
    fixture_write(name, text, strlen(text));
}

static const char *path_of(const char *name)
{
    return apr_pstrcat(pool, fixture_folder(), "/", name, NULL);
}

/* The entry for a file of the folder. */
static const cfo_zone_file_t *error_in(const apr_array_header_t *errors, const char *name)
{
    int i;

    for (i = 0; i < errors->nelts; i++) {
        const cfo_zone_file_t *problem = &APR_ARRAY_IDX(errors, i, cfo_zone_file_t);

        if (!strcmp(problem->path, path_of(name)))
            return problem;
    }
    fail_msg("nothing is said about %s", name);
    return NULL;
}

static void each_pem_file_is_a_zone(void **state)
{
    cfo_zone_table_t *table;
    apr_array_header_t *errors;
    cfo_zone_t *zone;

    (void)state;
    write_text("example.com.pem", pki_ca("A")->pem);
    write_text("Example.NET.pem", pki_ca("B")->pem);
    assert_null(read_folder(fixture_folder(), &table, &errors));
    assert_int_equal(errors->nelts, 0);
    assert_int_equal(cfo_zone_table_list(pool, table)->nelts, 2);
    zone = cfo_zone_table_get(table, "example.com");
    assert_int_equal(zone->proofs->nelts, 1);
    assert_null(zone->error);
    assert_string_equal(APR_ARRAY_IDX(zone->proofs, 0, const cfo_proof_t *)->source,
                        path_of("example.com.pem"));
    assert_non_null(cfo_zone_table_get(table, "example.net"));
}

static void a_file_that_does_not_load_shuts_its_zone_and_no_other(void **state)
{
    cfo_zone_table_t *table;
    apr_array_header_t *errors;
    cfo_zone_t *zone;

    (void)state;
    write_text("bad.example.pem", "-----BEGIN CERTIFICATE-----\n");
    write_text("empty.example.pem", "");
    write_text("good.example.pem", pki_ca("A")->pem);
    mkdir(path_of("folder.example.pem"), 0700);
    assert_int_equal(symlink("/nowhere", path_of("gone.example.pem")), 0);
    assert_null(read_folder(fixture_folder(), &table, &errors));
    assert_int_equal(errors->nelts, 4);
    assert_int_equal(cfo_zone_table_list(pool, table)->nelts, 5);
    zone = cfo_zone_table_get(table, "bad.example");
    assert_int_equal(zone->proofs->nelts, 0);
    assert_contains(zone->error, "damaged");
    assert_string_equal(error_in(errors, "bad.example.pem")->zone, "bad.example");
    assert_string_equal(error_in(errors, "empty.example.pem")->error, "empty");
    assert_contains(error_in(errors, "folder.example.pem")->error, "directory");
    assert_contains(error_in(errors, "gone.example.pem")->error, "No such file");
    assert_int_equal(cfo_zone_table_get(table, "gone.example")->proofs->nelts, 0);
    assert_int_equal(cfo_zone_table_get(table, "good.example")->proofs->nelts, 1);
}

static void the_error_for_a_private_key_says_so(void **state)
{
    cfo_zone_table_t *table;
    apr_array_header_t *errors;

    (void)state;
    write_text("a.example.pem",
               "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n");
    assert_null(read_folder(fixture_folder(), &table, &errors));
    assert_contains(error_in(errors, "a.example.pem")->error, "a private key");
}

static void a_file_whose_name_is_not_a_zone_is_reported_and_shuts_nothing(void **state)
{
    cfo_zone_table_t *table;
    apr_array_header_t *errors;

    (void)state;
    write_text("192.0.2.1.pem", pki_ca("A")->pem);
    write_text("a..b.pem", pki_ca("A")->pem);
    assert_null(read_folder(fixture_folder(), &table, &errors));
    assert_int_equal(errors->nelts, 2);
    assert_null(error_in(errors, "192.0.2.1.pem")->zone);
    assert_contains(error_in(errors, "192.0.2.1.pem")->error, "address");
    assert_contains(error_in(errors, "a..b.pem")->error, "empty label");
    assert_int_equal(cfo_zone_table_list(pool, table)->nelts, 0);
}

/* In any order of the file system. With so many pairs, some would be in the other
 * order. */
static void of_two_spellings_of_a_zone_the_canonical_one_is_used(void **state)
{
    const char *upper = pki_ca("upper")->pem, *lower = pki_ca("lower")->pem;
    cfo_zone_table_t *table;
    apr_array_header_t *errors, *zones;
    int i;

    (void)state;
    for (i = 0; i < 16; i++) {
        write_text(apr_psprintf(pool, "%c.example.pem", 'a' + i), lower);
        write_text(apr_psprintf(pool, "%c.example.pem", 'A' + i), upper);
    }
    assert_null(read_folder(fixture_folder(), &table, &errors));
    assert_int_equal(errors->nelts, 16);
    assert_null(error_in(errors, "A.example.pem")->zone);
    assert_contains(error_in(errors, "A.example.pem")->error, "another file");
    zones = cfo_zone_table_list(pool, table);
    assert_int_equal(zones->nelts, 16);
    for (i = 0; i < zones->nelts; i++) {
        const cfo_zone_t *zone = APR_ARRAY_IDX(zones, i, cfo_zone_t *);

        assert_int_equal(zone->proofs->nelts, 1);
        assert_string_equal(
            APR_ARRAY_IDX(zone->proofs, 0, const cfo_proof_t *)->certificate->subject,
            "CN=lower");
    }
}

static void files_with_other_names_are_ignored(void **state)
{
    static const char *const names[] = {
        "README", "example.com.key",  "example.com.pem.bak", "example.com.pem~",
        ".pem",   ".example.com.pem", ".#a.example.pem",     "example.com.PEM",
        "pem",
    };
    cfo_zone_table_t *table;
    apr_array_header_t *errors;
    int i;

    (void)state;
    for (i = 0; i < COUNT(names); i++)
        write_text(names[i], "not a certificate");
    assert_null(read_folder(fixture_folder(), &table, &errors));
    assert_int_equal(errors->nelts, 0);
    assert_int_equal(cfo_zone_table_list(pool, table)->nelts, 0);
}

static void a_folder_that_cannot_be_read_is_reported(void **state)
{
    cfo_zone_table_t *table;
    apr_array_header_t *errors;

    (void)state;
    write_text("file", "");
    assert_contains(read_folder(path_of("none"), &table, &errors), "No such file");
    assert_contains(read_folder(path_of("file"), &table, &errors), "Not a directory");
    assert_int_equal(errors->nelts, 0);
}

/* A partial listing would remove the other zones. */
static void a_folder_that_fails_while_it_is_listed_is_reported(void **state)
{
    cfo_zone_table_t *table;
    apr_array_header_t *errors;
    const char *reason;

    (void)state;
    write_text("a.example.pem", pki_ca("A")->pem);
    write_text("b.example.pem", pki_ca("B")->pem);
    entries_until_failure = 3; /* ., .. and one file, or fewer */
    reason = read_folder(fixture_folder(), &table, &errors);
    entries_until_failure = -1;
    assert_contains(reason, "Input/output error");
}

static void a_zone_of_the_folder_is_proved_like_any_other(void **state)
{
    const pki_t *ca = pki_ca("A"), *leaf = pki_leaf("leaf", ca);
    cfo_zone_table_t *table;
    apr_array_header_t *errors;
    cfo_match_t match;
    const char *why;

    (void)state;
    write_text("example.com.pem", ca->pem);
    write_text("shut.example.pem", "");
    assert_null(read_folder(fixture_folder(), &table, &errors));
    assert_int_equal(cfo_zone_check(pool, cfo_cert_cache_create(pool),
                                    cfo_zones_find(&table, 1, "www.example.com"),
                                    pki_credential(pool, leaf), NOW, &match, &why),
                     CFO_CERT_HOLDS);
    assert_int_equal(cfo_zone_check(pool, cfo_cert_cache_create(pool),
                                    cfo_zones_find(&table, 1, "www.shut.example"),
                                    pki_credential(pool, leaf), NOW, &match, &why),
                     CFO_CERT_UNKNOWN);
}

static void a_folder_is_read_once_however_often_it_is_named(void **state)
{
    cfo_watched_files_t *watched = cfo_watched_files_create(pool);
    apr_array_header_t *errors = apr_array_make(pool, 1, sizeof(cfo_zone_file_t));
    cfo_folder_t *folder;
    const cfo_watched_file_t *good, *bad;

    (void)state;
    write_text("good.example.pem", pki_ca("A")->pem);
    write_text("bad.example.pem", "");
    folder = cfo_watched_files_add_folder(watched, fixture_folder());
    assert_null(cfo_zone_folder_load(pool, watched, folder, errors));
    assert_int_equal(errors->nelts, 1);
    write_text("good.example.pem", "");
    assert_null(cfo_zone_folder_load(pool, watched, folder, errors));
    assert_int_equal(errors->nelts, 1);
    good = apr_hash_get(folder->zones, "good.example", APR_HASH_KEY_STRING);
    bad = apr_hash_get(folder->zones, "bad.example", APR_HASH_KEY_STRING);
    assert_true(good->content && !good->is_shut && !good->error.text);
    assert_true(!bad->content && bad->is_shut);
    assert_string_equal(bad->error.text, "empty");
    assert_true(bad->error.logged_at > 0);
}

static void a_folder_that_could_not_be_read_may_be_read_later(void **state)
{
    cfo_watched_files_t *watched = cfo_watched_files_create(pool);
    apr_array_header_t *errors = apr_array_make(pool, 1, sizeof(cfo_zone_file_t));
    cfo_folder_t *folder;

    (void)state;
    fixture_folder();
    folder = cfo_watched_files_add_folder(watched, path_of("later"));
    assert_non_null(cfo_zone_folder_load(pool, watched, folder, errors));
    mkdir(path_of("later"), 0700);
    write_text("later/a.example.pem", pki_ca("A")->pem);
    assert_null(cfo_zone_folder_load(pool, watched, folder, errors));
    assert_int_equal(apr_hash_count(folder->zones), 1);
}

static const cfo_zone_file_t *listed(const char *name)
{
    apr_array_header_t *files = apr_array_make(pool, 1, sizeof(cfo_zone_file_t));

    assert_null(cfo_zone_folder_list(pool, fixture_folder(), files));
    return error_in(files, name);
}

static void a_listing_has_the_zone_or_the_error_of_each_file(void **state)
{
    (void)state;
    write_text("Example.com.pem", "it is not read");
    write_text("example.COM.pem", "");
    write_text("a..b.pem", "");
    assert_string_equal(listed("Example.com.pem")->zone, "example.com");
    assert_null(listed("Example.com.pem")->error);
    assert_null(listed("example.COM.pem")->zone);
    assert_contains(listed("example.COM.pem")->error, "another file");
    assert_null(listed("a..b.pem")->zone);
    write_text("a.test (1).pem", "");
    assert_contains(listed("a.test (1).pem")->error, "no spaces; is it a copy");
}

static const char *error(void)
{
    apr_array_header_t *files = apr_array_make(pool, 1, sizeof(cfo_zone_file_t));

    assert_null(cfo_zone_folder_list(pool, fixture_folder(), files));
    return cfo_zone_folder_error(pool, files);
}

static void each_ignored_file_is_named(void **state)
{
    int i;

    (void)state;
    write_text("a.test.pem", "it is not read");
    assert_null(error());
    write_text("1.pem", "");
    write_text("A.test.pem", "");
    assert_string_equal(
        error(),
        apr_pstrcat(pool, path_of("1.pem"),
                    ": an address or a number is not a zone; the file is ignored; ",
                    path_of("A.test.pem"),
                    ": the zone already has another file (a.test.pem); "
                    "the file is ignored",
                    NULL));
    for (i = 2; i < 12; i++)
        write_text(apr_psprintf(pool, "%d.pem", i), "");
    assert_contains(error(), "; and 4 more files");
}

/* In any order of the folder: with a capital, with a final dot, and with both. */
static void the_canonical_name_is_preferred(void **state)
{
    (void)state;
    write_text("EXAMPLE.com..pem", "");
    write_text("EXAMPLE.com.pem", "");
    write_text("example.com..pem", "");
    write_text("xn--bcher-kva.example.pem", "");
    write_text("XN--BCHER-KVA.example.pem", "");
    write_text("*.pem", "");
    assert_string_equal(listed("EXAMPLE.com..pem")->zone, "example.com");
    assert_contains(listed("EXAMPLE.com.pem")->error, "(EXAMPLE.com..pem)");
    assert_string_equal(listed("*.pem")->zone, "*");
    assert_non_null(listed("xn--bcher-kva.example.pem")->zone);
    assert_null(listed("XN--BCHER-KVA.example.pem")->zone);
    write_text("example.com.pem", "");
    assert_string_equal(listed("example.com.pem")->zone, "example.com");
    assert_contains(listed("EXAMPLE.com..pem")->error, "(example.com.pem)");
    assert_contains(listed("EXAMPLE.com.pem")->error, "(example.com.pem)");
    assert_contains(listed("example.com..pem")->error, "(example.com.pem)");
    unlink(path_of("example.com.pem"));
    assert_string_equal(listed("EXAMPLE.com..pem")->zone, "example.com");
}

static void the_zone_of_a_file_comes_from_its_name(void **state)
{
    (void)state;
    assert_string_equal(cfo_zone_folder_zone(pool, "/etc/x/Example.COM.pem"),
                        "example.com");
    assert_string_equal(cfo_zone_folder_zone(pool, "/etc/x.pem/*.pem"), "*");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_pem_file_is_a_zone),
        TEST(a_file_that_does_not_load_shuts_its_zone_and_no_other),
        TEST(the_error_for_a_private_key_says_so),
        TEST(a_file_whose_name_is_not_a_zone_is_reported_and_shuts_nothing),
        TEST(of_two_spellings_of_a_zone_the_canonical_one_is_used),
        TEST(files_with_other_names_are_ignored),
        TEST(a_folder_that_cannot_be_read_is_reported),
        TEST(a_folder_that_fails_while_it_is_listed_is_reported),
        TEST(a_folder_is_read_once_however_often_it_is_named),
        TEST(a_folder_that_could_not_be_read_may_be_read_later),
        TEST(a_listing_has_the_zone_or_the_error_of_each_file),
        TEST(each_ignored_file_is_named),
        TEST(the_canonical_name_is_preferred),
        TEST(the_zone_of_a_file_comes_from_its_name),
        TEST(a_zone_of_the_folder_is_proved_like_any_other),
    };

    return RUN(tests);
}
