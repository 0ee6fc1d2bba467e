/* SPDX-License-Identifier: Apache-2.0 */
#include "core/net/ranges_format.h"

#include "fixture.h"

static void a_format_is_known_by_its_word(void **state)
{
    (void)state;
    assert_contains(cfo_ranges_format("set_real_ip_from"), "nginx");
    assert_contains(cfo_ranges_format("REMOTEIPTRUSTEDPROXY"), "mod_remoteip");
    assert_contains(cfo_ranges_format("Allow"), "Allow from");
    assert_contains(cfo_ranges_format("allow"), "(allow)");
    assert_null(cfo_ranges_format("192.0.2.0/24"));
    assert_null(cfo_ranges_format(""));
}

static void the_rest_of_a_configuration_is_known(void **state)
{
    static const char *const words[] = { "real_ip_header", "order",      "ipv4:",
                                         "Require",        "RPAFenable", "require" };
    int i;

    (void)state;
    for (i = 0; i < COUNT(words); i++)
        assert_true(cfo_ranges_format_has(words[i]));
    assert_false(cfo_ranges_format_has("example.com"));
    assert_false(cfo_ranges_format_has(""));
    assert_false(cfo_ranges_format_has(":"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_format_is_known_by_its_word),
        TEST(the_rest_of_a_configuration_is_known),
    };

    return RUN(tests);
}
