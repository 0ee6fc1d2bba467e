/* SPDX-License-Identifier: Apache-2.0 */
#include "core/net/ranges.h"

#include "fixture.h"

static cfo_address_t address_of(const char *text)
{
    cfo_address_t address = { 0 };

    if (!cfo_address_parse(text, &address))
        fail_msg("\"%s\" is an address", text);
    return address;
}

static apr_array_header_t *make_list(void)
{
    return apr_array_make(pool, 4, sizeof(cfo_range_t));
}

static cfo_ranges_t *set_of(const char *text)
{
    apr_array_header_t *list = make_list();

    assert_null(cfo_ranges_read(pool, text, strlen(text), list));
    return cfo_ranges_build(pool, list);
}

static int contains(const cfo_ranges_t *set, const char *text)
{
    cfo_address_t address = address_of(text);

    return cfo_ranges_contain(set, &address);
}

/* The list has this range at `index`. memcmp() would compare padding, too. */
static void assert_range(const apr_array_header_t *list, int index,
                         const cfo_range_t *expected)
{
    const cfo_range_t *range = &APR_ARRAY_IDX(list, index, cfo_range_t);

    assert_int_equal(cfo_address_compare(&range->first, &expected->first), 0);
    assert_int_equal(cfo_address_compare(&range->last, &expected->last), 0);
}

/* The address before (-1) or after (1). */
static cfo_address_t neighbour(cfo_address_t address, int step)
{
    if (step > 0 && !++address.low && address.bits == 128)
        address.high++;
    if (step < 0 && !address.low-- && address.bits == 128)
        address.high--;
    return address;
}

static int is_between(const cfo_address_t *a, const cfo_address_t *first,
                      const cfo_address_t *last)
{
    return cfo_address_compare(a, first) >= 0 && cfo_address_compare(a, last) <= 0;
}

/* First and last address of each published prefix, computed independently. */
static const char *const published[][2] = {
    { "173.245.48.0", "173.245.63.255" },
    { "103.21.244.0", "103.21.247.255" },
    { "103.22.200.0", "103.22.203.255" },
    { "103.31.4.0", "103.31.7.255" },
    { "141.101.64.0", "141.101.127.255" },
    { "108.162.192.0", "108.162.255.255" },
    { "190.93.240.0", "190.93.255.255" },
    { "188.114.96.0", "188.114.111.255" },
    { "197.234.240.0", "197.234.243.255" },
    { "198.41.128.0", "198.41.255.255" },
    { "162.158.0.0", "162.159.255.255" },
    { "104.16.0.0", "104.23.255.255" },
    { "104.24.0.0", "104.27.255.255" },
    { "172.64.0.0", "172.71.255.255" },
    { "131.0.72.0", "131.0.75.255" },
    { "2400:cb00::", "2400:cb00:ffff:ffff:ffff:ffff:ffff:ffff" },
    { "2606:4700::", "2606:4700:ffff:ffff:ffff:ffff:ffff:ffff" },
    { "2803:f800::", "2803:f800:ffff:ffff:ffff:ffff:ffff:ffff" },
    { "2405:b500::", "2405:b500:ffff:ffff:ffff:ffff:ffff:ffff" },
    { "2405:8100::", "2405:8100:ffff:ffff:ffff:ffff:ffff:ffff" },
    { "2a06:98c0::", "2a06:98c7:ffff:ffff:ffff:ffff:ffff:ffff" },
    { "2c0f:f248::", "2c0f:f248:ffff:ffff:ffff:ffff:ffff:ffff" },
};

static int is_published(const cfo_address_t *address)
{
    int i;

    for (i = 0; i < COUNT(published); i++) {
        cfo_address_t first = address_of(published[i][0]),
                      last = address_of(published[i][1]);

        if (is_between(address, &first, &last))
            return 1;
    }
    return 0;
}

