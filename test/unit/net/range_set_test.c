/* SPDX-License-Identifier: Apache-2.0 */
#include "core/net/range_set.h"

#include "core/net/ranges.h"
#include "fixture.h"
#include "range_sample.h"

static int covers(const char *set, const char *text)
{
    cfo_range_t range;

    assert_null(cfo_range_parse(pool, text, &range));
    return cfo_ranges_cover(set ? set_of(set) : NULL, &range);
}

static int overlaps(const char *set, const char *text)
{
    cfo_range_t range;

    assert_null(cfo_range_parse(pool, text, &range));
    return cfo_ranges_overlap(set ? set_of(set) : NULL, &range);
}

static void no_ipv6_range_contains_an_ipv4_address(void **state)
{
    static const unsigned char mapped[16] = { [10] = 0xff, [11] = 0xff, [12] = 192,
                                              0,           2,           1 };
    cfo_ranges_t *set = set_of("::/16\n::fffe:0:0/95\n");
    cfo_address_t peer;

    (void)state;
    assert_true(contains(set, "::1"));
    assert_false(contains(set, "192.0.2.1"));
    assert_false(contains(set, "0.0.0.0"));
    cfo_address_from_bytes(mapped, sizeof mapped, &peer);
    assert_false(cfo_ranges_contain(set, &peer));
}

static void a_mapped_peer_is_in_the_ipv4_range(void **state)
{
    static const unsigned char mapped[16] = { [10] = 0xff, [11] = 0xff, [12] = 192,
                                              0,           2,           1 };
    cfo_ranges_t *set = set_of("192.0.2.0/24");
    cfo_address_t peer;

    (void)state;
    cfo_address_from_bytes(mapped, sizeof mapped, &peer);
    assert_true(cfo_ranges_contain(set, &peer));
}

static void a_missing_address_or_set_matches_nothing(void **state)
{
    static const cfo_address_t nothing = { 0, 0, 0 };
    cfo_address_t address = address_of("192.0.2.1");
    cfo_ranges_t *empty = cfo_ranges_build(pool, make_list());

    (void)state;
    assert_false(cfo_ranges_contain(NULL, &address));
    assert_false(cfo_ranges_contain(empty, &address));
    assert_false(cfo_ranges_contain(set_of("0.0.0.0/8\n::/16\n"), &nothing));
}

static void overlapping_and_adjacent_ranges_are_one(void **state)
{
    cfo_ranges_t *set = set_of("10.0.0.0/9\n10.128.0.0/9\n10.1.0.0/16\n11.0.0.0/8\n"
                               "192.0.2.0/25\n192.0.2.0/24\n192.0.2.64/26\n192.0.2.255\n"
                               "2001:db8::/33\n2001:db8:8000::/33\n2001:db8::/128\n");

    (void)state;
    assert_false(contains(set, "9.255.255.255"));
    assert_true(contains(set, "10.0.0.0"));
    assert_true(contains(set, "10.127.255.255"));
    assert_true(contains(set, "10.128.0.0"));
    assert_true(contains(set, "11.255.255.255"));
    assert_false(contains(set, "12.0.0.0"));
    assert_true(contains(set, "192.0.2.200"));
    assert_true(contains(set, "192.0.2.255"));
    assert_false(contains(set, "192.0.3.0"));
    assert_true(contains(set, "2001:db8:ffff::"));
    assert_false(contains(set, "2001:db9::"));
}

static void a_range_is_covered_if_all_its_addresses_are_in_the_set(void **state)
{
    static const char set[] = "192.0.2.0/25\n198.51.100.0/24\n2001:db8::/32\n";

    (void)state;
    assert_true(covers(set, "192.0.2.0/25"));
    assert_true(covers(set, "192.0.2.64/26"));
    assert_true(covers(set, "192.0.2.127"));
    assert_true(covers(set, "2001:db8::/32"));
    assert_true(covers(set, "2001:db8:ffff::/48"));
    assert_false(covers(set, "192.0.2.0/24"));
    assert_false(covers(set, "192.0.2.128"));
    assert_false(covers(set, "192.0.0.0/16")); /* on both sides */
    assert_false(covers(set, "2001:db8::/31"));
    assert_false(covers(set, "203.0.113.0/24"));
    assert_false(covers(NULL, "192.0.2.1"));
}

