/* SPDX-License-Identifier: Apache-2.0 */
#include "core/net/ranges_retired.h"

#include "fixture.h"

static const char *retired(const char *text)
{
    cfo_range_t range;

    assert_null(cfo_range_parse(pool, text, &range));
    return cfo_range_retired(pool, &range);
}

static void a_range_that_covers_a_retired_prefix_is_named(void **state)
{
    (void)state;
    assert_contains(retired("104.16.0.0/12"),
                    "write 104.16.0.0/13 and 104.24.0.0/14 instead");
    assert_contains(retired("104.28.0.0/14"), "2021-04-08: remove it");
    assert_contains(retired("104.0.0.0/8"), "contains 104.28.0.0/14");
    assert_contains(retired("199.27.128.0/21"), "2017-06-07: remove it");
    assert_contains(retired("199.27.0.0/16"), "contains 199.27.128.0/21");
}

/* Somebody may have chosen a part of it on purpose. */
static void nothing_is_reported_of_other_ranges(void **state)
{
    static const char *const good[] = { "104.16.0.0/13",   "104.24.0.0/14",
                                        "104.28.0.0/15",   "104.28.1.1",
                                        "199.27.128.0/22", "199.27.136.0/21",
                                        "2001:db8::/32",   "192.0.2.0/24" };
    apr_array_header_t *builtin = apr_array_make(pool, 32, sizeof(cfo_range_t));
    int i;

    (void)state;
    for (i = 0; i < COUNT(good); i++)
        assert_null(retired(good[i]));
    cfo_ranges_add_builtin(builtin);
    assert_null(cfo_ranges_retired(pool, builtin));
    cfo_range_parse(pool, "104.16.0.0/12", apr_array_push(builtin));
    cfo_range_parse(pool, "199.27.128.0/21", apr_array_push(builtin));
    assert_contains(cfo_ranges_retired(pool, builtin), "instead; 199.27.128.0/21");
}

static const char *retired_in(const char *text)
{
    cfo_ranges_draft_t *draft = cfo_ranges_draft(pool);

    assert_null(cfo_ranges_draft_read(pool, text, strlen(text), draft));
    return cfo_range_set_retired(pool, cfo_ranges_finish(pool, draft));
}

/* Also where another range of the set contains it. */
static void all_ranges_that_a_set_was_made_of_are_looked_at(void **state)
{
    const char *both = retired_in("199.27.128.0/21\n104.28.0.0/14\n104.16.0.0/12\n");

    (void)state;
    assert_contains(both, "write 104.16.0.0/13 and 104.24.0.0/14 instead");
    assert_contains(both, "; 104.28.0.0/14 has not been in Cloudflare's list");
    assert_contains(both, "; 199.27.128.0/21 has not been in Cloudflare's list");
    assert_null(retired_in("104.16.0.0/13\n104.28.0.0/15\n2001:db8::/32\n"));
}

static void the_retired_prefixes_can_be_added(void **state)
{
    apr_array_header_t *ranges = apr_array_make(pool, 2, sizeof(cfo_range_t));
    int i;

    (void)state;
    cfo_ranges_add_retired(ranges);
    assert_int_equal(ranges->nelts, 2);
    for (i = 0; i < ranges->nelts; i++)
        assert_non_null(cfo_range_retired(pool, &APR_ARRAY_IDX(ranges, i, cfo_range_t)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_range_that_covers_a_retired_prefix_is_named),
        TEST(the_retired_prefixes_can_be_added),
        TEST(all_ranges_that_a_set_was_made_of_are_looked_at),
        TEST(nothing_is_reported_of_other_ranges),
    };

    return RUN(tests);
}
