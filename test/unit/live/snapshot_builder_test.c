/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/snapshot_builder.h"

#include "fixture.h"
#include "pki.h"

/* A file that was read; `text` NULL: it did not load. */
static cfo_watched_file_t *file_with(cfo_snapshot_builder_t *builder,
                                     cfo_file_kind_t kind, const char *path,
                                     const char *text)
{
    cfo_watched_file_t *file = cfo_watched_files_add(builder->watched, kind, path);

    if (text)
        assert_null(cfo_parsed_file_read(builder->watched->start, kind, path, text,
                                         strlen(text), &file->content));
    return file;
}

static void replace(cfo_snapshot_builder_t *builder, cfo_watched_file_t *file,
                    const char *text)
{
    cfo_parsed_file_t *content;

    assert_null(cfo_parsed_file_read(builder->watched->start, file->kind, file->path,
                                     text, strlen(text), &content));
    cfo_watched_file_replace(file, content);
}

static cfo_watched_file_t *add_file(cfo_snapshot_builder_t *builder,
                                    cfo_table_builder_t *table, const char *name,
                                    const char *path, const char *text)
{
    cfo_zone_part_t part = { file_with(builder, CFO_FILE_PROOFS, path, text), NULL };

    cfo_table_builder_add(builder, table, name, &part);
    return part.file;
}

static const cfo_proof_t *add_pin(cfo_snapshot_builder_t *builder,
                                  cfo_table_builder_t *table, const char *name,
                                  char digit)
{
    cfo_zone_part_t part = { NULL, NULL };
    char pin[] =
        "sha256:0000000000000000000000000000000000000000000000000000000000000000";

    memset(pin + 7, digit, 64);
    assert_null(cfo_proof_read_pin(pool, pin, &part.pin));
    cfo_table_builder_add(builder, table, name, &part);
    return part.pin;
}

/* A file that was in the folder at start. */
static cfo_watched_file_t *list_file(cfo_snapshot_builder_t *builder,
                                     cfo_table_builder_t *table, const char *zone,
                                     const char *text)
{
    const char *path = apr_pstrcat(pool, table->folder->path, "/", zone, ".pem", NULL);
    cfo_watched_file_t *file = file_with(builder, CFO_FILE_PROOFS, path, text);

    file->zone = zone;
    apr_hash_set(table->folder->zones, zone, APR_HASH_KEY_STRING, file);
    return file;
}

/* Builds a snapshot from `last` (NULL: the first). */
static cfo_snapshot_t *build(cfo_snapshot_builder_t *builder, const cfo_snapshot_t *last)
{
    cfo_snapshot_t *snapshot = apr_palloc(pool, sizeof *snapshot);

    memset(snapshot, 0xa5, sizeof *snapshot);
    cfo_snapshot_build(builder, pool, cfo_shared_pool_permanent(pool), last, snapshot);
    assert_null(snapshot->pool);
    return snapshot;
}

static cfo_zone_t *zone_of(const cfo_snapshot_t *snapshot, int table, const char *name)
{
    return cfo_zone_table_get(APR_ARRAY_IDX(snapshot->tables, table, cfo_zone_table_t *),
                              name);
}

static int is_edge(const cfo_snapshot_t *snapshot, const char *text)
{
    cfo_address_t address;

    assert_true(cfo_address_parse(text, &address));
    return cfo_edge_contains(snapshot->edge, &address);
}

static void proofs_of_a_zone_are_alternatives_in_their_order(void **state)
{
    cfo_snapshot_builder_t *builder = cfo_snapshot_builder_create(pool);
    cfo_table_builder_t *table = cfo_snapshot_builder_add_table(builder, NULL);
    char name[] = "example.com";
    const cfo_watched_file_t *first, *second;
    const cfo_proof_t *pin;
    cfo_zone_t *zone;

    (void)state;
    first = add_file(builder, table, name, "/a", pki_ca("A")->pem);
    pin = add_pin(builder, table, name, '1');
    second = add_file(builder, table, name, "/b", pki_ca("B")->pem);
    name[0] = 'X'; /* the name is copied */
    zone = zone_of(build(builder, NULL), 0, "example.com");
    assert_string_equal(zone->name, "example.com");
    assert_int_equal(zone->proofs->nelts, 3);
    assert_ptr_equal(APR_ARRAY_IDX(zone->proofs, 0, const cfo_proof_t *),
                     APR_ARRAY_IDX(first->content->items, 0, const cfo_proof_t *));
    assert_ptr_equal(APR_ARRAY_IDX(zone->proofs, 1, const cfo_proof_t *), pin);
    assert_ptr_equal(APR_ARRAY_IDX(zone->proofs, 2, const cfo_proof_t *),
                     APR_ARRAY_IDX(second->content->items, 0, const cfo_proof_t *));
}