/* An equivalent list of other ranges, also across the 64-bit halves. */
static void a_range_is_covered_by_its_parts(void **state)
{
    (void)state;
    assert_true(covers("192.0.2.128/25\n192.0.2.0/25\n", "192.0.2.0/24"));
    assert_true(covers("192.0.2.0/26\n192.0.2.128/25\n192.0.2.64/26\n", "192.0.2.0/24"));
    assert_false(covers("192.0.2.0/26\n192.0.2.128/25\n", "192.0.2.0/24"));
    assert_true(covers("2001:db8::/64\n2001:db8:0:1::/64\n", "2001:db8::/63"));
    assert_true(covers("2001:db8::/33\n2001:db8:8000::/33\n", "2001:db8::/32"));
    assert_true(covers("2001:db8::/128\n2001:db8::1\n", "2001:db8::/127"));
    assert_false(covers("2001:db8::/64\n2001:db8:0:2::/64\n", "2001:db8::/63"));
}

/* The last IPv4 address is not adjacent to the first IPv6 address, and nothing follows
 * the last IPv6 address. */
static void no_range_joins_another_family_or_the_other_end(void **state)
{
    (void)state;
    assert_false(covers("255.0.0.0/8\n::/16\n", "1::/16"));
    assert_false(covers("ffff::/16\n::/16\n", "1::/16"));
    assert_true(covers("255.0.0.0/8\n::/16\n", "255.255.255.255"));
    assert_true(covers("ffff::/16\n::/16\n", "ffff:ffff::/32"));
    assert_true(covers("ffff::/16\n::/16\n", "::/16"));
}

static void building_a_set_does_not_change_the_list(void **state)
{
    apr_array_header_t *list = make_list();
    cfo_range_t before[2];

    (void)state;
    assert_null(cfo_ranges_read(pool, "192.0.2.0/24\n10.0.0.0/8\n", 24, list));
    memcpy(before, list->elts, sizeof before);
    cfo_ranges_build(pool, list);
    assert_int_equal(list->nelts, 2);
    assert_range(list, 0, &before[0]);
    assert_range(list, 1, &before[1]);
}

/* From few numbers, so that ranges are adjacent, overlap, and contain the addresses. */
static cfo_address_t random_address(void)
{
    unsigned kind = fixture_random(3), number = fixture_random(2048);

    if (kind == 0)
        return (cfo_address_t){ 32, 0, (apr_uint64_t)0xfffff800 + number };
    if (kind == 1)
        return (cfo_address_t){ 128, ~(apr_uint64_t)0, ~(apr_uint64_t)0 - number };
    return (cfo_address_t){ 128, number >> 4, (apr_uint64_t)number << 60 };
}

static cfo_range_t random_range(void)
{
    cfo_range_t range;
    apr_uint64_t host = ((apr_uint64_t)1 << fixture_random(8)) - 1;

    range.first = random_address();
    range.first.low &= ~host;
    range.last = range.first;
    range.last.low |= host;
    return range;
}

static void a_lookup_finds_what_a_linear_search_finds(void **state)
{
    int round, i, hits = 0;

    (void)state;
    for (round = 0; round < 300; round++) {
        apr_array_header_t *list = make_list();
        int count = (int)fixture_random(60);
        cfo_ranges_t *set;

        for (i = 0; i < count; i++)
            APR_ARRAY_PUSH(list, cfo_range_t) = random_range();
        set = cfo_ranges_build(pool, list);
        for (i = 0; i < 300; i++) {
            cfo_address_t address = random_address();
            int found = 0, j;

            for (j = 0; j < count; j++)
                found |= is_between(&address, &APR_ARRAY_IDX(list, j, cfo_range_t).first,
                                    &APR_ARRAY_IDX(list, j, cfo_range_t).last);
            assert_int_equal(cfo_ranges_contain(set, &address), found);
            hits += found;
        }
    }
    assert_in_range(hits, 5000, 85000);
}

