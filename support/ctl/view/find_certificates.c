/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge status: what is to be said about certificates at Cloudflare. */
#include "ctl/view/findings.h"

#include "apr_strings.h"

#include "core/base/text.h"

/* A rotation that goes on by a daily timer has deleted the old certificate by then. */
enum { ROTATION_DAYS = 2 };

static apr_time_t in_days(const cfo_edge_finder_t *finder, int days)
{
    return finder->at->now + apr_time_from_sec((apr_int64_t)days * 86400);
}

/* Of the hosts that get it. */
static cfo_origin_policy_t policy_for(const cfo_edge_finder_t *finder,
                                      const cfo_api_certificate_t *certificate)
{
    apr_array_header_t *groups =
        apr_array_make(finder->ctl->pool, 4, sizeof(cfo_judged_t));
    int i;

    for (i = 0; i < finder->zone->groups->nelts; i++) {
        const cfo_judged_t *group = &APR_ARRAY_IDX(finder->zone->groups, i, cfo_judged_t);

        if (cfo_judged_has(group->presented, certificate))
            APR_ARRAY_PUSH(groups, cfo_judged_t) = *group;
    }
    return cfo_judged_policy(groups);
}

static const char *name_of(const cfo_api_certificate_t *one)
{
    return one->certificate ? one->certificate->sha256_hex : one->id;
}

static const char *shown(const cfo_edge_finder_t *finder,
                         const cfo_api_certificate_t *one, cfo_api_level_t level)
{
    return apr_psprintf(finder->ctl->pool, "the certificate %s %s",
                        cfo_ctl_shown(finder->ctl->pool, name_of(one)),
                        level == CFO_API_FOR_ZONE ? "of the zone" : "for host names");
}

static void find_expiry(const cfo_edge_finder_t *finder, const cfo_api_certificate_t *one,
                        cfo_api_level_t of)
{
    apr_time_t end = one->certificate->not_after;
    cfo_edge_level_t level = cfo_edge_stake(policy_for(finder, one));
    apr_pool_t *p = finder->ctl->pool;
    int has_expired = end < finder->at->now;

    if (end >= in_days(finder, finder->at->warn))
        return;
    if (end >= in_days(finder, finder->at->critical) && level > CFO_EDGE_WARNING)
        level = CFO_EDGE_WARNING;
    cfo_edge_find(finder, level, has_expired ? "expired" : "expires", name_of(one), 0,
                  apr_psprintf(p, "%s, which is presented, %s on %.10s%s",
                               shown(finder, one, of),
                               has_expired ? "expired" : "expires", cfo_text_time(p, end),
                               has_expired ? "; Cloudflare goes on presenting it" : ""),
                  "replace it: cf-originctl edge rotate");
}

static void find_timed_out(const cfo_edge_finder_t *finder,
                           const cfo_api_certificate_t *one, cfo_api_level_t of)
{
    cfo_edge_find(finder, CFO_EDGE_WARNING, "timed-out", name_of(one), 0,
                  apr_psprintf(finder->ctl->pool, "%s is %s: Cloudflare gave up",
                               shown(finder, one, of), one->state_text),
                  one->state == CFO_API_DEPLOYMENT_TIMED_OUT
                      ? "delete it and upload it again: cf-originctl edge rotate"
                      : "delete it again");
}

/* A host of the zone that the origin covers, and that gets what the zone has. */
static const char *host_of_zone(const cfo_edge_finder_t *finder,
                                cfo_origin_policy_t *policy)
{
    int i;

    for (i = 0; i < finder->zone->groups->nelts; i++) {
        const cfo_judged_t *group = &APR_ARRAY_IDX(finder->zone->groups, i, cfo_judged_t);

        *policy = group->policy;
        if (group->zone && group->policy != CFO_ORIGIN_OFF)
            return APR_ARRAY_IDX(group->hosts, 0, const cfo_look_host_t *)->name;
    }
    return NULL;
}

/* It will be presented within minutes, or is still, whether the origin accepts it or not.
 */
