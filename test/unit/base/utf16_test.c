/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/utf16.h"

#include "fixture.h"

#define TEXT(literal) literal, sizeof literal - 1

static void utf16_is_recognized_by_its_mark_or_its_nuls(void **state)
{
    static const struct {
        const char *text;
        size_t length;
        int is;
    } row[] = {
        { TEXT("\xff\xfe"
               "a\0b\0"),
          1 },
        { TEXT("\xfe\xff"
               "\0a\0b"),
          1 },
        { TEXT("a\0b\0c\0d\0e\0"), 1 },
        { TEXT("\0a\0b\0c\0d\0e"), 1 },
        { TEXT(""), 0 },
        { TEXT("a\0"), 0 },
        { TEXT("abcdefghij"), 0 },
        { TEXT("a\0b\0c\0dde\0"), 0 },
        { TEXT("\0\0\0\0\0\0\0\0\0\0"), 0 },
        { TEXT("\xef\xbb\xbf"
               "abcdefgh"),
          0 },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        if (cfo_utf16_is(row[i].text, row[i].length) != row[i].is)
            fail_msg("row %d", i);
    }
}

static void both_orders_become_ascii(void **state)
{
    apr_size_t length;

    (void)state;
    assert_string_equal(cfo_utf16_to_ascii(pool,
                                           TEXT("\xff\xfe"
                                                "a\0\r\0\n\0b\0\x13\x20"),
                                           &length),
                        "a\r\nb?");
    assert_int_equal(length, 5);
    assert_string_equal(cfo_utf16_to_ascii(pool,
                                           TEXT("\xfe\xff"
                                                "\0a\0b"),
                                           &length),
                        "ab");
    assert_string_equal(cfo_utf16_to_ascii(pool, TEXT("a\0b\0c\0d\0e\0f"), &length),
                        "abcde");
    assert_string_equal(cfo_utf16_to_ascii(pool, TEXT("plain"), &length), "");
}

static void only_a_mark_at_the_beginning_is_skipped(void **state)
{
    const char *text = "\xef\xbb\xbf"
                       "a\xef\xbb\xbf";
    apr_size_t length = strlen(text);

    (void)state;
    cfo_utf8_skip_mark(&text, &length);
    assert_string_equal(text, "a\xef\xbb\xbf");
    assert_int_equal(length, 4);
    cfo_utf8_skip_mark(&text, &length);
    assert_int_equal(length, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(utf16_is_recognized_by_its_mark_or_its_nuls),
        TEST(both_orders_become_ascii),
        TEST(only_a_mark_at_the_beginning_is_skipped),
    };

    return RUN(tests);
}