static void a_folder_is_one_table_however_often_it_is_named(void **state)
{
    cfo_snapshot_builder_t *builder = cfo_snapshot_builder_create(pool);
    cfo_table_builder_t *first = cfo_snapshot_builder_add_table(builder, NULL);
    cfo_table_builder_t *folder = cfo_snapshot_builder_add_table(builder, "/zones");

    (void)state;
    assert_ptr_not_equal(cfo_snapshot_builder_add_table(builder, NULL), first);
    assert_ptr_equal(cfo_snapshot_builder_add_table(builder, "/zones"), folder);
    assert_ptr_not_equal(cfo_snapshot_builder_add_table(builder, "/other"), folder);
    assert_int_equal(builder->tables->nelts, 4);
    assert_int_equal(folder->number, 1);
    assert_int_equal(build(builder, NULL)->tables->nelts, 4);
}

static void a_view_has_its_tables_in_its_own_order(void **state)
{
    cfo_snapshot_builder_t *builder = cfo_snapshot_builder_create(pool);
    cfo_table_builder_t *own = cfo_snapshot_builder_add_table(builder, NULL);
    cfo_table_builder_t *common = cfo_snapshot_builder_add_table(builder, NULL);
    apr_array_header_t *tables = apr_array_make(pool, 2, sizeof(cfo_table_builder_t *));
    cfo_snapshot_t *snapshot;

    (void)state;
    add_pin(builder, own, "example.com", '1');
    add_pin(builder, common, "example.com", '2');
    assert_int_equal(cfo_snapshot_builder_add_view(builder, tables), 0);
    APR_ARRAY_PUSH(tables, cfo_table_builder_t *) = common;
    assert_int_equal(cfo_snapshot_builder_add_view(builder, tables),
                     1); /* the array is copied */
    APR_ARRAY_PUSH(tables, cfo_table_builder_t *) = own;
    assert_int_equal(cfo_snapshot_builder_add_view(builder, tables), 2);
    snapshot = build(builder, NULL);
    assert_int_equal(snapshot->views[0].count, 0);
    assert_int_equal(snapshot->views[1].count, 1);
    assert_int_equal(snapshot->views[2].count, 2);
    assert_ptr_equal(cfo_zones_find(snapshot->views[2].tables, 2, "example.com"),
                     zone_of(snapshot, 1, "example.com"));
    assert_ptr_equal(snapshot->views[2].tables[1],
                     APR_ARRAY_IDX(snapshot->tables, 0, cfo_zone_table_t *));
}

static void the_edge_is_the_configured_list_or_else_the_built_in_list(void **state)
{
    cfo_snapshot_builder_t *builder = cfo_snapshot_builder_create(pool);
    apr_array_header_t *parts = apr_array_make(pool, 2, sizeof(cfo_edge_part_t));
    cfo_edge_part_t one = { NULL, { { 0 }, { 0 } } }, file = { NULL, { { 0 }, { 0 } } };

    (void)state;
    assert_true(is_edge(build(builder, NULL), "173.245.48.1"));
    builder->edge = parts; /* none */
    assert_false(is_edge(build(builder, NULL), "173.245.48.1"));
    assert_null(cfo_range_parse(pool, "192.0.2.0/24", &one.range));
    APR_ARRAY_PUSH(parts, cfo_edge_part_t) = one;
    file.file = file_with(builder, CFO_FILE_RANGES, "/ranges", "198.51.100.0/24");
    APR_ARRAY_PUSH(parts, cfo_edge_part_t) = file;
    assert_true(is_edge(build(builder, NULL), "192.0.2.1"));
    assert_true(is_edge(build(builder, NULL), "198.51.100.1"));
    assert_false(is_edge(build(builder, NULL), "203.0.113.1"));
    replace(builder, file.file, "203.0.113.0/24");
    assert_true(is_edge(build(builder, NULL), "203.0.113.1"));
    assert_false(is_edge(build(builder, NULL), "198.51.100.1"));
}

