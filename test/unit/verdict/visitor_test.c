/* SPDX-License-Identifier: Apache-2.0 */
#include "core/verdict/visitor.h"

#include <arpa/inet.h>
#include <ctype.h>

#include "fixture.h"

#define WORKER "2a06:98c0:3600::103" /* stands for a Worker of another zone */

static cfo_visitor_t read_visitor(const char *ip, const char *ipv6)
{
    cfo_visitor_t visitor;

    memset(&visitor, 0xa5, sizeof visitor);
    cfo_visitor_read(pool, ip, ipv6, &visitor);
    return visitor;
}

static void assert_visitor(const char *ip, const char *ipv6, cfo_visitor_status_t status,
                           const char *text)
{
    cfo_visitor_t visitor = read_visitor(ip, ipv6);
    unsigned char bytes[16];

    if (visitor.status != status)
        fail_msg("\"%s\" is %s", ip, cfo_visitor_status_name(visitor.status));
    if (!text) {
        assert_null(visitor.text);
        return;
    }
    assert_string_equal(visitor.text, text);
    assert_int_equal(visitor.length, strchr(text, ':') ? 16 : 4);
    inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, bytes);
    assert_memory_equal(visitor.bytes, bytes, visitor.length);
}

static void public_addresses_are_visitors(void **state)
{
    static const char *const addresses[] = {
        "1.0.0.0",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "192.169.0.0",
        "223.255.255.255",
        "203.0.113.195",
        "192.0.2.1",
        "198.18.0.1",
        "2000::",
        "2001:db8::1",
        "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2606:4700::1111",
        "2002:cb00:7101::1",
        "2a06:98c0:3600::104",
        "2a06:98c0:3600::102",
        "2a06:98c0:3600::1:103",
        "2a06:98c0:3601::103",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(addresses); i++)
        assert_visitor(addresses[i], NULL, CFO_VISITOR_REWRITTEN, addresses[i]);
}

static void an_address_that_no_visitor_can_have_is_invalid(void **state)
{
    static const char *const addresses[] = {
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.0.0",
        "169.254.255.255",
        "172.16.0.0",
        "172.31.255.255",
        "192.168.0.0",
        "192.168.255.255",
        "224.0.0.0",
        "239.255.255.255",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::ffff:203.0.113.9",
        "::10.0.0.1",
        "64:ff9b::7f00:1",
        "1fff:ffff::1",
        "4000::",
        "fc00::1",
        "fd00::1",
        "fe80::1",
        "ff02::1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2002:c0a8:101::1",
        "2002:e000:1::",
        "2002:ffff:ffff::",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(addresses); i++)
        assert_visitor(addresses[i], NULL, CFO_VISITOR_INVALID, NULL);
}

static void anything_but_one_literal_is_invalid(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        ",",
        "203.0.113.9, 198.51.100.7",
        "203.0.113.9,",
        "203.0.113.9 ",
        " 203.0.113.9",
        "203.0.113.9\t",
        "\t203.0.113.9",
        "203.0.113.9\n198.51.100.7",
        "203.0.113.9 198.51.100.7",
        "localhost",
        "visitor.example",
        "127.1",
        "203.113",
        "3405803785",
        "0xcb007109",
        "0313.0.113.9",
        "010.0.0.1",
        "203.0.113.09",
        "203.0.113.009",
        "203.0.113.9:80",
        "203.0.113.9/32",
        "203.0.113.256",
        "203.0.113",
        "203.0.113.",
        ".203.0.113.9",
        "203.0.113.9.",
        "[2001:db8::1]",
        "[2001:db8::1]:80",
        "2001:db8::1%lo",
        "2001:db8::1/128",
        "2001:db8::1, 2001:db8::2",
        "2001:db8:::1",
        "2001:db8",
        "2001:db8::1 ",
        "2001:db8::00001",
        "2001:db8::g",
        "2001::db8::1",
        "2001:db8:1:2:3:4:5:6:7",
        "2001:db8:1:2:3:4:5:",
        "unknown",
        "-",
        "_hidden",
        "2001:0db8:0000:0000:0000:0000:0000:0000:0000:0001",
        "2001:db8:1:2:3:4:5:192.0.2.1",
        "\xff\xfe",
        "203.0.113.9\xa0",
    };
    char longest[8193];
    int i;

    (void)state;
    for (i = 0; i < COUNT(texts); i++)
        assert_visitor(texts[i], NULL, CFO_VISITOR_INVALID, NULL);
    memset(longest, '1', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_visitor(longest, NULL, CFO_VISITOR_INVALID, NULL);
}

