/* SPDX-License-Identifier: Apache-2.0 */
/* The current problems, the most severe first. */
#include "core/report/problem.h"

#include <string.h>

#include "apr_lib.h"
#include "apr_strings.h"

#include "core/live/expiry.h"
#include "core/base/text.h"

enum { ENOUGH = 10 }; /* requests that make an outage of a few minutes */

typedef struct {
    const cfo_report_t *report;
    apr_pool_t *p;
    apr_array_header_t *problems;
} list_t;

static void add(list_t *list, const cfo_problem_t *problem)
{
    APR_ARRAY_PUSH(list->problems, cfo_problem_t) = *problem;
}

/* A text of the log with a capital letter and a full stop. */
static const char *sentence(apr_pool_t *p, const char *text)
{
    size_t length = strlen(text);
    char *result =
        apr_pstrcat(p, text, length && strchr(".!?", text[length - 1]) ? "" : ".", NULL);

    *result = (char)apr_toupper(*result);
    return result;
}

static cfo_reason_t most_frequent(const apr_uint64_t *requests)
{
    cfo_reason_t most = CFO_REASON_UNJUDGED;
    int i;

    for (i = 0; i < CFO_REASON_COUNT; i++) {
        if (cfo_reason_verdict((cfo_reason_t)i) == CFO_VERDICT_UNPROVEN &&
            requests[i] > requests[most])
            most = (cfo_reason_t)i;
    }
    return most;
}

static int has_proved(const apr_uint64_t *requests)
{
    return cfo_report_with(requests, CFO_VERDICT_VERIFIED) +
               cfo_report_with(requests, CFO_VERDICT_TUNNEL) >
           0;
}

/* For how many minutes no request was proved, although enough came; 0: there is no
 * outage. A virtual host that only scanners visit has none: it never had proved requests.
 */
static int find_outage(const cfo_vhost_totals_t *totals, const apr_uint64_t **unproven)
{
    if (has_proved(totals->lately))
        return 0;
    *unproven = has_proved(totals->hour) ? totals->lately : totals->hour;
    if (has_proved(totals->hour))
        return cfo_report_with(*unproven, CFO_VERDICT_UNPROVEN) < ENOUGH ? 0 : CFO_LATELY;
    return cfo_report_with(*unproven, CFO_VERDICT_UNPROVEN) && has_proved(totals->week)
               ? CFO_MINUTES
               : 0;
}

static void add_outage(list_t *list, const cfo_report_vhost_t *vhost)
{
    const apr_uint64_t *unproven;
    int is_on = vhost->mode == CFO_MODE_ON, minutes;
    const cfo_reason_info_t *reason;

    if (!vhost->totals || vhost->mode == CFO_MODE_OFF)
        return;
    minutes = find_outage(vhost->totals, &unproven);
    if (!minutes)
        return;
    reason = cfo_reason_info(most_frequent(unproven));
    add(list, &(cfo_problem_t){
                  .level = is_on ? CFO_LEVEL_ERROR : CFO_LEVEL_WARNING,
                  .title = apr_psprintf(list->p, "No request is proved any more at %s",
                                        vhost->name),
                  .text = apr_psprintf(
                      list->p,
                      "There were proved requests before, but none in the last %d "
                      "minutes, when %" APR_UINT64_T_FMT " %s, most often as %s: %s.",
                      minutes, cfo_report_with(unproven, CFO_VERDICT_UNPROVEN),
                      is_on ? "were refused" : "would have been refused", reason->name,
                      reason->meaning),
                  .remedy = reason->remedy });
}

static void add_outages(list_t *list, int are_on)
{
    const apr_array_header_t *vhosts = list->report->vhosts;
    int i;

    for (i = 0; i < vhosts->nelts; i++) {
        const cfo_report_vhost_t *vhost = &APR_ARRAY_IDX(vhosts, i, cfo_report_vhost_t);

        if ((vhost->mode == CFO_MODE_ON) == are_on)
            add_outage(list, vhost);
    }
}

static void add_expired_zones(list_t *list)
{
    const apr_array_header_t *zones = list->report->zones;
    int i;

    for (i = 0; i < zones->nelts; i++) {
        const cfo_report_zone_t *zone = &APR_ARRAY_IDX(zones, i, cfo_report_zone_t);

        if (!zone->is_shut || !zone->zone->proofs->nelts)
            continue;
        add(list,
            &(cfo_problem_t){
                .level = CFO_LEVEL_ERROR,
                .title = apr_psprintf(list->p, "Zone %s is shut", zone->zone->name),
                .text = "Every certificate that could prove it has expired, so no "
                        "request for it is proved.",
                .remedy = "Add a valid CA certificate or pin to its proofs.",
                .place = APR_ARRAY_IDX(zone->zone->proofs, 0, cfo_proof_t *)->source,
                .code = "CFO0141" });
    }
}

static void add_shut_zone(list_t *list, const cfo_path_error_t *flaw)
{
    add(list, &(cfo_problem_t){
                  .level = CFO_LEVEL_ERROR,
                  .title = apr_psprintf(list->p, "Zone %s is shut", flaw->zone),
                  .text = apr_psprintf(
                      list->p, "Its file did not load: %s. No request for it is proved.",
                      flaw->text),
                  .remedy = "Fix the file. It is then loaded without a restart, unless "
                            "CFOriginPullReload is Off.",
                  .place = flaw->path,
                  .code = "CFO0102" });
}