static void the_built_in_list_is_the_published_one_to_the_address(void **state)
{
    apr_array_header_t *list = make_list();
    cfo_ranges_t *set;
    int i;

    (void)state;
    cfo_ranges_add_builtin(list);
    assert_int_equal(list->nelts, 22);
    assert_int_equal(COUNT(published), 22);
    set = cfo_ranges_build(pool, list);
    for (i = 0; i < COUNT(published); i++) {
        cfo_address_t first = address_of(published[i][0]),
                      last = address_of(published[i][1]);
        cfo_address_t before = neighbour(first, -1), after = neighbour(last, 1);

        assert_true(cfo_ranges_contain(set, &first));
        assert_true(cfo_ranges_contain(set, &last));
        assert_int_equal(cfo_ranges_contain(set, &before), is_published(&before));
        assert_int_equal(cfo_ranges_contain(set, &after), is_published(&after));
    }
    assert_false(contains(set, "104.28.0.0")); /* of the /12 that tutorials still name */
    assert_false(contains(set, "199.27.128.1")); /* removed in 2017 */
    assert_false(contains(set, "127.0.0.1"));
    assert_false(contains(set, "::1"));
}

static void the_built_in_list_is_added_to_a_list(void **state)
{
    apr_array_header_t *list = make_list();

    (void)state;
    assert_null(cfo_ranges_read(pool, "192.0.2.0/24", 12, list));
    cfo_ranges_add_builtin(list);
    assert_int_equal(list->nelts, 23);
    assert_true(contains(cfo_ranges_build(pool, list), "192.0.2.1"));
}

