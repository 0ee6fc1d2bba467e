/* SPDX-License-Identifier: Apache-2.0 */
/* Removes proofs from files, when nothing can need them any more. */
#include "ctl/change/removal.h"

#include <string.h>

#include "apr_file_info.h"
#include "apr_strings.h"

#include "core/base/text.h"
#include "ctl/change/accept.h"
#include "ctl/change/lock.h"
#include "ctl/change/plan.h"
#include "ctl/origin/proof_edit.h"

typedef struct {
    cfo_target_t *t;
    cfo_ctl_t *ctl; /* with the pool of this look */
    const cfo_origin_t *origin;
    const cfo_removal_t *removal;
    const cfo_proof_t *proof; /* NULL: a certificate of the file that is not used */
    cfo_seen_proof_t seen;
    apr_time_t quiet_from;
    int certificates; /* in the file */
    int is_awaited;   /* `seen.unknown` is another call, which ends */
    int has_failed;   /* not only too early: somebody has to look at it */
} look_t;

static int is_same_file(apr_pool_t *p, const char *a, const char *b)
{
    const apr_int32_t wanted = APR_FINFO_DEV | APR_FINFO_INODE;
    apr_finfo_t one, other;

    if (!strcmp(a, b))
        return 1;
    return !apr_stat(&one, a, wanted, p) && !apr_stat(&other, b, wanted, p) &&
           one.device == other.device && one.inode == other.inode;
}

/* Finds the certificate in the file. */
static void look_at_file(look_t *l)
{
    cfo_ctl_proof_file_t source;
    apr_finfo_t info;
    int i;

    if (apr_stat(&info, l->removal->file, APR_FINFO_TYPE, l->ctl->pool))
        return;
    if (cfo_ctl_proof_file_read(l->ctl, l->removal->file, "", &source) != CFO_CTL_OK) {
        l->seen.is_there = 1;
        l->seen.unknown = "the file cannot be read";
        return;
    }
    l->certificates = source.certificates->nelts;
    for (i = 0; i < source.certificates->nelts; i++) {
        const cfo_certificate_t *one =
            APR_ARRAY_IDX(source.certificates, i, const cfo_certificate_t *);

        if (strcmp(one->sha256_hex, l->removal->sha256) != 0)
            continue;
        l->seen.is_there = 1;
        l->proof = cfo_ctl_proof_of(&source, one);
    }
}

/* What the proof would lose: a certificate at Cloudflare, in any state. */
static void look_at_certificates(look_t *l, const char *zone_id, const char *zone,
                                 cfo_api_level_t level)
{
    apr_array_header_t *all;
    const cfo_api_error_t *error =
        cfo_api_certificates(l->t->edge->api, l->ctl->pool, zone_id, level, &all);
    int i;

    if (error)
        l->seen.unknown = error->reason;
    for (i = 0; !error && i < all->nelts; i++) {
        const cfo_api_certificate_t *one = &APR_ARRAY_IDX(all, i, cfo_api_certificate_t);

        if (!one->certificate)
            l->seen.unknown = apr_psprintf(
                l->ctl->pool, "a certificate of %s at Cloudflare cannot be read", zone);
        else if (l->proof &&
                 cfo_proof_check(l->proof, one->certificate, NULL) != CFO_PROOF_OTHER)
            l->seen.needed_by = apr_psprintf(
                l->ctl->pool, "%s of %s at Cloudflare",
                cfo_target_short(l->ctl->pool, one->certificate->sha256_hex), zone);
    }
}

static void look_at_zone(look_t *l, const char *name)
{
    cfo_api_zone_t zone;
    const cfo_api_error_t *error;

    if (!strcmp(name, "*")) {
        l->seen.needed_by = "the zone \"*\", which has the file as well,";
        return;
    }
    error = cfo_api_zone_of_host(l->t->edge->api, l->ctl->pool, name, &zone);
    if (error) {
        l->seen.unknown = apr_psprintf(
            l->ctl->pool, "it is not known whether %s needs it: %s", name, error->reason);
        return;
    }
    look_at_certificates(l, zone.id, name, CFO_API_FOR_ZONE);
    look_at_certificates(l, zone.id, name, CFO_API_FOR_HOSTS);
}

static int has_file(apr_pool_t *p, const cfo_origin_zone_t *zone, const char *file)
{
    int i;

    for (i = 0; i < zone->files->nelts; i++) {
        if (is_same_file(p, APR_ARRAY_IDX(zone->files, i, const char *), file))
            return 1;
    }
    return 0;
}

