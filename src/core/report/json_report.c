/* SPDX-License-Identifier: Apache-2.0 */
/* A report as JSON. */
#include "core/report/json_report.h"

#include <stddef.h>

#include "apr_escape.h"

#include "core/live/expiry.h"
#include "core/base/json.h"
#include "core/report/problem.h"
#include "core/base/text.h"

/* All reasons, or only those that occurred. */
static void write_reasons(cfo_json_t *json, const char *name, const apr_uint64_t *counts,
                          int all)
{
    int i;

    cfo_json_open(json, name, '{');
    for (i = 0; i < CFO_REASON_COUNT; i++) {
        if (all || counts[i])
            cfo_json_number(json, cfo_reason_name((cfo_reason_t)i),
                            (apr_int64_t)counts[i]);
    }
    cfo_json_close(json, '}');
}

static const char *mode_of(const cfo_report_vhost_t *vhost, cfo_mode_t mode)
{
    return vhost->is_gone ? NULL : cfo_mode_name(mode);
}

static void write_vhosts(cfo_json_t *json, const cfo_report_t *report)
{
    static const apr_uint64_t none[CFO_REASON_COUNT];
    apr_array_header_t *vhosts = cfo_report_vhosts(report);
    int i;

    cfo_json_open(json, "vhosts", '[');
    for (i = 0; i < vhosts->nelts; i++) {
        const cfo_report_vhost_t *vhost =
            APR_ARRAY_IDX(vhosts, i, const cfo_report_vhost_t *);

        cfo_json_open(json, NULL, '{');
        cfo_json_string(json, "name", vhost->name);
        cfo_json_string(json, "policy", mode_of(vhost, vhost->mode));
        cfo_json_string(json, "policy_in_directories",
                        mode_of(vhost, vhost->directory_mode));
        cfo_json_string(json, "require", vhost->require);
        cfo_json_string(json, "client_ip", vhost->client_ip);
        cfo_json_string(json, "scheme", vhost->scheme);
        cfo_json_string(json, "scrub", vhost->scrub);
        write_reasons(json, "requests", vhost->totals ? vhost->totals->requests : none,
                      1);
        cfo_json_close(json, '}');
    }
    cfo_json_close(json, ']');
}

static void write_pin(cfo_json_t *json, const cfo_report_t *report,
                      const cfo_proof_t *proof)
{
    const char *hex = apr_pescape_hex(report->pool, proof->digest, CFO_DIGEST_SIZE, 0);
    int is_key = proof->kind == CFO_PROOF_SPKI;

    cfo_json_string(json, "kind", is_key ? "spki-sha256" : "sha256");
    cfo_json_string(json, "sha256", is_key ? NULL : hex);
    cfo_json_string(json, "spki_sha256", is_key ? hex : NULL);
    cfo_json_string(json, "not_after", NULL);
    cfo_json_string(json, "file", NULL);
}

static void write_certificate(cfo_json_t *json, const cfo_report_t *report,
                              const cfo_proof_t *proof)
{
    const cfo_certificate_t *certificate = proof->certificate;

    cfo_json_string(json, "kind", proof->kind == CFO_PROOF_ANCHOR ? "anchor" : "leaf");
    cfo_json_string(json, "sha256", certificate->sha256_hex);
    cfo_json_string(
        json, "spki_sha256",
        apr_pescape_hex(report->pool, certificate->spki_sha256, CFO_DIGEST_SIZE, 0));
    cfo_json_time(json, "not_after", certificate->not_after);
    cfo_json_string(json, "file", proof->source);
    cfo_json_string(json, "subject", certificate->subject);
    cfo_json_truth(json, "shared_ca", cfo_certificate_is_shared_ca(certificate));
}

static void write_zone(cfo_json_t *json, const cfo_report_t *report,
                       const cfo_report_zone_t *zone)
{
    const apr_array_header_t *proofs = zone->zone->proofs;
    int i;

    cfo_json_open(json, NULL, '{');
    cfo_json_string(json, "name", zone->zone->name);
    cfo_json_truth(json, "shut", zone->is_shut);
    cfo_json_open(json, "proofs", '[');
    for (i = 0; i < proofs->nelts; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(proofs, i, const cfo_proof_t *);

        cfo_json_open(json, NULL, '{');
        if (proof->certificate)
            write_certificate(json, report, proof);
        else
            write_pin(json, report, proof);
        cfo_json_time(json, "last_used", cfo_report_last_used(report, zone->zone, proof));
        cfo_json_close(json, '}');
    }
    cfo_json_close(json, ']');
    cfo_json_close(json, '}');
}

