/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual hosts of a report, as part of the page. */
#include "core/report/page_parts.h"

#include <stdlib.h>
#include <string.h>

#include "core/report/html.h"

/* A virtual host and the numbers in its row. */
typedef struct {
    const cfo_report_vhost_t *vhost;
    apr_uint64_t admitted, unproven; /* in the last hour */
    apr_uint64_t since[4];           /* by verdict */
} row_t;

static apr_uint64_t admitted_of(const apr_uint64_t *requests)
{
    return cfo_report_with(requests, CFO_VERDICT_VERIFIED) +
           cfo_report_with(requests, CFO_VERDICT_TUNNEL) +
           cfo_report_with(requests, CFO_VERDICT_EXEMPT);
}

static row_t make_row(const cfo_report_vhost_t *vhost)
{
    row_t row = { .vhost = vhost };
    int i;

    if (!vhost->totals)
        return row;
    row.admitted = admitted_of(vhost->totals->hour);
    row.unproven = cfo_report_with(vhost->totals->hour, CFO_VERDICT_UNPROVEN);
    for (i = 0; i < 4; i++)
        row.since[i] = cfo_report_with(vhost->totals->requests, (cfo_verdict_t)i);
    return row;
}

static int by_unproven(const void *a, const void *b)
{
    const row_t *first = a, *second = b;

    if (first->unproven != second->unproven)
        return first->unproven > second->unproven ? -1 : 1;
    if (first->admitted != second->admitted)
        return first->admitted > second->admitted ? -1 : 1;
    return strcmp(first->vhost->name, second->vhost->name);
}

static void write_policy(const cfo_writer_t *out, const cfo_report_vhost_t *vhost)
{
    static const char *const classes[] = { "", " warn", " good" };

    if (vhost->is_gone) {
        cfo_write(out, "<td class=\"policy\">removed</td>");
        return;
    }
    cfo_write_format(out, "<td class=\"policy%s\">%s", classes[vhost->mode],
                     cfo_mode_name(vhost->mode));
    if (vhost->directory_mode > vhost->mode)
        cfo_write_format(out, "<small>%s in a directory</small>",
                         cfo_mode_name(vhost->directory_mode));
    if (vhost->require && !strcmp(vhost->require, "tunnel"))
        cfo_write(out, "<small>tunnel only</small>");
    cfo_write(out, "</td>");
}

static void write_row(const cfo_writer_t *out, const cfo_report_t *report,
                      const row_t *row)
{
    cfo_write(out, "<tr><th scope=\"row\"><a href=\"");
    cfo_html_address(out, report, row->vhost->name, report->zone, report->refresh);
    cfo_write(out, "\">");
    cfo_write_html(out, row->vhost->name);
    cfo_write(out, "</a></th>");
    write_policy(out, row->vhost);
    cfo_html_number(out, row->admitted, 0);
    cfo_html_number(out, row->unproven, 0);
    cfo_html_number(out, row->since[CFO_VERDICT_VERIFIED], 1);
    cfo_html_number(out, row->since[CFO_VERDICT_TUNNEL], 1);
    cfo_html_number(out, row->since[CFO_VERDICT_EXEMPT], 1);
    cfo_html_number(out, row->since[CFO_VERDICT_UNPROVEN], 1);
    cfo_write(out, "</tr>\n");
}

static void write_rows(const cfo_writer_t *out, const cfo_report_t *report,
                       const apr_array_header_t *rows, int shown)
{
    int i;

    cfo_html_table(out,
                   "Virtual hosts, those with the most unproven requests in the last "
                   "hour first",
                   "<th scope=\"col\">Virtual host</th><th scope=\"col\">Policy</th>"
                   "<th scope=\"col\" class=\"n\">Last hour: admitted</th>"
                   "<th scope=\"col\" class=\"n\">unproven</th>"
                   "<th scope=\"col\" class=\"n wide\">Since the start: verified</th>"
                   "<th scope=\"col\" class=\"n wide\">tunnel</th>"
                   "<th scope=\"col\" class=\"n wide\">exempt</th>"
                   "<th scope=\"col\" class=\"n wide\">unproven</th>");
    for (i = 0; i < shown; i++)
        write_row(out, report, &APR_ARRAY_IDX(rows, i, row_t));
    cfo_html_table_end(out);
}

void cfo_report_vhost_table(const cfo_writer_t *out, const cfo_report_t *report)
{
    apr_array_header_t *vhosts = cfo_report_vhosts(report);
    apr_array_header_t *rows = apr_array_make(report->pool, vhosts->nelts, sizeof(row_t));
    int shown = cfo_html_rows(vhosts->nelts), i;

    for (i = 0; i < vhosts->nelts; i++)
        APR_ARRAY_PUSH(rows, row_t) =
            make_row(APR_ARRAY_IDX(vhosts, i, const cfo_report_vhost_t *));
    qsort(rows->elts, rows->nelts, rows->elt_size, by_unproven);
    cfo_write(out, "<section aria-labelledby=\"vhosts\">\n"
                   "<h2 id=\"vhosts\">Virtual hosts</h2>\n");
    cfo_html_filter(out, report, "vhost", "Virtual host");
    if (shown)
        write_rows(out, report, rows, shown);
    else
        cfo_write(out, "<p>No virtual host matches.</p>\n");
    cfo_html_limit(out, shown, vhosts->nelts);
    cfo_write(out, "</section>\n");
}
