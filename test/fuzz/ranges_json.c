/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges in JSON. What was read is a list in JSON again, and the reader of all formats
 * finds the same ranges in the text. */
#include "core/net/ranges_convert.h"
#include "core/net/ranges_json.h"

#include "fuzz.h"

static void compare(const apr_array_header_t *some, const apr_array_header_t *others)
{
    int i;

    PROMISE(some->nelts == others->nelts);
    for (i = 0; i < some->nelts; i++) {
        const cfo_range_t *one = &APR_ARRAY_IDX(some, i, cfo_range_t);
        const cfo_range_t *other = &APR_ARRAY_IDX(others, i, cfo_range_t);

        PROMISE(!cfo_address_compare(&one->first, &other->first));
        PROMISE(!cfo_address_compare(&one->last, &other->last));
    }
}

static void read_again(apr_pool_t *p, const apr_array_header_t *ranges)
{
    apr_array_header_t *again = apr_array_make(p, 4, sizeof(cfo_range_t));
    const char *list = "[";
    int i;

    for (i = 0; i < ranges->nelts; i++)
        list = apr_pstrcat(p, list, i ? "," : "", "\"",
                           cfo_range_print(p, &APR_ARRAY_IDX(ranges, i, cfo_range_t)),
                           "\"", NULL);
    PROMISE(!cfo_ranges_json_read(p, apr_pstrcat(p, list, "]", NULL), again));
    compare(ranges, again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    char *text = fuzz_text(data, size);
    apr_array_header_t *ranges = apr_array_make(p, 4, sizeof(cfo_range_t));
    const char *reason = cfo_ranges_json_read(p, text, ranges);
    cfo_conversion_t conversion;

    PROMISE(!reason || *reason);
    if (!reason && ranges->nelts && ranges->nelts < 100)
        read_again(p, ranges);
    if (cfo_ranges_json_is(text) && strlen(text) == size &&
        !cfo_ranges_convert(p, text, size, &conversion) && !reason)
        compare(ranges, conversion.ranges);
    free(text);
    return 0;
}