static void write_zones(cfo_json_t *json, const cfo_report_t *report)
{
    apr_array_header_t *zones = cfo_report_zones(report);
    int i;

    cfo_json_open(json, "zones", '[');
    for (i = 0; i < zones->nelts; i++)
        write_zone(json, report, APR_ARRAY_IDX(zones, i, const cfo_report_zone_t *));
    cfo_json_close(json, ']');
}

static void write_presented(cfo_json_t *json, const cfo_report_t *report)
{
    apr_array_header_t *leaves = cfo_report_presented(report);
    int i;

    cfo_json_open(json, "presented", '[');
    for (i = 0; i < leaves->nelts; i++) {
        const cfo_usage_t *leaf = APR_ARRAY_IDX(leaves, i, const cfo_usage_t *);

        cfo_json_open(json, NULL, '{');
        cfo_json_string(json, "zone", leaf->zone);
        cfo_json_string(json, "sha256",
                        apr_pescape_hex(report->pool, leaf->digest, CFO_DIGEST_SIZE, 0));
        cfo_json_string(json, "subject", leaf->subject);
        cfo_json_time(json, "not_after", leaf->not_after);
        cfo_json_time(json, "first_used", leaf->first);
        cfo_json_time(json, "last_used", leaf->last);
        cfo_json_close(json, '}');
    }
    cfo_json_close(json, ']');
}

static const cfo_json_field_t source_fields[] = {
    { "kind", CFO_JSON_STRING, offsetof(cfo_range_source_t, kind) },
    { "file", CFO_JSON_STRING, offsetof(cfo_range_source_t, file) },
    { "ipv4", CFO_JSON_NUMBER, offsetof(cfo_range_source_t, ipv4) },
    { "ipv6", CFO_JSON_NUMBER, offsetof(cfo_range_source_t, ipv6) },
    { "timestamp", CFO_JSON_TIME, offsetof(cfo_range_source_t, timestamp) },
    { NULL, 0, 0 },
};

static void write_ranges(cfo_json_t *json, const cfo_provenance_t *provenance)
{
    cfo_json_open(json, "ranges", '{');
    cfo_json_number(json, "ipv4", provenance->ipv4);
    cfo_json_number(json, "ipv6", provenance->ipv6);
    cfo_json_time(json, "timestamp", provenance->timestamp);
    cfo_json_rows(json, "sources", source_fields, provenance->ranges);
    cfo_json_close(json, '}');
}

static void write_handshakes(cfo_json_t *json, const cfo_totals_t *totals)
{
    int i;

    cfo_json_open(json, "handshake_failures", '{');
    for (i = 0; i < CFO_HANDSHAKE_COUNT; i++)
        cfo_json_number(json, cfo_handshake_name((cfo_handshake_t)i),
                        (apr_int64_t)totals->handshakes[i]);
    cfo_json_close(json, '}');
}

static void write_reloads(cfo_json_t *json, const cfo_totals_t *totals)
{
    int i, j;

    cfo_json_open(json, "reloads", '{');
    for (i = 0; i < CFO_RELOAD_COUNT; i++) {
        cfo_json_open(json, cfo_reload_what_name((cfo_reload_what_t)i), '{');
        for (j = 0; j < CFO_RELOAD_RESULT_COUNT; j++)
            cfo_json_number(json, cfo_reload_result_name((cfo_reload_result_t)j),
                            (apr_int64_t)totals->reloads[i][j]);
        cfo_json_close(json, '}');
    }
    cfo_json_close(json, '}');
}

static const cfo_json_field_t finding_fields[] = {
    { "code", CFO_JSON_STRING, offsetof(cfo_finding_t, code) },
    { "vhost", CFO_JSON_STRING, offsetof(cfo_finding_t, vhost) },
    { "file", CFO_JSON_STRING, offsetof(cfo_finding_t, file) },
    { "line", CFO_JSON_NUMBER, offsetof(cfo_finding_t, line) },
    { "text", CFO_JSON_STRING, offsetof(cfo_finding_t, text) },
    { NULL, 0, 0 },
};

static const cfo_json_field_t path_error_fields[] = {
    { "path", CFO_JSON_STRING, offsetof(cfo_path_error_t, path) },
    { "is_folder", CFO_JSON_TRUTH, offsetof(cfo_path_error_t, is_folder) },
    { "zone", CFO_JSON_STRING, offsetof(cfo_path_error_t, zone) },
    { "reason", CFO_JSON_STRING, offsetof(cfo_path_error_t, text) },
    { "shuts_zone", CFO_JSON_TRUTH, offsetof(cfo_path_error_t, is_shut) },
    { "last_good_in_force", CFO_JSON_TRUTH, offsetof(cfo_path_error_t, has_content) },
    { NULL, 0, 0 },
};