static void without_the_header_there_is_no_visitor_address(void **state)
{
    (void)state;
    assert_visitor(NULL, NULL, CFO_VISITOR_ABSENT, NULL);
    assert_visitor(NULL, "2001:db8::1", CFO_VISITOR_ABSENT, NULL);
    assert_visitor(NULL, "", CFO_VISITOR_ABSENT, NULL);
}

static void the_placeholder_of_a_foreign_worker_is_not_a_visitor(void **state)
{
    (void)state;
    assert_visitor(WORKER, NULL, CFO_VISITOR_ABSENT, NULL);
    assert_visitor(WORKER, "2001:db8::1", CFO_VISITOR_ABSENT, NULL);
    assert_visitor("2A06:98C0:3600:0:0:0:0:0103", NULL, CFO_VISITOR_ABSENT, NULL);
}

static void behind_a_class_e_address_is_an_ipv6_visitor(void **state)
{
    (void)state;
    assert_visitor("240.0.0.1", "2001:db8::1", CFO_VISITOR_PSEUDO, "2001:db8::1");
    assert_visitor("240.0.0.0", "2001:DB8:0::1", CFO_VISITOR_PSEUDO, "2001:db8::1");
    assert_visitor("255.255.255.254", "2001:db8::1", CFO_VISITOR_PSEUDO, "2001:db8::1");
}

static void a_class_e_address_alone_stands_for_itself(void **state)
{
    static const char *const useless[] = {
        "",
        "::1",
        "fe80::1",
        "203.0.113.9",
        "::ffff:203.0.113.9",
        "2001:db8::1, 2001:db8::2",
        "visitor.example",
        "2002:7f00:1::",
    };
    int i;

    (void)state;
    assert_visitor("240.16.0.1", NULL, CFO_VISITOR_PSEUDO, "240.16.0.1");
    for (i = 0; i < COUNT(useless); i++)
        assert_visitor("240.16.0.1", useless[i], CFO_VISITOR_PSEUDO, "240.16.0.1");
}

static void the_ipv6_header_is_ignored_with_an_ordinary_address(void **state)
{
    (void)state;
    assert_visitor("203.0.113.9", "2001:db8::1", CFO_VISITOR_REWRITTEN, "203.0.113.9");
    assert_visitor("2001:db8::2", "2001:db8::1", CFO_VISITOR_REWRITTEN, "2001:db8::2");
    assert_visitor("255.255.255.255", "2001:db8::1", CFO_VISITOR_INVALID, NULL);
    assert_visitor("239.255.255.255", "2001:db8::1", CFO_VISITOR_INVALID, NULL);
}

static void a_canonical_text_is_not_copied(void **state)
{
    const char *v4 = "203.0.113.9", *v6 = "2001:db8:0:1::", *pseudo = "240.0.0.1";

    (void)state;
    assert_ptr_equal(read_visitor(v4, NULL).text, v4);
    assert_ptr_equal(read_visitor(v6, NULL).text, v6);
    assert_ptr_equal(read_visitor(pseudo, NULL).text, pseudo);
    assert_ptr_equal(read_visitor(pseudo, v6).text, v6);
}

/* Half of the groups are 0, because there spellings differ. */
static void make_address(unsigned char *bytes)
{
    int i;

    for (i = 0; i < 8; i++) {
        unsigned group = fixture_random(65536) >> fixture_random(16);

        if (fixture_random(2))
            group = 0;
        bytes[2 * i] = (unsigned char)(group >> 8);
        bytes[2 * i + 1] = (unsigned char)group;
    }
    bytes[0] = (unsigned char)(0x20 | (fixture_random(32)));
}

