/* SPDX-License-Identifier: Apache-2.0 */
#include "core/verdict/visitor_scheme.h"

#include "fixture.h"

static void the_object_that_cloudflare_sends_says_https(void **state)
{
    static const char *const headers[] = {
        "{\"scheme\":\"https\"}",
        "{\"scheme\": \"https\"}",
        " { \"scheme\" : \"https\" } ",
        "\t{\t\"scheme\"\r\n:\n\"https\"\t}\t",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(headers); i++)
        assert_true(cfo_visitor_scheme_is_https(headers[i]));
}

static void anything_else_does_not(void **state)
{
    static const char *const headers[] = {
        "",
        "https",
        "\"https\"",
        "{\"scheme\":\"http\"}",
        "{\"scheme\":\"httpsx\"}",
        "{\"scheme\":\"HTTPS\"}",
        "{\"Scheme\":\"https\"}",
        "{\"scheme\":https}",
        "{\"scheme\":\"https\"",
        "{\"scheme\":\"https\"}}",
        "{\"scheme\":\"https\"}, {\"scheme\":\"https\"}",
        "{\"scheme\":\"http\"}, {\"scheme\":\"https\"}",
        "{\"scheme\":\"https\"}, {\"scheme\":\"http\"}",
        "{\"scheme\":\"https\",\"scheme\":\"http\"}",
        "{\"scheme\":\"http\",\"scheme\":\"https\"}",
        "{\"a\":1,\"scheme\":\"https\"}",
        "{'scheme':'https'}",
        "{\"sch\\u0065me\":\"https\"}",
        "{\"scheme\":\" https\"}",
        "{\"scheme\":[\"https\"]}",
        "[{\"scheme\":\"https\"}]",
        "\v{\"scheme\":\"https\"}",
        "{\"scheme\":\"https\"}\f",
        "{\"scheme\":\"https\"} x",
    };
    int i;

    (void)state;
    assert_false(cfo_visitor_scheme_is_https(NULL));
    for (i = 0; i < COUNT(headers); i++) {
        if (cfo_visitor_scheme_is_https(headers[i]))
            fail_msg("%s is https", headers[i]);
    }
}

static void only_the_ports_of_cloudflare_for_https_may_be_named(void **state)
{
    static const int yes[] = { 443, 2053, 2083, 2087, 2096, 8443 };
    static const int
        no[] = { 0, -1, 80, 442, 8080, 8880, 18080, 65979 /* 443 + 65536 */ };
    int i;

    (void)state;
    for (i = 0; i < COUNT(yes); i++)
        assert_true(cfo_visitor_port_is_https(yes[i]));
    for (i = 0; i < COUNT(no); i++)
        assert_false(cfo_visitor_port_is_https(no[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_object_that_cloudflare_sends_says_https),
        TEST(anything_else_does_not),
        TEST(only_the_ports_of_cloudflare_for_https_may_be_named),
    };

    return RUN(tests);
}
