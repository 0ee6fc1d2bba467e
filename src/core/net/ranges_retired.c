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

enum { RETIRED = sizeof retired / sizeof *retired };

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

static const char *describe(apr_pool_t *p, const cfo_range_t *range, int i)
{
    const char *text = cfo_range_print(p, range);

    if (!strcmp(text, retired[i].prefix))
        return apr_psprintf(p, "%s has not been in Cloudflare's list since %s: %s", text,
                            retired[i].since, instead(text));
    return apr_psprintf(p,
                        "%s contains %s, which has not been in Cloudflare's list "
                        "since %s: %s",
                        text, retired[i].prefix, retired[i].since, instead(text));
}

const char *cfo_range_retired(apr_pool_t *p, const cfo_range_t *range)
{
    cfo_range_t part;
    int i;

    for (i = 0; i < RETIRED; i++) {
        if (!cfo_range_parse(p, retired[i].prefix, &part) && covers(range, &part))
            return describe(p, range, i);
    }
    return NULL;
}

static const char *append(apr_pool_t *p, const char *all, const char *one)
{
    return all && one ? apr_pstrcat(p, all, "; ", one, NULL) : one ? one : all;
}

const char *cfo_ranges_retired(apr_pool_t *p, const apr_array_header_t *ranges)
{
    const char *all = NULL;
    int i;

    for (i = 0; i < ranges->nelts; i++)
        all =
            append(p, all, cfo_range_retired(p, &APR_ARRAY_IDX(ranges, i, cfo_range_t)));
    return all;
}

const char *cfo_range_set_retired(apr_pool_t *p, const cfo_ranges_t *ranges)
{
    const int count = cfo_ranges_count(ranges, 32);
    const char *all = NULL;
    cfo_range_t part;
    int i, j;

    for (i = 0; i < RETIRED; i++) {
        if (cfo_range_parse(p, retired[i].prefix, &part))
            continue;
        for (j = 0; j < count; j++) {
            const cfo_range_t range = cfo_ranges_get(ranges, 32, j);

            if (covers(&range, &part))
                all = append(p, all, describe(p, &range, i));
        }
    }
    return all;
}

void cfo_ranges_add_retired(apr_array_header_t *ranges)
{
    int i;

    for (i = 0; i < RETIRED; i++)
        cfo_range_parse(ranges->pool, retired[i].prefix, apr_array_push(ranges));
}
