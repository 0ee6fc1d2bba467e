/* SPDX-License-Identifier: Apache-2.0 */
#include "core/net/range_hint.h"

#include "fixture.h"

static cfo_address_t address(const char *text)
{
    cfo_address_t result;

    assert_true(cfo_address_parse(text, &result));
    return result;
}

static void masks_become_lengths(void **state)
{
    static const struct {
        const char *mask;
        int length;
    } row[] = {
        { "255.255.252.0", 22 }, { "255.255.255.255", 32 }, { "255.0.0.0", 8 },
        { "128.0.0.0", 1 },      { "0.0.3.255", 22 },       { "0.0.0.255", 24 },
        { "255.0.255.0", -1 },   { "255.255.0.255", -1 },   { "0.0.0.0", -1 },
        { "192.0.2.1", -1 },     { "0.0.3.0", -1 },         { "ffff::", -1 },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        cfo_address_t mask = address(row[i].mask);

        if (cfo_netmask_length(&mask) != row[i].length)
            fail_msg("%s is %d", row[i].mask, cfo_netmask_length(&mask));
    }
}

static void bounds_become_a_length_only_if_they_are_one_prefix(void **state)
{
    static const struct {
        const char *first, *last;
        int length;
    } row[] = {
        { "103.21.244.0", "103.21.247.255", 22 },
        { "192.0.2.1", "192.0.2.1", 32 },
        { "0.0.0.0", "255.255.255.255", 0 },
        { "103.21.244.0", "103.21.247.254", -1 },
        { "103.21.245.0", "103.21.248.255", -1 },
        { "103.21.244.1", "103.21.247.255", -1 },
        { "103.21.247.255", "103.21.244.0", -1 },
        { "192.0.2.0", "2001:db8::", -1 },
        { "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 32 },
        { "2001:db8::", "2001:db8::ffff", 112 },
        { "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff", 64 },
        { "2001:db8::1", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", -1 },
        { "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:fffe", -1 },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        cfo_address_t first = address(row[i].first), last = address(row[i].last);

        if (cfo_bounds_length(&first, &last) != row[i].length)
            fail_msg("%s-%s is %d", row[i].first, row[i].last,
                     cfo_bounds_length(&first, &last));
    }
}

static void a_mistake_is_named_with_what_to_write(void **state)
{
    static const struct {
        const char *text, *hint;
    } row[] = {
        { "192.0.2.0/24,198.51.100.0/24", "a comma; ranges are separated by spaces" },
        { "192.0.2.0/24;", "a semicolon" },
        { "192.0.2.0/24|198.51.100.0/24", "a bar" },
        { "192.0.2.0/24 x", "several words" },
        { "\"192.0.2.0/24\"", "quotation marks" },
        { "103.21.244.0/255.255.252.0", "it has a netmask; write 103.21.244.0/22" },
        { "103.21.244.0/0.0.3.255", "it has a netmask; write 103.21.244.0/22" },
        { "103.21.244.0/255.0.252.0", "255.0.252.0 is not a netmask either" },
        { "103.21.244.0-103.21.247.255", "write 103.21.244.0/22" },
        { "103.21.244.0-103.21.248.1", "write the prefixes that are between them" },
        { "2001:db8::-2001:db8::ffff", "write 2001:db8::/112" },
        { "104.16.*", "write 104.16.0.0/16" },
        { "104.16.*.*", "write 104.16.0.0/16" },
        { "104.16.x.x", "write 104.16.0.0/16" },
        { "104.16.1.", "write 104.16.1.0/24" },
        { "10.", "write 10.0.0.0/8" },
        { "[2001:db8::1]", "it has brackets; write 2001:db8::1" },
        { "[2001:db8::]/32", "write 2001:db8::/32" },
        { "[::1]:443", "it has brackets and a port; write ::1" },
        { "192.0.2.1:443", "it has a port; write 192.0.2.1" },
        { "fe80::1%eth0", "it has an interface; write fe80::1" },
        { "131.0.72.0/222400:cb00::/32", "two ranges without a line break" },
        { "https://www.cloudflare.com/ips-v4", "it is a URL" },
        { "131.0.72.0/22173.245.48.0/20", "two ranges without a line break" },
        { "104.16/13", "it is shortened; write 104.16.0.0/13" },
        { "173.245.48/20", "it is shortened; write 173.245.48.0/20" },
        { "192.0.2.0/24\xc2\xa0", "not ASCII" },
        { "192.0.2.0\xe2\x88\x95"
          "24",
          "not ASCII" },
        { "[ips]", NULL },
        { "2001:db8::1:65536", NULL },
        { "2918526976/20", NULL },
        { "192.0.2.0//24", NULL },
        { "!192.0.2.1", "cannot be excluded" },
        { "192.0.2.1/24", NULL },
        { "localhost", NULL },
        { "", NULL },
        { "127.1", NULL },
        { "192.0.2.01", NULL },
        { "3221225985", NULL },
        { "/24", NULL },
        { "-", NULL },
        { "]", NULL },
        { ":", NULL },
        { "%", NULL },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        const char *hint = cfo_range_hint(pool, row[i].text);

        if (row[i].hint ? !hint || !strstr(hint, row[i].hint) : hint != NULL)
            fail_msg("%s: %s", row[i].text, hint);
    }
    assert_string_equal(cfo_range_hint(pool, "103.21.244.0/255.0.252.0"),
                        "255.0.252.0 is not a netmask either");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(masks_become_lengths),
        TEST(bounds_become_a_length_only_if_they_are_one_prefix),
        TEST(a_mistake_is_named_with_what_to_write),
    };

    return RUN(tests);
}
