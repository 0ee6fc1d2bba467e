/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/json.h"

#include "fixture.h"
#include "page.h"

static void commas_are_between_values_and_nowhere_else(void **state)
{
    cfo_json_t json = { .out = page_begin() };

    (void)state;
    cfo_json_open(&json, "empty", '[');
    cfo_json_close(&json, ']');
    cfo_json_open(&json, "list", '[');
    cfo_json_number(&json, NULL, APR_INT64_MAX);
    cfo_json_truth(&json, NULL, 1);
    cfo_json_open(&json, NULL, '{');
    cfo_json_string(&json, "text", "a\"b");
    cfo_json_string(&json, "none", NULL);
    cfo_json_close(&json, '}');
    cfo_json_close(&json, ']');
    cfo_json_truth(&json, "last", 0);
    cfo_json_end(&json);
    assert_string_equal(page_text(),
                        "{\"empty\":[],\"list\":[9223372036854775807,true,"
                        "{\"text\":\"a\\\"b\",\"none\":null}],\"last\":false}\n");
}

static void no_time_is_null(void **state)
{
    cfo_json_t json = { .out = page_begin() };

    (void)state;
    cfo_json_time(&json, "a", 0);
    cfo_json_time(&json, "b", apr_time_from_sec(1750000000));
    cfo_json_end(&json);
    assert_string_equal(page_text(), "{\"a\":null,\"b\":\"2025-06-15T15:06:40Z\"}\n");
}

static void an_object_may_be_empty_and_another_may_follow(void **state)
{
    cfo_json_t json = { .out = page_begin() };

    (void)state;
    cfo_json_end(&json);
    cfo_json_number(&json, "a", -5);
    cfo_json_end(&json);
    assert_string_equal(page_text(), "{}\n{\"a\":-5}\n");
}

/* A terminal would take the control characters U+0080 to U+009F for commands. */
static void no_control_character_is_written_as_such(void **state)
{
    cfo_json_t json = { .out = page_begin() };

    (void)state;
    cfo_json_string(&json, "a", "\x1b\x7f\xc2\x9b\xc2\xa0\xff");
    cfo_json_end(&json);
    assert_string_equal(page_text(),
                        "{\"a\":\"\\u001b\\u007f\\u009b\xc2\xa0\xef\xbf\xbd\"}\n");
}

typedef struct {
    const char *text;
    int number, truth;
    apr_time_t time;
} row_t;

static void rows_are_written_by_a_table_of_their_fields(void **state)
{
    static const cfo_json_field_t fields[] = {
        { "text", CFO_JSON_STRING, offsetof(row_t, text) },
        { "number", CFO_JSON_NUMBER, offsetof(row_t, number) },
        { "truth", CFO_JSON_TRUTH, offsetof(row_t, truth) },
        { "time", CFO_JSON_TIME, offsetof(row_t, time) },
        { NULL },
    };
    apr_array_header_t *rows = apr_array_make(pool, 2, sizeof(row_t));
    cfo_json_t json = { .out = page_begin() };

    (void)state;
    APR_ARRAY_PUSH(rows, row_t) = (row_t){ "a", 1, 1, apr_time_from_sec(1750000000) };
    APR_ARRAY_PUSH(rows, row_t) = (row_t){ NULL, -2, 0, 0 };
    cfo_json_rows(&json, "rows", fields, rows);
    cfo_json_end(&json);
    assert_string_equal(
        page_text(),
        "{\"rows\":["
        "{\"text\":\"a\",\"number\":1,\"truth\":true,\"time\":\"2025-06-15T15:06:40Z\"},"
        "{\"text\":null,\"number\":-2,\"truth\":false,\"time\":null}]}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(commas_are_between_values_and_nowhere_else),
        TEST(no_time_is_null),
        TEST(an_object_may_be_empty_and_another_may_follow),
        TEST(no_control_character_is_written_as_such),
        TEST(rows_are_written_by_a_table_of_their_fields),
    };

    return RUN(tests);
}
