/* SPDX-License-Identifier: Apache-2.0 */
/* A report as OpenMetrics text. */
#include "core/report/metrics.h"

#include "apr_escape.h"
#include "apr_hash.h"
#include "apr_strings.h"

#include "core/report/problem.h"
#include "core/base/text.h"

/* The lines of a family must follow each other, so one function writes each family. */
static void begin_family(const cfo_writer_t *out, const char *name, const char *type,
                         const char *unit, const char *help)
{
    cfo_write_format(out, "# TYPE %s %s\n", name, type);
    if (unit)
        cfo_write_format(out, "# UNIT %s %s\n", name, unit);
    cfo_write_format(out, "# HELP %s %s\n", name, help);
}

/* Whole seconds are exact as floating-point numbers, which OpenMetrics uses. */
static void write_seconds(const cfo_writer_t *out, apr_time_t time)
{
    cfo_write_format(out, " %" APR_INT64_T_FMT "\n", apr_time_sec(time));
}

static void write_number(const cfo_writer_t *out, const char *name, const char *label,
                         const char *value, apr_uint64_t number)
{
    cfo_write_format(out, "%s{%s=\"%s\"} %" APR_UINT64_T_FMT "\n", name, label, value,
                     number);
}

static void write_info(const cfo_writer_t *out, const cfo_report_t *report)
{
    begin_family(out, "cf_origin", "info", NULL, "The module.");
    cfo_write_format(out, "cf_origin_info{version=\"%s\"} 1\n", report->version);
    begin_family(out, "cf_origin_counting_since_timestamp_seconds", "gauge", "seconds",
                 "When counting began.");
    cfo_write(out, "cf_origin_counting_since_timestamp_seconds");
    write_seconds(out, report->totals->since);
}

static void write_vhost(const cfo_writer_t *out, const cfo_report_vhost_t *vhost)
{
    int i;

    for (i = 0; i < CFO_REASON_COUNT; i++) {
        cfo_reason_t reason = (cfo_reason_t)i;

        cfo_write(out, "cf_origin_requests_total{vhost=\"");
        cfo_write_label(out, vhost->name);
        cfo_write_format(out, "\",verdict=\"%s\",reason=\"%s\"} %" APR_UINT64_T_FMT "\n",
                         cfo_verdict_name(cfo_reason_verdict(reason)),
                         cfo_reason_name(reason),
                         vhost->totals ? vhost->totals->requests[i] : 0);
    }
}

/* A virtual host that is Off may still have counts: of its directories, and of the time
 * before a graceful restart. */
static int is_listed(const cfo_report_vhost_t *vhost)
{
    int i;

    if (vhost->mode != CFO_MODE_OFF || vhost->directory_mode != CFO_MODE_OFF)
        return 1;
    for (i = 0; vhost->totals && i < CFO_REASON_COUNT; i++) {
        if (vhost->totals->requests[i])
            return 1;
    }
    return 0;
}

/* All reasons from the start: if a counter appeared with its first event, monitoring
 * would not see that event. */
static void write_requests(const cfo_writer_t *out, const cfo_report_t *report)
{
    int i;

    begin_family(out, "cf_origin_requests", "counter", NULL,
                 "Requests judged, by virtual host, verdict and reason.");
    for (i = 0; i < report->vhosts->nelts; i++) {
        const cfo_report_vhost_t *vhost =
            &APR_ARRAY_IDX(report->vhosts, i, cfo_report_vhost_t);

        if (is_listed(vhost))
            write_vhost(out, vhost);
    }
}

static void write_modes(const cfo_writer_t *out, const cfo_report_t *report)
{
    int i;

    begin_family(out, "cf_origin_vhosts", "gauge", NULL,
                 "Virtual hosts, by CFOriginPull.");
    for (i = CFO_MODE_OFF; i <= CFO_MODE_ON; i++)
        write_number(out, "cf_origin_vhosts", "policy", cfo_mode_name((cfo_mode_t)i),
                     (apr_uint64_t)cfo_report_count(report, (cfo_mode_t)i));
}

static void write_early_drops(const cfo_writer_t *out, const cfo_totals_t *totals)
{
    begin_family(out, "cf_origin_early_drops", "counter", NULL,
                 "Connections closed before the TLS handshake.");
    cfo_write_format(out, "cf_origin_early_drops_total %" APR_UINT64_T_FMT "\n",
                     totals->early_drops);
}

static void write_handshakes(const cfo_writer_t *out, const cfo_totals_t *totals)
{
    int i;

    begin_family(out, "cf_origin_handshake_failures", "counter", NULL,
                 "TLS handshakes that mod_ssl ended because of the client certificate.");
    for (i = 0; i < CFO_HANDSHAKE_COUNT; i++)
        write_number(out, "cf_origin_handshake_failures_total", "reason",
                     cfo_handshake_name((cfo_handshake_t)i), totals->handshakes[i]);
}

static void write_reloads(const cfo_writer_t *out, const cfo_totals_t *totals)
{
    int i, j;

    begin_family(out, "cf_origin_reloads", "counter", NULL,
                 "Files and folders loaded while httpd ran, by result.");
    for (i = 0; i < CFO_RELOAD_COUNT; i++) {
        for (j = 0; j < CFO_RELOAD_RESULT_COUNT; j++)
            cfo_write_format(
                out,
                "cf_origin_reloads_total{what=\"%s\",result=\"%s\"} %" APR_UINT64_T_FMT
                "\n",
                cfo_reload_what_name((cfo_reload_what_t)i),
                cfo_reload_result_name((cfo_reload_result_t)j), totals->reloads[i][j]);
    }
}

