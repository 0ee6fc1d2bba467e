/* SPDX-License-Identifier: Apache-2.0 */
#include "core/net/range.h"

#include "fixture.h"

static cfo_address_t address_of(const char *text)
{
    cfo_address_t address = { 0 };

    if (!cfo_address_parse(text, &address))
        fail_msg("\"%s\" is an address", text);
    return address;
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

/* The longest literals are read, and longer texts are none. */
static void a_range_may_be_as_long_as_an_address_can_be(void **state)
{
    static const char longest[] = "0000:0000:0000:0000:0000:fffe:255.255.255.255/128";
    cfo_range_t range;
    char text[400];

    (void)state;
    assert_null(cfo_range_parse(pool, longest, &range));
    assert_int_equal(range.first.low, APR_UINT64_C(0xfffeffffffff));
    assert_contains(cfo_range_parse(pool, apr_pstrcat(pool, "0", longest, NULL), &range),
                    "not an IPv4 or IPv6 address");
    memset(text, '1', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_contains(cfo_range_parse(pool, text, &range), "not an IPv4 or IPv6 address");
    text[300] = '/';
    assert_contains(cfo_range_parse(pool, text, &range), "not an IPv4 or IPv6 address");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_range_is_an_address_or_an_address_with_a_length),
        TEST(an_invalid_range_is_rejected_with_the_reason),
        TEST(an_ipv4_mapped_range_is_rejected),
        TEST(a_word_that_looks_like_an_address_is_not_a_file_name),
        TEST(a_range_is_printed_as_it_is_written),
        TEST(a_range_may_be_as_long_as_an_address_can_be),
    };

    return RUN(tests);
}
