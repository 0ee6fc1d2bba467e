/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge status: what is to be said about host names. */
#include "ctl/view/findings.h"

#include <string.h>

#include "apr_strings.h"

#include "core/base/text.h"
#include "ctl/origin/lookup.h"

static const char *names_of(const cfo_edge_finder_t *finder, const cfo_judged_t *group)
{
    apr_pool_t *p = finder->ctl->pool;
    apr_array_header_t *names =
        apr_array_make(p, group->hosts->nelts, sizeof(const char *));
    int i;

    for (i = 0; i < group->hosts->nelts; i++)
        APR_ARRAY_PUSH(names, const char *) =
            APR_ARRAY_IDX(group->hosts, i, const cfo_look_host_t *)->name;
    return cfo_edge_names(p, names);
}

static void find(const cfo_edge_finder_t *finder, const cfo_judged_t *group,
                 cfo_edge_level_t level, const char *code, const char *text,
                 const char *remedy)
{
    cfo_edge_find(
        finder, level, code,
        APR_ARRAY_IDX(group->hosts, 0, const cfo_look_host_t *)->name,
        group->hosts->nelts,
        apr_psprintf(finder->ctl->pool, "%s: %s", names_of(finder, group), text), remedy);
}

static void find_refused(const cfo_edge_finder_t *finder, const cfo_judged_t *group)
{
    const char *which = group->refused
                            ? apr_pstrcat(finder->ctl->pool, "the certificate ",
                                          group->refused->certificate->sha256_hex, NULL)
                            : "Cloudflare's shared certificate";

    find(finder, group, cfo_edge_stake(group->policy), "refused",
         apr_psprintf(
             finder->ctl->pool,
             "Cloudflare presents %s, which the origin refuses%s (%s): %s", which,
             group->policy == CFO_ORIGIN_OFF ? " as soon as CFOriginPull is On" : "",
             cfo_reason_name(group->reason), group->words.why),
         group->words.advice);
}

/* A host name that is switched off is worth a warning everywhere. */
static void find_nothing(const cfo_edge_finder_t *finder, const cfo_judged_t *group)
{
    cfo_edge_level_t level = cfo_edge_stake(group->policy);
    int is_host = !strcmp(group->presented->key, "host off");

    if (is_host && level < CFO_EDGE_WARNING)
        level = CFO_EDGE_WARNING;
    find(finder, group, level, is_host ? "host-off" : "nothing-presented",
         apr_pstrcat(finder->ctl->pool,
                     "Cloudflare presents no certificate: ", group->words.why, NULL),
         group->words.advice);
}

/* That the origin is not known is said once for all. */
static void find_unknown(const cfo_edge_finder_t *finder, const cfo_judged_t *group)
{
    const cfo_presented_t *presented = group->presented;

    if (presented->what == CFO_PRESENTS_NOTHING)
        find(finder, group, CFO_EDGE_UNKNOWN, "nothing-presented",
             apr_pstrcat(finder->ctl->pool, "Cloudflare presents no certificate (",
                         presented->why,
                         "), and whether the origin needs one is not known", NULL),
             presented->remedy);
    else if (presented->what == CFO_PRESENTS_UNKNOWN || finder->origin)
        find(finder, group, CFO_EDGE_UNKNOWN, "not-judged",
             apr_pstrcat(finder->ctl->pool,
                         "what is presented is not known: ", group->words.why, NULL),
             group->words.advice);
}

/* An anchor of the origin ends before the certificate that it proves. */
static void find_end(const cfo_edge_finder_t *finder, const cfo_judged_t *group)
{
    cfo_edge_level_t level = cfo_edge_stake(group->policy);
    apr_pool_t *p = finder->ctl->pool;
    int is_near =
        group->ends <=
        finder->at->now + apr_time_from_sec((apr_int64_t)finder->at->critical * 86400);

    if (!is_near && level > CFO_EDGE_WARNING)
        level = CFO_EDGE_WARNING;
    find(finder, group, level, "proof-expires",
         apr_psprintf(p, "what Cloudflare presents will be refused on %.10s: %s",
                      cfo_text_time(p, group->ends), group->end_words.why),
         group->end_words.advice);
}

static void find_shared(const cfo_edge_finder_t *finder, const cfo_judged_t *group)
{
    find(finder, group, CFO_EDGE_NOTE, "shared-certificate",
         "Cloudflare presents its shared certificate, which proves some customer of "
         "Cloudflare, not your zone",
         "give the zone a certificate of its own: cf-originctl edge enable");
}

