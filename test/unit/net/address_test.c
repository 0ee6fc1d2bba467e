/* SPDX-License-Identifier: Apache-2.0 */
#include "core/net/address.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "fixture.h"

static cfo_address_t parse(const char *text)
{
    cfo_address_t address = { 0 };

    if (!cfo_address_parse(text, &address))
        fail_msg("\"%s\" is an address", text);
    return address;
}

static void an_ipv4_address_is_its_number(void **state)
{
    cfo_address_t address = parse("192.0.2.255");

    (void)state;
    assert_int_equal(address.bits, 32);
    assert_true(address.high == 0);
    assert_true(address.low == 0xc00002ff);
    assert_true(parse("255.255.255.255").low == 0xffffffff);
    assert_true(parse("0.0.0.0").low == 0);
}

static void an_ipv6_address_is_its_two_halves(void **state)
{
    cfo_address_t address = parse("2001:db8:1:2:fedc:ba98:7654:3210");

    (void)state;
    assert_int_equal(address.bits, 128);
    assert_true(address.high == 0x20010db800010002);
    assert_true(address.low == 0xfedcba9876543210);
}

static void a_mapped_literal_stays_ipv6(void **state)
{
    (void)state;
    assert_int_equal(parse("::ffff:192.0.2.1").bits, 128);
    assert_true(parse("::ffff:192.0.2.1").low == 0xffffc0000201);
}

static void only_the_strict_form_is_an_address(void **state)
{
    static const char *const wrong[] = {
        "",
        " ",
        "127.1",
        "127",
        "2130706433",
        "0x7f000001",
        "010.0.0.1",
        "1.2.3.04",
        "1.2.3.4 ",
        " 1.2.3.4",
        "1.2.3.4\n",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "1.2.3.-4",
        "1..2.3",
        "1.2.3.",
        "localhost",
        "a.example",
        "::1%lo",
        "fe80::1%eth0",
        "[::1]",
        ":::",
        "1::2::3",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "12345::",
        "::g",
        "::1/128",
        "1.2.3.4/32",
        "::1.2.3",
        "\xff",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(wrong); i++) {
        cfo_address_t address;

        if (cfo_address_parse(wrong[i], &address))
            fail_msg("\"%s\" was taken", wrong[i]);
    }
}

static void bytes_of_a_socket_and_their_text_are_the_same_address(void **state)
{
    static const unsigned char v4[4] = { 198, 51, 100, 7 };
    static const unsigned char v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x07 };
    cfo_address_t address, expected = parse("198.51.100.7");

    (void)state;
    cfo_address_from_bytes(v4, sizeof v4, &address);
    assert_int_equal(cfo_address_compare(&address, &expected), 0);
    expected = parse("2001:db8::7");
    cfo_address_from_bytes(v6, sizeof v6, &address);
    assert_int_equal(cfo_address_compare(&address, &expected), 0);
}

static void a_mapped_peer_is_an_ipv4_peer(void **state)
{
    unsigned char mapped[16] = { [10] = 0xff, [11] = 0xff, [12] = 203, 0, 113, 9 };
    cfo_address_t address, expected = parse("203.0.113.9");
    int i;

    (void)state;
    cfo_address_from_bytes(mapped, sizeof mapped, &address);
    assert_int_equal(cfo_address_compare(&address, &expected), 0);
    for (i = 0; i < 12; i++) {
        mapped[i] ^= 1;
        cfo_address_from_bytes(mapped, sizeof mapped, &address);
        assert_int_equal(address.bits, 128);
        mapped[i] ^= 1;
    }
}

static void bytes_of_any_other_length_are_not_an_address(void **state)
{
    static const unsigned char bytes[32] = { 1 };
    size_t count;

    (void)state;
    for (count = 0; count <= sizeof bytes; count++) {
        cfo_address_t address;

        cfo_address_from_bytes(bytes, count, &address);
        assert_int_equal(address.bits, count == 4 ? 32 : count == 16 ? 128 : 0);
        if (!address.bits)
            assert_true(address.high == 0 && address.low == 0);
    }
}

static void addresses_are_ordered_by_family_and_then_by_number(void **state)
{
    static const char *const ordered[] = {
        "0.0.0.0",
        "9.255.255.255",
        "10.0.0.0",
        "128.0.0.0",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:1.2.3.4",
        "::8000:0:0:0",
        "0:0:0:1::",
        "2001:db8::",
        "2001:db8::ffff",
        "8000::",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    };
    int i, j;

    (void)state;
    for (i = 0; i < COUNT(ordered); i++) {
        for (j = 0; j < COUNT(ordered); j++) {
            cfo_address_t a = parse(ordered[i]), b = parse(ordered[j]);
            int order = cfo_address_compare(&a, &b);

            assert_int_equal(i < j, order < 0);
            assert_int_equal(i == j, order == 0);
        }
    }
}

static void the_address_of_an_ip_socket_is_read(void **state)
{
    unsigned char bytes[4] = { 192, 0, 2, 1 };
    apr_sockaddr_t addr = { .family = APR_INET, .ipaddr_len = 4, .ipaddr_ptr = bytes };
    cfo_address_t expected = parse("192.0.2.1");
    cfo_address_t address = cfo_address_from_sockaddr(&addr);

    (void)state;
    assert_int_equal(cfo_address_compare(&address, &expected), 0);
}

