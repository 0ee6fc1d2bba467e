/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge status: as JSON (docs/edge-status.md). */
#include "ctl/view/status.h"

#include <stddef.h>

#include "core/live/expiry.h"

static const char *const policies[] = {
    [CFO_ORIGIN_OFF] = "Off",
    [CFO_ORIGIN_AUDIT] = "Audit",
    [CFO_ORIGIN_ON] = "On",
    [CFO_ORIGIN_POLICY_UNKNOWN] = NULL,
};

static void write_findings(cfo_json_t *json, const apr_array_header_t *findings)
{
    int i;

    cfo_json_open(json, "findings", '[');
    for (i = 0; i < findings->nelts; i++) {
        const cfo_edge_finding_t *finding =
            &APR_ARRAY_IDX(findings, i, cfo_edge_finding_t);

        cfo_json_open(json, NULL, '{');
        cfo_json_string(json, "level", cfo_edge_levels[finding->level]);
        cfo_json_string(json, "code", finding->code);
        cfo_json_string(json, "zone", finding->zone);
        cfo_json_string(json, "subject", finding->subject);
        cfo_json_number(json, "count", finding->count);
        cfo_json_string(json, "text", finding->text);
        cfo_json_string(json, "remedy", finding->remedy);
        cfo_json_close(json, '}');
    }
    cfo_json_close(json, ']');
}

/* null: not known */
static void write_known(cfo_json_t *json, const char *name, int is_known, int truth)
{
    if (is_known)
        cfo_json_truth(json, name, truth);
    else
        cfo_json_string(json, name, NULL);
}

static void write_token(cfo_json_t *json, const cfo_edge_status_t *status)
{
    int i;

    cfo_json_open(json, "token", '{');
    cfo_json_string(json, "status", status->token);
    cfo_json_string(json, "note", status->token_note);
    cfo_json_open(json, "permissions", '{');
    for (i = 0; i < CFO_PERMISSIONS; i++)
        write_known(json, cfo_look_permissions[i], status->permissions[i] >= 0,
                    status->permissions[i]);
    cfo_json_close(json, '}');
    cfo_json_close(json, '}');
}

static void write_texts(cfo_json_t *json, const char *name,
                        const apr_array_header_t *texts)
{
    int i;

    cfo_json_open(json, name, '[');
    for (i = 0; texts && i < texts->nelts; i++)
        cfo_json_string(json, NULL, APR_ARRAY_IDX(texts, i, const char *));
    cfo_json_close(json, ']');
}

static void write_origin(cfo_json_t *json, const cfo_edge_status_t *status)
{
    const cfo_origin_t *origin = status->origin;
    int i;

    cfo_json_open(json, "origin", '{');
    cfo_json_string(json, "error", status->origin_error);
    cfo_json_open(json, "running", '[');
    for (i = 0; origin && i < origin->running->nelts; i++) {
        const cfo_origin_running_t *running =
            &APR_ARRAY_IDX(origin->running, i, cfo_origin_running_t);

        if (!running->url)
            continue;
        cfo_json_open(json, NULL, '{');
        cfo_json_string(json, "url", running->url);
        cfo_json_string(json, "error", running->error);
        write_texts(json, "in_trouble", running->in_trouble);
        cfo_json_close(json, '}');
    }
    cfo_json_close(json, ']');
    cfo_json_close(json, '}');
}

static void write_certificate(cfo_json_t *json, const cfo_edge_status_t *status,
                              const cfo_edge_zone_t *zone, cfo_api_level_t of,
                              const cfo_api_certificate_t *one)
{
    const cfo_certificate_t *certificate = one->certificate;

    cfo_json_open(json, NULL, '{');
    cfo_json_string(json, "for", of == CFO_API_FOR_ZONE ? "zone" : "hosts");
    cfo_json_string(json, "id", one->id);
    cfo_json_string(json, "state", one->state_text);
    cfo_json_truth(json, "presented", cfo_edge_is_presented(zone, one));
    cfo_json_time(json, "uploaded", one->uploaded);
    cfo_json_string(json, "invalid", one->invalid);
    cfo_json_string(json, "sha256", certificate ? certificate->sha256_hex : NULL);
    cfo_json_string(json, "subject", certificate ? certificate->subject : NULL);
    cfo_json_string(json, "issuer", certificate ? certificate->issuer : NULL);
    cfo_json_time(json, "not_before", certificate ? certificate->not_before : 0);
    cfo_json_time(json, "not_after", certificate ? certificate->not_after : 0);
    if (certificate)
        cfo_json_number(json, "days_left",
                        cfo_expiry_days(certificate->not_after, status->at.now));
    else
        cfo_json_string(json, "days_left", NULL);
    cfo_json_time(
        json, "last_used",
        certificate && status->origin
            ? cfo_origin_last_used(status->origin, certificate->sha256_hex, NULL)
            : 0);
    cfo_json_close(json, '}');
}

