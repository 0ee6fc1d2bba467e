/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/text.h"

#include "fixture.h"

static void plain_text_is_quoted(void **state)
{
    (void)state;
    assert_string_equal(cfo_text_quote(pool, "CN=a b,O='x'", 99), "\"CN=a b,O='x'\"");
    assert_string_equal(cfo_text_quote(pool, "", 99), "\"\"");
    assert_string_equal(cfo_text_quote(pool, NULL, 99), "\"-\"");
}

static void bytes_that_could_end_the_value_or_the_line_become_hex(void **state)
{
    (void)state;
    assert_string_equal(cfo_text_quote(pool, "a\"b", 99), "\"a\\x22b\"");
    assert_string_equal(cfo_text_quote(pool, "a\nb\rc\td", 99),
                        "\"a\\x0ab\\x0dc\\x09d\"");
    assert_string_equal(cfo_text_quote(pool, "\x1b[2J\x7f", 99), "\"\\x1b[2J\\x7f\"");
    assert_string_equal(cfo_text_quote(pool, "\xc3\xa9\x80\xff", 99),
                        "\"\\xc3\\xa9\\x80\\xff\"");
    assert_string_equal(cfo_text_quote(pool, "~ !", 99), "\"~ !\"");
}

/* httpd doubles it; the quote after it still ends the value. */
static void a_backslash_is_not_escaped_because_httpd_does_it(void **state)
{
    (void)state;
    assert_string_equal(cfo_text_quote(pool, "\\", 99), "\"\\\"");
    assert_string_equal(cfo_text_quote(pool, "a\\\"", 99), "\"a\\\\x22\"");
}

static void every_byte_except_nul_becomes_printable_ascii(void **state)
{
    int byte;

    (void)state;
    for (byte = 1; byte < 256; byte++) {
        char text[] = { (char)byte, '\0' };
        const char *quoted = cfo_text_quote(pool, text, 9),
                   *word = cfo_text_word(pool, text);
        const char *c;

        for (c = quoted + 1; c[1]; c++)
            assert_true(*c >= ' ' && *c <= '~' && *c != '"');
        assert_int_equal(*c, '"');
        if (*word == '"')
            assert_string_equal(word, quoted);
        else
            assert_ptr_equal(word, text);
    }
}

static void a_long_value_is_cut_and_ends_in_dots(void **state)
{
    char longest[8193];

    (void)state;
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_string_equal(cfo_text_quote(pool, "abcd", 4), "\"abcd\"");
    assert_string_equal(cfo_text_quote(pool, "abcde", 4), "\"abcd...\"");
    assert_string_equal(cfo_text_quote(pool, "abcde", 0), "\"...\"");
    assert_int_equal(strlen(cfo_text_quote(pool, longest, 512)), 512 + strlen("\"...\""));
    assert_int_equal(strlen(cfo_text_word(pool, longest)), 255 + strlen("\"...\""));
    assert_int_equal(strlen(cfo_text_quote(pool, longest, 8192)), 8194);
}

static void a_word_needs_no_quotes(void **state)
{
    static const char *const words[] = {
        "shop.example.com:443", "198.51.100.7",  "[2001:db8::1]", "GET", "_a-b", "*", "0",
        "230b030023ae2822-SJC", "AZaz09.:-_[]*",
    };
    char word[256];
    int i;

    (void)state;
    for (i = 0; i < COUNT(words); i++)
        assert_ptr_equal(cfo_text_word(pool, words[i]), words[i]);
    memset(word, 'a', 255);
    word[255] = '\0';
    assert_ptr_equal(cfo_text_word(pool, word), word);
}

static void an_unknown_value_is_a_hyphen(void **state)
{
    (void)state;
    assert_string_equal(cfo_text_word(pool, NULL), "-");
    assert_string_equal(cfo_text_word(pool, ""), "-");
}

static void anything_else_is_quoted(void **state)
{
    static const char *const row[][2] = {
        { " ", "\" \"" },
        { "a b", "\"a b\"" },
        { "a=b", "\"a=b\"" },
        { "a\"", "\"a\\x22\"" },
        { "x\ny", "\"x\\x0ay\"" },
        { "M-SEARCH!", "\"M-SEARCH!\"" },
        { "a/b", "\"a/b\"" },
        { "a\\", "\"a\\\"" },
        { "b\xc3\xbc", "\"b\\xc3\\xbc\"" },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++)
        assert_string_equal(cfo_text_word(pool, row[i][0]), row[i][1]);
}

static void a_word_is_found_in_any_case(void **state)
{
    static const char *const words[] = { "deny", "not", NULL };

    (void)state;
    assert_true(cfo_text_is_one_of("deny", words) && cfo_text_is_one_of("NOT", words));
    assert_false(cfo_text_is_one_of("den", words) || cfo_text_is_one_of("denys", words) ||
                 cfo_text_is_one_of("", words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(plain_text_is_quoted),
        TEST(bytes_that_could_end_the_value_or_the_line_become_hex),
        TEST(a_backslash_is_not_escaped_because_httpd_does_it),
        TEST(every_byte_except_nul_becomes_printable_ascii),
        TEST(a_long_value_is_cut_and_ends_in_dots),
        TEST(a_word_needs_no_quotes),
        TEST(an_unknown_value_is_a_hyphen),
        TEST(anything_else_is_quoted),
        TEST(a_word_is_found_in_any_case),
    };

    return RUN(tests);
}
