/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge disable: switches Authenticated Origin Pulls off for zones, if no
 * origin needs it. */
#include "apr_strings.h"

#include "ctl/change/errand.h"
#include "ctl/change/fallback.h"
#include "ctl/change/withdraw.h"

/* Why the switch must stay on; NULL: it need not. */
static const char *refused(cfo_target_t *t, cfo_world_t *w)
{
    if (t->choices->is_forced)
        return NULL;
    return cfo_fallback_refused(t, w, w->hosts->nelts ? w->hosts : w->judged, 0);
}

static int switch_off(cfo_target_t *t, cfo_world_t *w)
{
    const cfo_api_error_t *error;
    const char *why = refused(t, w);

    if (why)
        return cfo_target_fail(t, CFO_CTL_NO,
                               apr_pstrcat(t->pool, "not switched off: ", why, NULL),
                               "Set CFOriginPull Audit first, or give --force");
    if (t->choices->is_dry_run) {
        cfo_target_tell(t, "would switch Authenticated Origin Pulls off for the zone");
        return CFO_CTL_OK;
    }
    error = cfo_api_switch_set(t->edge->api, t->pool, t->zone.id, CFO_API_ZONE_LEVEL, 0);
    if (error)
        return cfo_target_fail(t, CFO_CTL_INVALID, error->reason, error->remedy);
    cfo_target_tell(t, "switched Authenticated Origin Pulls off for the zone");
    return CFO_CTL_OK;
}

static int is_any(const cfo_target_t *t, const cfo_world_t *w,
                  const cfo_api_certificate_t *one)
{
    (void)t;
    (void)w;
    (void)one;
    return 1;
}

static int work_on_zone(cfo_work_t *work)
{
    cfo_target_t *t = cfo_errand_target(work, CFO_API_FOR_ZONE, work->name, NULL);
    int result, was_on = 0;
    cfo_world_t w;

    result = cfo_withdraw_begin(t, &w, is_any);
    if (result != CFO_CTL_OK)
        return result;
    was_on = w.is_on;
    if (w.is_on)
        result = switch_off(t, &w);
    if (result != CFO_CTL_OK)
        return cfo_withdraw_abandon(t, result);
    return cfo_withdraw_end(
        t, was_on ? "Authenticated Origin Pulls is off for the zone"
                  : "Authenticated Origin Pulls was off for the zone already");
}

static int run(cfo_ctl_t *ctl)
{
    return cfo_errand_zones(ctl, "disable", work_on_zone);
}

/* clang-format off */
static const apr_getopt_option_t options[] = {
    CFO_EDGE_OPTIONS,
    CFO_CHANGE_OPTIONS,
    { "delete", CFO_CHANGE_DELETE, 0, "delete the certificates of the zone at Cloudflare too" },
    { "force", CFO_CHANGE_FORCE, 0, "even where the origin is On, and would refuse all requests" },
    { NULL, 0, 0, NULL },
};
/* clang-format on */

const cfo_ctl_verb_t cfo_ctl_edge_disable = {
    "edge disable",
    "[--dry-run] [--delete] [--force] [--state DIR] ZONE ...",
    "switch Authenticated Origin Pulls off for zones",
    options,
    run,
    0
};
