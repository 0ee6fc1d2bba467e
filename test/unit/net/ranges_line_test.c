/* SPDX-License-Identifier: Apache-2.0 */
#include "core/net/ranges_line.h"

#include "fixture.h"

static cfo_conversion_t conversion;

static const char *read_line(const char *text)
{
    conversion = (cfo_conversion_t){ NULL, apr_array_make(pool, 4, sizeof(cfo_range_t)),
                                     apr_array_make(pool, 4, sizeof(const char *)) };
    return cfo_ranges_line_read(pool, 7, text, &conversion);
}

static const char *found(void)
{
    const char *all = "";
    int i;

    for (i = 0; i < conversion.ranges->nelts; i++)
        all = apr_pstrcat(
            pool, all, i ? " " : "",
            cfo_range_print(pool, &APR_ARRAY_IDX(conversion.ranges, i, cfo_range_t)),
            NULL);
    return all;
}

#define ONE "192.0.2.0/24"
#define TWO "192.0.2.0/24 2001:db8::/32"

static void the_formats_of_other_programs_are_read(void **state)
{
    static const struct {
        const char *text, *ranges, *format;
    } row[] = {
        { ONE, ONE, NULL },
        { "192.0.2.0/24,2001:db8::/32", TWO, "several ranges" },
        { "192.0.2.0/24;2001:db8::/32;", TWO, "several ranges" },
        { "192.0.2.0/24 | 2001:db8::/32 |", TWO, "several ranges" },
        { "192.0.2.0/24,", ONE, "commas or semicolons" },
        { "\"192.0.2.0/24\"", ONE, "quotation marks" },
        { "set_real_ip_from 192.0.2.0/24;", ONE, "nginx (set_real_ip_from)" },
        { "allow 192.0.2.0/24;", ONE, "access rules" },
        { "192.0.2.0/24 1;", ONE, "other columns" },
        { "RemoteIPTrustedProxy 192.0.2.0/24 2001:db8::/32", TWO, "mod_remoteip" },
        { "RemoteIPInternalProxy 192.0.2.0/24", ONE, "mod_remoteip" },
        { "CloudFlareRemoteIPTrustedProxy 192.0.2.0/24 2001:db8::/32", TWO,
          "mod_cloudflare" },
        { "Require ip 192.0.2.0/24 2001:db8::/32", TWO, "Require ip" },
        { "Allow from 192.0.2.0/24", ONE, "Allow from" },
        { "acl from_cf src 192.0.2.0/24 2001:db8::/32", TWO, "HAProxy" },
        { "trusted_proxies static 192.0.2.0/24 2001:db8::/32", TWO, "Caddy" },
        { "\"192.0.2.0\"/24;", ONE, "commas or semicolons" }, /* Varnish */
        { "[2001:db8::]/32", "2001:db8::/32", NULL },         /* Postfix */
        { "- 192.0.2.0/24", ONE, NULL },                      /* YAML */
        { "'192.0.2.0/24',", ONE, "commas" },                 /* Python, PHP */
        { "('192.0.2.0/24', '2001:db8::/32')", TWO, "several" },
        { "elements = { 192.0.2.0/24, 2001:db8::/32 }", TWO, "several" }, /* nft */
        { "add cloudflare 192.0.2.0/24", ONE, "ipset" },
        { "-A INPUT -s 192.0.2.0/24 -p tcp --dport 443 -j ACCEPT", ONE, "firewall" },
        { "iptables -I INPUT -p tcp -s 192.0.2.0/24 --dport 443 -j ACCEPT", ONE,
          "firewall" },
        { "ufw allow from 192.0.2.0/24 to any port 443 proto tcp", ONE, "firewall" },
        { "192.0.2.0/24 CF-Connecting-IP", ONE, "other columns" },
        { "192.0.2.0/24\tCloudflare\t2023-09-28", ONE, "other columns" },
        { "192.0.2.0/255.255.255.0", ONE, "netmasks" },
        { "192.0.2.0 255.255.255.0", ONE, "netmasks" },
        { "192.0.2.0 netmask 255.255.255.0", ONE, "netmasks" },
        { "192.0.2.0 mask 255.255.255.0", ONE, "netmasks" },
        { "192.0.2.0 0.0.0.255", ONE, "netmasks" },
        { "192.0.2.0-192.0.2.255", ONE, "first and last" },
        { "192.0.2.0 - 192.0.2.255", ONE, "first and last" },
        { "192.0.2.0 to 192.0.2.255", ONE, "first and last" },
        { "192.0.2.0..192.0.2.255", ONE, "first and last" },
        { "192.0.2.0 \xe2\x80\x93 192.0.2.255", ONE, "first and last" },
        { "192.0.2.0\xe2\x80\x94"
          "192.0.2.255",
          ONE, "first and last" },
        { "\xc2\xa0"
          "192.0.2.0/24\xe2\x80\x8b",
          ONE, NULL },
        { "192.0.2.0/24T,2001:db8::/32T", TWO, "LiteSpeed" },
        { "remoteiptrustedproxy 192.0.2.0/24", ONE, "mod_remoteip" },
        { "192.0.2.1 198.51.100.1", "192.0.2.1/32 198.51.100.1/32", "several" },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        const char *error = read_line(row[i].text);

        if (error || strcmp(found(), row[i].ranges))
            fail_msg("%s: %s: %s", row[i].text, error, found());
        if (row[i].format
                ? !conversion.format || !strstr(conversion.format, row[i].format)
                : conversion.format != NULL)
            fail_msg("%s: %s", row[i].text, conversion.format);
    }
}

