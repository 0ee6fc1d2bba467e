/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl ranges: checks range lists before they are used. */
#include <stdlib.h>
#include <string.h>

#include "apr_strings.h"

#include "core/net/ranges.h"
#include "core/net/ranges_convert.h"
#include "ctl/command/range_file.h"

enum { AGAINST = 1, MAX_MISSING, REQUIRE_BOTH, CONVERT, NFT };

/* The result; each list (of cfo_range_t) is sorted and without duplicates. */
typedef struct {
    apr_array_header_t *found;
    const char *against; /* NULL: no comparison */
    apr_array_header_t *before;
    apr_array_header_t *added;
    apr_array_header_t *removed;
} report_t;

static apr_array_header_t *list_of(apr_pool_t *p)
{
    return apr_array_make(p, 32, sizeof(cfo_range_t));
}

static int load(cfo_ctl_t *ctl, const char *name, apr_array_header_t *ranges)
{
    apr_array_header_t *found = list_of(ctl->pool);
    const char *text, *reason;
    apr_size_t length;

    if (!strcmp(name, "builtin")) {
        cfo_ranges_add_builtin(ranges);
        return 1;
    }
    reason = cfo_ctl_range_text(ctl, name, &text, &length);
    if (!reason) {
        reason = cfo_ranges_read(ctl->pool, text, length, found);
        if (reason)
            reason = cfo_ranges_diagnose(ctl->pool, text, length, reason);
    }
    if (reason)
        cfo_ctl_problem(ctl, name, reason);
    else
        cfo_ctl_warn_of_retired(ctl, name, found);
    apr_array_cat(ranges, found);
    return !reason;
}

static int compare(const void *a, const void *b)
{
    const cfo_range_t *one = a, *other = b;
    int order = cfo_address_compare(&one->first, &other->first);

    return order ? order : cfo_address_compare(&one->last, &other->last);
}

static void sort(apr_array_header_t *ranges)
{
    cfo_range_t *range = (cfo_range_t *)ranges->elts;
    int i, count = 0;

    qsort(range, ranges->nelts, sizeof *range, compare);
    for (i = 0; i < ranges->nelts; i++) {
        if (!count || compare(&range[i], &range[count - 1]))
            range[count++] = range[i];
    }
    ranges->nelts = count;
}

/* The `ranges` that are not in `others`; both are sorted. */
static apr_array_header_t *without(apr_pool_t *p, const apr_array_header_t *ranges,
                                   const apr_array_header_t *others)
{
    apr_array_header_t *result = list_of(p);
    int i;

    for (i = 0; i < ranges->nelts; i++) {
        const cfo_range_t *range = &APR_ARRAY_IDX(ranges, i, cfo_range_t);

        if (!bsearch(range, others->elts, others->nelts, sizeof *range, compare))
            APR_ARRAY_PUSH(result, cfo_range_t) = *range;
    }
    return result;
}

static int count_ipv4(const apr_array_header_t *ranges)
{
    int i, count = 0;

    for (i = 0; i < ranges->nelts; i++)
        count += APR_ARRAY_IDX(ranges, i, cfo_range_t).first.bits == 32;
    return count;
}

static void print_list(cfo_ctl_t *ctl, const char *before,
                       const apr_array_header_t *ranges)
{
    int i;

    for (i = 0; i < ranges->nelts; i++)
        printf("%s%s\n", before,
               cfo_range_print(ctl->pool, &APR_ARRAY_IDX(ranges, i, cfo_range_t)));
}

static void print_json_list(cfo_ctl_t *ctl, const char *name,
                            const apr_array_header_t *ranges)
{
    int i;

    cfo_json_open(ctl->json, name, '[');
    for (i = 0; i < ranges->nelts; i++)
        cfo_json_string(
            ctl->json, NULL,
            cfo_range_print(ctl->pool, &APR_ARRAY_IDX(ranges, i, cfo_range_t)));
    cfo_json_close(ctl->json, ']');
}

