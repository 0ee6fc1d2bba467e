/* SPDX-License-Identifier: Apache-2.0 */
/* The charts of the status page. */
#include "core/report/chart.h"

#include <string.h>

#include "core/report/html.h"

static const char *const names[CFO_GROUP_COUNT] = {
    "verified", "tunnel", "exempt", "certificate", "address", "zone or host", "other"
};

/* Of a chart, in units; each group that occurs is at least so high. */
static const double height = 100, least = 3;

/* One chart of a pair. */
typedef struct {
    const cfo_chart_t *chart;
    const char *word; /* "Admitted" */
    cfo_group_t first, end;
} panel_t;

static void group_requests(const apr_uint64_t *requests, apr_uint64_t *groups)
{
    int i;

    memset(groups, 0, CFO_GROUP_COUNT * sizeof *groups);
    for (i = 0; i < CFO_REASON_COUNT; i++)
        groups[cfo_reason_info((cfo_reason_t)i)->group] += requests[i];
}

static apr_uint64_t sum(const panel_t *panel, const cfo_sample_t *sample)
{
    apr_uint64_t groups[CFO_GROUP_COUNT], result = 0;
    int i;

    group_requests(sample->requests, groups);
    for (i = panel->first; i < (int)panel->end; i++)
        result += groups[i];
    return result;
}

static void measure(const panel_t *panel, apr_uint64_t *all, apr_uint64_t *most)
{
    int i;

    *all = *most = 0;
    for (i = 0; i < panel->chart->count; i++) {
        apr_uint64_t here = sum(panel, &panel->chart->samples[i]);

        *all += here;
        if (here > *most)
            *most = here;
    }
}

/* The tooltip: "02:15: 12 certificate, 3 address". */
static void write_tip(const cfo_writer_t *out, const panel_t *panel,
                      const cfo_sample_t *sample, const apr_uint64_t *groups)
{
    const char *before = ": ";
    int i;

    cfo_write(out, "<title>");
    cfo_html_time_text(out, sample->start);
    for (i = panel->first; i < (int)panel->end; i++) {
        if (!groups[i])
            continue;
        cfo_write(out, before);
        cfo_write_count(out, groups[i]);
        cfo_write_format(out, " %s", names[i]);
        before = ", ";
    }
    cfo_write(out, "</title>");
}

static void write_bar(const cfo_writer_t *out, const panel_t *panel, int i,
                      apr_uint64_t most)
{
    const cfo_sample_t *sample = &panel->chart->samples[i];
    apr_uint64_t groups[CFO_GROUP_COUNT];
    double y = height;
    int j;

    group_requests(sample->requests, groups);
    cfo_write(out, "<g>");
    write_tip(out, panel, sample, groups);
    for (j = panel->first; j < (int)panel->end; j++) {
        double h = height * (double)groups[j] / (double)most;

        if (!groups[j])
            continue;
        if (h < least)
            h = least;
        y = y > h ? y - h : 0;
        cfo_write_format(
            out,
            "<rect class=\"g%d\" x=\"%.2f\" y=\"%.1f\" width=\".84\" height=\"%.1f\"/>",
            j, panel->chart->count - 1 - i + 0.08, y, h);
    }
    cfo_write(out, "</g>");
}

/* One rectangle for each run of samples without data. */
static void write_unknown(const cfo_writer_t *out, const cfo_chart_t *chart)
{
    int i, from = -1;

    for (i = 0; i <= chart->count; i++) {
        int is_unknown = i < chart->count && !chart->samples[i].start;

        if (is_unknown && from < 0)
            from = i;
        if (is_unknown || from < 0)
            continue;
        cfo_write_format(out,
                         "<rect class=\"none\" x=\"%d\" y=\"0\" width=\"%d\" "
                         "height=\"100\"/>",
                         chart->count - i, i - from);
        from = -1;
    }
}

static void write_scale(const cfo_writer_t *out, const panel_t *panel, apr_uint64_t all,
                        apr_uint64_t most)
{
    cfo_write_format(out, "<p class=\"scale\"><b>%s: ", panel->word);
    if (all)
        cfo_write_count(out, all);
    else
        cfo_write(out, "none");
    cfo_write(out, "</b>");
    if (all) {
        cfo_write(out, ", at most ");
        cfo_write_count(out, most);
        cfo_write_format(out, " %s", panel->chart->unit);
    }
    cfo_write(out, "</p>\n");
}

