/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/utf8.h"

#include "fixture.h"

static void valid_utf_8_has_a_length(void **state)
{
    (void)state;
    assert_int_equal(cfo_utf8_length("a"), 1);
    assert_int_equal(cfo_utf8_length("\x7f"), 1);
    assert_int_equal(cfo_utf8_length("\xc2\x80"), 2);
    assert_int_equal(cfo_utf8_length("\xe0\xa0\x80"), 3);
    assert_int_equal(cfo_utf8_length("\xef\xbf\xbd"), 3);
    assert_int_equal(cfo_utf8_length("\xf0\x90\x80\x80"), 4);
    assert_int_equal(cfo_utf8_length("\xf4\x8f\xbf\xbf"), 4);
}

static void invalid_utf_8_has_no_length(void **state)
{
    static const char *const bad[] = { "\x80",             /* a continuation alone */
                                       "\xc2",             /* cut */
                                       "\xe2\x82",         /* cut */
                                       "\xc0\xaf",         /* too long a form of '/' */
                                       "\xe0\x9f\xbf",     /* likewise */
                                       "\xf0\x8f\xbf\xbf", /* likewise */
                                       "\xed\xa0\x80",     /* a surrogate */
                                       "\xf4\x90\x80\x80", /* above U+10FFFF */
                                       "\xf5\x80\x80\x80",
                                       "\xff",
                                       "\xe2\x28\xa1" };
    int i;

    (void)state;
    for (i = 0; i < COUNT(bad); i++)
        assert_int_equal(cfo_utf8_length(bad[i]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(valid_utf_8_has_a_length),
        TEST(invalid_utf_8_has_no_length),
    };

    return RUN(tests);
}