static void spell_group(char *text, const unsigned char *bytes)
{
    int is_long = !fixture_random(16), is_upper = !fixture_random(8);

    sprintf(text, "%0*x", is_long ? 2 + (int)fixture_random(3) : 1,
            bytes[0] << 8 | bytes[1]);
    for (; is_upper && *text; text++)
        *text = (char)toupper(*text);
}

/* Any spelling: capitals, leading zeros, any run of zeros as ::, a dotted tail. */
static void spell(char *text, const unsigned char *bytes)
{
    int groups = fixture_random(8) ? 8 : 6, gap = -1, run = 0, i;

    if (fixture_random(4)) {
        gap = (int)fixture_random(groups);
        while (gap + run < groups && !bytes[2 * (gap + run)] &&
               !bytes[2 * (gap + run) + 1])
            run++;
        run -= run > 1 && !fixture_random(3);
    }
    for (i = 0; i < groups; i++) {
        if (run && i == gap) {
            text += sprintf(text, "::");
            i += run - 1;
            continue;
        }
        if (i > 0 && !(run && i == gap + run))
            *text++ = ':';
        spell_group(text, bytes + 2 * i);
        text += strlen(text);
    }
    if (groups == 6)
        sprintf(text, "%s%d.%d.%d.%d", run && gap + run == 6 ? "" : ":", bytes[12],
                bytes[13], bytes[14], bytes[15]);
}

static void every_spelling_becomes_what_inet_ntop_prints(void **state)
{
    int i, others = 0;

    (void)state;
    for (i = 0; i < 200000; i++) {
        unsigned char bytes[16];
        char text[64], expected[INET6_ADDRSTRLEN];
        cfo_visitor_t visitor;

        make_address(bytes);
        spell(text, bytes);
        inet_ntop(AF_INET6, bytes, expected, sizeof expected);
        visitor = read_visitor(text, NULL);
        if (visitor.status != CFO_VISITOR_REWRITTEN) {
            assert_true(bytes[0] == 0x20 && bytes[1] == 0x02); /* 6to4 */
            continue;
        }
        if (strcmp(visitor.text, expected))
            fail_msg("%s became %s, not %s", text, visitor.text, expected);
        assert_int_equal(visitor.text == text, !strcmp(text, expected));
        assert_memory_equal(visitor.bytes, bytes, 16);
        others += visitor.text != text;
        assert_ptr_equal(read_visitor(expected, NULL).text, expected);
        if (i % 1000 == 0)
            apr_pool_clear(pool);
    }
    assert_in_range(others, 50000, 190000);
}

static void the_statuses_have_the_names_of_the_manual(void **state)
{
    (void)state;
    assert_string_equal(cfo_visitor_status_name(CFO_VISITOR_OFF), "off");
    assert_string_equal(cfo_visitor_status_name(CFO_VISITOR_ABSENT), "absent");
    assert_string_equal(cfo_visitor_status_name(CFO_VISITOR_INVALID), "invalid");
    assert_string_equal(cfo_visitor_status_name(CFO_VISITOR_REWRITTEN), "rewritten");
    assert_string_equal(cfo_visitor_status_name(CFO_VISITOR_PSEUDO), "pseudo");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(public_addresses_are_visitors),
        TEST(an_address_that_no_visitor_can_have_is_invalid),
        TEST(anything_but_one_literal_is_invalid),
        TEST(without_the_header_there_is_no_visitor_address),
        TEST(the_placeholder_of_a_foreign_worker_is_not_a_visitor),
        TEST(behind_a_class_e_address_is_an_ipv6_visitor),
        TEST(a_class_e_address_alone_stands_for_itself),
        TEST(the_ipv6_header_is_ignored_with_an_ordinary_address),
        TEST(a_canonical_text_is_not_copied),
        TEST(every_spelling_becomes_what_inet_ntop_prints),
        TEST(the_statuses_have_the_names_of_the_manual),
    };

    return RUN(tests);
}