static void write_held_back(const cfo_writer_t *out, const cfo_totals_t *totals)
{
    int i;

    begin_family(out, "cf_origin_held_back_lines", "counter", NULL,
                 "Log lines held back by CFOriginPullLogLimit, by reason.");
    for (i = 0; i < CFO_REASON_COUNT; i++) {
        if (cfo_reason_verdict((cfo_reason_t)i) == CFO_VERDICT_UNPROVEN)
            write_number(out, "cf_origin_held_back_lines_total", "reason",
                         cfo_reason_name((cfo_reason_t)i), totals->held_back[i]);
    }
}

/* Each line once: a certificate may be in several proofs, and a zone in several tables.
 */
static void write_expiry(const cfo_writer_t *out, apr_hash_t *known, const char *zone,
                         const char *sha256, const char *kind, apr_time_t not_after)
{
    const char *key = apr_pstrcat(apr_hash_pool_get(known), kind, sha256, zone, NULL);

    if (apr_hash_get(known, key, APR_HASH_KEY_STRING))
        return;
    apr_hash_set(known, key, APR_HASH_KEY_STRING, key);
    cfo_write(out, "cf_origin_certificate_expiry_timestamp_seconds{zone=\"");
    cfo_write_label(out, zone);
    cfo_write_format(out, "\",sha256=\"%s\",kind=\"%s\"}", sha256, kind);
    write_seconds(out, not_after);
}

static void write_zone_expiries(const cfo_writer_t *out, apr_hash_t *known,
                                const cfo_zone_t *zone)
{
    int i;

    for (i = 0; i < zone->proofs->nelts; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(zone->proofs, i, const cfo_proof_t *);

        if (proof->certificate)
            write_expiry(out, known, zone->name, proof->certificate->sha256_hex,
                         proof->kind == CFO_PROOF_ANCHOR ? "anchor" : "leaf",
                         proof->certificate->not_after);
    }
}

static void write_presented(const cfo_writer_t *out, apr_hash_t *known,
                            const cfo_report_t *report)
{
    apr_array_header_t *leaves =
        report->usages ? cfo_usages_leaves(report->pool, report->usages) : NULL;
    int i;

    for (i = 0; leaves && i < leaves->nelts; i++) {
        const cfo_usage_t *leaf = APR_ARRAY_IDX(leaves, i, const cfo_usage_t *);

        if (report->now - leaf->last < apr_time_from_sec(7 * 86400))
            write_expiry(out, known, leaf->zone,
                         apr_pescape_hex(report->pool, leaf->digest, CFO_DIGEST_SIZE, 0),
                         "presented", leaf->not_after);
    }
}

static void write_certificates(const cfo_writer_t *out, const cfo_report_t *report)
{
    apr_hash_t *known = apr_hash_make(report->pool);
    int i;

    begin_family(out, "cf_origin_certificate_expiry_timestamp_seconds", "gauge",
                 "seconds",
                 "When a certificate of a zone's proofs (anchor, leaf), or one that was "
                 "presented within the last week, expires.");
    for (i = 0; i < report->zones->nelts; i++)
        write_zone_expiries(out, known,
                            APR_ARRAY_IDX(report->zones, i, cfo_report_zone_t).zone);
    write_presented(out, known, report);
}

static void write_zones(const cfo_writer_t *out, const cfo_report_t *report)
{
    int i, shut = 0;

    for (i = 0; i < report->zones->nelts; i++)
        shut += APR_ARRAY_IDX(report->zones, i, cfo_report_zone_t).is_shut;
    begin_family(out, "cf_origin_zones", "gauge", NULL,
                 "Zones, and those that no certificate can prove.");
    write_number(out, "cf_origin_zones", "state", "open",
                 (apr_uint64_t)(report->zones->nelts - shut));
    write_number(out, "cf_origin_zones", "state", "shut", (apr_uint64_t)shut);
}

static void write_ranges(const cfo_writer_t *out, const cfo_provenance_t *provenance)
{
    begin_family(out, "cf_origin_ranges", "gauge", NULL,
                 "Ranges of the edge, by address family.");
    write_number(out, "cf_origin_ranges", "family", "ipv4",
                 (apr_uint64_t)provenance->ipv4);
    write_number(out, "cf_origin_ranges", "family", "ipv6",
                 (apr_uint64_t)provenance->ipv6);
    if (!provenance->timestamp)
        return;
    begin_family(out, "cf_origin_ranges_timestamp_seconds", "gauge", "seconds",
                 "Date of the newest range file, or of the built-in list.");
    cfo_write(out, "cf_origin_ranges_timestamp_seconds");
    write_seconds(out, provenance->timestamp);
}

static void write_problems(const cfo_writer_t *out, const cfo_report_t *report)
{
    int level;

    begin_family(out, "cf_origin_files_in_trouble", "gauge", NULL,
                 "Files and folders whose current content is not used.");
    cfo_write_format(out, "cf_origin_files_in_trouble %d\n",
                     report->snapshot->provenance->errors->nelts);
    begin_family(out, "cf_origin_problems", "gauge", NULL,
                 "Problems on the status page, by level.");
    for (level = CFO_LEVEL_ERROR; level >= CFO_LEVEL_NOTICE; level--)
        write_number(
            out, "cf_origin_problems", "level", cfo_level_name((cfo_level_t)level),
            (apr_uint64_t)cfo_problems_count(report->problems, (cfo_level_t)level));
}

void cfo_report_metrics(const cfo_writer_t *out, const cfo_report_t *report)
{
    write_info(out, report);
    write_modes(out, report);
    write_requests(out, report);
    write_early_drops(out, report->totals);
    write_handshakes(out, report->totals);
    write_held_back(out, report->totals);
    write_reloads(out, report->totals);
    write_zones(out, report);
    write_certificates(out, report);
    write_ranges(out, report->snapshot->provenance);
    write_problems(out, report);
    cfo_write(out, "# EOF\n");
}