static void a_range_is_an_address_or_an_address_with_a_length(void **state)
{
    static const struct {
        const char *text, *first, *last;
    } row[] = {
        { "192.0.2.1", "192.0.2.1", "192.0.2.1" },
        { "192.0.2.1/32", "192.0.2.1", "192.0.2.1" },
        { "192.0.2.0/31", "192.0.2.0", "192.0.2.1" },
        { "192.0.2.0/24", "192.0.2.0", "192.0.2.255" },
        { "10.0.0.0/8", "10.0.0.0", "10.255.255.255" },
        { "0.0.0.0/8", "0.0.0.0", "0.255.255.255" },
        { "2001:db8::1", "2001:db8::1", "2001:db8::1" },
        { "2001:DB8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff" },
        { "2001:db8::/63", "2001:db8::", "2001:db8:0:1:ffff:ffff:ffff:ffff" },
        { "2001:db8::/64", "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff" },
        { "2001:db8::/65", "2001:db8::", "2001:db8::7fff:ffff:ffff:ffff" },
        { "2001:db8::8/127", "2001:db8::8", "2001:db8::9" },
        { "2001:db8::8/128", "2001:db8::8", "2001:db8::8" },
        { "2001::/16", "2001::", "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        cfo_address_t first = address_of(row[i].first), last = address_of(row[i].last);
        cfo_range_t range;

        assert_null(cfo_range_parse(pool, row[i].text, &range));
        assert_int_equal(cfo_address_compare(&range.first, &first), 0);
        assert_int_equal(cfo_address_compare(&range.last, &last), 0);
    }
}

static void an_invalid_range_is_rejected_with_the_reason(void **state)
{
    static const struct {
        const char *text, *reason;
    } row[] = {
        { "", "not an IPv4 or IPv6 address" },
        { "/", "not an IPv4 or IPv6 address" },
        { "/24", "not an IPv4 or IPv6 address" },
        { "edge.example", "names are not looked up" },
        { "127.1", "not an IPv4 or IPv6 address" },
        { "10/8", "not an IPv4 or IPv6 address" },
        { "10.0/16", "not an IPv4 or IPv6 address" },
        { "0x7f000001", "not an IPv4 or IPv6 address" },
        { "2130706433", "not an IPv4 or IPv6 address" },
        { "010.0.0.0/8", "not an IPv4 or IPv6 address" },
        { "192.0.2.01", "not an IPv4 or IPv6 address" },
        { " 192.0.2.1", "not an IPv4 or IPv6 address" },
        { "192.0.2.1 ", "not an IPv4 or IPv6 address" },
        { "fe80::1%eth0", "not an IPv4 or IPv6 address" },
        { "[2001:db8::]/32", "not an IPv4 or IPv6 address" },
        { "192.0.2.0/", "a number from 8 to 32" },
        { "192.0.2.0/x", "a number from 8 to 32" },
        { "192.0.2.0/24x", "a number from 8 to 32" },
        { "192.0.2.0/24 ", "a number from 8 to 32" },
        { "192.0.2.0/ 24", "a number from 8 to 32" },
        { "192.0.2.0/+24", "a number from 8 to 32" },
        { "192.0.2.0/-1", "a number from 8 to 32" },
        { "192.0.2.0/024", "a number from 8 to 32" },
        { "192.0.2.0/00", "a number from 8 to 32" },
        { "192.0.2.0/33", "a number from 8 to 32" },
        { "192.0.2.0/128", "a number from 8 to 32" },
        { "192.0.2.0/4294967320", "a number from 8 to 32" },
        { "192.0.2.0/255.255.255.0", "a number from 8 to 32" },
        { "192.0.2.0/24/24", "a number from 8 to 32" },
        { "131.0.72.0/222400:cb00::/32", "a number from 8 to 32" },
        { "2001:db8::/129", "a number from 16 to 128" },
        { "2001:db8::/1000", "a number from 16 to 128" },
        { "0.0.0.0/0", "wider than /8" },
        { "0.0.0.0/7", "wider than /8" },
        { "128.0.0.0/1", "wider than /8" },
        { "::/0", "wider than /16" },
        { "2000::/3", "wider than /16" },
        { "2000::/15", "wider than /16" },
        { "192.0.2.1/24", "bits are set to the right of /24" },
        { "192.0.2.1/31", "bits are set to the right of /31" },
        { "2001:db8::1/64", "bits are set to the right of /64" },
        { "2001:db8::1/127", "bits are set to the right of /127" },
        { "2001:db8:0:1::/63", "bits are set to the right of /63" },
        { "2001:db8:1::/32", "bits are set to the right of /32" },
        { "2001:db8:0:0:8000::/64", "bits are set to the right of /64" },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        cfo_range_t range;

        assert_contains(cfo_range_parse(pool, row[i].text, &range), row[i].reason);
    }
}

static void an_ipv4_mapped_range_is_rejected(void **state)
{
    cfo_range_t range;

    (void)state;
    assert_contains(cfo_range_parse(pool, "::ffff:192.0.2.1", &range),
                    "write 192.0.2.1 ");
    assert_contains(cfo_range_parse(pool, "::ffff:c000:200/120", &range),
                    "write 192.0.2.0/24 ");
    assert_contains(cfo_range_parse(pool, "::ffff:1.2.3.4/128", &range),
                    "write 1.2.3.4/32 ");
    assert_contains(cfo_range_parse(pool, "::ffff:1.2.3.4/129", &range),
                    "write 1.2.3.4 ");
    assert_contains(cfo_range_parse(pool, "::ffff:0:0/96", &range), "IPv4-mapped");
    assert_null(cfo_range_parse(pool, "::fffe:0:0/96", &range));
    assert_null(cfo_range_parse(pool, "0:0:0:1:0:ffff::/96", &range));
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

static void a_set_can_be_listed(void **state)
{
    apr_array_header_t *list =
        cfo_ranges_list(pool, set_of("192.0.2.0/25\n198.51.100.0/24\n192.0.2.128/25\n"));

    (void)state;
    assert_int_equal(list->nelts, 2); /* neighbours are joined */
    assert_int_equal(APR_ARRAY_IDX(list, 0, cfo_range_t).first.low, 0xc0000200);
    assert_int_equal(APR_ARRAY_IDX(list, 0, cfo_range_t).last.low, 0xc00002ff);
    assert_int_equal(cfo_ranges_list(pool, NULL)->nelts, 0);
}

static void a_word_that_looks_like_an_address_is_not_a_file_name(void **state)
{
    static const char *const addresses[] = {
        "192.0.2.0/24",
        "192.0.2.1",
        "127.1",
        "10/8",
        "2001:db8::/32",
        "::1",
        "fe80::1%0",
        "192.0.2.0/33",
        "300.1.1.1",
        "ABCD::",
        "131.0.72.0/222400:cb00::/32",
    };
    static const char *const files[] = {
        "",
        "builtin",
        "none",
        "ips-v4",
        "/etc/apache2/ips-v4",
        "conf/ranges.txt",
        "./1.2.3.4",
        "ips.txt",
        "10.txt",
        "C:\\ips.txt",
        "abc",
        "/1",
        "1.2.3.4x",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(addresses); i++)
        assert_true(cfo_range_looks_like(addresses[i]));
    for (i = 0; i < COUNT(files); i++)
        assert_false(cfo_range_looks_like(files[i]));
}

static void a_list_may_have_comments_blank_lines_and_crlf(void **state)
{
    static const char *const lists[] = {
        "192.0.2.0/24\n2001:db8::/32\n",
        "192.0.2.0/24\n2001:db8::/32",
        "192.0.2.0/24\r\n2001:db8::/32\r\n",
        "192.0.2.0/24\r\n2001:db8::/32\r",
        "# made by hand\n\n192.0.2.0/24 # ours\n  \t\n2001:db8::/32#\n\n\n",
        "\t192.0.2.0/24\t\n   2001:db8::/32   ",
        "2001:db8::/32\n192.0.2.0/24\n192.0.2.0/24\n192.0.2.7\n",
        "#192.0.2.0/33\n192.0.2.0/24\n2001:db8::/32\n",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(lists); i++) {
        cfo_ranges_t *set = set_of(lists[i]);

        assert_true(contains(set, "192.0.2.0"));
        assert_true(contains(set, "192.0.2.255"));
        assert_false(contains(set, "192.0.3.0"));
        assert_true(contains(set, "2001:db8::ffff"));
        assert_false(contains(set, "2001:db9::"));
    }
}

typedef struct {
    const char *text;
    size_t length;
    const char *line, *offending, *reason;
} bad_list_t;

#define BAD(text, line, offending, reason)                                               \
    {                                                                                    \
        text, sizeof text - 1, line, offending, reason                                   \
    }

static void an_invalid_list_changes_nothing_and_the_error_has_the_line(void **state)
{
    static const bad_list_t row[] = {
        BAD("", "contains no range", "", ""),
        BAD("\n\n", "contains no range", "", ""),
        BAD("# nothing\n# more\r\n", "contains no range", "", ""),
        BAD("192.0.2.0/24\n131.0.72.0/222400:cb00::/32\n",
            "line 2:", "\"131.0.72.0/222400:cb00::/32\"", "prefix length"),
        BAD("<!DOCTYPE html>\n<html>Just a moment...</html>\n",
            "line 1:", "\"<!DOCTYPE html>\"", "not an IPv4"),
        BAD("192.0.2.0/24\n\n# x\n203.0.113.0/33", "line 4:", "\"203.0.113.0/33\"",
            "to 32"),
        BAD("192.0.2.0/24\n0.0.0.0/0\n", "line 2:", "\"0.0.0.0/0\"", "wider than /8"),
        BAD("192.0.2.0/24 198.51.100.0/24\n",
            "line 1:", "\"192.0.2.0/24 198.51.100.0/24\"", "prefix length"),
        BAD("192.0.2.0/24,198.51.100.0/24\n", "line 1:", "\"192.0.2.0/24,",
            "prefix length"),
        BAD("192.0.2.0/24\r198.51.100.0/24\r", "line 1:", "\\x0d", "prefix length"),
        BAD("192.0.2.0/24\n192.0.2.\0000/24\n", "line 2:", "", "NUL"),
        BAD("\0", "line 1:", "", "NUL"),
        BAD("192.0.2.0/24\n\xef\xbb\xbf"
            "198.51.100.0/24\n",
            "line 2:", "\"\\xef\\xbb\\xbf198.51.100.0/24\"", "not an IPv4"),
        BAD("192.0.2.0/255.255.255.0\n", "line 1:", "prefix length",
            "write 192.0.2.0/24"),
        BAD("192.0.2.0/24,\n", "line 1:", "prefix length", "a comma"),
        BAD("\xef\xbb\xbf", "contains no range", "", ""),
        BAD("192.0.2.1/24\n", "line 1:", "\"192.0.2.1/24\"", "bits are set"),
        BAD("::ffff:192.0.2.1\n", "line 1:", "\"::ffff:192.0.2.1\"", "IPv4-mapped"),
        BAD("// 192.0.2.0/24\n", "line 1:", "\"// 192.0.2.0/24\"", "not an IPv4"),
        BAD("{\"result\":{\"ipv4_cidrs\":[]}}", "line 1:", "{\\x22result\\x22",
            "not an IPv4"),
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        apr_array_header_t *list = make_list();
        cfo_range_t before;
        const char *reason;

        assert_null(cfo_ranges_read(pool, "198.51.100.0/24", 15, list));
        before = APR_ARRAY_IDX(list, 0, cfo_range_t);
        reason = cfo_ranges_read(pool, row[i].text, row[i].length, list);
        assert_contains(reason, row[i].line);
        assert_contains(reason, row[i].offending);
        assert_contains(reason, row[i].reason);
        assert_int_equal(list->nelts, 1);
        assert_range(list, 0, &before);
    }
}

static void a_byte_order_mark_at_the_beginning_is_skipped(void **state)
{
    static const char text[] = "\xef\xbb\xbf"
                               "192.0.2.0/24\n";
    apr_array_header_t *ranges = apr_array_make(pool, 4, sizeof(cfo_range_t));

    (void)state;
    assert_null(cfo_ranges_read(pool, text, sizeof text - 1, ranges));
    assert_int_equal(ranges->nelts, 1);
}

static void a_range_is_printed_as_it_is_written(void **state)
{
    static const char *const texts[] = { "192.0.2.0/24",  "10.0.0.0/8",
                                         "192.0.2.1/32",  "2001:db8::/32",
                                         "2000::/16",     "2001:db8::1/128",
                                         "2001:db8::/64", "2001:db8::/65" };
    cfo_range_t range;
    int i;

    (void)state;
    for (i = 0; i < COUNT(texts); i++) {
        assert_null(cfo_range_parse(pool, texts[i], &range));
        assert_string_equal(cfo_range_print(pool, &range), texts[i]);
    }
}

static void a_long_line_is_cut_in_the_message(void **state)
{
    char text[9000];
    const char *reason;

    (void)state;
    memset(text, '<', sizeof text);
    reason = cfo_ranges_read(pool, text, sizeof text, make_list());
    assert_contains(reason, "<...\"");
    assert_in_range(strlen(reason), 80, 400);
}

static void a_list_is_not_read_beyond_its_length(void **state)
{
    apr_array_header_t *list = make_list();

    (void)state;
    assert_null(cfo_ranges_read(pool, "192.0.2.0/24\ngarbage", 13, list));
    assert_null(cfo_ranges_read(pool, "192.0.2.0/24garbage", 12, list));
    assert_int_equal(list->nelts, 2);
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

static int covers(const char *set, const char *text)
{
    cfo_range_t range;

    assert_null(cfo_range_parse(pool, text, &range));
    return cfo_ranges_cover(set ? set_of(set) : NULL, &range);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_built_in_list_is_the_published_one_to_the_address),
        TEST(the_built_in_list_is_added_to_a_list),
        TEST(a_range_is_an_address_or_an_address_with_a_length),
        TEST(an_invalid_range_is_rejected_with_the_reason),
        TEST(an_ipv4_mapped_range_is_rejected),
        TEST(no_ipv6_range_contains_an_ipv4_address),
        TEST(a_mapped_peer_is_in_the_ipv4_range),
        TEST(a_missing_address_or_set_matches_nothing),
        TEST(a_set_can_be_listed),
        TEST(a_word_that_looks_like_an_address_is_not_a_file_name),
        TEST(a_list_may_have_comments_blank_lines_and_crlf),
        TEST(an_invalid_list_changes_nothing_and_the_error_has_the_line),
        TEST(a_byte_order_mark_at_the_beginning_is_skipped),
        TEST(a_range_is_printed_as_it_is_written),
        TEST(a_long_line_is_cut_in_the_message),
        TEST(a_list_is_not_read_beyond_its_length),
        TEST(overlapping_and_adjacent_ranges_are_one),
        TEST(a_range_is_covered_if_all_its_addresses_are_in_the_set),
        TEST(a_range_is_covered_by_its_parts),
        TEST(no_range_joins_another_family_or_the_other_end),
        TEST(building_a_set_does_not_change_the_list),
        TEST(a_lookup_finds_what_a_linear_search_finds),
    };

    return RUN(tests);
}
