/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/provenance.h"

#include "core/live/snapshot_builder.h"
#include "fixture.h"

static cfo_watched_files_t *watched;
static apr_array_header_t *edge;

static void begin(void)
{
    watched = cfo_watched_files_create(pool);
    edge = apr_array_make(pool, 4, sizeof(cfo_edge_part_t));
}

static cfo_watched_file_t *add_file(const char *name, const char *text, apr_time_t mtime)
{
    const char *path = fixture_write(name, text, strlen(text));
    cfo_watched_file_t *file = cfo_watched_files_add(watched, CFO_FILE_RANGES, path);

    assert_null(cfo_watched_file_load(watched, file));
    file->state.mtime = mtime;
    APR_ARRAY_PUSH(edge, cfo_edge_part_t) = (cfo_edge_part_t){ file };
    return file;
}

static void add_range(const char *text, int is_builtin)
{
    cfo_edge_part_t *part = apr_array_push(edge);

    assert_null(cfo_range_parse(pool, text, &part->range));
    part->is_builtin = is_builtin;
}

static const cfo_range_source_t *at(const cfo_provenance_t *provenance, int i)
{
    return &APR_ARRAY_IDX(provenance->ranges, i, cfo_range_source_t);
}

static void without_a_list_the_built_in_one_is_used(void **state)
{
    const cfo_provenance_t *provenance;

    (void)state;
    begin();
    provenance = cfo_provenance_make(pool, watched, NULL);
    assert_int_equal(provenance->ranges->nelts, 1);
    assert_string_equal(at(provenance, 0)->kind, "builtin");
    assert_int_equal(provenance->ipv4, 15);
    assert_int_equal(provenance->ipv6, 7);
    assert_true(provenance->timestamp == apr_time_from_sec(1695859200)); /* 2023-09-28 */
}

static void an_empty_list_has_neither_ranges_nor_a_date(void **state)
{
    const cfo_provenance_t *provenance;

    (void)state;
    begin();
    provenance = cfo_provenance_make(pool, watched, edge);
    assert_int_equal(provenance->ranges->nelts, 0);
    assert_int_equal(provenance->ipv4 + provenance->ipv6, 0);
    assert_true(provenance->timestamp == 0);
    add_range("192.0.2.0/24", 0);
    provenance = cfo_provenance_make(pool, watched, edge);
    assert_string_equal(at(provenance, 0)->kind, "listed");
    assert_true(provenance->timestamp == 0);
}

static void the_newest_file_dates_the_ranges_and_the_built_in_list_does_not(void **state)
{
    const cfo_provenance_t *provenance;

    (void)state;
    begin();
    add_range("198.51.100.0/24", 1);
    add_range("2001:db8::/32", 0);
    add_file("old", "192.0.2.0/25\n192.0.2.128/25\n", apr_time_from_sec(1000));
    add_file("new", "2001:db8::/48\n", apr_time_from_sec(2000));
    provenance = cfo_provenance_make(pool, watched, edge);
    assert_int_equal(provenance->ranges->nelts, 4);
    assert_string_equal(at(provenance, 0)->kind, "file");
    assert_contains(at(provenance, 0)->file, "/old");
    assert_int_equal(at(provenance, 0)->ipv4, 2);
    assert_string_equal(at(provenance, 2)->kind, "builtin");
    assert_int_equal(at(provenance, 2)->ipv4, 1);
    assert_int_equal(at(provenance, 3)->ipv6, 1);
    assert_int_equal(provenance->ipv4, 3);
    assert_int_equal(provenance->ipv6, 2);
    assert_true(provenance->timestamp == apr_time_from_sec(2000));
}

static void errors_are_sorted_by_path(void **state)
{
    cfo_watched_file_t *zone;
    const cfo_provenance_t *provenance;
    const cfo_path_error_t *errors;

    (void)state;
    begin();
    cfo_file_error_set(&add_file("b", "192.0.2.0/24\n", 1)->error, "cut", 1);
    add_file("fine", "192.0.2.0/24\n", 1);
    zone = cfo_folder_put(cfo_watched_files_add_folder(watched, "/a"), watched->start,
                          "x.test", "/a/x.test.pem");
    zone->is_shut = 1;
    cfo_file_error_set(&zone->error, "no certificate", 1);
    cfo_file_error_set(&cfo_watched_files_add_folder(watched, "/z")->error, "gone", 1);
    provenance = cfo_provenance_make(pool, watched, edge);
    errors = (const cfo_path_error_t *)(void *)provenance->errors->elts;
    assert_int_equal(provenance->errors->nelts, 3);
    assert_string_equal(errors[0].zone, "x.test");
    assert_true(errors[0].is_shut && !errors[0].has_content && !errors[0].is_folder);
    assert_string_equal(errors[0].text, "no certificate");
    assert_contains(errors[1].path, "/b");
    assert_true(!errors[1].is_shut && errors[1].has_content && !errors[1].zone);
    assert_true(errors[2].is_folder);
}

static void provenance_does_not_change_with_its_files(void **state)
{
    const cfo_provenance_t *provenance;
    cfo_watched_file_t *file;

    (void)state;
    begin();
    file = add_file("b", "192.0.2.0/24\n", 1);
    cfo_file_error_set(&file->error, "cut", 1);
    provenance = cfo_provenance_make(pool, watched, edge);
    cfo_file_error_set(&file->error, NULL, 2);
    apr_hash_clear(watched->named[CFO_FILE_RANGES]);
    assert_string_equal(APR_ARRAY_IDX(provenance->errors, 0, cfo_path_error_t).text,
                        "cut");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_list_the_built_in_one_is_used),
        TEST(an_empty_list_has_neither_ranges_nor_a_date),
        TEST(the_newest_file_dates_the_ranges_and_the_built_in_list_does_not),
        TEST(errors_are_sorted_by_path),
        TEST(provenance_does_not_change_with_its_files),
    };

    return RUN(tests);
}
