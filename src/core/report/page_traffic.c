/* SPDX-License-Identifier: Apache-2.0 */
/* The requests of a report, as part of the page. */
#include "core/report/page_parts.h"

#include "core/report/html.h"
#include "core/report/chart.h"

static const char *const hour_ticks[] = { "60 min ago", "45", "30", "15", "now" };
static const char *const week_ticks[] = { "7 days ago", "6", "5", "4",
                                          "3",          "2", "1", "now" };

/* By reason. */
typedef struct {
    apr_uint64_t hour[CFO_REASON_COUNT];
    apr_uint64_t week[CFO_REASON_COUNT];
    apr_uint64_t all[CFO_REASON_COUNT];
} sums_t;

static void write_charts(const cfo_writer_t *out, const cfo_sample_t *minutes,
                         const cfo_sample_t *week)
{
    cfo_chart_t hour_chart = {
        .id = "hour",
        .title = "Last hour, minute by minute",
        .unit = "a minute",
        .ticks = hour_ticks,
        .tick_count = sizeof hour_ticks / sizeof *hour_ticks,
        .samples = minutes,
        .count = CFO_MINUTES,
    };
    cfo_chart_t week_chart = {
        .id = "week",
        .title = "Last week, hour by hour",
        .unit = "an hour",
        .ticks = week_ticks,
        .tick_count = sizeof week_ticks / sizeof *week_ticks,
        .samples = week,
        .count = CFO_WEEK,
    };

    cfo_write(out, "<div class=\"charts\">\n");
    cfo_report_chart(out, &hour_chart);
    cfo_report_chart(out, &week_chart);
    cfo_write(out, "</div>\n");
    if (!minutes[CFO_MINUTES - 1].start || !week[CFO_WEEK - 1].start)
        cfo_write(out, "<p class=\"note\">Grey: no data.</p>\n");
}

static void write_reason(const cfo_writer_t *out, const sums_t *sums, cfo_reason_t reason)
{
    const cfo_reason_info_t *info = cfo_reason_info(reason);

    if (!sums->hour[reason] && !sums->week[reason] && !sums->all[reason])
        return;
    cfo_write_format(out,
                     "<tr><th scope=\"row\"><span class=\"key g%d\"></span>"
                     "<code>%s</code><small>%s</small></th>",
                     info->group, info->name, info->meaning);
    cfo_html_number(out, sums->hour[reason], 0);
    cfo_html_number(out, sums->week[reason], 0);
    cfo_html_number(out, sums->all[reason], 1);
    cfo_write(out, "</tr>\n");
}

static void write_verdicts(const cfo_writer_t *out, const sums_t *sums, int are_unproven)
{
    int i;

    for (i = 0; i < CFO_REASON_COUNT; i++) {
        cfo_verdict_t verdict = cfo_reason_verdict((cfo_reason_t)i);

        if ((verdict == CFO_VERDICT_UNPROVEN) == are_unproven)
            write_reason(out, sums, (cfo_reason_t)i);
    }
}

static void write_reasons(const cfo_writer_t *out, const sums_t *sums)
{
    cfo_html_table(out, "Requests by reason",
                   "<th scope=\"col\">Reason</th>"
                   "<th scope=\"col\" class=\"n\">Last hour</th>"
                   "<th scope=\"col\" class=\"n\">Last week</th>"
                   "<th scope=\"col\" class=\"n wide\">Since the start</th>");
    cfo_write(out, "<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"4\">"
                   "Admitted</th></tr>\n");
    write_verdicts(out, sums, 0);
    cfo_write(out, "<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"4\">"
                   "Unproven: refused where the policy is On, served where it is "
                   "Audit</th></tr>\n");
    write_verdicts(out, sums, 1);
    cfo_html_table_end(out);
}

static void write_title(const cfo_writer_t *out, const cfo_report_t *report)
{
    const cfo_report_vhost_t *chosen = cfo_report_chosen(report);

    cfo_write(out, "<h2 id=\"traffic\">Requests ");
    if (!chosen) {
        cfo_write(out, "to all virtual hosts</h2>\n");
        return;
    }
    cfo_write(out, "to <span class=\"name\">");
    cfo_write_html(out, chosen->name);
    cfo_write(out, "</span></h2>\n<p class=\"note\"><a href=\"");
    cfo_html_address(out, report, NULL, report->zone, report->refresh);
    cfo_write(out, "\">Show all virtual hosts</a></p>\n");
}

void cfo_report_traffic(const cfo_writer_t *out, const cfo_report_t *report)
{
    const cfo_sample_t *minutes = cfo_report_minutes(report);
    cfo_sample_t week[CFO_WEEK];
    sums_t sums;

    cfo_write(out, "<section aria-labelledby=\"traffic\">\n");
    write_title(out, report);
    cfo_report_requests(report, sums.all);
    if (!minutes || !cfo_counters_any(sums.all)) {
        cfo_write(out, "<p>No request has been judged yet.</p></section>\n");
        return;
    }
    cfo_report_week(cfo_report_hours(report), minutes, report->now, week);
    cfo_report_sum(minutes, CFO_MINUTES, sums.hour);
    cfo_report_sum(week, CFO_WEEK, sums.week);
    write_charts(out, minutes, week);
    cfo_report_legend(out, sums.week);
    cfo_write(out, "<div class=\"by-reason\">\n");
    write_reasons(out, &sums);
    cfo_write(out, "</div>\n");
    cfo_write(out, "</section>\n");
}