static void the_address_of_a_unix_socket_is_no_address(void **state)
{
    unsigned char bytes[4] = { '/', 'r', 'u', 'n' };
    apr_sockaddr_t addr = { .family = AF_UNIX, .ipaddr_len = 4, .ipaddr_ptr = bytes };

    (void)state;
    assert_int_equal(cfo_address_from_sockaddr(&addr).bits, 0);
}

static void loopback_and_private_addresses_are_known_to_their_edges(void **state)
{
    static const struct {
        const char *text;
        int is_loopback, is_private;
    } row[] = {
        { "127.0.0.0", 1, 0 },
        { "127.255.255.255", 1, 0 },
        { "126.255.255.255", 0, 0 },
        { "128.0.0.0", 0, 0 },
        { "::1", 1, 0 },
        { "::2", 0, 0 },
        { "::", 0, 0 },
        { "0:0:0:1::1", 0, 0 },
        { "10.0.0.0", 0, 1 },
        { "10.255.255.255", 0, 1 },
        { "9.255.255.255", 0, 0 },
        { "11.0.0.0", 0, 0 },
        { "172.16.0.0", 0, 1 },
        { "172.31.255.255", 0, 1 },
        { "172.15.255.255", 0, 0 },
        { "172.32.0.0", 0, 0 },
        { "192.168.0.0", 0, 1 },
        { "192.168.255.255", 0, 1 },
        { "192.167.255.255", 0, 0 },
        { "192.169.0.0", 0, 0 },
        { "100.64.0.0", 0, 1 },
        { "100.127.255.255", 0, 1 },
        { "100.63.255.255", 0, 0 },
        { "100.128.0.0", 0, 0 },
        { "169.254.1.1", 0, 1 },
        { "169.253.255.255", 0, 0 },
        { "fc00::", 0, 1 },
        { "fdff:ffff::1", 0, 1 },
        { "fbff::1", 0, 0 },
        { "fe00::", 0, 0 },
        { "fe80::1", 0, 1 },
        { "febf::1", 0, 1 },
        { "fec0::", 0, 0 },
        { "2001:db8::a00:1", 0, 0 },
        { "172.68.1.2", 0, 0 },
        { "198.51.100.7", 0, 0 },
    };
    cfo_address_t none = { 0, 0, 0 };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        cfo_address_t address = parse(row[i].text);

        if (cfo_address_is_loopback(&address) != row[i].is_loopback ||
            cfo_address_is_private(&address) != row[i].is_private)
            fail_msg("%s", row[i].text);
    }
    assert_false(cfo_address_is_loopback(&none));
    assert_false(cfo_address_is_private(&none));
}

static void compare_with_inet_pton(const char *text)
{
    unsigned char bytes[4] = { 0 }, expected[4] = { 0 };
    int is_read = cfo_address_read_ipv4(text, bytes);

    if (is_read != (inet_pton(AF_INET, text, expected) == 1) ||
        (is_read && memcmp(bytes, expected, sizeof bytes)))
        fail_msg("\"%s\"", text);
}

/* Each number up to 9999 at each of the four places, with and without leading zeros; and
 * every byte at every place of an address. */
static void ipv4_is_read_as_inet_pton_reads_it(void **state)
{
    static const char sample[] = "203.0.113.77";
    char text[64];
    int number, at, byte;

    (void)state;
    for (number = 0; number < 10000; number++) {
        for (at = 0; at < 4; at++) {
            snprintf(text, sizeof text, "%.*s%d%s", 2 * at, "1.2.3.", number,
                     ".2.3.4" + 2 * at);
            compare_with_inet_pton(text);
            snprintf(text, sizeof text, "%.*s%04d%s", 2 * at, "1.2.3.", number,
                     ".2.3.4" + 2 * at);
            compare_with_inet_pton(text);
        }
    }
    for (at = 0; at < (int)sizeof sample; at++) {
        for (byte = 0; byte < 256; byte++) {
            memset(text, 0, sizeof text);
            strcpy(text, sample);
            text[at] = (char)byte;
            compare_with_inet_pton(text);
            snprintf(text, sizeof text, "%.*s%c%s", at, sample, byte ? byte : '.',
                     sample + at);
            compare_with_inet_pton(text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_ipv4_address_is_its_number),
        TEST(an_ipv6_address_is_its_two_halves),
        TEST(a_mapped_literal_stays_ipv6),
        TEST(only_the_strict_form_is_an_address),
        TEST(bytes_of_a_socket_and_their_text_are_the_same_address),
        TEST(a_mapped_peer_is_an_ipv4_peer),
        TEST(bytes_of_any_other_length_are_not_an_address),
        TEST(the_address_of_an_ip_socket_is_read),
        TEST(the_address_of_a_unix_socket_is_no_address),
        TEST(loopback_and_private_addresses_are_known_to_their_edges),
        TEST(ipv4_is_read_as_inet_pton_reads_it),
        TEST(addresses_are_ordered_by_family_and_then_by_number),
    };

    return RUN(tests);
}
