/* SPDX-License-Identifier: Apache-2.0 */
/* A report as OpenMetrics text. */
#include "core/report/metrics.h"

#include "apr_hash.h"
#include "apr_strings.h"

#include "core/report/problem.h"
#include "core/base/text.h"

/* A family's lines have to follow each other, so each is written by one function. */
static void begin_family(const cfo_writer_t *out, const char *name, const char *type,
                         const char *unit, const char *help)
{
    cfo_write_format(out, "# TYPE %s %s\n", name, type);
    if (unit)
        cfo_write_format(out, "# UNIT %s %s\n", name, unit);
    cfo_write_format(out, "# HELP %s %s\n", name, help);
}

/* Whole seconds are exact in what OpenMetrics takes for a number. */
static void write_seconds(const cfo_writer_t *out, apr_time_t time)
{
    cfo_write_format(out, " %" APR_INT64_T_FMT "\n", apr_time_sec(time));
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

/* All reasons from the beginning: of a counter that appears with its first event, that
 * event would never be seen. */
static void write_requests(const cfo_writer_t *out, const cfo_report_t *report)
{
    int i;

    begin_family(out, "cf_origin_requests", "counter", NULL,
                 "Requests judged, by virtual host, verdict and reason.");
    for (i = 0; i < report->vhosts->nelts; i++) {
        const cfo_report_vhost_t *vhost =
            &APR_ARRAY_IDX(report->vhosts, i, cfo_report_vhost_t);

        if (vhost->totals || vhost->stance > CFO_STANCE_OFF)
            write_vhost(out, vhost);
    }
}

static void write_policies(const cfo_writer_t *out, const cfo_report_t *report)
{
    int count[3] = { 0 }, i;

    for (i = 0; i < report->vhosts->nelts; i++) {
        cfo_stance_t stance = APR_ARRAY_IDX(report->vhosts, i, cfo_report_vhost_t).stance;

        if (stance != CFO_STANCE_GONE)
            count[stance]++;
    }
    begin_family(out, "cf_origin_vhosts", "gauge", NULL,
                 "Virtual hosts, by CFOriginPull.");
    for (i = 0; i < 3; i++)
        cfo_write_format(out, "cf_origin_vhosts{policy=\"%s\"} %d\n",
                         cfo_stance_name((cfo_stance_t)i), count[i]);
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
        cfo_write_format(out,
                         "cf_origin_handshake_failures_total{reason=\"%s\"} "
                         "%" APR_UINT64_T_FMT "\n",
                         cfo_handshake_name((cfo_handshake_t)i), totals->handshakes[i]);
}

static void write_reloads(const cfo_writer_t *out, const cfo_totals_t *totals)
{
    int i, j;

    begin_family(out, "cf_origin_reloads", "counter", NULL,
                 "Files and folders loaded while httpd ran, and what came of it.");
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
            cfo_write_format(out,
                             "cf_origin_held_back_lines_total{reason=\"%s\"} "
                             "%" APR_UINT64_T_FMT "\n",
                             cfo_reason_name((cfo_reason_t)i), totals->held_back[i]);
    }
}

/* Once each: a certificate may be in several proofs, and a zone in several tables. */
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
                         cfo_text_hex(report->pool, leaf->digest, CFO_DIGEST_SIZE),
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
                 "presented within a week, expires.");
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
                 "Zones, and those that nothing can prove.");
    cfo_write_format(out,
                     "cf_origin_zones{state=\"open\"} %d\n"
                     "cf_origin_zones{state=\"shut\"} %d\n",
                     report->zones->nelts - shut, shut);
}

static void write_ranges(const cfo_writer_t *out, const cfo_provenance_t *provenance)
{
    begin_family(out, "cf_origin_ranges", "gauge", NULL,
                 "Ranges of the edge, by address family.");
    cfo_write_format(out,
                     "cf_origin_ranges{family=\"ipv4\"} %d\n"
                     "cf_origin_ranges{family=\"ipv6\"} %d\n",
                     provenance->ipv4, provenance->ipv6);
    if (!provenance->timestamp)
        return;
    begin_family(out, "cf_origin_ranges_timestamp_seconds", "gauge", "seconds",
                 "Of the newest range file, or of the built-in list.");
    cfo_write(out, "cf_origin_ranges_timestamp_seconds");
    write_seconds(out, provenance->timestamp);
}

static void write_problems(const cfo_writer_t *out, const cfo_report_t *report)
{
    begin_family(out, "cf_origin_files_in_trouble", "gauge", NULL,
                 "Files and folders that were not taken over as they are now.");
    cfo_write_format(out, "cf_origin_files_in_trouble %d\n",
                     report->snapshot->provenance->errors->nelts);
    begin_family(out, "cf_origin_problems", "gauge", NULL,
                 "What the status page says is wrong, by level.");
    cfo_write_format(out,
                     "cf_origin_problems{level=\"error\"} %d\n"
                     "cf_origin_problems{level=\"warning\"} %d\n"
                     "cf_origin_problems{level=\"notice\"} %d\n",
                     cfo_problems_count(report->problems, CFO_WEIGHT_ERROR),
                     cfo_problems_count(report->problems, CFO_WEIGHT_WARNING),
                     cfo_problems_count(report->problems, CFO_WEIGHT_NOTICE));
}

void cfo_report_metrics(const cfo_writer_t *out, const cfo_report_t *report)
{
    write_info(out, report);
    write_policies(out, report);
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
