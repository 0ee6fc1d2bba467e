/* SPDX-License-Identifier: Apache-2.0 */
#include "core/net/ranges_convert.h"

#include "fixture.h"

static cfo_conversion_t conversion;

static const char *convert(const char *text, size_t length)
{
    return cfo_ranges_convert(pool, text, length, &conversion);
}

static void a_text_is_read_to_its_end_in_its_order(void **state)
{
    static const char text[] = "\xef\xbb\xbf# Cloudflare\r\n\r\n"
                               "set_real_ip_from 198.51.100.0/24; # edge\r\n"
                               "// more\n  set_real_ip_from 192.0.2.0/24;\r\n"
                               "real_ip_header CF-Connecting-IP;";

    (void)state;
    assert_null(convert(text, sizeof text - 1));
    assert_int_equal(conversion.ranges->nelts, 2);
    assert_string_equal(
        cfo_range_print(pool, &APR_ARRAY_IDX(conversion.ranges, 0, cfo_range_t)),
        "198.51.100.0/24");
    assert_string_equal(APR_ARRAY_IDX(conversion.left_out, 0, const char *),
                        "line 6: \"real_ip_header CF-Connecting-IP;\"");
    assert_contains(conversion.format, "nginx");
}

static void utf16_and_json_are_read(void **state)
{
    static const char utf16[] = "\xff\xfe"
                                "1\0009\0002\0.\0000\0.\0002\0.\0000\0/\0002\0004\0\n\0";
    static const char json[] = "{\"result\":{\"ipv4_cidrs\":[\"192.0.2.0/24\"]}}";

    (void)state;
    assert_null(convert(utf16, sizeof utf16 - 1));
    assert_int_equal(conversion.ranges->nelts, 1);
    assert_contains(conversion.format, "UTF-16");
    assert_null(convert(json, sizeof json - 1));
    assert_int_equal(conversion.ranges->nelts, 1);
    assert_contains(conversion.format, "JSON");
}

static void comments_are_not_read(void **state)
{
    static const char *const texts[] = {
        "/*\n * was 198.51.100.0/24\n */\n192.0.2.0/24\n",
        "192.0.2.0/24; /* was 198.51.100.0/24 */\n",
        "<!-- 198.51.100.0/24 -->\n192.0.2.0/24\n",
        "192.0.2.0/24 // was 198.51.100.0/24\n",
        "192.0.2.0/24 # was 198.51.100.0/24\n",
        "; 198.51.100.0/24\n-- 198.51.100.0/24\n192.0.2.0/24\n/* 198.51.100.0/24",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(texts); i++) {
        const char *error = convert(texts[i], strlen(texts[i]));

        if (error || conversion.ranges->nelts != 1)
            fail_msg("%s: %s: %d", texts[i], error, conversion.ranges->nelts);
        assert_string_equal(
            cfo_range_print(pool, &APR_ARRAY_IDX(conversion.ranges, 0, cfo_range_t)),
            "192.0.2.0/24");
    }
    assert_contains(convert("/* a\n b */\n192.0.2.1/24", 23), "line 3: ");
}

static void an_error_names_its_line(void **state)
{
    static const char bad[] = "192.0.2.0/24\n\n198.51.100.1/24\n";
    static const char html[] = " <!DOCTYPE HTML><title>Just a moment...</title>";

    (void)state;
    assert_contains(convert(bad, sizeof bad - 1), "line 3: \"198.51.100.1/24\"");
    assert_contains(convert(html, sizeof html - 1), "a page of HTML");
    assert_string_equal(convert("# nothing\n", 10), "it contains no range");
    assert_string_equal(convert("", 0), "it contains no range");
    assert_contains(convert("192.0.2.0/24\n\0\n198.51.100.0/24\n", 31), "NUL bytes");
}

static const char *diagnosis(const char *text, size_t length)
{
    return cfo_ranges_diagnose(pool, text, length, "line 1: bad");
}

static void an_error_of_a_list_is_explained(void **state)
{
    static const char csv[] = "192.0.2.0/24,198.51.100.0/24";
    static const char mixed[] = "set_real_ip_from 192.0.2.1/24;";

    (void)state;
    assert_string_equal(diagnosis(csv, sizeof csv - 1),
                        "line 1: bad. It looks like a list with several ranges on a "
                        "line: cf-originctl ranges --convert FILE makes a list of it");
    assert_string_equal(diagnosis(mixed, sizeof mixed - 1),
                        "line 1: bad. It looks like a list for nginx (set_real_ip_from)");
    assert_contains(diagnosis("<html>", 6), "line 1: bad. It is a page of HTML");
    assert_contains(diagnosis("\n<HEAD>", 7), "line 1: bad. It is a page of HTML");
    assert_string_equal(diagnosis("<heap>", 6), "line 1: bad");
    assert_string_equal(
        diagnosis("- 192.0.2.0/24", 14),
        "line 1: bad. cf-originctl ranges --convert FILE makes a list of it");
    assert_string_equal(diagnosis("example.com", 11), "line 1: bad");
    assert_string_equal(diagnosis("", 0), "line 1: bad");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_text_is_read_to_its_end_in_its_order),
        TEST(utf16_and_json_are_read),
        TEST(comments_are_not_read),
        TEST(an_error_names_its_line),
        TEST(an_error_of_a_list_is_explained),
    };

    return RUN(tests);
}
