/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/edge.h"

#include "core/live/watched_file.h"
#include "fixture.h"

static apr_array_header_t *make_parts(void)
{
    return apr_array_make(pool, 4, sizeof(cfo_edge_part_t));
}

static void add_range(apr_array_header_t *parts, const char *text)
{
    cfo_edge_part_t *part = apr_array_push(parts);

    memset(part, 0, sizeof *part);
    assert_null(cfo_range_parse(pool, text, &part->range));
}

static cfo_parsed_file_t *read_list(const char *text)
{
    cfo_shared_pool_t *shared_pool = cfo_shared_pool_create(pool);
    cfo_parsed_file_t *content;

    assert_null(cfo_parsed_file_read(shared_pool, CFO_FILE_RANGES, "/list", text,
                                     strlen(text), &content));
    cfo_shared_pool_release(shared_pool);
    return content;
}

/* `text` NULL: it never was good. */
static cfo_watched_file_t *add_file(apr_array_header_t *parts, const char *text)
{
    cfo_edge_part_t *part = apr_array_push(parts);

    memset(part, 0, sizeof *part);
    part->file = apr_pcalloc(pool, sizeof *part->file);
    part->file->content = text ? read_list(text) : NULL;
    return part->file;
}

static int contains(const cfo_edge_t *edge, const char *text)
{
    cfo_address_t address;

    assert_true(cfo_address_parse(text, &address));
    return cfo_edge_contains(edge, &address);
}

static int overlaps(const cfo_edge_t *edge, const char *text)
{
    cfo_range_t range;

    assert_null(cfo_range_parse(pool, text, &range));
    return cfo_edge_overlaps(edge, &range);
}

static void without_parts_it_is_the_built_in_list(void **state)
{
    const cfo_edge_t *edge = cfo_edge_make(pool, NULL);

    (void)state;
    assert_true(contains(edge, "173.245.48.1"));
    assert_true(contains(edge, "2606:4700::1"));
    assert_false(contains(edge, "192.0.2.1"));
    assert_true(overlaps(edge, "173.0.0.0/8"));
    assert_false(overlaps(edge, "192.0.2.0/24"));
}

static void with_an_empty_list_of_parts_it_is_empty(void **state)
{
    const cfo_edge_t *edge = cfo_edge_make(pool, make_parts());

    (void)state;
    assert_false(contains(edge, "173.245.48.1"));
    assert_false(contains(edge, "0.0.0.0"));
    assert_false(contains(edge, "::"));
    assert_false(overlaps(edge, "173.0.0.0/8"));
}

static void it_has_all_parts(void **state)
{
    apr_array_header_t *parts = make_parts();
    const cfo_edge_t *edge;

    (void)state;
    add_range(parts, "192.0.2.0/24");
    add_file(parts, "198.51.100.0/24\n");
    add_file(parts, NULL);
    add_range(parts, "2001:db8::/32");
    add_file(parts, "203.0.113.0/24\n192.0.2.0/25\n");
    edge = cfo_edge_make(pool, parts);
    assert_true(contains(edge, "192.0.2.255"));
    assert_true(contains(edge, "198.51.100.1"));
    assert_true(contains(edge, "2001:db8::1"));
    assert_true(contains(edge, "203.0.113.1"));
    assert_false(contains(edge, "198.51.101.0"));
    assert_false(contains(edge, "173.245.48.1"));
    assert_true(overlaps(edge, "203.0.0.0/16"));
    assert_true(overlaps(edge, "192.0.2.128/25"));
    assert_false(overlaps(edge, "198.51.101.0/24"));
}

/* The file may be loaded again while requests still use the edge. */
static void it_holds_the_content_that_it_is_made_of(void **state)
{
    apr_array_header_t *parts = make_parts();
    cfo_watched_file_t *file = add_file(parts, "192.0.2.0/24\n");
    cfo_parsed_file_t *content = file->content;
    const cfo_edge_t *edge = cfo_edge_make(pool, parts), *next;

    (void)state;
    assert_ptr_equal(APR_ARRAY_IDX(edge->sets, 0, const cfo_ranges_t *), content->ranges);
    assert_int_equal(content->uses, 2);
    cfo_watched_file_replace(file, read_list("198.51.100.0/24\n"));
    assert_int_equal(content->uses, 1);
    next = cfo_edge_make(pool, parts);
    assert_true(contains(edge, "192.0.2.1"));
    assert_false(contains(edge, "198.51.100.1"));
    assert_true(contains(next, "198.51.100.1"));
    assert_false(contains(next, "192.0.2.1"));
    cfo_edge_release(edge); /* and AddressSanitizer sees that all is freed once */
    cfo_edge_release(next);
    assert_int_equal(file->content->uses, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_parts_it_is_the_built_in_list),
        TEST(with_an_empty_list_of_parts_it_is_empty),
        TEST(it_has_all_parts),
        TEST(it_holds_the_content_that_it_is_made_of),
    };

    return RUN(tests);
}
