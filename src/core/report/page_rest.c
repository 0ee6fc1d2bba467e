/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges, and the counters other than requests, as part of the page. */
#include "core/report/page_parts.h"

#include <string.h>

#include "core/report/html.h"

static void write_source(const cfo_writer_t *out, const cfo_report_t *report,
                         const cfo_range_source_t *source)
{
    cfo_write(out, "<tr><th scope=\"row\">");
    if (source->file) {
        cfo_write(out, "<code>");
        cfo_write_html(out, source->file);
        cfo_write(out, "</code>");
    }
    else
        cfo_write(out, strcmp(source->kind, "builtin") ? "the configuration"
                                                       : "the built-in list");
    cfo_write(out, "</th>");
    cfo_html_number(out, (apr_uint64_t)source->ipv4, 0);
    cfo_html_number(out, (apr_uint64_t)source->ipv6, 0);
    cfo_write(out, "<td>");
    if (source->timestamp)
        cfo_html_ago(out, report->now, source->timestamp);
    else
        cfo_write(out, "no date");
    cfo_write(out, "</td></tr>\n");
}

static void write_ranges(const cfo_writer_t *out, const cfo_report_t *report)
{
    const cfo_provenance_t *provenance = report->snapshot->provenance;
    int i;

    cfo_write(out, "<section aria-labelledby=\"ranges\">\n"
                   "<h2 id=\"ranges\">Cloudflare's addresses</h2>\n");
    if (!provenance->ranges->nelts)
        cfo_write(out, "<p>None (CFOriginPullRanges none).</p>\n");
    else {
        cfo_html_table(out, "Ranges, by where they come from",
                       "<th scope=\"col\">Source</th>"
                       "<th scope=\"col\" class=\"n\">IPv4</th>"
                       "<th scope=\"col\" class=\"n\">IPv6</th>"
                       "<th scope=\"col\">As of</th>");
        for (i = 0; i < provenance->ranges->nelts; i++)
            write_source(out, report,
                         &APR_ARRAY_IDX(provenance->ranges, i, cfo_range_source_t));
        cfo_html_table_end(out);
    }
    cfo_write(out, "</section>\n");
}

static void write_count(const cfo_writer_t *out, const char *name, apr_uint64_t number)
{
    cfo_write_format(out, "<tr><th scope=\"row\">%s</th>", name);
    cfo_html_number(out, number, 0);
    cfo_write(out, "</tr>\n");
}

static void write_connections(const cfo_writer_t *out, const cfo_totals_t *totals)
{
    int i;

    cfo_write(out, "<section aria-labelledby=\"connections\">\n"
                   "<h2 id=\"connections\">Connections without a request</h2>\n");
    cfo_html_table(
        out, "Since the start",
        "<th scope=\"col\">Ended</th><th scope=\"col\" class=\"n\">Count</th>");
    write_count(out, "before the handshake (CFOriginPullEarlyDrop)", totals->early_drops);
    for (i = 0; i < CFO_HANDSHAKE_COUNT; i++) {
        if (!totals->handshakes[i])
            continue;
        cfo_write_format(out, "<tr><th scope=\"row\">by mod_ssl: <code>%s</code></th>",
                         cfo_handshake_name((cfo_handshake_t)i));
        cfo_html_number(out, totals->handshakes[i], 0);
        cfo_write(out, "</tr>\n");
    }
    cfo_html_table_end(out);
    cfo_write(out, "</section>\n");
}

static void write_reloads(const cfo_writer_t *out, const cfo_totals_t *totals)
{
    int i, j;

    cfo_write(out, "<section aria-labelledby=\"reloads\">\n"
                   "<h2 id=\"reloads\">Files that changed</h2>\n");
    cfo_html_table(out, "Since the start",
                   "<th scope=\"col\">What</th>"
                   "<th scope=\"col\" class=\"n\">loaded</th>"
                   "<th scope=\"col\" class=\"n\">rejected</th>"
                   "<th scope=\"col\" class=\"n\">removed</th>");
    for (i = 0; i < CFO_RELOAD_COUNT; i++) {
        cfo_write_format(out, "<tr><th scope=\"row\">%s</th>",
                         cfo_reload_what_name((cfo_reload_what_t)i));
        for (j = 0; j < CFO_RELOAD_RESULT_COUNT; j++)
            cfo_html_number(out, totals->reloads[i][j], 0);
        cfo_write(out, "</tr>\n");
    }
    cfo_html_table_end(out);
    cfo_write(out, "</section>\n");
}

static void write_held_back(const cfo_writer_t *out, const cfo_totals_t *totals)
{
    int i;

    if (!cfo_counters_any(totals->held_back))
        return;
    cfo_write(out, "<section aria-labelledby=\"held\">\n"
                   "<h2 id=\"held\">Log lines held back</h2>\n");
    cfo_html_table(out, "Since the start (CFOriginPullLogLimit)",
                   "<th scope=\"col\">Reason</th>"
                   "<th scope=\"col\" class=\"n\">Lines</th>");
    for (i = 0; i < CFO_REASON_COUNT; i++) {
        if (totals->held_back[i])
            write_count(out, cfo_reason_name((cfo_reason_t)i), totals->held_back[i]);
    }
    cfo_html_table_end(out);
    cfo_write(out, "</section>\n");
}

void cfo_report_rest(const cfo_writer_t *out, const cfo_report_t *report)
{
    cfo_write(out, "<div class=\"rest\">\n");
    write_ranges(out, report);
    write_connections(out, report->totals);
    write_reloads(out, report->totals);
    write_held_back(out, report->totals);
    cfo_write(out, "</div>\n");
}