static void write_certificates(cfo_json_t *json, const cfo_edge_status_t *status,
                               const cfo_edge_zone_t *zone)
{
    cfo_api_level_t of;
    int i;

    cfo_json_open(json, "certificates", '[');
    for (of = CFO_API_FOR_ZONE; of <= CFO_API_FOR_HOSTS; of++) {
        const apr_array_header_t *all = zone->look->certificates[of];

        for (i = 0; all && i < all->nelts; i++)
            write_certificate(json, status, zone, of,
                              &APR_ARRAY_IDX(all, i, cfo_api_certificate_t));
    }
    cfo_json_close(json, ']');
}

static void write_presented(cfo_json_t *json, const cfo_presented_t *presented)
{
    static const char *const words[] = {
        [CFO_PRESENTS_UNKNOWN] = NULL,
        [CFO_PRESENTS_NOTHING] = "nothing",
        [CFO_PRESENTS_SHARED] = "shared",
        [CFO_PRESENTS_OWN] = "own",
    };
    int i;

    cfo_json_string(json, "presents", words[presented->what]);
    cfo_json_open(json, "sha256", '[');
    for (i = 0; i < presented->certificates->nelts; i++) {
        const cfo_certificate_t *certificate =
            APR_ARRAY_IDX(presented->certificates, i, const cfo_api_certificate_t *)
                ->certificate;

        cfo_json_string(json, NULL, certificate ? certificate->sha256_hex : NULL);
    }
    cfo_json_close(json, ']');
}

static void write_group(cfo_json_t *json, const cfo_judged_t *group)
{
    int i, is_answer = group->judgement == CFO_JUDGED_ACCEPTED ||
                       group->judgement == CFO_JUDGED_REFUSED;

    cfo_json_open(json, NULL, '{');
    cfo_json_string(json, "judgement", cfo_judgements[group->judgement]);
    write_known(json, "accepted", is_answer || group->judgement == CFO_JUDGED_NOTHING,
                group->judgement == CFO_JUDGED_ACCEPTED);
    write_presented(json, group->presented);
    cfo_json_string(json, "reason", is_answer ? cfo_reason_name(group->reason) : NULL);
    cfo_json_string(json, "why", group->words.why);
    cfo_json_string(json, "advice", group->words.advice);
    cfo_json_string(json, "refused",
                    group->refused ? group->refused->certificate->sha256_hex : NULL);
    cfo_json_string(json, "policy", policies[group->policy]);
    cfo_json_string(json, "origin_zone", group->zone ? group->zone->name : NULL);
    cfo_json_open(json, "hosts", '[');
    for (i = 0; i < group->hosts->nelts; i++)
        cfo_json_string(json, NULL,
                        APR_ARRAY_IDX(group->hosts, i, const cfo_look_host_t *)->name);
    cfo_json_close(json, ']');
    cfo_json_close(json, '}');
}

static void write_records(cfo_json_t *json, const cfo_look_t *look)
{
    int i;

    if (!look->records) {
        cfo_json_string(json, "dns_only", NULL);
        return;
    }
    cfo_json_open(json, "dns_only", '[');
    for (i = 0; i < look->records->nelts; i++) {
        const cfo_api_record_t *record =
            &APR_ARRAY_IDX(look->records, i, cfo_api_record_t);

        if (record->is_proxied)
            continue;
        cfo_json_open(json, NULL, '{');
        cfo_json_string(json, "name", record->name);
        cfo_json_string(json, "type", record->type);
        cfo_json_string(json, "content", record->content);
        cfo_json_close(json, '}');
    }
    cfo_json_close(json, ']');
}

static void write_zone(cfo_json_t *json, const cfo_edge_status_t *status,
                       const cfo_edge_zone_t *zone)
{
    const cfo_look_t *look = zone->look;
    int i;

    cfo_json_open(json, NULL, '{');
    cfo_json_string(json, "name", zone->name);
    cfo_json_string(json, "id", look->zone.id);
    cfo_json_string(json, "status", look->zone.status);
    cfo_json_truth(json, "up", zone->is_up);
    cfo_json_string(json, "level", cfo_edge_status_word(cfo_edge_zone_level(zone)));
    cfo_json_string(json, "ssl_mode", look->ssl_mode);
    write_known(json, "zone_level", !look->errors[CFO_LOOK_ZONE_LEVEL],
                look->is_zone_level_on);
    write_known(json, "global", !look->errors[CFO_LOOK_GLOBAL], look->is_global_on);
    write_certificates(json, status, zone);
    cfo_json_open(json, "hosts", '[');
    for (i = 0; i < zone->groups->nelts; i++)
        write_group(json, &APR_ARRAY_IDX(zone->groups, i, cfo_judged_t));
    cfo_json_close(json, ']');
    write_records(json, look);
    cfo_json_close(json, '}');
}

void cfo_edge_status_json(cfo_ctl_t *ctl, const cfo_edge_status_t *status)
{
    cfo_json_t *json = ctl->json;
    int i;

    cfo_json_time(json, "now", status->at.now);
    cfo_json_string(json, "level", cfo_edge_status_word(status->level));
    write_token(json, status);
    write_origin(json, status);
    cfo_json_open(json, "zones", '[');
    for (i = 0; i < status->zones->nelts; i++)
        write_zone(json, status,
                   APR_ARRAY_IDX(status->zones, i, const cfo_edge_zone_t *));
    cfo_json_close(json, ']');
    write_findings(json, status->findings);
}