/* All zones whose proofs are in that file, and the one of the state. */
static void look_at_zones(look_t *l)
{
    apr_array_header_t *names = apr_array_make(l->ctl->pool, 4, sizeof(const char *));
    int i;

    APR_ARRAY_PUSH(names, const char *) = l->t->zone.name;
    for (i = 0; i < l->origin->zones->nelts; i++) {
        const cfo_origin_zone_t *zone =
            &APR_ARRAY_IDX(l->origin->zones, i, cfo_origin_zone_t);

        if (!cfo_target_has_name(names, zone->name) &&
            has_file(l->ctl->pool, zone, l->removal->file))
            APR_ARRAY_PUSH(names, const char *) = zone->name;
    }
    for (i = 0; i < names->nelts && !l->seen.unknown; i++)
        look_at_zone(l, APR_ARRAY_IDX(names, i, const char *));
}

/* A leaf that another call is about to upload. */
static void look_at_change(look_t *l, const cfo_state_t *state,
                           const cfo_change_t *change)
{
    int i;

    for (i = 0; l->proof && i < change->ours->nelts; i++) {
        const cfo_state_ours_t *ours = &APR_ARRAY_IDX(change->ours, i, cfo_state_ours_t);
        cfo_certificate_t *leaf;

        if (cfo_certificate_read(l->ctl->pool, ours->pem, strlen(ours->pem), &leaf) ||
            cfo_proof_check(l->proof, leaf, NULL) != CFO_PROOF_OTHER) {
            l->is_awaited = 1;
            l->seen.unknown = apr_psprintf(
                l->ctl->pool, "\"edge %s\" of %s is not finished, and hangs on it",
                cfo_ctl_shown(l->ctl->pool, change->verb), state->zone);
        }
    }
}

static void look_at_states(look_t *l)
{
    apr_array_header_t *states;
    int i, j;
    const char *wrong = cfo_state_read_all(l->ctl->pool, l->t->choices->state, &states);

    if (wrong)
        l->seen.unknown = wrong;
    for (i = 0; !wrong && i < states->nelts; i++) {
        const cfo_state_t *state = APR_ARRAY_IDX(states, i, cfo_state_t *);

        for (j = 0; j < state->changes->nelts; j++)
            look_at_change(l, state, &APR_ARRAY_IDX(state->changes, j, cfo_change_t));
    }
}

/* What an origin says of the last use is older than the last use: it notes one a second,
 * in whole seconds. */
#define USE_LAG apr_time_from_sec(2)

/* When no origin has seen what hung on it for long enough. */
static void look_at_uses(look_t *l)
{
    apr_interval_time_t wanted = l->t->choices->quiet;
    apr_interval_time_t quiet = wanted ? wanted + USE_LAG : 0;
    apr_time_t last = l->removal->since, now = apr_time_now();
    int i;

    for (i = 0; i < l->removal->leaves->nelts; i++) {
        apr_time_t used = cfo_origin_last_used(
            l->origin, APR_ARRAY_IDX(l->removal->leaves, i, const char *), NULL);

        last = used > last ? used : last;
    }
    l->quiet_from = last + quiet;
    l->seen.is_quiet =
        now >= l->quiet_from && cfo_state_idle(l->ctl->pool, l->removal) >= quiet;
    if (!l->seen.is_quiet && l->quiet_from < now)
        l->quiet_from = now + quiet - cfo_state_idle(l->ctl->pool, l->removal);
}

static void look_at_origins(look_t *l)
{
    const char *wrong = cfo_origin_read(l->ctl, &l->t->edge->sources, &l->origin);
    int i;

    if (wrong) {
        l->seen.unknown = wrong;
        return;
    }
    for (i = 0; i < l->origin->running->nelts; i++) {
        const char *error =
            APR_ARRAY_IDX(l->origin->running, i, cfo_origin_running_t).error;

        if (error)
            l->seen.unknown = error;
    }
    if (!l->origin->running->nelts)
        l->seen.unknown = "nothing tells what the origins have seen (--origin-status)";
    look_at_uses(l);
    if (!l->seen.unknown)
        look_at_zones(l);
}

static void tell_later(look_t *l)
{
    cfo_target_t *t = l->t;
    const char *sha256 = cfo_target_short(t->pool, l->removal->sha256);

    l->has_failed = l->seen.unknown && !l->is_awaited;
    if (l->seen.unknown)
        t->outcome->remains = apr_psprintf(t->pool, "%s stays in %s: %s", sha256,
                                           l->removal->file, l->seen.unknown);
    else
        t->outcome->remains =
            apr_psprintf(t->pool, "%s is removed from %s by a call after %s", sha256,
                         l->removal->file, cfo_text_time(t->pool, l->quiet_from));
    if (!l->seen.unknown && (!t->outcome->from || l->quiet_from < t->outcome->from))
        t->outcome->from = l->quiet_from;
    if (l->has_failed)
        cfo_target_fail(t, CFO_CTL_NO, t->outcome->remains, "Call it again later");
    else
        cfo_target_tell(t, "%s", t->outcome->remains);
}

