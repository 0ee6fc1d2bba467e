/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/json.h"

#include "fixture.h"
#include "page.h"

static void commas_stand_between_values_and_nowhere_else(void **state)
{
    cfo_json_t json = { page_begin(), 0 };

    (void)state;
    cfo_json_open(&json, NULL, '{');
    cfo_json_open(&json, "empty", '[');
    cfo_json_close(&json, ']');
    cfo_json_open(&json, "list", '[');
    cfo_json_number(&json, NULL, APR_UINT64_MAX);
    cfo_json_truth(&json, NULL, 1);
    cfo_json_open(&json, NULL, '{');
    cfo_json_string(&json, "text", "a\"b");
    cfo_json_string(&json, "none", NULL);
    cfo_json_close(&json, '}');
    cfo_json_close(&json, ']');
    cfo_json_truth(&json, "last", 0);
    cfo_json_close(&json, '}');
    assert_string_equal(page_text(),
                        "{\"empty\":[],\"list\":[18446744073709551615,true,"
                        "{\"text\":\"a\\\"b\",\"none\":null}],\"last\":false}");
}

static void no_time_is_null(void **state)
{
    cfo_json_t json = { page_begin(), 0 };

    (void)state;
    cfo_json_time(&json, "a", 0);
    cfo_json_time(&json, "b", apr_time_from_sec(1750000000));
    assert_string_equal(page_text(), "\"a\":null,\"b\":\"2025-06-15T15:06:40Z\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(commas_stand_between_values_and_nowhere_else),
        TEST(no_time_is_null),
    };

    return RUN(tests);
}