/* At the ends of both families, where what comes before or after would overflow. */
static void the_first_and_the_last_addresses_are_found(void **state)
{
    static const char last_ipv6[] = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    cfo_ranges_t *set = set_of("0.0.0.0/8\n255.255.255.255/32\n::/128\n"
                               "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128\n");

    (void)state;
    assert_true(contains(set, "0.0.0.0"));
    assert_true(contains(set, "0.255.255.255"));
    assert_false(contains(set, "1.0.0.0"));
    assert_false(contains(set, "255.255.255.254"));
    assert_true(contains(set, "255.255.255.255"));
    assert_true(contains(set, "::"));
    assert_false(contains(set, "::1"));
    assert_false(contains(set, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"));
    assert_true(contains(set, last_ipv6));
    assert_true(covers("255.255.255.254/32\n255.255.255.255/32\n", "255.255.255.254/31"));
    assert_true(covers("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/128\n"
                       "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128\n",
                       "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127"));
    assert_false(covers("255.0.0.0/8\n0.0.0.0/8\n", "1.0.0.0/8"));
}

/* What a value of 32 bits cannot hold is no address of IPv4 either: :: and 0.0.0.0 are
 * two. */
static void a_set_of_one_family_has_nothing_of_the_other(void **state)
{
    (void)state;
    assert_false(contains(set_of("::/16\n"), "0.0.0.0"));
    assert_false(contains(set_of("0.0.0.0/8\n"), "::"));
    assert_false(covers("0.0.0.0/8\n", "::/128"));
    assert_false(covers("::/16\n", "0.0.0.1"));
    assert_false(overlaps("::/16\n", "0.0.0.0/8"));
    assert_false(overlaps("255.0.0.0/8\n", "ff00::/16"));
}

static void ranges_within_others_are_counted_and_listed(void **state)
{
    static const char text[] = "192.0.2.128/25\n192.0.2.0/24\n192.0.2.1\n192.0.2.0/25\n"
                               "192.0.2.1\n198.51.100.7\n2001:db8::1\n2001:db8::/32\n";
    cfo_ranges_t *set = set_of(text);
    int i, hosts = 0;

    (void)state;
    assert_int_equal(cfo_ranges_count(set, 32), 6);
    assert_int_equal(cfo_ranges_count(set, 128), 2);
    for (i = 0; i < 6; i++) {
        cfo_range_t range = cfo_ranges_get(set, 32, i);
        const char *printed = cfo_range_print(pool, &range);

        assert_non_null(
            strstr(text, printed[strlen(printed) - 2] == '3'
                             ? apr_pstrndup(pool, printed, strlen(printed) - 3)
                             : printed));
        hosts += range.first.low == range.last.low;
    }
    assert_int_equal(hosts, 3);
    assert_true(contains(set, "192.0.2.200"));
    assert_true(contains(set, "198.51.100.7"));
    assert_false(contains(set, "198.51.100.8"));
    assert_true(contains(set, "2001:db8:1::"));
}

/* How often the next range is another one. */
static int count_turns(const cfo_ranges_t *set, int bits)
{
    int i, turns = 0;

    for (i = 1; i < cfo_ranges_count(set, bits); i++) {
        cfo_range_t before = cfo_ranges_get(set, bits, i - 1);
        cfo_range_t range = cfo_ranges_get(set, bits, i);

        turns += cfo_address_compare(&before.first, &range.first) ||
                 cfo_address_compare(&before.last, &range.last);
    }
    return turns;
}

static void copies_of_a_range_follow_each_other(void **state)
{
    static const char turn[] = "10.0.0.0/9\n10.0.0.0/8\n10.0.0.0/10\n"
                               "2001:db8::/33\n2001:db8::/32\n2001:db8::/34\n";
    const cfo_ranges_t *set = set_of(apr_pstrcat(pool, turn, turn, turn, turn, NULL));

    (void)state;
    assert_int_equal(cfo_ranges_count(set, 32), 12);
    assert_int_equal(cfo_ranges_count(set, 128), 12);
    assert_in_range(count_turns(set, 32), 2, 3);
    assert_in_range(count_turns(set, 128), 2, 3);
}

static void a_range_overlaps_if_one_of_its_addresses_is_in_the_set(void **state)
{
    static const char set[] = "192.0.2.64/26\n198.51.100.0/24\n2001:db8::/32\n";

    (void)state;
    assert_true(overlaps(set, "192.0.2.0/24"));
    assert_true(overlaps(set, "192.0.2.127"));
    assert_false(overlaps(set, "192.0.2.128/25"));
    assert_false(overlaps(set, "192.0.2.0/26"));
    assert_true(overlaps(set, "198.51.0.0/16"));
    assert_false(overlaps(set, "203.0.113.0/24"));
    assert_true(overlaps(set, "2001::/16"));
    assert_true(overlaps(set, "2001:db8:1::/48"));
    assert_false(overlaps(set, "2001:db9::/32"));
    assert_false(overlaps(NULL, "192.0.2.1"));
}

static int missing(const char *last, const char *next)
{
    return cfo_ranges_missing(set_of(last), set_of(next));
}

static void what_another_set_does_not_cover_is_counted_as_written(void **state)
{
    (void)state;
    assert_int_equal(missing("192.0.2.0/24\n2001:db8::/32\n", "10.0.0.0/8\n"), 2);
    assert_int_equal(missing("192.0.2.0/24\n2001:db8::/32\n", "2001:db8::/32\n"), 1);
    assert_int_equal(
        missing("192.0.2.0/24\n192.0.2.1\n192.0.2.1\n192.0.2.200\n", "192.0.2.0/25\n"),
        2);
    assert_int_equal(missing("192.0.2.0/24\n192.0.2.0/24\n192.0.2.0/24\n",
                             "192.0.2.0/25\n192.0.2.129\n"),
                     3);
    assert_int_equal(missing("192.0.2.0/25\n192.0.2.128/25\n192.0.2.1\n",
                             "192.0.2.128/25\n192.0.2.1\n"),
                     1);
}

/* In any order of a list the set is the same. */
static void the_order_of_a_list_does_not_matter(void **state)
{
    int round, i;

    (void)state;
    for (round = 0; round < 100; round++) {
        apr_array_header_t *list = make_list();
        cfo_ranges_t *sorted, *set;

        for (i = 0; i < 50; i++)
            APR_ARRAY_PUSH(list, cfo_range_t) = random_range();
        set = cfo_ranges_build(pool, list);
        for (i = 49; i > 0; i--) {
            cfo_range_t *one = &APR_ARRAY_IDX(list, i, cfo_range_t);
            cfo_range_t *other =
                &APR_ARRAY_IDX(list, (int)fixture_random(i + 1), cfo_range_t);
            cfo_range_t kept = *one;

            *one = *other;
            *other = kept;
        }
        sorted = cfo_ranges_build(pool, list);
        assert_int_equal(cfo_ranges_missing(set, sorted), 0);
        assert_int_equal(cfo_ranges_missing(sorted, set), 0);
        for (i = 0; i < cfo_ranges_count(set, 128); i++) {
            cfo_range_t one = cfo_ranges_get(set, 128, i);
            cfo_range_t other = cfo_ranges_get(sorted, 128, i);

            assert_int_equal(cfo_address_compare(&one.first, &other.first), 0);
            assert_int_equal(cfo_address_compare(&one.last, &other.last), 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_ipv6_range_contains_an_ipv4_address),
        TEST(a_mapped_peer_is_in_the_ipv4_range),
        TEST(a_missing_address_or_set_matches_nothing),
        TEST(overlapping_and_adjacent_ranges_are_one),
        TEST(a_range_is_covered_if_all_its_addresses_are_in_the_set),
        TEST(a_range_is_covered_by_its_parts),
        TEST(no_range_joins_another_family_or_the_other_end),
        TEST(building_a_set_does_not_change_the_list),
        TEST(a_lookup_finds_what_a_linear_search_finds),
        TEST(the_first_and_the_last_addresses_are_found),
        TEST(a_set_of_one_family_has_nothing_of_the_other),
        TEST(ranges_within_others_are_counted_and_listed),
        TEST(copies_of_a_range_follow_each_other),
        TEST(a_range_overlaps_if_one_of_its_addresses_is_in_the_set),
        TEST(what_another_set_does_not_cover_is_counted_as_written),
        TEST(the_order_of_a_list_does_not_matter),
    };

    return RUN(tests);
}
