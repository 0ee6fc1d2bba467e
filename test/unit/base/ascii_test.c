/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/ascii.h"

#include <string.h>

#include "fixture.h"

static int has(const char *characters, int c)
{
    return c && strchr(characters, c) != NULL;
}

static void each_byte_is_of_the_kinds_that_ascii_gives_it(void **state)
{
    int c;

    (void)state;
    for (c = 0; c < 256; c++) {
        int expected = 0;

        if (has("0123456789", c))
            expected |= CFO_ASCII_DIGIT;
        if (has("ABCDEFGHIJKLMNOPQRSTUVWXYZ", c))
            expected |= CFO_ASCII_UPPER;
        if (has("abcdefghijklmnopqrstuvwxyz", c))
            expected |= CFO_ASCII_LOWER;
        if (has("0123456789abcdef", c))
            expected |= CFO_ASCII_LOWER_HEX;
        if (c == '-')
            expected |= CFO_ASCII_HYPHEN;
        if (has(".:-_[]*", c))
            expected |= CFO_ASCII_MARK;
        if (cfo_ascii_kinds[c] != expected || cfo_ascii_is((char)c, expected) != expected)
            fail_msg("%d is of %d", c, cfo_ascii_kinds[c]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_byte_is_of_the_kinds_that_ascii_gives_it),
    };

    return RUN(tests);
}