static void add_flaw(list_t *list, const cfo_path_error_t *flaw)
{
    const char *title =
        flaw->has_content ? "A change to a file was rejected" : "A file is not used";

    add(list,
        &(cfo_problem_t){
            .level = CFO_LEVEL_WARNING,
            .title = flaw->is_folder ? "A folder has a problem" : title,
            .text = sentence(list->p, flaw->text),
            .remedy = flaw->has_content
                          ? "Fix it. Until then the last good content stays in force."
                          : "Fix it. It is then used.",
            .place = flaw->path,
            .code = "CFO0131" });
}

static void add_flaws(list_t *list, int are_shut)
{
    const apr_array_header_t *flaws = list->report->snapshot->provenance->errors;
    int i;

    for (i = 0; i < flaws->nelts; i++) {
        const cfo_path_error_t *flaw = &APR_ARRAY_IDX(flaws, i, cfo_path_error_t);

        if (flaw->is_shut != are_shut)
            continue;
        if (are_shut)
            add_shut_zone(list, flaw);
        else
            add_flaw(list, flaw);
    }
}

/* "CFO0202 never-asks" is a code and a word. */
static void add_finding(list_t *list, const cfo_finding_t *finding)
{
    const char *space = strchr(finding->code, ' '), *place = finding->file;

    if (place && finding->line)
        place = apr_psprintf(list->p, "%s:%d", place, finding->line);
    add(list, &(cfo_problem_t){ .level = finding->level,
                                .title = apr_psprintf(list->p, "Configuration of %s: %s",
                                                      finding->vhost,
                                                      space ? space + 1 : finding->code),
                                .text = sentence(list->p, finding->text),
                                .place = place,
                                .code = apr_pstrmemdup(list->p, finding->code,
                                                       strcspn(finding->code, " ")) });
}

static void add_findings(list_t *list, cfo_level_t level)
{
    const apr_array_header_t *findings = list->report->findings;
    int i;

    for (i = 0; i < findings->nelts; i++) {
        const cfo_finding_t *finding = &APR_ARRAY_IDX(findings, i, cfo_finding_t);

        if (finding->level == level)
            add_finding(list, finding);
    }
}

static const char *when(apr_pool_t *p, apr_time_t then, apr_time_t now)
{
    int days = cfo_expiry_days(then > now ? then : now, then > now ? now : then);

    if (!days)
        return then > now ? "expires within a day" : "expired within the last day";
    return apr_psprintf(p, then > now ? "expires in %d day%s" : "expired %d day%s ago",
                        days, days == 1 ? "" : "s");
}

static const char *others(apr_pool_t *p, int zones)
{
    return zones > 1 ? apr_psprintf(p, " (and of %d more)", zones - 1) : "";
}

static void add_expiry(list_t *list, const cfo_expiry_t *expiry)
{
    apr_time_t now = list->report->now;
    const char *remedy =
        "Add its successor to the proofs, then renew at Cloudflare, then "
        "remove it.";

    if (!strcmp(expiry->kind, "presented"))
        remedy =
            "Issue a new leaf and upload it to Cloudflare. If another CA issues it, or "
            "a pin proves the zone, add that CA or the pin of the new leaf to the "
            "proofs first.";
    else if (expiry->is_shared_ca)
        remedy =
            "It is Cloudflare's shared CA. Cloudflare publishes its successor: add that "
            "to the proofs.";
    add(list, &(cfo_problem_t){
                  .level = CFO_LEVEL_WARNING,
                  .title = apr_psprintf(list->p, "A certificate of %s%s %s", expiry->zone,
                                        others(list->p, expiry->zones),
                                        when(list->p, expiry->not_after, now)),
                  .text = apr_psprintf(
                      list->p, "%s %s, until %s.",
                      strcmp(expiry->kind, "presented") ? "In its proofs:"
                                                        : "Presented by Cloudflare:",
                      expiry->subject, cfo_text_time(list->p, expiry->not_after)),
                  .remedy = remedy,
                  .place = expiry->source,
                  .code = "CFO0140" });
}

/* Its only zone is shut, which is another problem of the list. */
static int is_listed(const list_t *list, const cfo_expiry_t *expiry)
{
    const apr_array_header_t *zones = list->report->zones;
    int i;

    if (expiry->zones > 1 || !strcmp(expiry->kind, "presented"))
        return 0;
    for (i = 0; i < zones->nelts; i++) {
        const cfo_report_zone_t *zone = &APR_ARRAY_IDX(zones, i, cfo_report_zone_t);

        if (!zone->is_shut)
            return 0; /* the shut ones come first */
        if (!strcmp(zone->zone->name, expiry->zone))
            return 1;
    }
    return 0;
}

static void add_expiries(list_t *list)
{
    const apr_array_header_t *expiring = list->report->expiring;
    int i;

    for (i = 0; i < expiring->nelts; i++) {
        const cfo_expiry_t *expiry = &APR_ARRAY_IDX(expiring, i, cfo_expiry_t);

        if (!is_listed(list, expiry))
            add_expiry(list, expiry);
    }
}

const apr_array_header_t *cfo_problems_list(const cfo_report_t *report)
{
    list_t list = { report, report->pool,
                    apr_array_make(report->pool, 8, sizeof(cfo_problem_t)) };

    add_outages(&list, 1);
    add_flaws(&list, 1);
    add_expired_zones(&list);
    add_outages(&list, 0);
    add_flaws(&list, 0);
    add_expiries(&list);
    add_findings(&list, CFO_LEVEL_WARNING);
    add_findings(&list, CFO_LEVEL_NOTICE);
    return list.problems;
}

int cfo_problems_count(const apr_array_header_t *problems, cfo_level_t level)
{
    int i, count = 0;

    for (i = 0; i < problems->nelts; i++)
        count += APR_ARRAY_IDX(problems, i, cfo_problem_t).level == level;
    return count;
}
