/* SPDX-License-Identifier: Apache-2.0 */
/* A report as JSON. */
#include "core/report/json_report.h"

#include "core/live/expiry.h"
#include "core/log/finding.h"
#include "core/base/json.h"
#include "core/report/problem.h"
#include "core/base/text.h"

/* All reasons, or those that occurred. */
static void write_requests(cfo_json_t *json, const apr_uint64_t *requests, int all)
{
    int i;

    cfo_json_open(json, "requests", '{');
    for (i = 0; i < CFO_REASON_COUNT; i++) {
        if (all || requests[i])
            cfo_json_number(json, cfo_reason_name((cfo_reason_t)i), requests[i]);
    }
    cfo_json_close(json, '}');
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
        cfo_json_string(json, "policy", cfo_stance_name(vhost->stance));
        cfo_json_string(json, "policy_in_directories",
                        cfo_stance_name(vhost->in_directories));
        write_requests(json, vhost->totals ? vhost->totals->requests : none, 1);
        cfo_json_close(json, '}');
    }
    cfo_json_close(json, ']');
}

static void write_pin(cfo_json_t *json, const cfo_report_t *report,
                      const cfo_proof_t *proof)
{
    const char *hex = cfo_text_hex(report->pool, proof->digest, CFO_DIGEST_SIZE);
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
        cfo_text_hex(report->pool, certificate->spki_sha256, CFO_DIGEST_SIZE));
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
                        cfo_text_hex(report->pool, leaf->digest, CFO_DIGEST_SIZE));
        cfo_json_string(json, "subject", leaf->subject);
        cfo_json_time(json, "not_after", leaf->not_after);
        cfo_json_time(json, "first_used", leaf->first);
        cfo_json_time(json, "last_used", leaf->last);
        cfo_json_close(json, '}');
    }
    cfo_json_close(json, ']');
}

static void write_ranges(cfo_json_t *json, const cfo_provenance_t *provenance)
{
    int i;

    cfo_json_open(json, "ranges", '{');
    cfo_json_number(json, "ipv4", (apr_uint64_t)provenance->ipv4);
    cfo_json_number(json, "ipv6", (apr_uint64_t)provenance->ipv6);
    cfo_json_time(json, "timestamp", provenance->timestamp);
    cfo_json_open(json, "sources", '[');
    for (i = 0; i < provenance->ranges->nelts; i++) {
        const cfo_range_source_t *source =
            &APR_ARRAY_IDX(provenance->ranges, i, cfo_range_source_t);

        cfo_json_open(json, NULL, '{');
        cfo_json_string(json, "kind", source->kind);
        cfo_json_string(json, "file", source->file);
        cfo_json_number(json, "ipv4", (apr_uint64_t)source->ipv4);
        cfo_json_number(json, "ipv6", (apr_uint64_t)source->ipv6);
        cfo_json_time(json, "timestamp", source->timestamp);
        cfo_json_close(json, '}');
    }
    cfo_json_close(json, ']');
    cfo_json_close(json, '}');
}

static void write_handshakes(cfo_json_t *json, const cfo_totals_t *totals)
{
    int i;

    cfo_json_open(json, "handshake_failures", '{');
    for (i = 0; i < CFO_HANDSHAKE_COUNT; i++)
        cfo_json_number(json, cfo_handshake_name((cfo_handshake_t)i),
                        totals->handshakes[i]);
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
                            totals->reloads[i][j]);
        cfo_json_close(json, '}');
    }
    cfo_json_close(json, '}');
}

static void write_held_back(cfo_json_t *json, const cfo_totals_t *totals)
{
    int i;

    cfo_json_open(json, "held_back", '{');
    for (i = 0; i < CFO_REASON_COUNT; i++) {
        if (totals->held_back[i])
            cfo_json_number(json, cfo_reason_name((cfo_reason_t)i), totals->held_back[i]);
    }
    cfo_json_close(json, '}');
}

