/* SPDX-License-Identifier: Apache-2.0 */
#include "core/verdict/ray.h"

#include <regex.h>

#include "fixture.h"

static void a_ray_is_16_hex_digits_with_or_without_a_data_centre(void **state)
{
    (void)state;
    assert_true(cfo_ray_is_valid("230b030023ae2822"));
    assert_true(cfo_ray_is_valid("230b030023ae2822-SJC"));
    assert_true(cfo_ray_is_valid("0123456789abcdef-AZZ"));
}

static void anything_else_is_not_a_ray(void **state)
{
    static const char *const wrong[] = {
        "",
        "-",
        "-SJC",
        "230b030023ae282",
        "230b030023ae28222",
        "230B030023AE2822",
        "230b030023ae282g",
        "230b030023ae2822-",
        "230b030023ae2822-S",
        "230b030023ae2822-SJ",
        "230b030023ae2822-SJCX",
        "230b030023ae2822-sjc",
        "230b030023ae2822-SJ1",
        "230b030023ae2822-S[C",
        "230b030023ae2822-S@C",
        "230b030023ae2822 SJC",
        "230b030023ae2822_SJC",
        "230b030023ae2822SJC",
        "230b030023ae2822-SJC-SJC",
        " 230b030023ae2822",
        "230b030023ae2822 ",
        "230b030023ae2822\n",
        "230b030023ae2822-SJC\n",
        "230b030023ae2822-SJC, 230b030023ae2822-SJC",
        "230b0300/3ae2822",
        "230b0300:3ae2822",
        "230b0300`3ae2822",
        "230b030023ae28\xb2\xb2",
        "8abc\"]x[y-LHR",
        "0x0b030023ae2822",
    };
    int i;

    (void)state;
    assert_false(cfo_ray_is_valid(NULL));
    for (i = 0; i < COUNT(wrong); i++) {
        if (cfo_ray_is_valid(wrong[i]))
            fail_msg("\"%s\" was taken", wrong[i]);
    }
}

/* Each byte of a valid ray changed to each other byte, compared with a regular
 * expression.
 */
static void every_byte_is_checked_as_a_regular_expression_would(void **state)
{
    regex_t expression;
    int position, byte;

    (void)state;
    assert_int_equal(
        regcomp(&expression, "^[0-9a-f]{16}(-[A-Z]{3})?$", REG_EXTENDED | REG_NOSUB), 0);
    for (position = 0; position < 21; position++) {
        for (byte = 0; byte < 256; byte++) {
            char ray[] = "230b030023ae2822-SJC\0";

            ray[position] = (char)byte;
            assert_int_equal(cfo_ray_is_valid(ray),
                             !regexec(&expression, ray, 0, NULL, 0));
        }
    }
    regfree(&expression);
}

static void the_data_centre_is_what_follows_the_hyphen(void **state)
{
    const char *ray = "230b030023ae2822-SJC";

    (void)state;
    assert_ptr_equal(cfo_ray_colo(ray), ray + 17);
    assert_null(cfo_ray_colo("230b030023ae2822"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_ray_is_16_hex_digits_with_or_without_a_data_centre),
        TEST(anything_else_is_not_a_ray),
        TEST(every_byte_is_checked_as_a_regular_expression_would),
        TEST(the_data_centre_is_what_follows_the_hyphen),
    };

    return RUN(tests);
}
