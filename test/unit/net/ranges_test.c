/* SPDX-License-Identifier: Apache-2.0 */
#include "core/net/ranges.h"

#include "fixture.h"
#include "range_sample.h"

/* The address before (-1) or after (1). */
static cfo_address_t neighbour(cfo_address_t address, int step)
{
    if (step > 0 && !++address.low && address.bits == 128)
        address.high++;
    if (step < 0 && !address.low-- && address.bits == 128)
        address.high--;
    return address;
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

static void a_list_is_read_into_a_draft_as_well(void **state)
{
    static const char good[] = "# ours\n192.0.2.0/24\n\n2001:db8::/32\r\n192.0.2.1\n";
    static const char *const bad[] = { "192.0.2.0/24\n192.0.2.300\n", "", "# none\n",
                                       "192.0.2.0/24\n192.0.2.1/24\n" };
    cfo_ranges_draft_t *draft = cfo_ranges_draft(pool);
    int i;

    (void)state;
    assert_null(cfo_ranges_draft_read(pool, good, sizeof good - 1, draft));
    assert_int_equal(cfo_ranges_draft_count(draft), 3);
    for (i = 0; i < COUNT(bad); i++)
        assert_string_equal(
            cfo_ranges_draft_read(pool, bad[i], strlen(bad[i]), cfo_ranges_draft(pool)),
            cfo_ranges_read(pool, bad[i], strlen(bad[i]), make_list()));
}

/* A line that is longer than any range may have one, next to space and a comment. */
static void a_line_may_be_long(void **state)
{
    apr_array_header_t *list = make_list();
    const char *space = apr_psprintf(pool, "%500s192.0.2.0/24%500s#%500s\n", "", "", "x");

    (void)state;
    assert_null(cfo_ranges_read(pool, space, strlen(space), list));
    assert_int_equal(list->nelts, 1);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_built_in_list_is_the_published_one_to_the_address),
        TEST(the_built_in_list_is_added_to_a_list),
        TEST(a_list_may_have_comments_blank_lines_and_crlf),
        TEST(an_invalid_list_changes_nothing_and_the_error_has_the_line),
        TEST(a_byte_order_mark_at_the_beginning_is_skipped),
        TEST(a_list_is_read_into_a_draft_as_well),
        TEST(a_line_may_be_long),
        TEST(a_long_line_is_cut_in_the_message),
        TEST(a_list_is_not_read_beyond_its_length),
    };

    return RUN(tests);
}