/* What it costs that a virtual host without a zone refuses everything. */
static cfo_edge_level_t level_of_elsewhere(const cfo_edge_finder_t *finder,
                                           const apr_array_header_t *names)
{
    cfo_edge_level_t level = CFO_EDGE_WARNING;
    int i, j;

    for (i = 0; i < names->nelts; i++) {
        const apr_array_header_t *serving = cfo_origin_serving(
            finder->ctl->pool, finder->origin, APR_ARRAY_IDX(names, i, const char *));

        for (j = 0; j < serving->nelts; j++) {
            cfo_edge_level_t one = cfo_edge_stake(
                APR_ARRAY_IDX(serving, j, cfo_origin_serving_t).vhost->policy);

            level = one > level ? one : level;
        }
    }
    return level;
}

/* Virtual hosts without a zone refuse everything; other names are not served here. */
static void find_elsewhere(const cfo_edge_finder_t *finder, const cfo_judged_t *group)
{
    apr_pool_t *p = finder->ctl->pool;
    apr_array_header_t *names = apr_array_make(p, 4, sizeof(const char *));
    const char *remedy = "add CFOriginPullZone for it";
    int i;

    if (finder->origin && finder->origin->zone_dir)
        remedy =
            apr_psprintf(p, "put a proof into %s: cf-originctl edge enable %s",
                         cfo_ctl_shown(p, finder->origin->zone_dir), finder->look->name);
    for (i = 0; i < group->hosts->nelts; i++) {
        const cfo_look_host_t *host =
            APR_ARRAY_IDX(group->hosts, i, const cfo_look_host_t *);

        if (host->is_virtual)
            APR_ARRAY_PUSH(names, const char *) = host->name;
    }
    if (!names->nelts)
        return;
    cfo_edge_find(finder, level_of_elsewhere(finder, names), "no-zone",
                  APR_ARRAY_IDX(names, 0, const char *), names->nelts,
                  apr_pstrcat(p, cfo_edge_names(p, names),
                              ": a virtual host that is not Off, but no zone covers it",
                              NULL),
                  remedy);
}

static void find_accepted(const cfo_edge_finder_t *finder, const cfo_judged_t *group)
{
    if (group->ends)
        find_end(finder, group);
    if (group->presented->what == CFO_PRESENTS_SHARED)
        find_shared(finder, group);
}

/* Whether the origin has a zone for some name of this one. */
static int is_at_origin(const cfo_edge_finder_t *finder)
{
    const apr_array_header_t *names =
        cfo_origin_zone_names(finder->ctl->pool, finder->origin);
    int i;

    for (i = 0; i < names->nelts; i++) {
        if (cfo_edge_belongs(APR_ARRAY_IDX(names, i, const char *), finder->look->name))
            return 1;
    }
    return 0;
}

/* Nothing is wrong with a zone of which nothing was judged, but nothing was seen to be
 * right. */
static void find_nothing_judged(const cfo_edge_finder_t *finder)
{
    const apr_array_header_t *groups = finder->zone->groups;
    int i;

    for (i = 0; i < groups->nelts; i++) {
        if (APR_ARRAY_IDX(groups, i, cfo_judged_t).judgement != CFO_JUDGED_ELSEWHERE)
            return;
    }
    if (!is_at_origin(finder))
        cfo_edge_find(
            finder, CFO_EDGE_UNKNOWN, "not-at-origin", NULL, 0,
            "this origin has no zone for any name of it, so nothing is compared",
            "name the zones of this origin, or add CFOriginPullZone for it");
    else if (!groups->nelts && finder->look->records)
        cfo_edge_find(finder, CFO_EDGE_NOTE, "no-hosts", NULL, 0,
                      "no host name of it is proxied or served here, so nothing is "
                      "compared",
                      NULL);
}

typedef void find_group_t(const cfo_edge_finder_t *finder, const cfo_judged_t *group);

void cfo_edge_find_hosts(const cfo_edge_finder_t *finder)
{
    static find_group_t *const finders[CFO_JUDGED_COUNT] = {
        [CFO_JUDGED_ACCEPTED] = find_accepted,   [CFO_JUDGED_REFUSED] = find_refused,
        [CFO_JUDGED_NOTHING] = find_nothing,     [CFO_JUDGED_UNKNOWN] = find_unknown,
        [CFO_JUDGED_ELSEWHERE] = find_elsewhere,
    };
    int i;

    for (i = 0; i < finder->zone->groups->nelts; i++) {
        const cfo_judged_t *group = &APR_ARRAY_IDX(finder->zone->groups, i, cfo_judged_t);

        finders[group->judgement](finder, group);
    }
    if (finder->origin)
        find_nothing_judged(finder);
}
