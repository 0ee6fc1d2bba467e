/* SPDX-License-Identifier: Apache-2.0 */
/* HTML elements that the sections of the status page share. */
#include "core/report/html.h"

#include <string.h>

#include "apr_escape.h"

#include "core/live/expiry.h"
#include "core/base/text.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

void cfo_html_time_text(const cfo_writer_t *out, apr_time_t time)
{
    char text[CFO_TEXT_TIME_SIZE];

    cfo_text_time_print(text, time);
    cfo_write_format(out, "%.10s %.5s", text, text + sizeof "2029-11-01");
}

void cfo_html_time(const cfo_writer_t *out, apr_time_t time)
{
    char text[CFO_TEXT_TIME_SIZE];

    cfo_text_time_print(text, time);
    cfo_write_format(out, "<time datetime=\"%s\">", text);
    cfo_html_time_text(out, time);
    cfo_write(out, "</time>");
}

void cfo_html_span(const cfo_writer_t *out, apr_interval_time_t span)
{
    apr_int64_t seconds = apr_time_sec(span < 0 ? 0 : span);

    if (seconds < 2 * MINUTE)
        cfo_write_format(out, "%" APR_INT64_T_FMT " s", seconds);
    else if (seconds < 2 * HOUR)
        cfo_write_format(out, "%" APR_INT64_T_FMT " min", seconds / MINUTE);
    else if (seconds < 2 * DAY)
        cfo_write_format(out, "%" APR_INT64_T_FMT " h", seconds / HOUR);
    else
        cfo_write_format(out, "%" APR_INT64_T_FMT " days", seconds / DAY);
}

void cfo_html_ago(const cfo_writer_t *out, apr_time_t now, apr_time_t time)
{
    if (!time) {
        cfo_write(out, "never");
        return;
    }
    cfo_html_span(out, now - time);
    cfo_write(out, " ago <small>");
    cfo_html_time(out, time);
    cfo_write(out, "</small>");
}

void cfo_html_expiry(const cfo_writer_t *out, apr_time_t now, apr_time_t time, int warn)
{
    int days = cfo_expiry_days(time, now);

    cfo_write(out, days < 0      ? "<b class=\"bad\">expired "
                   : days < warn ? "<b class=\"warn\">in "
                                 : "in ");
    cfo_html_span(out, days < 0 ? now - time : time - now);
    cfo_write(out, days < 0 ? " ago</b>" : days < warn ? "</b>" : "");
    cfo_write(out, " <small>");
    cfo_html_time(out, time);
    cfo_write(out, "</small>");
}

void cfo_html_address(const cfo_writer_t *out, const cfo_report_t *report,
                      const char *vhost, const char *zone, int refresh)
{
    const char *before = "";

    cfo_write(out, "?");
    if (vhost && *vhost) {
        cfo_write(out, "vhost=");
        cfo_write(out, apr_pescape_urlencoded(report->pool, vhost));
        before = "&amp;";
    }
    if (zone && *zone) {
        cfo_write_format(out, "%szone=", before);
        cfo_write(out, apr_pescape_urlencoded(report->pool, zone));
        before = "&amp;";
    }
    if (refresh)
        cfo_write_format(out, "%srefresh=%d", before, refresh);
}

void cfo_html_number(const cfo_writer_t *out, apr_uint64_t number, int wide)
{
    cfo_write_format(out, "<td class=\"n%s%s\">", number ? "" : " zero",
                     wide ? " wide" : "");
    cfo_write_count(out, number);
    cfo_write(out, "</td>");
}

static void write_hidden(const cfo_writer_t *out, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    cfo_write_format(out, "<input type=\"hidden\" name=\"%s\" value=\"", name);
    cfo_write_html(out, value);
    cfo_write(out, "\">");
}

void cfo_html_filter(const cfo_writer_t *out, const cfo_report_t *report,
                     const char *name, const char *label)
{
    int is_vhost = !strcmp(name, "vhost");
    const char *value = is_vhost ? report->vhost : report->zone;

    cfo_write_format(out,
                     "<form method=\"get\" action=\"?\" role=\"search\" "
                     "aria-label=\"%s\"><label for=\"%s\">%s</label> <input id=\"%s\" "
                     "name=\"%s\" type=\"search\" placeholder=\"a part of the name\" "
                     "value=\"",
                     label, name, label, name, name);
    cfo_write_html(out, value);
    cfo_write(out, "\">");
    write_hidden(out, is_vhost ? "zone" : "vhost",
                 is_vhost ? report->zone : report->vhost);
    if (report->refresh)
        cfo_write_format(out, "<input type=\"hidden\" name=\"refresh\" value=\"%d\">",
                         report->refresh);
    cfo_write(out, " <button>Show</button>");
    if (value && *value) {
        cfo_write(out, " <a href=\"");
        cfo_html_address(out, report, is_vhost ? NULL : report->vhost,
                         is_vhost ? report->zone : NULL, report->refresh);
        cfo_write(out, "\">Show all</a>");
    }
    cfo_write(out, "</form>\n");
}

int cfo_html_rows(int all)
{
    return all < CFO_HTML_ROWS ? all : CFO_HTML_ROWS;
}

void cfo_html_limit(const cfo_writer_t *out, int shown, int all)
{
    if (shown == all)
        return;
    cfo_write_format(out, "<p class=\"note\">%d of ", shown);
    cfo_write_count(out, (apr_uint64_t)all);
    cfo_write(out, " are shown. The filter finds the others; JSON has all.</p>\n");
}

void cfo_html_table(const cfo_writer_t *out, const char *caption, const char *head)
{
    cfo_write(out, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"");
    cfo_write(out, caption);
    cfo_write(out, "\"><table><caption>");
    cfo_write(out, caption);
    cfo_write(out, "</caption><thead><tr>");
    cfo_write(out, head);
    cfo_write(out, "</tr></thead><tbody>\n");
}

void cfo_html_table_end(const cfo_writer_t *out)
{
    cfo_write(out, "</tbody></table></div>\n");
}