static const cfo_json_field_t expiry_fields[] = {
    { "zone", CFO_JSON_STRING, offsetof(cfo_expiry_t, zone) },
    { "zones", CFO_JSON_NUMBER, offsetof(cfo_expiry_t, zones) },
    { "kind", CFO_JSON_STRING, offsetof(cfo_expiry_t, kind) },
    { "sha256", CFO_JSON_STRING, offsetof(cfo_expiry_t, sha256) },
    { "subject", CFO_JSON_STRING, offsetof(cfo_expiry_t, subject) },
    { "not_after", CFO_JSON_TIME, offsetof(cfo_expiry_t, not_after) },
    { "file", CFO_JSON_STRING, offsetof(cfo_expiry_t, source) },
    { NULL, 0, 0 },
};

static const cfo_json_field_t problem_fields[] = {
    { "code", CFO_JSON_STRING, offsetof(cfo_problem_t, code) },
    { "title", CFO_JSON_STRING, offsetof(cfo_problem_t, title) },
    { "text", CFO_JSON_STRING, offsetof(cfo_problem_t, text) },
    { "remedy", CFO_JSON_STRING, offsetof(cfo_problem_t, remedy) },
    { "place", CFO_JSON_STRING, offsetof(cfo_problem_t, place) },
    { NULL, 0, 0 },
};

/* An array of objects, each with its level, which the struct begins with, and `fields`.
 */
static void write_levelled(cfo_json_t *json, const char *name,
                           const cfo_json_field_t *fields, const apr_array_header_t *rows)
{
    int i;

    cfo_json_open(json, name, '[');
    for (i = 0; i < rows->nelts; i++) {
        const void *row = rows->elts + (size_t)i * (size_t)rows->elt_size;

        cfo_json_open(json, NULL, '{');
        cfo_json_string(json, "level", cfo_level_name(*(const cfo_level_t *)row));
        cfo_json_fields(json, fields, row);
        cfo_json_close(json, '}');
    }
    cfo_json_close(json, ']');
}

_Static_assert(!offsetof(cfo_finding_t, level) && !offsetof(cfo_problem_t, level),
               "both begin with their level");

static void write_samples(cfo_json_t *json, const char *name, const cfo_sample_t *samples,
                          int count)
{
    int i;

    cfo_json_open(json, name, '[');
    for (i = 0; samples && i < count; i++) {
        if (!samples[i].start)
            continue;
        cfo_json_open(json, NULL, '{');
        cfo_json_time(json, "start", samples[i].start);
        write_reasons(json, "requests", samples[i].requests, 0);
        cfo_json_close(json, '}');
    }
    cfo_json_close(json, ']');
}

static void write_history(cfo_json_t *json, const cfo_report_t *report)
{
    const cfo_report_vhost_t *chosen = cfo_report_chosen(report);

    cfo_json_open(json, "history", '{');
    cfo_json_string(json, "vhost", chosen ? chosen->name : NULL);
    write_samples(json, "minutes", cfo_report_minutes(report), CFO_MINUTES);
    write_samples(json, "hours", cfo_report_hours(report), CFO_HOURS);
    cfo_json_close(json, '}');
}

void cfo_report_json(const cfo_writer_t *out, const cfo_report_t *report)
{
    cfo_json_t json = { .out = out };
    apr_uint64_t requests[CFO_REASON_COUNT];

    cfo_report_requests(report, requests);
    cfo_json_string(&json, "version", report->version);
    cfo_json_time(&json, "now", report->now);
    cfo_json_time(&json, "since", report->totals->since);
    write_reasons(&json, "requests", requests, 1);
    write_vhosts(&json, report);
    write_zones(&json, report);
    write_presented(&json, report);
    write_ranges(&json, report->snapshot->provenance);
    write_handshakes(&json, report->totals);
    cfo_json_number(&json, "early_drops", (apr_int64_t)report->totals->early_drops);
    write_reloads(&json, report->totals);
    write_reasons(&json, "held_back", report->totals->held_back, 0);
    write_levelled(&json, "findings", finding_fields, report->findings);
    cfo_json_rows(&json, "files_in_trouble", path_error_fields,
                  report->snapshot->provenance->errors);
    cfo_json_rows(&json, "expiring", expiry_fields, report->expiring);
    write_levelled(&json, "problems", problem_fields, report->problems);
    write_history(&json, report);
    cfo_json_end(&json);
}