/* A file that the change made, with nothing else in it. But httpd does not start without
 * a file that its configuration names; one in a folder of zones it does not miss. */
static int is_file_to_go(look_t *l)
{
    const char *folder, *file = l->removal->file;
    size_t length;
    int i, is_named = 0;

    if (!l->origin || !l->removal->is_made || l->certificates != 1)
        return 0;
    folder = l->origin->zone_dir;
    length = folder ? strlen(folder) : 0;
    for (i = 0; i < l->origin->zones->nelts; i++)
        is_named |= has_file(
            l->ctl->pool, &APR_ARRAY_IDX(l->origin->zones, i, cfo_origin_zone_t), file);
    return !is_named || (length && !strncmp(file, folder, length) &&
                         file[length] == '/' && !strchr(file + length + 1, '/'));
}

/* Removes it. Returns whether that is done. */
static int remove_proof(look_t *l)
{
    cfo_target_t *t = l->t;
    const char *sha256 = cfo_target_short(t->pool, l->removal->sha256);
    const char *wrong;

    if (t->choices->is_dry_run) {
        cfo_target_tell(t, "would remove %s from %s", sha256, l->removal->file);
        return 0;
    }
    wrong = is_file_to_go(l)
                ? cfo_proof_edit_delete(l->ctl, l->removal->file, l->removal->sha256)
                : cfo_proof_edit_remove(l->ctl, l->removal->file, l->removal->sha256);
    if (wrong) {
        l->seen.unknown = wrong;
        tell_later(l);
        return 0;
    }
    cfo_target_tell(t, "removed %s from %s", sha256, l->removal->file);
    return 1;
}

/* One removal. Returns whether nothing is left of it. */
static int settle(look_t *l)
{
    look_at_file(l);
    if (l->seen.is_there && !l->seen.unknown)
        look_at_origins(l);
    if (l->seen.is_there && !l->seen.unknown)
        look_at_states(l);
    if (l->seen.is_there && !l->seen.unknown && l->certificates == 1 && !is_file_to_go(l))
        l->seen.needed_by = "the zone, which has no other proof in the file,";
    switch (cfo_plan_proof(&l->seen)) {
    case CFO_PROOF_GONE:
        return 1;
    case CFO_PROOF_STAYS:
        cfo_target_tell(l->t, "%s stays in %s: %s needs it",
                        cfo_target_short(l->t->pool, l->removal->sha256),
                        l->removal->file, l->seen.needed_by);
        return 1;
    case CFO_PROOF_LATER:
        tell_later(l);
        return 0;
    default:
        return remove_proof(l);
    }
}

static int run_all(cfo_target_t *t, cfo_ctl_t *ctl)
{
    apr_array_header_t *all = t->state->removals;
    const char *wrong;
    int i, left = 0, result = CFO_CTL_OK;

    for (i = 0; i < all->nelts; i++) {
        const cfo_removal_t removal = APR_ARRAY_IDX(all, i, cfo_removal_t);
        look_t l = { .t = t, .ctl = ctl, .removal = &removal };

        if (!settle(&l))
            APR_ARRAY_IDX(all, left++, cfo_removal_t) = removal;
        if (l.has_failed)
            result = CFO_CTL_NO;
    }
    if (left == all->nelts)
        return result;
    if (!t->choices->is_dry_run)
        all->nelts = left;
    wrong = cfo_target_save(t);
    return wrong ? cfo_target_fail(t, CFO_CTL_INVALID, wrong, NULL) : result;
}

int cfo_removal_run(cfo_target_t *t)
{
    cfo_ctl_t ctl = t->job->ctl;
    const char *wrong = NULL;
    int is_taken, result;

    if (!t->state->removals->nelts)
        return CFO_CTL_OK;
    apr_pool_create(&ctl.pool, t->pool);
    ctl.problems = apr_array_make(ctl.pool, 2, sizeof(cfo_ctl_problem_t));
    if (!t->choices->is_dry_run)
        wrong = cfo_lock_take(ctl.pool, t->choices->state, CFO_LOCK_PROOFS, t->edge->wait,
                              &is_taken);
    result = wrong ? cfo_target_fail(t, CFO_CTL_NO, apr_pstrdup(t->pool, wrong), NULL)
                   : run_all(t, &ctl);
    apr_pool_destroy(ctl.pool);
    /* A call that had nothing else to do. */
    if (!t->outcome->outcome && t->outcome->steps->nelts) {
        t->outcome->outcome = t->outcome->remains ? "later" : "done";
        t->outcome->text =
            APR_ARRAY_IDX(t->outcome->steps, t->outcome->steps->nelts - 1, cfo_told_t)
                .text;
    }
    return result;
}