static void write_findings(cfo_json_t *json, const apr_array_header_t *findings)
{
    int i;

    cfo_json_open(json, "findings", '[');
    for (i = 0; i < findings->nelts; i++) {
        const cfo_finding_t *finding = &APR_ARRAY_IDX(findings, i, cfo_finding_t);

        cfo_json_open(json, NULL, '{');
        cfo_json_string(json, "level",
                        finding->level == CFO_LEVEL_NOTICE ? "notice" : "warning");
        cfo_json_string(json, "code", finding->code);
        cfo_json_string(json, "vhost", finding->vhost);
        cfo_json_string(json, "file", finding->file);
        cfo_json_number(json, "line", (apr_uint64_t)finding->line);
        cfo_json_string(json, "text", finding->text);
        cfo_json_close(json, '}');
    }
    cfo_json_close(json, ']');
}

static void write_flaws(cfo_json_t *json, const apr_array_header_t *flaws)
{
    int i;

    cfo_json_open(json, "files_in_trouble", '[');
    for (i = 0; i < flaws->nelts; i++) {
        const cfo_path_error_t *flaw = &APR_ARRAY_IDX(flaws, i, cfo_path_error_t);

        cfo_json_open(json, NULL, '{');
        cfo_json_string(json, "path", flaw->path);
        cfo_json_truth(json, "is_folder", flaw->is_folder);
        cfo_json_string(json, "zone", flaw->zone);
        cfo_json_string(json, "reason", flaw->text);
        cfo_json_truth(json, "shuts_zone", flaw->is_shut);
        cfo_json_truth(json, "last_good_in_force", flaw->has_content);
        cfo_json_close(json, '}');
    }
    cfo_json_close(json, ']');
}

static void write_expiring(cfo_json_t *json, const cfo_report_t *report)
{
    int i;

    cfo_json_open(json, "expiring", '[');
    for (i = 0; i < report->expiring->nelts; i++) {
        const cfo_expiry_t *expiry = &APR_ARRAY_IDX(report->expiring, i, cfo_expiry_t);

        cfo_json_open(json, NULL, '{');
        cfo_json_string(json, "zone", expiry->zone);
        cfo_json_number(json, "zones", (apr_uint64_t)expiry->zones);
        cfo_json_string(json, "kind", expiry->kind);
        cfo_json_string(json, "sha256", expiry->sha256);
        cfo_json_string(json, "subject", expiry->subject);
        cfo_json_time(json, "not_after", expiry->not_after);
        cfo_json_string(json, "file", expiry->source);
        cfo_json_close(json, '}');
    }
    cfo_json_close(json, ']');
}

static void write_problems(cfo_json_t *json, const apr_array_header_t *problems)
{
    static const char *const weights[] = { "error", "warning", "notice" };
    int i;

    cfo_json_open(json, "problems", '[');
    for (i = 0; i < problems->nelts; i++) {
        const cfo_problem_t *problem = &APR_ARRAY_IDX(problems, i, cfo_problem_t);

        cfo_json_open(json, NULL, '{');
        cfo_json_string(json, "level", weights[problem->weight]);
        cfo_json_string(json, "code", problem->code);
        cfo_json_string(json, "title", problem->title);
        cfo_json_string(json, "text", problem->text);
        cfo_json_string(json, "remedy", problem->remedy);
        cfo_json_string(json, "place", problem->place);
        cfo_json_close(json, '}');
    }
    cfo_json_close(json, ']');
}

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
        write_requests(json, samples[i].requests, 0);
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
    cfo_json_t json = { out, 0 };
    apr_uint64_t requests[CFO_REASON_COUNT];

    cfo_report_requests(report, requests);
    cfo_json_open(&json, NULL, '{');
    cfo_json_string(&json, "version", report->version);
    cfo_json_time(&json, "now", report->now);
    cfo_json_time(&json, "since", report->totals->since);
    write_requests(&json, requests, 1);
    write_vhosts(&json, report);
    write_zones(&json, report);
    write_presented(&json, report);
    write_ranges(&json, report->snapshot->provenance);
    write_handshakes(&json, report->totals);
    cfo_json_number(&json, "early_drops", report->totals->early_drops);
    write_reloads(&json, report->totals);
    write_held_back(&json, report->totals);
    write_findings(&json, report->findings);
    write_flaws(&json, report->snapshot->provenance->errors);
    write_expiring(&json, report);
    write_problems(&json, report->problems);
    write_history(&json, report);
    cfo_json_close(&json, '}');
    cfo_write(out, "\n");
}