static void find_soon(const cfo_edge_finder_t *finder, const cfo_api_certificate_t *one,
                      cfo_api_level_t of)
{
    cfo_origin_policy_t policy;
    const char *host = host_of_zone(finder, &policy);
    cfo_judged_t judged;

    if (of != CFO_API_FOR_ZONE || !finder->look->is_zone_level_on || !host ||
        !one->certificate)
        return;
    judged = cfo_judge_certificate(finder->ctl, finder->origin, host, finder->at, one);
    if (judged.judgement == CFO_JUDGED_REFUSED)
        cfo_edge_find(
            finder, CFO_EDGE_WARNING, "refused-soon", name_of(one), 0,
            apr_psprintf(finder->ctl->pool,
                         "%s is %s, so that it may be presented, and the "
                         "origin refuses it (%s): %s",
                         shown(finder, one, of),
                         cfo_presented_soon(one) ? "being deployed" : one->state_text,
                         cfo_reason_name(judged.reason), judged.words.why),
            judged.words.advice);
}

/* Which hosts use a certificate for host names is known only if all were asked for. */
static void find_idle(const cfo_edge_finder_t *finder, const cfo_api_certificate_t *one,
                      cfo_api_level_t of)
{
    const cfo_look_t *look = finder->look;

    if (of == CFO_API_FOR_HOSTS &&
        (look->unasked || look->errors[CFO_LOOK_ASSOCIATIONS] ||
         look->errors[CFO_LOOK_RECORDS]))
        return;
    if (of == CFO_API_FOR_ZONE &&
        (look->errors[CFO_LOOK_ZONE_LEVEL] || look->is_zone_level_on))
        return;
    cfo_edge_find(
        finder, CFO_EDGE_NOTE, "not-presented", name_of(one), 0,
        apr_psprintf(finder->ctl->pool, "%s is active, but nothing presents it: %s",
                     shown(finder, one, of),
                     of == CFO_API_FOR_ZONE ? "the switch of the zone is off"
                                            : "no host name that is known uses it"),
        "delete it, if it is of no use any more");
}

static void find_one(const cfo_edge_finder_t *finder, const cfo_api_certificate_t *one,
                     cfo_api_level_t of)
{
    if (one->state == CFO_API_DEPLOYMENT_TIMED_OUT ||
        one->state == CFO_API_DELETION_TIMED_OUT)
        find_timed_out(finder, one, of);
    if (!one->certificate)
        cfo_edge_find(finder, CFO_EDGE_UNKNOWN, "certificate-unreadable", one->id, 0,
                      apr_psprintf(finder->ctl->pool, "%s cannot be read: %s",
                                   shown(finder, one, of), one->invalid),
                      NULL);
    else if (cfo_edge_is_presented(finder->zone, one))
        find_expiry(finder, one, of);
    else if (cfo_presented_soon(one) || cfo_presented_maybe(one))
        find_soon(finder, one, of);
    else if (one->state == CFO_API_ACTIVE)
        find_idle(finder, one, of);
}

/* The last one uploaded is meant; the others should be gone. */
static void find_several(const cfo_edge_finder_t *finder, const apr_array_header_t *all)
{
    const cfo_api_certificate_t *newest = NULL;
    int i, active = 0, is_rotation;

    for (i = 0; i < all->nelts; i++) {
        const cfo_api_certificate_t *one = &APR_ARRAY_IDX(all, i, cfo_api_certificate_t);

        if (one->state == CFO_API_ACTIVE && !active++)
            newest = one;
    }
    if (active < 2)
        return;
    is_rotation = newest->uploaded > in_days(finder, -ROTATION_DAYS);
    cfo_edge_find(finder, is_rotation ? CFO_EDGE_NOTE : CFO_EDGE_WARNING,
                  "several-active", name_of(newest), 0,
                  apr_psprintf(finder->ctl->pool,
                               "%d certificates of the zone are active, so Cloudflare "
                               "may present any of them%s",
                               active,
                               is_rotation ? "; the newest is less than two days old, so "
                                             "a rotation may be under way"
                                           : ""),
                  is_rotation
                      ? NULL
                      : "finish the rotation, or delete the old ones: cf-originctl "
                        "edge rotate");
}

void cfo_edge_find_certificates(const cfo_edge_finder_t *finder)
{
    cfo_api_level_t of;
    int i;

    for (of = CFO_API_FOR_ZONE; of <= CFO_API_FOR_HOSTS; of++) {
        const apr_array_header_t *all = finder->look->certificates[of];

        for (i = 0; all && i < all->nelts; i++)
            find_one(finder, &APR_ARRAY_IDX(all, i, cfo_api_certificate_t), of);
    }
    if (finder->look->certificates[CFO_API_FOR_ZONE])
        find_several(finder, finder->look->certificates[CFO_API_FOR_ZONE]);
}