static void only_zones_with_a_changed_file_are_rebuilt(void **state)
{
    cfo_snapshot_builder_t *builder = cfo_snapshot_builder_create(pool);
    cfo_table_builder_t *table = cfo_snapshot_builder_add_table(builder, NULL);
    cfo_watched_file_t *a = add_file(builder, table, "a", "/a", pki_ca("A")->pem);
    cfo_snapshot_t *first, *second, *third;

    (void)state;
    add_file(builder, table, "b", "/b", pki_ca("B")->pem);
    add_file(builder, table, "both", "/b", NULL);
    add_file(builder, table, "both", "/a", NULL);
    add_pin(builder, table, "pin", '1');
    first = build(builder, NULL);
    assert_int_equal(zone_of(first, 0, "both")->files->nelts, 2);
    second = build(builder, first);
    replace(builder, a, pki_ca("C")->pem);
    third = build(builder, second);
    assert_ptr_equal(zone_of(second, 0, "a"), zone_of(first, 0, "a"));
    assert_ptr_equal(zone_of(second, 0, "both"), zone_of(first, 0, "both"));
    assert_ptr_not_equal(zone_of(third, 0, "a"), zone_of(first, 0, "a"));
    assert_ptr_not_equal(zone_of(third, 0, "both"), zone_of(first, 0, "both"));
    assert_ptr_equal(zone_of(third, 0, "b"), zone_of(first, 0, "b"));
    assert_ptr_equal(zone_of(third, 0, "pin"), zone_of(first, 0, "pin"));
    assert_int_equal(zone_of(first, 0, "b")->uses, 3); /* one per snapshot */
    assert_int_equal(zone_of(first, 0, "a")->uses, 2);
    assert_int_equal(zone_of(third, 0, "a")->uses, 1);
}

static void each_table_has_its_own_zone_of_a_name(void **state)
{
    cfo_snapshot_builder_t *builder = cfo_snapshot_builder_create(pool);
    cfo_table_builder_t *own = cfo_snapshot_builder_add_table(builder, NULL);
    cfo_table_builder_t *other = cfo_snapshot_builder_add_table(builder, NULL);
    cfo_snapshot_t *first, *second;

    (void)state;
    add_file(builder, own, "example.com", "/a", pki_ca("A")->pem);
    add_file(builder, other, "example.com", "/a", NULL);
    first = build(builder, NULL);
    second = build(builder, first);
    assert_ptr_not_equal(zone_of(first, 0, "example.com"),
                         zone_of(first, 1, "example.com"));
    assert_ptr_equal(zone_of(second, 0, "example.com"), zone_of(first, 0, "example.com"));
    assert_ptr_equal(zone_of(second, 1, "example.com"), zone_of(first, 1, "example.com"));
}

static void a_file_of_a_folder_counts_once_it_was_good_or_if_it_was_bad_at_start(
    void **state)
{
    cfo_snapshot_builder_t *builder = cfo_snapshot_builder_create(pool);
    cfo_table_builder_t *table = cfo_snapshot_builder_add_table(builder, "/zones");
    cfo_watched_file_t *shut = list_file(builder, table, "shut.example", NULL);
    cfo_watched_file_t *later = list_file(builder, table, "later.example", NULL);
    cfo_snapshot_t *first, *second;

    (void)state;
    list_file(builder, table, "good.example", pki_ca("A")->pem);
    shut->is_shut = 1;
    cfo_file_error_set(&shut->error, "why", 1);
    cfo_file_error_set(&later->error, "why", 1);
    first = build(builder, NULL);
    assert_int_equal(zone_of(first, 0, "good.example")->proofs->nelts, 1);
    assert_null(zone_of(first, 0, "good.example")->error);
    assert_int_equal(zone_of(first, 0, "shut.example")->proofs->nelts, 0);
    assert_string_equal(zone_of(first, 0, "shut.example")->error, "why");
    assert_null(zone_of(first, 0, "later.example"));
    cfo_file_error_set(&shut->error, "why else", 2);
    second = build(builder, first);
    assert_string_equal(zone_of(second, 0, "shut.example")->error, "why else");
    replace(builder, shut, pki_ca("B")->pem);
    replace(builder, later, pki_ca("C")->pem);
    second = build(builder, first);
    assert_int_equal(zone_of(second, 0, "shut.example")->proofs->nelts, 1);
    assert_null(zone_of(second, 0, "shut.example")->error);
    assert_int_equal(zone_of(second, 0, "later.example")->proofs->nelts, 1);
    assert_ptr_equal(zone_of(second, 0, "good.example"),
                     zone_of(first, 0, "good.example"));
    apr_hash_set(table->folder->zones, "good.example", APR_HASH_KEY_STRING, NULL);
    assert_null(zone_of(build(builder, second), 0, "good.example"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(proofs_of_a_zone_are_alternatives_in_their_order),
        TEST(a_folder_is_one_table_however_often_it_is_named),
        TEST(a_view_has_its_tables_in_its_own_order),
        TEST(the_edge_is_the_configured_list_or_else_the_built_in_list),
        TEST(only_zones_with_a_changed_file_are_rebuilt),
        TEST(each_table_has_its_own_zone_of_a_name),
        TEST(a_file_of_a_folder_counts_once_it_was_good_or_if_it_was_bad_at_start),
    };

    return RUN(tests);
}