static void nothing_is_guessed(void **state)
{
    static const struct {
        const char *text, *error;
    } row[] = {
        { "192.0.2.1/24", "line 7: \"192.0.2.1/24\": bits are set" },
        { "192.0.2.0/255.0.255.0", "not a netmask" },
        { "192.0.2.1/255.255.255.0", "bits are set" },
        { "192.0.2.0-192.0.2.254", "the prefixes that are between" },
        { "192.0.2.0 - 192.0.2.254", "not one prefix" },
        { "192.0.2.0 netmask 255.0.255.0", "not one prefix" },
        { "deny 192.0.2.0/24;", "it denies" },
        { "Require not ip 192.0.2.0/24", "it denies" },
        { "-A INPUT -s 192.0.2.0/24 -j DROP", "it denies" },
        { "192.0.2.300/24", "not an IPv4 or IPv6 address" },
        { "131.0.72.0/222400:cb00::/32", "two ranges without" },
        { "0.0.0.0/0", "wider than /8" },
        { "example.com", "no address is in it" },
        { "192.0.2.0 /24", "a space is before the /" },
        { "192.0.2.0 / 24", "a space is before the /" },
        { "192.0.2.0,192.0.2.255", "or the first and the last one" },
        { "192.0.2.0 192.0.2.255", "or the first and the last one" },
        { "2001:db8::,2001:db8::ffff", "or the first and the last one" },
        { "[2001:db8::1]:443", "it has brackets and a port; write 2001:db8::1" },
        { "<RequireNone>", "what is in it is denied" },
        { "<h1>Forbidden</h1>", NULL },
        { "include /etc/nginx/cloudflare.conf;", "no address is in it" },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        const char *error = read_line(row[i].text);

        if (row[i].error ? !error || !strstr(error, row[i].error) : error != NULL)
            fail_msg("%s: %s", row[i].text, error);
    }
}

/* It is not where a request comes from. */
static void an_address_where_packets_go_is_left_out(void **state)
{
    static const char *const lines[] = {
        "ufw allow from 192.0.2.0/24 to 203.0.113.5 port 443",
        "-A INPUT -s 192.0.2.0/24 -d 203.0.113.5 -j ACCEPT",
        "ip daddr 203.0.113.5 ip saddr 192.0.2.0/24 accept",
        "route 192.0.2.0/24 via 203.0.113.5;",
        "tcp|in|d=203.0.113.5|s=192.0.2.0/24",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(lines); i++) {
        const char *error = read_line(lines[i]);

        if (error || strcmp(found(), ONE))
            fail_msg("%s: %s: %s", lines[i], error, found());
        assert_int_equal(conversion.left_out->nelts, 1);
        assert_contains(APR_ARRAY_IDX(conversion.left_out, 0, const char *),
                        "203.0.113.5");
    }
}

static void the_rest_of_such_a_configuration_is_left_out_and_named(void **state)
{
    static const char *const lines[] = {
        "real_ip_header CF-Connecting-IP;",
        "real_ip_recursive on;",
        "deny all;",
        "RemoteIPHeader CF-Connecting-IP",
        "Order deny,allow",
        "Deny from all",
        "geo $cloudflare {",
        "default 0;",
        "Require all denied",
        "create cloudflare hash:net",
        "<RequireAny>",
        "</RequireAny>",
        "*filter",
        "COMMIT",
        "ipv4:",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(lines); i++) {
        const char *error = read_line(lines[i]);

        if (error)
            fail_msg("%s: %s", lines[i], error);
        assert_int_equal(conversion.ranges->nelts, 0);
        assert_int_equal(conversion.left_out->nelts, 1);
        assert_contains(APR_ARRAY_IDX(conversion.left_out, 0, const char *), "line 7: ");
    }
    assert_null(read_line("};"));
    assert_int_equal(conversion.left_out->nelts, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_formats_of_other_programs_are_read),
        TEST(nothing_is_guessed),
        TEST(an_address_where_packets_go_is_left_out),
        TEST(the_rest_of_such_a_configuration_is_left_out_and_named),
    };

    return RUN(tests);
}
