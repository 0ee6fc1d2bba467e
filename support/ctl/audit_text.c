/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl audit: the report for people. */
#include "audit_report.h"

#include <stdio.h>

#include "apr_strings.h"

#include "core/base/text.h"
#include "advice.h"
#include "words.h"

void cfo_ctl_report_tables(const cfo_ctl_account_t *account,
                           cfo_ctl_table_t tables[CFO_CTL_TABLES])
{
    const cfo_ctl_table_t all[CFO_CTL_TABLES] = {
        { "by reason", "reasons", account->reasons, CFO_TALLY_EXAMPLES },
        { "by virtual host", "vhosts", account->vhosts, 1 },
        { "by zone", "zones", account->zones, 1 },
        { "by edge network", "networks", account->networks, 1 },
        { "by certificate", "certificates", account->certificates, 1 },
        { "handshakes that failed, by reason", "handshakes", account->handshakes,
          CFO_TALLY_EXAMPLES },
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
    };
    const char *list = "";
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++) {
        if (counts[i])
            list = apr_pstrcat(p, list, *list ? "; " : "", cfo_ctl_grouped(p, counts[i]),
                               " ", names[i], NULL);
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
        print_example(p, &row->example[(row->examples - 1 - i) % CFO_TALLY_EXAMPLES]);
}

static void print_table(const cfo_ctl_report_t *report, const cfo_ctl_table_t *table)
{
    apr_pool_t *p = report->pool;
    apr_array_header_t *rows = cfo_ctl_tally_sorted(table->tally, p);
    cfo_ctl_counts_t others;
    int i;

    if (!rows->nelts)
        return;
    printf("\n%s\n", table->title);
    for (i = 0; i < rows->nelts && i < report->top; i++) {
        const cfo_ctl_row_t *row = APR_ARRAY_IDX(rows, i, const cfo_ctl_row_t *);
        const char *advice = cfo_ctl_advice(row->name);

        print_row(p, row, table->examples);
        if (table->tally == report->account->reasons && advice)
            cfo_ctl_print_wrapped("    ", advice);
    }
    cfo_ctl_tally_others(table->tally, rows, i, others);
    if (i < rows->nelts || table->tally->missed)
        printf("  all others: %s\n", counts_of(p, others));
    if (table->tally->missed)
        printf("  (more than %s different ones: each of them may have up to %s more)\n",
               cfo_ctl_grouped(p, CFO_TALLY_MOST),
               cfo_ctl_grouped(p, table->tally->missed));
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
    const cfo_ctl_account_t *account = report->account;
    cfo_ctl_table_t tables[CFO_CTL_TABLES];
    apr_pool_t *p = report->pool;
    int i;

    if (!report->is_brief) {
        printf("%s: %s\n", cfo_ctl_counted(p, account->events, "line"),
               counts_of(p, account->total.counts));
        if (account->total.first)
            printf("  %s to %s\n", cfo_text_time(p, account->total.first),
                   cfo_text_time(p, account->total.last));
        if (account->cut)
            printf("  %s cut, and counted as far as they go\n",
                   cfo_ctl_counted(p, account->cut, "line"));
        if (account->untimed)
            printf("  %s without a time that can be read%s\n",
                   cfo_ctl_counted(p, account->untimed, "line"),
                   account->wanted.since || account->wanted.until ? ", left out" : "");
        cfo_ctl_report_tables(account, tables);
        for (i = 0; i < CFO_CTL_TABLES; i++)
            print_table(report, &tables[i]);
        putchar('\n');
    }
    print_readiness(&report->readiness);
}
