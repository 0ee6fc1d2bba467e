/* SPDX-License-Identifier: Apache-2.0 */
#include "core/net/ranges_json.h"

#include "fixture.h"

#define GOOD                                                                             \
    "{\"result\":{\"ipv4_cidrs\":[\"192.0.2.0/24\",\"198.51.100.0\\/24\"],"              \
    "\"ipv6_cidrs\":[\"2001:db8::/32\"],\"etag\":\"38f79d050aa027e3be3865e495dcc9bc\"}," \
    "\"success\":true,\"errors\":[],\"messages\":[\"192.0.2.300 is new\"]}\n"

static apr_array_header_t *found;

static const char *read_text(const char *text)
{
    found = apr_array_make(pool, 4, sizeof(cfo_range_t));
    return cfo_ranges_json_read(pool, text, found);
}

static void the_answer_of_the_api_is_read(void **state)
{
    (void)state;
    assert_null(read_text(GOOD));
    assert_int_equal(found->nelts, 3);
    assert_string_equal(cfo_range_print(pool, &APR_ARRAY_IDX(found, 1, cfo_range_t)),
                        "198.51.100.0/24");
}

static void other_shapes_are_read(void **state)
{
    static const struct {
        const char *text;
        int count;
    } row[] = {
        { "[\"192.0.2.0/24\", \"2001:db8::/32\"]", 2 },
        { "{\"prefixes\":[{\"ipv4Prefix\":\"192.0.2.0/24\",\"region\":\"x/y\"}]}", 1 },
        { "[\"192.0.2.0\\u002f24\", \"198.51.100.0\\/24\"]", 2 },
        { "{\"a\\\"b\": \"say \\\"192.0.2.1\\\"\", \"c\": [\"192.0.2.0/24\"]}", 1 },
        { "{\"tags\": [\"foo\", \"bar\"], \"c\": [\"192.0.2.0/24\"]}", 1 },
        { "{\"v\": \"1/2\", \"d\": \"2024/01/02\", \"c\": [\"192.0.2.0/24\"]}", 1 },
        { "{\"x\": \"\\u00e9\\ud83d\\u0022\\\\\"}", 0 },
        { "{\"a\": -1.5e3, \"b\": null, \"c\": []}", 0 },
        { "{}", 0 },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        assert_null(read_text(row[i].text));
        assert_int_equal(found->nelts, row[i].count);
    }
}

static void what_is_not_understood_is_an_error_with_its_line(void **state)
{
    static const struct {
        const char *text, *error;
    } row[] = {
        { "{\"a\":[\"192.0.2.0/24\",\n\"example.com\"]}", "line 2: \"example.com\"" },
        { "{\"a\":[\"192.0.2.1/24\"]}", "line 1: \"192.0.2.1/24\": bits are set" },
        { "{\"a\":\"192.0.2.1/24\"}", "bits are set" },
        { "{\"a\":[\"192.0.2.0/24\"", "cut off" },
        { "{\"a\":[\"192.0.2.0/24", "cut off" },
        { "{\"a\":[\"192.0.2.0/24\n\"]}", "closing quotation mark" },
        { "[\"example.com\", \"192.0.2.0/24\"]", "\"example.com\"" },
        { "[\"192.0.2.0/24\", [\"x\"], \"example.com\"]", "\"example.com\"" },
        { "{\"a\":[\"192.0.2.0\\", "cut off" },
        { "{\"a\":[\"192.0.2.0\\u00", "cut off" },
        { "{\"a\":[}", "does not match" },
        { "]", "does not match" },
        { "{\"a\":@}", "not JSON" },
        { "{\"success\":false,\"result\":[]}", "reports a failure" },
        { "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "too many brackets" },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++)
        assert_contains(read_text(row[i].text), row[i].error);
}

static void a_text_is_json_by_its_beginning(void **state)
{
    (void)state;
    assert_true(cfo_ranges_json_is(GOOD));
    assert_true(cfo_ranges_json_is(" \n[\n\"192.0.2.0/24\"]"));
    assert_false(cfo_ranges_json_is("[2001:db8::]/32"));
    assert_false(cfo_ranges_json_is("{ 192.0.2.0/24 }"));
    assert_false(cfo_ranges_json_is("["));
    assert_false(cfo_ranges_json_is(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_answer_of_the_api_is_read),
        TEST(other_shapes_are_read),
        TEST(what_is_not_understood_is_an_error_with_its_line),
        TEST(a_text_is_json_by_its_beginning),
    };

    return RUN(tests);
}
