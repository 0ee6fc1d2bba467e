/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: files of address ranges. */
#include "ctl/command/range_file.h"

#include "apr_hash.h"
#include "apr_strings.h"

#include "core/net/ranges_convert.h"
#include "core/net/ranges_retired.h"
#include "core/trust/parsed_file.h"
#include "ctl/command/input.h"

const char *cfo_ctl_range_text(cfo_ctl_t *ctl, const char *name, const char **text,
                               apr_size_t *length)
{
    return cfo_ctl_input_read(ctl->pool, name, cfo_parsed_file_most(CFO_FILE_RANGES),
                              text, length);
}

void cfo_ctl_warn_of_retired(cfo_ctl_t *ctl, const char *name,
                             const apr_array_header_t *ranges)
{
    const char *retired = cfo_ranges_retired(ctl->pool, ranges);

    if (retired)
        cfo_ctl_problem(ctl, name, apr_pstrcat(ctl->pool, "warning: ", retired, NULL));
}

static void print_ranges(cfo_ctl_t *ctl, const apr_array_header_t *ranges)
{
    int i;

    if (ctl->json)
        cfo_json_open(ctl->json, "prefixes", '[');
    else
        printf("# %d prefixes, by cf-originctl ranges --convert\n", ranges->nelts);
    for (i = 0; i < ranges->nelts; i++) {
        const char *text =
            cfo_range_print(ctl->pool, &APR_ARRAY_IDX(ranges, i, cfo_range_t));

        if (ctl->json)
            cfo_json_string(ctl->json, NULL, text);
        else
            printf("%s\n", text);
    }
    if (ctl->json)
        cfo_json_close(ctl->json, ']');
}

static void print_left_out(cfo_ctl_t *ctl, const apr_array_header_t *left_out)
{
    int i;

    if (ctl->json)
        cfo_json_open(ctl->json, "left_out", '[');
    for (i = 0; i < left_out->nelts; i++) {
        const char *line = APR_ARRAY_IDX(left_out, i, const char *);

        if (ctl->json)
            cfo_json_string(ctl->json, NULL, line);
        else
            printf("# left out: %s\n", line);
    }
    if (ctl->json)
        cfo_json_close(ctl->json, ']');
}

/* The ranges without those that were there before, in their order. */
static apr_array_header_t *without_repetitions(apr_pool_t *p,
                                               const apr_array_header_t *ranges)
{
    apr_array_header_t *result = apr_array_make(p, 32, sizeof(cfo_range_t));
    apr_hash_t *seen = apr_hash_make(p);
    int i;

    for (i = 0; i < ranges->nelts; i++) {
        const cfo_range_t *range = &APR_ARRAY_IDX(ranges, i, cfo_range_t);
        const char *text = cfo_range_print(p, range);

        if (apr_hash_get(seen, text, APR_HASH_KEY_STRING))
            continue;
        apr_hash_set(seen, text, APR_HASH_KEY_STRING, text);
        APR_ARRAY_PUSH(result, cfo_range_t) = *range;
    }
    return result;
}

static int convert_file(cfo_ctl_t *ctl, const char *name, cfo_conversion_t *all)
{
    cfo_conversion_t one = { NULL };
    const char *text;
    apr_size_t length;
    const char *reason = cfo_ctl_range_text(ctl, name, &text, &length);

    if (!reason)
        reason = cfo_ranges_convert(ctl->pool, text, length, &one);
    if (reason) {
        cfo_ctl_problem(ctl, name, reason);
        return 0;
    }
    cfo_ctl_warn_of_retired(ctl, name, one.ranges);
    apr_array_cat(all->ranges, one.ranges);
    apr_array_cat(all->left_out, one.left_out);
    return 1;
}

/* Prints a list that the module reads, or nothing. */
int cfo_ctl_convert_ranges(cfo_ctl_t *ctl)
{
    cfo_conversion_t all = { NULL, apr_array_make(ctl->pool, 32, sizeof(cfo_range_t)),
                             apr_array_make(ctl->pool, 4, sizeof(const char *)) };
    int i, good = 1;

    for (i = 0; i < ctl->operands->nelts; i++)
        good &= convert_file(ctl, APR_ARRAY_IDX(ctl->operands, i, const char *), &all);
    if (!good)
        return CFO_CTL_INVALID;
    print_ranges(ctl, without_repetitions(ctl->pool, all.ranges));
    print_left_out(ctl, all.left_out);
    return CFO_CTL_OK;
}
