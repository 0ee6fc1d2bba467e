/* SPDX-License-Identifier: Apache-2.0 */
/* Prefixes that Cloudflare does not publish any more. */
#include "core/net/ranges_retired.h"

#include <string.h>

#include "apr_strings.h"

static const struct {
    const char *prefix, *since;
} retired[] = {
    { "104.28.0.0/14", "2021-04-08" },
    { "199.27.128.0/21", "2017-06-07" },
};

static int covers(const cfo_range_t *range, const cfo_range_t *part)
{
    return cfo_address_compare(&range->first, &part->first) <= 0 &&
           cfo_address_compare(&range->last, &part->last) >= 0;
}

static const char *instead(const char *text)
{
    if (!strcmp(text, "104.16.0.0/12"))
        return "write 104.16.0.0/13 and 104.24.0.0/14 instead";
    return strcmp(text, "104.28.0.0/14") && strcmp(text, "199.27.128.0/21")
               ? "write what Cloudflare publishes instead (builtin)"
               : "remove it";
}

const char *cfo_range_retired(apr_pool_t *p, const cfo_range_t *range)
{
    const char *text = cfo_range_print(p, range);
    cfo_range_t part;
    size_t i;

    for (i = 0; i < sizeof retired / sizeof *retired; i++) {
        if (cfo_range_parse(p, retired[i].prefix, &part) || !covers(range, &part))
            continue;
        if (!strcmp(text, retired[i].prefix))
            return apr_psprintf(p, "%s has not been in Cloudflare's list since %s: %s",
                                text, retired[i].since, instead(text));
        return apr_psprintf(p,
                            "%s contains %s, which has not been in Cloudflare's list "
                            "since %s: %s",
                            text, retired[i].prefix, retired[i].since, instead(text));
    }
    return NULL;
}

const char *cfo_ranges_retired(apr_pool_t *p, const apr_array_header_t *ranges)
{
    const char *all = NULL;
    int i;

    for (i = 0; i < ranges->nelts; i++) {
        const cfo_range_t *range = &APR_ARRAY_IDX(ranges, i, cfo_range_t);
        const char *one = range->first.bits == 32 ? cfo_range_retired(p, range) : NULL;

        if (one)
            all = all ? apr_pstrcat(p, all, "; ", one, NULL) : one;
    }
    return all;
}

void cfo_ranges_add_retired(apr_array_header_t *ranges)
{
    size_t i;

    for (i = 0; i < sizeof retired / sizeof *retired; i++)
        cfo_range_parse(ranges->pool, retired[i].prefix, apr_array_push(ranges));
}
