/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/style.h"

#include "fixture.h"

static void the_policy_allows_this_style_sheet_and_nothing_else(void **state)
{
    const char *policy = cfo_report_style_policy(pool), *hash;

    (void)state;
    assert_memory_equal(policy, "default-src 'none'; style-src 'sha256-", 38);
    hash = policy + 38;
    assert_int_equal(strcspn(hash, "'"), 44);
    assert_contains(policy, "frame-ancestors 'none'");
    assert_null(strstr(policy, "unsafe"));
    assert_null(strstr(cfo_report_style, "url("));
    assert_null(strstr(cfo_report_style, "@import"));
    assert_null(strstr(cfo_report_style, "</"));
}

static void each_colour_is_defined_for_light_and_dark(void **state)
{
    const char *dark = strstr(cfo_report_style, "prefers-color-scheme:dark"), *name;

    (void)state;
    for (name = cfo_report_style; (name = strstr(name, "--")) && name < dark; name += 2)
        assert_contains(dark, apr_pstrmemdup(pool, name, strcspn(name, ":") + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_policy_allows_this_style_sheet_and_nothing_else),
        TEST(each_colour_is_defined_for_light_and_dark),
    };

    return RUN(tests);
}
