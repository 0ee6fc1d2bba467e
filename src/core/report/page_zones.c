/* SPDX-License-Identifier: Apache-2.0 */
/* The zones of a report and the certificates that were presented, as part of the page. */
#include "core/report/page_parts.h"

#include "apr_escape.h"

#include "core/report/html.h"
#include "core/base/text.h"

static void write_last_used(const cfo_writer_t *out, const cfo_report_t *report,
                            apr_time_t time)
{
    cfo_write(out, "<td class=\"wide\">");
    if (report->usages)
        cfo_html_ago(out, report->now, time);
    else
        cfo_write(out, "unknown");
    cfo_write(out, "</td></tr>\n");
}

static void write_name(const cfo_writer_t *out, const cfo_report_zone_t *zone)
{
    cfo_write(out, "<tr><th scope=\"row\">");
    cfo_write_html(out, zone->zone->name);
    if (zone->is_shut)
        cfo_write(out, " <b class=\"bad\">shut</b>");
    cfo_write(out, "</th>");
}

static void write_certificate(const cfo_writer_t *out, const cfo_report_t *report,
                              const cfo_proof_t *proof)
{
    const cfo_certificate_t *certificate = proof->certificate;

    cfo_write_format(out, "<td>%s",
                     proof->kind == CFO_PROOF_ANCHOR ? "CA " : "this certificate ");
    cfo_write_html(out, certificate->subject);
    if (cfo_certificate_is_shared_ca(certificate))
        cfo_write(out, " <b class=\"warn\">shared by all customers</b>");
    cfo_write(out, "<small><code>");
    cfo_write_html(out, proof->source);
    cfo_write(out, "</code></small></td><td>");
    cfo_html_expiry(out, report->now, certificate->not_after, report->expiry_warn);
    cfo_write(out, "</td>");
}

static void write_proof(const cfo_writer_t *out, const cfo_report_t *report,
                        const cfo_report_zone_t *zone, const cfo_proof_t *proof)
{
    write_name(out, zone);
    if (proof->certificate)
        write_certificate(out, report, proof);
    else {
        cfo_write(out, "<td>pin <code>");
        cfo_write_html(out, proof->source);
        cfo_write(out, "</code></td><td>not known</td>");
    }
    write_last_used(out, report, cfo_report_last_used(report, zone->zone, proof));
}

/* Writes at most `rows` rows; returns how many. */
static int write_zone(const cfo_writer_t *out, const cfo_report_t *report,
                      const cfo_report_zone_t *zone, int rows)
{
    const apr_array_header_t *proofs = zone->zone->proofs;
    int i;

    for (i = 0; i < proofs->nelts && i < rows; i++)
        write_proof(out, report, zone, APR_ARRAY_IDX(proofs, i, const cfo_proof_t *));
    if (i)
        return i;
    write_name(out, zone);
    cfo_write(out, "<td class=\"bad\" colspan=\"3\">");
    cfo_write_html(out, zone->zone->error ? zone->zone->error : "it has no proof");
    cfo_write(out, "</td></tr>\n");
    return 1;
}

static int write_rows(const cfo_writer_t *out, const cfo_report_t *report,
                      const apr_array_header_t *zones)
{
    int i, rows = 0;

    cfo_html_table(
        out, "Zones and their proofs, the most urgent first",
        "<th scope=\"col\">Zone</th><th scope=\"col\">Proof</th>"
        "<th scope=\"col\">Expires</th><th scope=\"col\" class=\"wide\">Last used</th>");
    for (i = 0; i < zones->nelts && rows < CFO_HTML_ROWS; i++)
        rows +=
            write_zone(out, report, APR_ARRAY_IDX(zones, i, const cfo_report_zone_t *),
                       CFO_HTML_ROWS - rows);
    cfo_html_table_end(out);
    return i;
}

static void write_leaf(const cfo_writer_t *out, const cfo_report_t *report,
                       const cfo_usage_t *leaf)
{
    cfo_write(out, "<tr><th scope=\"row\">");
    cfo_write_html(out, leaf->zone);
    cfo_write(out, "</th><td>");
    cfo_write_html(out, leaf->subject);
    cfo_write_format(out, "<small><code>%s</code></small></td><td>",
                     apr_pescape_hex(report->pool, leaf->digest, CFO_DIGEST_SIZE, 0));
    cfo_html_expiry(out, report->now, leaf->not_after, report->expiry_warn);
    cfo_write(out, "</td>");
    write_last_used(out, report, leaf->last);
}

static void write_presented(const cfo_writer_t *out, const cfo_report_t *report)
{
    apr_array_header_t *leaves = cfo_report_presented(report);
    int i, shown = cfo_html_rows(leaves->nelts);

    if (!leaves->nelts)
        return;
    cfo_write(out, "<section aria-labelledby=\"presented\">\n"
                   "<h2 id=\"presented\">Certificates that proved a zone</h2>\n");
    cfo_html_table(
        out, "Certificates that Cloudflare presented, the last used first",
        "<th scope=\"col\">Zone</th><th scope=\"col\">Certificate</th>"
        "<th scope=\"col\">Expires</th><th scope=\"col\" class=\"wide\">Last used</th>");
    for (i = 0; i < shown; i++)
        write_leaf(out, report, APR_ARRAY_IDX(leaves, i, const cfo_usage_t *));
    cfo_html_table_end(out);
    cfo_html_limit(out, shown, leaves->nelts);
    cfo_write(out, "</section>\n");
}

void cfo_report_zone_tables(const cfo_writer_t *out, const cfo_report_t *report)
{
    apr_array_header_t *zones = cfo_report_zones(report);
    int shown = 0;

    cfo_write(out, "<section aria-labelledby=\"zones\">\n<h2 id=\"zones\">Zones</h2>\n");
    if (report->zones->nelts)
        cfo_html_filter(out, report, "zone", "Zone");
    if (zones->nelts)
        shown = write_rows(out, report, zones);
    else
        cfo_write(out, report->zones->nelts ? "<p>No zone matches.</p>\n"
                                            : "<p>No zone is configured.</p>\n");
    cfo_html_limit(out, shown, zones->nelts);
    cfo_write(out, "</section>\n");
    write_presented(out, report);
}
