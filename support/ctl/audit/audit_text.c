/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl audit: the report as text. */
#include "ctl/audit/audit_report.h"

#include <stdio.h>

#include "apr_strings.h"

#include "core/base/text.h"
#include "core/verdict/reason.h"
#include "ctl/command/terminal.h"

void cfo_ctl_report_tables(const cfo_ctl_summary_t *summary,
                           cfo_ctl_table_t tables[CFO_CTL_TABLES])
{
    const cfo_ctl_table_t all[CFO_CTL_TABLES] = {
        { "by reason", "reasons", summary->reasons, CFO_BREAKDOWN_EXAMPLES },
        { "by virtual host", "vhosts", summary->vhosts, 1 },
        { "by zone", "zones", summary->zones, 1 },
        { "by edge network", "networks", summary->networks, 1 },
        { "by certificate", "certificates", summary->certificates, 1 },
        { "handshakes that failed, by reason", "handshakes", summary->handshakes,
          CFO_BREAKDOWN_EXAMPLES },
        { "proved, then 403 by another rule, by path", "denied", summary->denied, 1 },
        { "421 by mod_ssl, by SNI and host", "misdirected", summary->misdirected, 0 },
    };
    int i;

    for (i = 0; i < CFO_CTL_TABLES; i++)
        tables[i] = all[i];
}

/* "3,112 would-refuse, 12 refused" */
static const char *counts_of(apr_pool_t *p, const apr_uint64_t *counts)
{
    static const char *const names[] = {
        [CFO_COUNT_REFUSED] = "refused",
        [CFO_COUNT_WOULD_REFUSE] = "would-refuse",
        [CFO_COUNT_ADMITTED] = "admitted",
        [CFO_COUNT_HELD_BACK] = "held back, no details",
        [CFO_COUNT_FAILED] = "handshakes failed",
        [CFO_COUNT_DENIED] = "proved, then 403 by another rule",
        [CFO_COUNT_MISDIRECTED] = "421 by mod_ssl",
    };
    const char *list = "";
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i] && counts[i])
            list = apr_pstrcat(p, list, *list ? "; " : "",
                               cfo_ctl_thousands(p, counts[i]), " ", names[i], NULL);
    }
    return *list ? list : "0";
}

static void print_example(apr_pool_t *p, const cfo_ctl_example_t *example)
{
    printf("    e.g.");
    if (example->time)
        printf(" %s", cfo_text_time(p, example->time));
    if (*example->ray)
        printf(" %s=%s", example->is_claimed ? "claimed_ray" : "ray",
               cfo_ctl_shown(p, example->ray));
    if (*example->edge)
        printf(" edge=%s", cfo_ctl_shown(p, example->edge));
    if (*example->what)
        printf(" %s", cfo_text_quote(p, example->what, sizeof example->what * 4));
    putchar('\n');
}

static void print_row(apr_pool_t *p, const cfo_ctl_row_t *row, int examples)
{
    int i;

    printf("  %s", cfo_ctl_shown(p, row->name));
    if (*row->label)
        printf(" %s", cfo_text_quote(p, row->label, sizeof row->label * 4));
    printf(": %s\n", counts_of(p, row->counts));
    if (row->first)
        printf("    %s to %s\n", cfo_text_time(p, row->first),
               cfo_text_time(p, row->last));
    for (i = 0; i < examples && i < row->examples; i++)
        print_example(p, &row->example[(row->examples - 1 - i) % CFO_BREAKDOWN_EXAMPLES]);
}

static void print_table(const cfo_ctl_report_t *report, const cfo_ctl_table_t *table)
{
    apr_pool_t *p = report->pool;
    apr_array_header_t *rows = cfo_ctl_breakdown_sorted(table->breakdown, p);
    cfo_ctl_counts_t others;
    int i;

    if (!rows->nelts)
        return;
    printf("\n%s\n", table->title);
    for (i = 0; i < rows->nelts && i < report->top; i++) {
        const cfo_ctl_row_t *row = APR_ARRAY_IDX(rows, i, const cfo_ctl_row_t *);
        const cfo_reason_info_t *info = cfo_reason_find(row->name);

        print_row(p, row, table->examples);
        if (table->breakdown == report->summary->reasons && info)
            cfo_ctl_print_wrapped("    ", info->advice);
    }
    cfo_ctl_breakdown_others(table->breakdown, rows, i, others);
    if (i < rows->nelts || table->breakdown->missed)
        printf("  all others: %s\n", counts_of(p, others));
    if (table->breakdown->missed)
        printf("  (more than %s different names: each may have up to %s more)\n",
               cfo_ctl_thousands(p, (apr_uint64_t)table->breakdown->most),
               cfo_ctl_thousands(p, table->breakdown->missed));
}

static void print_list(const char *first, const apr_array_header_t *sentences)
{
    int i;

    for (i = 0; i < sentences->nelts; i++)
        cfo_ctl_print_wrapped(first, APR_ARRAY_IDX(sentences, i, const char *));
}

static void print_readiness(const cfo_ctl_readiness_t *readiness)
{
    printf("ready: %s\n", cfo_ctl_ready_name(readiness->answer));
    cfo_ctl_print_wrapped("  ", readiness->sentence);
    print_list("  why: ", readiness->why);
    print_list("  note: ", readiness->notes);
}

void cfo_ctl_report_text(const cfo_ctl_report_t *report)
{
    const cfo_ctl_summary_t *summary = report->summary;
    cfo_ctl_table_t tables[CFO_CTL_TABLES];
    apr_pool_t *p = report->pool;
    int i;

    if (!report->is_brief) {
        printf("%s: %s\n", cfo_ctl_counted(p, summary->events, "line"),
               counts_of(p, summary->total.counts));
        if (summary->total.first)
            printf("  %s to %s\n", cfo_text_time(p, summary->total.first),
                   cfo_text_time(p, summary->total.last));
        if (summary->cut)
            printf("  %s cut, counted as far as they can be read\n",
                   cfo_ctl_counted(p, summary->cut, "line"));
        if (summary->untimed)
            printf("  %s without a readable time%s\n",
                   cfo_ctl_counted(p, summary->untimed, "line"),
                   summary->wanted.since || summary->wanted.until ? ", left out" : "");
        cfo_ctl_report_tables(summary, tables);
        for (i = 0; i < CFO_CTL_TABLES; i++)
            print_table(report, &tables[i]);
        putchar('\n');
    }
    print_readiness(&report->readiness);
}
