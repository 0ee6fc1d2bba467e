/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge rotate: replaces certificates before they expire. */
#include <string.h>

#include "apr_strings.h"

#include "ctl/change/errand.h"
#include "ctl/change/reconcile.h"
#include "ctl/change/removal.h"
#include "ctl/change/world.h"

static apr_array_header_t *one_name(apr_pool_t *p, const char *name)
{
    apr_array_header_t *names = apr_array_make(p, 1, sizeof(const char *));

    APR_ARRAY_PUSH(names, const char *) = name;
    return names;
}

/* Host names, a certificate at a time: one may be shared. */
static int rotate_hosts(cfo_work_t *work)
{
    apr_pool_t *p = work->job->ctl.pool;
    apr_array_header_t *done = apr_array_make(p, 4, sizeof(const char *));
    int i, result = CFO_CTL_OK;

    for (i = 0; i < work->hosts->nelts; i++) {
        const char *host = APR_ARRAY_IDX(work->hosts, i, const char *);
        apr_array_header_t *judged;

        if (cfo_target_has_name(done, host))
            continue;
        result = cfo_errand_worse(
            result, cfo_reconcile(cfo_errand_target(work, CFO_API_FOR_HOSTS, host,
                                                    one_name(p, host)),
                                  &judged));
        apr_array_cat(done, judged);
    }
    return result;
}

/* Everything of the zone that has a certificate. Returns an exit code. */
static int find_all(cfo_work_t *work)
{
    cfo_target_t *t = cfo_errand_target(work, CFO_API_FOR_ZONE, work->name, NULL);
    cfo_world_t world;
    const cfo_trouble_t *trouble = cfo_world_look(t, t->pool, &world);
    int i;

    if (trouble)
        return cfo_target_fail(t, trouble->result, trouble->reason, trouble->remedy);
    work->is_zone = world.is_on || cfo_target_change(t);
    /* A zone of the origin may be the name of a host without a certificate of its own. */
    apr_array_clear(work->hosts);
    for (i = 0; i < world.associations->nelts; i++) {
        const cfo_api_association_t *one =
            &APR_ARRAY_IDX(world.associations, i, cfo_api_association_t);

        if (one->use == CFO_API_USED && !cfo_target_has_name(work->hosts, one->host))
            APR_ARRAY_PUSH(work->hosts, const char *) = one->host;
    }
    for (i = 0; i < t->state->changes->nelts; i++) {
        const cfo_change_t *change = &APR_ARRAY_IDX(t->state->changes, i, cfo_change_t);

        if (change->hosts->nelts)
            APR_ARRAY_PUSH(work->hosts, const char *) =
                APR_ARRAY_IDX(change->hosts, 0, cfo_state_host_t).host;
    }
    return CFO_CTL_OK;
}

static int rotate(cfo_work_t *work)
{
    int result = CFO_CTL_OK;

    if (work->errand->choices.is_all)
        result = find_all(work);
    if (result != CFO_CTL_OK)
        return result;
    if (work->is_zone)
        result = cfo_reconcile(
            cfo_errand_target(work, CFO_API_FOR_ZONE, work->name, NULL), NULL);
    result = cfo_errand_worse(result, rotate_hosts(work));
    return result == CFO_CTL_OK ? cfo_removal_run(cfo_errand_target(
                                      work, CFO_API_FOR_ZONE, work->name, NULL))
                                : result;
}

/* --all: the zones of the origin, and those of the state files. */
static int take_all(cfo_ctl_t *ctl, cfo_errand_t *errand)
{
    const cfo_origin_t *origin;
    apr_array_header_t *names, *states;
    const char *wrong = cfo_origin_read(ctl, &errand->edge.sources, &origin);
    int i, result;

    if (!wrong)
        wrong = cfo_state_read_all(ctl->pool, errand->choices.state, &states);
    if (wrong) {
        cfo_ctl_problem(ctl, NULL, wrong);
        return CFO_CTL_INVALID;
    }
    names = cfo_origin_zone_names(ctl->pool, origin);
    for (i = 0; i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);

        if (strcmp(name, "*") != 0)
            *(const char **)apr_array_push((apr_array_header_t *)ctl->operands) = name;
    }
    result = ctl->operands->nelts ? cfo_errand_take_hosts(ctl, errand, 1) : CFO_CTL_OK;
    for (i = 0; i < states->nelts; i++)
        cfo_errand_zone(ctl, errand, APR_ARRAY_IDX(states, i, cfo_state_t *)->zone);
    return result;
}

static int run(cfo_ctl_t *ctl)
{
    cfo_errand_t errand;
    int result = cfo_errand_open(ctl, &errand, "rotate", rotate);

    if (result != CFO_CTL_OK)
        return result;
    if (errand.choices.is_all && ctl->operands->nelts)
        return cfo_ctl_usage("--all takes no operands");
    if (errand.choices.is_all && errand.choices.cert)
        return cfo_ctl_usage("--cert is one certificate, and --all are many");
    result = errand.choices.is_all ? take_all(ctl, &errand)
                                   : cfo_errand_take_hosts(ctl, &errand, 1);
    return result == CFO_CTL_USAGE ? result : cfo_errand_run(ctl, &errand, result);
}

/* clang-format off */
static const apr_getopt_option_t options[] = {
    CFO_EDGE_OPTIONS,
    CFO_CHANGE_OPTIONS,
    CFO_CHANGE_OPTIONS_ISSUE,
    { "renew-before", CFO_CHANGE_RENEW_BEFORE, 1, "days before the expiry from which a rotation is due (30)" },
    { "new-ca", CFO_CHANGE_NEW_CA, 0, "when a rotation is due, with a new CA" },
    { "force", CFO_CHANGE_FORCE, 0, "even if none is due" },
    { "quiet", CFO_CHANGE_QUIET, 1, "seconds without a use before an old proof is removed (86400)" },
    { "all", CFO_CHANGE_ALL, 0, "all zones of the origin and of the state files" },
    { NULL, 0, 0, NULL },
};
/* clang-format on */

const cfo_ctl_verb_t cfo_ctl_edge_rotate = {
    "edge rotate",
    "[--dry-run | --take-back] [--state DIR] [--renew-before DAYS] [--new-ca] [--force] "
    "[--ca FILE --ca-key FILE | --cert FILE --key FILE] [--quiet SECONDS] [--visit URL] "
    "{ZONE | HOST} ... | --all",
    "replace certificates that expire soon",
    options,
    run,
    0
};