static void print_json(cfo_ctl_t *ctl, const report_t *report)
{
    int ipv4 = count_ipv4(report->found);

    cfo_json_number(ctl->json, "ipv4", ipv4);
    cfo_json_number(ctl->json, "ipv6", report->found->nelts - ipv4);
    print_json_list(ctl, "prefixes", report->found);
    if (!report->against)
        return;
    cfo_json_open(ctl->json, "against", '{');
    cfo_json_string(ctl->json, "name", report->against);
    cfo_json_number(ctl->json, "count", report->before->nelts);
    print_json_list(ctl, "added", report->added);
    print_json_list(ctl, "removed", report->removed);
    cfo_json_close(ctl->json, '}');
}

/* Without a comparison the output is a valid range list. */
static void print(cfo_ctl_t *ctl, const report_t *report)
{
    int ipv4 = count_ipv4(report->found);

    printf("# %d prefixes: %d IPv4, %d IPv6\n", report->found->nelts, ipv4,
           report->found->nelts - ipv4);
    if (!report->against) {
        print_list(ctl, "", report->found);
        return;
    }
    printf("# against %s with %d prefixes: %d added, %d removed\n",
           cfo_ctl_shown(ctl->pool, report->against), report->before->nelts,
           report->added->nelts, report->removed->nelts);
    print_list(ctl, "+ ", report->added);
    print_list(ctl, "- ", report->removed);
}

static void print_nft_set(cfo_ctl_t *ctl, int version, const apr_array_header_t *ranges)
{
    const char *separator = "{ ";
    int i;

    printf(
        "add set inet cf_origin edge%d { type ipv%d_addr; flags interval; auto-merge; }\n"
        "flush set inet cf_origin edge%d\n",
        version, version, version);
    for (i = 0; i < ranges->nelts; i++) {
        const cfo_range_t *range = &APR_ARRAY_IDX(ranges, i, cfo_range_t);

        if ((range->first.bits == 32) != (version == 4))
            continue;
        if (*separator == '{')
            printf("add element inet cf_origin edge%d ", version);
        printf("%s%s", separator, cfo_range_print(ctl->pool, range));
        separator = ",\n    ";
    }
    if (*separator != '{')
        printf(" }\n");
}

/* Input for "nft -f", which replaces the content of both sets in one step. */
static void print_nft(cfo_ctl_t *ctl, const report_t *report)
{
    printf("# %d prefixes, by cf-originctl ranges --nft\nadd table inet cf_origin\n",
           report->found->nelts);
    print_nft_set(ctl, 4, report->found);
    print_nft_set(ctl, 6, report->found);
}

static int check_families(cfo_ctl_t *ctl, const report_t *report)
{
    int ipv4 = count_ipv4(report->found);

    if (!cfo_ctl_value(ctl, REQUIRE_BOTH) || (ipv4 && ipv4 < report->found->nelts))
        return CFO_CTL_OK;
    cfo_ctl_problem(ctl, NULL,
                    apr_psprintf(ctl->pool,
                                 "suspicious: the list has no %s prefix, and "
                                 "--require-both requires both families",
                                 ipv4 ? "IPv6" : "IPv4"));
    return CFO_CTL_SUSPICIOUS;
}

static int check_missing(cfo_ctl_t *ctl, const report_t *report, int most)
{
    apr_int64_t missing, count;

    if (!report->against || most < 0)
        return CFO_CTL_OK;
    missing = report->removed->nelts;
    count = report->before->nelts;
    if (missing * 100 <= most * count)
        return CFO_CTL_OK;
    cfo_ctl_problem(ctl, NULL,
                    apr_psprintf(ctl->pool,
                                 "suspicious: %d of the %d prefixes of %s are missing, "
                                 "more than the %d %% of --max-missing",
                                 (int)missing, (int)count,
                                 cfo_ctl_shown(ctl->pool, report->against), most));
    return CFO_CTL_SUSPICIOUS;
}