static void write_panel(const cfo_writer_t *out, const panel_t *panel)
{
    const cfo_chart_t *chart = panel->chart;
    const char *size = panel->first == CFO_GROUP_VERIFIED ? "" : " class=\"low\"";
    apr_uint64_t all, most;
    int i;

    measure(panel, &all, &most);
    write_scale(out, panel, all, most);
    if (!all)
        size = " class=\"empty\"";
    cfo_write_format(
        out,
        "<svg%s role=\"img\" aria-labelledby=\"%s-%d-t %s-%d-d\" viewBox=\"0 0 %d 100\" "
        "preserveAspectRatio=\"none\"><title id=\"%s-%d-t\">%s: %s</title>"
        "<desc id=\"%s-%d-d\">Stacked bars. The numbers are in the table below.</desc>",
        size, chart->id, panel->first, chart->id, panel->first, chart->count, chart->id,
        panel->first, chart->title, panel->word, chart->id, panel->first);
    write_unknown(out, chart);
    for (i = 0; i < chart->count; i++) {
        if (sum(panel, &chart->samples[i]))
            write_bar(out, panel, i, most);
    }
    cfo_write(out, "</svg>\n");
}

static void write_ticks(const cfo_writer_t *out, const cfo_chart_t *chart)
{
    int i;

    cfo_write(out, "<ul class=\"ticks\" aria-hidden=\"true\">");
    for (i = 0; i < chart->tick_count; i++)
        cfo_write_format(out, "<li>%s</li>", chart->ticks[i]);
    cfo_write(out, "</ul>\n");
}

static void write_row(const cfo_writer_t *out, const cfo_sample_t *sample)
{
    apr_uint64_t groups[CFO_GROUP_COUNT];
    int i;

    group_requests(sample->requests, groups);
    cfo_write(out, "<tr><th scope=\"row\">");
    cfo_html_time(out, sample->start);
    cfo_write(out, "</th>");
    for (i = 0; i < CFO_GROUP_COUNT; i++)
        cfo_html_number(out, groups[i], 0);
    cfo_write(out, "</tr>\n");
}

/* Only rows with requests. */
static void write_numbers(const cfo_writer_t *out, const cfo_chart_t *chart)
{
    panel_t everything = { chart, "", CFO_GROUP_VERIFIED, CFO_GROUP_COUNT };
    int i;

    cfo_write(out, "<details><summary>Numbers</summary>\n");
    cfo_html_table(out, chart->title,
                   "<th scope=\"col\">From (UTC)</th>"
                   "<th scope=\"col\" class=\"n\">verified</th>"
                   "<th scope=\"col\" class=\"n\">tunnel</th>"
                   "<th scope=\"col\" class=\"n\">exempt</th>"
                   "<th scope=\"col\" class=\"n\">certificate</th>"
                   "<th scope=\"col\" class=\"n\">address</th>"
                   "<th scope=\"col\" class=\"n\">zone or host</th>"
                   "<th scope=\"col\" class=\"n\">other</th>");
    for (i = 0; i < chart->count; i++) {
        if (sum(&everything, &chart->samples[i]))
            write_row(out, &chart->samples[i]);
    }
    cfo_html_table_end(out);
    cfo_write(out, "</details>\n");
}

void cfo_report_chart(const cfo_writer_t *out, const cfo_chart_t *chart)
{
    panel_t admitted = { chart, "Admitted", CFO_GROUP_VERIFIED, CFO_GROUP_CERTIFICATE };
    panel_t unproven = { chart, "Unproven", CFO_GROUP_CERTIFICATE, CFO_GROUP_COUNT };

    cfo_write_format(out, "<figure><figcaption>%s</figcaption>\n", chart->title);
    write_panel(out, &admitted);
    write_panel(out, &unproven);
    write_ticks(out, chart);
    write_numbers(out, chart);
    cfo_write(out, "</figure>\n");
}

void cfo_report_legend(const cfo_writer_t *out, const apr_uint64_t *requests)
{
    apr_uint64_t groups[CFO_GROUP_COUNT];
    int i;

    group_requests(requests, groups);
    cfo_write(out, "<ul class=\"legend\">");
    for (i = 0; i < CFO_GROUP_COUNT; i++) {
        if (groups[i])
            cfo_write_format(out, "<li><span class=\"key g%d\"></span>%s</li>", i,
                             names[i]);
    }
    cfo_write(out, "</ul>\n");
}
