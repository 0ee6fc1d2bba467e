/* SPDX-License-Identifier: Apache-2.0 */
#include "core/net/ranges_convert.h"

#include "fuzz.h"

/* What was converted is a list that the module reads, with the same ranges. */
static void read_again(apr_pool_t *p, const apr_array_header_t *ranges)
{
    apr_array_header_t *again = apr_array_make(p, 4, sizeof(cfo_range_t));
    const char *list = "";
    int i;

    for (i = 0; i < ranges->nelts && i < 50; i++)
        list = apr_pstrcat(p, list,
                           cfo_range_print(p, &APR_ARRAY_IDX(ranges, i, cfo_range_t)),
                           "\n", NULL);
    PROMISE(!cfo_ranges_read(p, list, strlen(list), again));
    for (i = 0; i < again->nelts; i++) {
        const cfo_range_t *one = &APR_ARRAY_IDX(again, i, cfo_range_t);
        const cfo_range_t *other = &APR_ARRAY_IDX(ranges, i, cfo_range_t);

        PROMISE(!cfo_address_compare(&one->first, &other->first));
        PROMISE(!cfo_address_compare(&one->last, &other->last));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    char *exact = malloc(size ? size : 1); /* the text of a file has no NUL at its end */
    cfo_conversion_t conversion;
    const char *reason;

    PROMISE(exact);
    if (size)
        memcpy(exact, data, size);
    reason = cfo_ranges_convert(p, exact, size, &conversion);
    PROMISE(reason ? *reason != '\0' : conversion.ranges->nelts > 0);
    if (!reason)
        read_again(p, conversion.ranges);
    PROMISE(*cfo_ranges_diagnose(p, exact, size, "error"));
    free(exact);
    return 0;
}