static int read_all(cfo_ctl_t *ctl, report_t *report)
{
    int i, good = 1;

    for (i = 0; i < ctl->operands->nelts; i++)
        good &= load(ctl, APR_ARRAY_IDX(ctl->operands, i, const char *), report->found);
    if (report->against)
        good &= load(ctl, report->against, report->before);
    return good;
}

static void warn_of_empty_set(cfo_ctl_t *ctl, int ipv4, int all)
{
    if (ipv4 && ipv4 < all)
        return;
    cfo_ctl_problem(ctl, NULL,
                    apr_psprintf(ctl->pool,
                                 "the list has no IPv%d prefix: the set edge%d becomes "
                                 "empty, and the rules shut out all of IPv%d; with "
                                 "--require-both such a list is an error",
                                 ipv4 ? 6 : 4, ipv4 ? 6 : 4, ipv4 ? 6 : 4));
}

/* A firewall gets a list that is all right, or none. */
static int convert_to_nft(cfo_ctl_t *ctl, report_t *report)
{
    int families = check_families(ctl, report);

    if (families)
        return families;
    warn_of_empty_set(ctl, count_ipv4(report->found), report->found->nelts);
    sort(report->found);
    print_nft(ctl, report);
    return CFO_CTL_OK;
}

static int judge(cfo_ctl_t *ctl, report_t *report, int most)
{
    int families, missing;

    sort(report->found);
    sort(report->before);
    report->added = without(ctl->pool, report->found, report->before);
    report->removed = without(ctl->pool, report->before, report->found);
    if (ctl->json)
        print_json(ctl, report);
    else
        print(ctl, report);
    families = check_families(ctl, report);
    missing = check_missing(ctl, report, most);
    return families ? families : missing;
}

static int run(cfo_ctl_t *ctl)
{
    report_t report = { list_of(ctl->pool), cfo_ctl_value(ctl, AGAINST),
                        list_of(ctl->pool), NULL, NULL };
    const char *percent = cfo_ctl_value(ctl, MAX_MISSING);
    int most = percent ? cfo_ctl_number(percent, 100) : -1;

    if (!ctl->operands->nelts)
        return cfo_ctl_usage("ranges needs a file with a range list, or builtin");
    if (cfo_ctl_value(ctl, CONVERT) && (percent || report.against))
        return cfo_ctl_usage("--convert cannot be combined with a comparison");
    if (cfo_ctl_value(ctl, NFT) &&
        (ctl->json || report.against || cfo_ctl_value(ctl, CONVERT)))
        return cfo_ctl_usage("--nft takes no other option than --require-both");
    if (cfo_ctl_value(ctl, CONVERT))
        return cfo_ctl_convert_ranges(ctl);
    if (percent && most < 0)
        return cfo_ctl_usage("--max-missing takes a whole number from 0 to 100");
    if (percent && !report.against)
        return cfo_ctl_usage("--max-missing needs --against, to know what is missing");
    if (!read_all(ctl, &report))
        return CFO_CTL_INVALID;
    return cfo_ctl_value(ctl, NFT) ? convert_to_nft(ctl, &report)
                                   : judge(ctl, &report, most);
}

static const apr_getopt_option_t options[] = {
    { "against", AGAINST, 1, "show what is added and removed compared with this list" },
    { "max-missing", MAX_MISSING, 1, "exit 4 if more than this percentage is missing" },
    { "convert", CONVERT, 0, "read nginx, Apache, JSON and others; print a list" },
    { "nft", NFT, 0, "print sets for nft -f, the packet filter" },
    { "require-both", REQUIRE_BOTH, 0, "exit 4 unless there are IPv4 and IPv6 prefixes" },
    { NULL, 0, 0, NULL },
};

const cfo_ctl_verb_t cfo_ctl_ranges = {
    "ranges",
    "[--against FILE|builtin] [--max-missing PERCENT] [--require-both] [--convert] [--nft] "
    "[--json] FILE...",
    "check range lists, and show their content or what has changed",
    options,
    run,
};
