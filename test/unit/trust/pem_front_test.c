/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/pem_front.h"

#include "fixture.h"

static void what_is_before_a_mark_is_named(void **state)
{
    static const struct {
        const char *front, *what;
    } row[] = {
        { "  ", "indented" },
        { "\t", "indented" },
        { "-", "not exactly" },
        { "> ", "quoted mail" },
        { ">> ", "quoted mail" },
        { "12: ", "line numbers" },
        { " 1  ", "line numbers" },
        { "+", "diff" },
        { "# ", "comments" },
        { "// ", "comments" },
        { " * ", "comments" },
        { "\xc2\xa0", "invisible" },
        { "\xe2\x80\x8b", "invisible" },
        { "\xe2\x81\xa0", "invisible" },
        { "\xe2\x80\x83", "invisible" },
        { "\xe3\x80\x80 ", "invisible" },
        { "\xe2\x80\x80", "invisible" },
        { "\xe2\x80\x8f", "invisible" },
        { "\xe2\x80\xaf", "invisible" },
        { "\xe2\x81\x9f", "invisible" },
        { "\xef\xbb\xbf", "invisible" },
        { "\xef\xbb\xbe", "something is on the line" },
        { "\xe3\x80\x81", "something is on the line" },
        { "\xe2\x80\x90", "something is on the line" },
        { "\xe2\x81\x9e", "something is on the line" },
        { "file.pem:12:", "line numbers" },
        { "3) ", "line numbers" },
        { "v2. ", "something is on the line" },
        { ".", "something is on the line" },
        { "\xe2\x80\x9e", "quotation marks" },
        { "\xc2\xab", "quotation marks" },
        { "\"", "quotation marks" },
        { "cert = '", "quotation marks" },
        { "\xe2\x80\x9c", "quotation marks" },
        { "\x93", "quotation marks" },
        { "cert: ", "something is on the line" },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        const char *text =
            apr_pstrcat(pool, "a\n", row[i].front, "-----BEGIN CERTIFICATE-----\n", NULL);
        const char *what = cfo_pem_front(text, strlen(text));

        if (!what || !strstr(what, row[i].what))
            fail_msg("%s: %s", row[i].front, what);
    }
}

/* strchr() would find it among any characters. */
static void a_nul_byte_is_no_space_and_no_punctuation(void **state)
{
    static const char before[] = "a\n \0 -----BEGIN X-----\n",
                      behind[] = "a\n12\0-----BEGIN X-----\n";

    (void)state;
    assert_contains(cfo_pem_front(before, sizeof before - 1), "invisible");
    assert_contains(cfo_pem_front(behind, sizeof behind - 1), "something is on the line");
}

static void nothing_is_before_a_good_mark(void **state)
{
    static const char *const texts[] = { "-----BEGIN X-----\n", "a\n-----BEGIN X-----\n",
                                         "a\r-----BEGIN X-----", "words", "" };
    int i;

    (void)state;
    for (i = 0; i < COUNT(texts); i++)
        assert_null(cfo_pem_front(texts[i], strlen(texts[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_before_a_mark_is_named),
        TEST(a_nul_byte_is_no_space_and_no_punctuation),
        TEST(nothing_is_before_a_good_mark),
    };

    return RUN(tests);
}
