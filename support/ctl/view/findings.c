/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge status: what is to be said about a zone. */
#include "ctl/view/findings.h"

#include <stdlib.h>
#include <string.h>

#include "apr_strings.h"

#include "ctl/command/terminal.h"

enum { NAMES_SHOWN = 4 };

const char *const cfo_edge_levels[CFO_EDGE_LEVELS] = {
    [CFO_EDGE_NOTE] = "note",
    [CFO_EDGE_WARNING] = "warning",
    [CFO_EDGE_UNKNOWN] = "unknown",
    [CFO_EDGE_CRITICAL] = "critical",
};

void cfo_edge_find(const cfo_edge_finder_t *finder, cfo_edge_level_t level,
                   const char *code, const char *subject, int count, const char *text,
                   const char *remedy)
{
    APR_ARRAY_PUSH(finder->zone->findings, cfo_edge_finding_t) =
        (cfo_edge_finding_t){ level, code,  finder->look->name, subject, count,
                              text,  remedy };
}

cfo_edge_level_t cfo_edge_stake(cfo_origin_policy_t policy)
{
    switch (policy) {
    case CFO_ORIGIN_OFF:
        return CFO_EDGE_NOTE;
    case CFO_ORIGIN_AUDIT:
        return CFO_EDGE_WARNING;
    default:
        return CFO_EDGE_CRITICAL;
    }
}

int cfo_edge_belongs(const char *origin_zone, const char *cloudflare_zone)
{
    return !strcmp(origin_zone, "*") || cfo_look_covers(cloudflare_zone, origin_zone) ||
           cfo_look_covers(origin_zone, cloudflare_zone);
}

const char *cfo_edge_names(apr_pool_t *p, const apr_array_header_t *names)
{
    const char *text = "";
    int i, shown = names->nelts <= NAMES_SHOWN + 1 ? names->nelts : NAMES_SHOWN;

    for (i = 0; i < shown; i++)
        text = apr_pstrcat(p, text, i ? ", " : "",
                           cfo_ctl_shown(p, APR_ARRAY_IDX(names, i, const char *)), NULL);
    if (shown == names->nelts)
        return text;
    return apr_pstrcat(p, text, " and ",
                       cfo_ctl_thousands(p, (apr_uint64_t)(names->nelts - shown)),
                       " more", NULL);
}

static int compare_findings(const void *one, const void *other)
{
    const cfo_edge_finding_t *a = one, *b = other;
    int difference = (int)b->level - (int)a->level;

    if (!difference)
        difference = strcmp(a->zone ? a->zone : "", b->zone ? b->zone : "");
    if (!difference)
        difference = strcmp(a->code, b->code);
    return difference ? difference : strcmp(a->text, b->text);
}

cfo_edge_level_t cfo_edge_findings_sort(apr_array_header_t *findings)
{
    if (!findings->nelts)
        return CFO_EDGE_NOTE;
    qsort(findings->elts, (size_t)findings->nelts, sizeof(cfo_edge_finding_t),
          compare_findings);
    return APR_ARRAY_IDX(findings, 0, cfo_edge_finding_t).level;
}

static void find_part(const cfo_edge_finder_t *finder, cfo_look_part_t part)
{
    const cfo_api_error_t *error = finder->look->errors[part];
    apr_pool_t *p = finder->ctl->pool;
    const cfo_look_part_info_t *info = &cfo_look_parts[part];

    if (error->failure != CFO_API_DENIED) {
        cfo_edge_find(finder, CFO_EDGE_UNKNOWN, "unreadable", NULL, 0,
                      apr_psprintf(p, "%s cannot be read: %s", info->name, error->reason),
                      error->remedy);
        return;
    }
    cfo_edge_find(finder, part == CFO_LOOK_ZONE ? CFO_EDGE_UNKNOWN : CFO_EDGE_WARNING,
                  "permission", NULL, 0,
                  apr_psprintf(p,
                               "%s cannot be read: the token lacks the permission "
                               "%s%s",
                               info->name, cfo_look_permissions[info->permission],
                               part == CFO_LOOK_SSL_MODE
                                   ? " (everything below supposes that it is Full)"
                                   : ""),
                  apr_psprintf(p, "give the token the permission %s for this zone",
                               cfo_look_permissions[info->permission]));
}

/* An error that ended the reading is that of all later parts. */
static void find_unread(const cfo_edge_finder_t *finder)
{
    const cfo_look_t *look = finder->look;
    int part;

    for (part = 0; part < CFO_LOOK_PARTS; part++) {
        if (look->errors[part] && (!part || look->errors[part] != look->errors[part - 1]))
            find_part(finder, part);
    }
}

static void find_inactive(const cfo_edge_finder_t *finder)
{
    const char *status = finder->look->zone.status;

    if (status && strcmp(status, "active") != 0)
        cfo_edge_find(finder, CFO_EDGE_WARNING, "zone-inactive", NULL, 0,
                      apr_psprintf(finder->ctl->pool,
                                   "the zone is %s at Cloudflare, so its names may not "
                                   "lead there",
                                   cfo_ctl_shown(finder->ctl->pool, status)),
                      "finish its setup at Cloudflare");
}

static int is_up(const cfo_look_t *look)
{
    static const cfo_look_part_t needed[] = {
        CFO_LOOK_ZONE,       CFO_LOOK_SSL_MODE,     CFO_LOOK_GLOBAL,
        CFO_LOOK_ZONE_LEVEL, CFO_LOOK_CERTIFICATES, CFO_LOOK_HOST_CERTIFICATES
    };
    size_t i;

    for (i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (look->errors[needed[i]])
            return 0;
    }
    return 1;
}

int cfo_edge_is_presented(const cfo_edge_zone_t *zone,
                          const cfo_api_certificate_t *certificate)
{
    int i;

    if (cfo_judged_has(zone->presented, certificate))
        return 1;
    for (i = 0; i < zone->groups->nelts; i++) {
        if (cfo_judged_has(APR_ARRAY_IDX(zone->groups, i, cfo_judged_t).presented,
                           certificate))
            return 1;
    }
    return 0;
}

cfo_edge_zone_t *cfo_edge_zone_judge(cfo_ctl_t *ctl, const cfo_look_t *look,
                                     const cfo_origin_t *origin,
                                     const cfo_judged_at_t *at)
{
    cfo_edge_zone_t *zone = apr_pcalloc(ctl->pool, sizeof *zone);
    cfo_edge_finder_t finder = { ctl, look, zone, origin, at };
    cfo_presented_t presented = cfo_presented_for_zone(ctl->pool, look);

    zone->name = look->name;
    zone->look = look;
    zone->is_up = is_up(look);
    zone->presented = apr_pmemdup(ctl->pool, &presented, sizeof presented);
    zone->groups = cfo_judge_hosts(ctl, look, origin, at);
    zone->findings = apr_array_make(ctl->pool, 8, sizeof(cfo_edge_finding_t));
    find_unread(&finder);
    if (!look->errors[CFO_LOOK_ZONE]) {
        find_inactive(&finder);
        cfo_edge_find_hosts(&finder);
        cfo_edge_find_certificates(&finder);
        cfo_edge_find_records(&finder);
    }
    cfo_edge_findings_sort(zone->findings);
    return zone;
}
