/* SPDX-License-Identifier: Apache-2.0 */
/* From a look to what the plan is made of. */
#include "ctl/change/seen.h"

#include <string.h>

#include "apr_strings.h"

#include "ctl/change/accept.h"
#include "ctl/change/fallback.h"

enum { SETTLED_AFTER = 3 };

cfo_state_ours_t *cfo_seen_ours(const cfo_target_t *t, const cfo_api_certificate_t *one)
{
    const cfo_change_t *change = cfo_target_change(t);
    int i;

    for (i = 0; change && one->certificate && i < change->ours->nelts; i++) {
        cfo_state_ours_t *ours = &APR_ARRAY_IDX(change->ours, i, cfo_state_ours_t);

        if (!strcmp(ours->sha256, one->certificate->sha256_hex))
            return ours;
    }
    return NULL;
}

static int is_leaving(const cfo_api_certificate_t *one)
{
    return one->state == CFO_API_PENDING_DELETION || one->state == CFO_API_DELETED;
}

const cfo_api_certificate_t *cfo_seen_leaf(const cfo_target_t *t, const cfo_world_t *w)
{
    const cfo_api_certificate_t *failed = NULL;
    int i;

    for (i = 0; i < w->certificates->nelts; i++) {
        const cfo_api_certificate_t *one =
            &APR_ARRAY_IDX(w->certificates, i, cfo_api_certificate_t);

        if (!cfo_seen_ours(t, one))
            continue;
        if (cfo_world_is_active(one) || cfo_world_is_deploying(one))
            return one;
        if (!failed && one->state == CFO_API_DEPLOYMENT_TIMED_OUT)
            failed = one;
    }
    return failed;
}

/* By the time as well: the same certificate, uploaded again by somebody, has its old id.
 */
static const cfo_state_old_t *row_of_old(const cfo_change_t *change, const char *id,
                                         apr_time_t uploaded)
{
    int i;

    for (i = 0; i < change->olds->nelts; i++) {
        const cfo_state_old_t *old = &APR_ARRAY_IDX(change->olds, i, cfo_state_old_t);

        if (!strcmp(old->id, id) && old->uploaded == uploaded)
            return old;
    }
    return NULL;
}

int cfo_seen_is_old(const cfo_target_t *t, const cfo_world_t *w,
                    const cfo_api_certificate_t *one)
{
    const cfo_api_certificate_t *leaf = cfo_seen_leaf(t, w);
    const cfo_state_ours_t *ours = cfo_seen_ours(t, one);

    if (ours)
        return leaf && strcmp(one->id, leaf->id) != 0 && !ours->is_adopted;
    return row_of_old(cfo_target_change(t), one->id, one->uploaded) != NULL;
}

static const cfo_state_host_t *row_of_host(const cfo_change_t *change, const char *host)
{
    int i;

    for (i = 0; i < change->hosts->nelts; i++) {
        const cfo_state_host_t *row = &APR_ARRAY_IDX(change->hosts, i, cfo_state_host_t);

        if (!strcmp(row->host, host))
            return row;
    }
    return NULL;
}

/* The certificate of an association, in the list. */
static const cfo_api_certificate_t *used_by(const cfo_world_t *w,
                                            const cfo_api_association_t *association)
{
    int i;

    if (!association || association->use != CFO_API_USED || !association->cert_id)
        return NULL;
    for (i = 0; i < w->certificates->nelts; i++) {
        const cfo_api_certificate_t *one =
            &APR_ARRAY_IDX(w->certificates, i, cfo_api_certificate_t);

        if (!strcmp(one->id, association->cert_id))
            return one;
    }
    return NULL;
}

static int is_as_it_was(const cfo_state_host_t *row, const cfo_api_association_t *now)
{
    if (row->use != (int)now->use)
        return 0;
    return now->use != CFO_API_USED ||
           (row->cert_id && now->cert_id && !strcmp(row->cert_id, now->cert_id));
}

int cfo_seen_is_to_move(const cfo_target_t *t, const cfo_world_t *w, const char *host)
{
    const cfo_api_association_t *now = cfo_world_association(w, host);
    const cfo_state_host_t *row = row_of_host(cfo_target_change(t), host);
    const cfo_api_certificate_t *used = used_by(w, now);

    if (!now)
        return 0;
    if (used)
        return cfo_seen_is_old(t, w, used);
    return cfo_world_uses_old(cfo_target_change(t), now) ||
           (row && is_as_it_was(row, now));
}

int cfo_seen_is_on_ours(const cfo_target_t *t, const cfo_world_t *w, const char *host)
{
    const cfo_api_certificate_t *used = used_by(w, cfo_world_association(w, host));

    return used && cfo_seen_ours(t, used) != NULL;
}

static cfo_use_t use_by_hosts(const cfo_target_t *t, const cfo_world_t *w,
                              const cfo_api_certificate_t *leaf, cfo_seen_t *s)
{
    int i, moved = 0, pending = 0;

    for (i = 0; i < w->hosts->nelts; i++) {
        const char *host = APR_ARRAY_IDX(w->hosts, i, const char *);
        const cfo_api_association_t *now = cfo_world_association(w, host);
        const cfo_api_certificate_t *used = used_by(w, now);

        if (cfo_seen_is_to_move(t, w, host))
            return CFO_USE_OFF;
        if (!used || !leaf || strcmp(used->id, leaf->id))
            continue;
        moved++;
        pending += now->state != CFO_API_ACTIVE;
    }
    if (!moved) {
        s->must_not_on = "somebody has changed the associations of the host names since";
        return CFO_USE_OFF;
    }
    return pending ? CFO_USE_PENDING : CFO_USE_ON;
}

static int is_of_change(const cfo_target_t *t, const cfo_api_certificate_t *one)
{
    return cfo_seen_ours(t, one) != NULL;
}

static cfo_use_t find_use(cfo_target_t *t, cfo_world_t *w,
                          const cfo_api_certificate_t *leaf, cfo_seen_t *s)
{
    int active;

    if (t->level == CFO_API_FOR_HOSTS)
        return use_by_hosts(t, w, leaf, s);
    if (w->is_on)
        return CFO_USE_ON;
    s->must_not_on =
        strcmp(t->verb, "enable") != 0
            ? "somebody has switched Authenticated Origin Pulls off for the zone since"
            : cfo_fallback_unaccepted(t, w, w->certificates, w->judged, is_of_change,
                                      &active);
    return CFO_USE_OFF;
}

/* A foreign certificate of the zone that is active and was uploaded after the leaf. */
static const char *find_overtaking(const cfo_target_t *t, const cfo_world_t *w,
                                   const cfo_api_certificate_t *leaf)
{
    int i;

    for (i = 0; t->level == CFO_API_FOR_ZONE && i < w->certificates->nelts; i++) {
        const cfo_api_certificate_t *one =
            &APR_ARRAY_IDX(w->certificates, i, cfo_api_certificate_t);

        if (!strcmp(one->id, leaf->id))
            return NULL;
        if (cfo_world_is_active(one) && !cfo_seen_ours(t, one) &&
            !cfo_seen_is_old(t, w, one))
            return apr_psprintf(
                w->ctl.pool,
                "somebody has uploaded another certificate since (%s), which Cloudflare "
                "presents now; it is left alone, and nothing is deleted",
                one->certificate
                    ? cfo_target_short(w->ctl.pool, one->certificate->sha256_hex)
                    : one->id);
    }
    return NULL;
}

int cfo_seen_judge(const cfo_target_t *t, const cfo_world_t *w,
                   const cfo_certificate_t **certificate, const char **pem)
{
    const cfo_api_certificate_t *leaf = cfo_target_change(t) ? cfo_seen_leaf(t, w) : NULL;

    *certificate = leaf ? leaf->certificate : t->leaf.certificate;
    *pem = leaf ? leaf->pem : t->leaf.pem;
    return *certificate != NULL;
}

/* One child of an httpd tells what is in force; the others follow within two seconds. So
 * it counts when all looks have said so for longer. */
static cfo_trust_t settle(cfo_target_t *t, cfo_trust_t trust)
{
    apr_time_t now = cfo_target_clock();

    if (trust != CFO_TRUST_IN_FORCE) {
        t->in_force_since = 0;
        return trust;
    }
    if (!t->in_force_since)
        t->in_force_since = now;
    return now - t->in_force_since < apr_time_from_sec(SETTLED_AFTER) ? CFO_TRUST_IN_FILE
                                                                      : trust;
}

static cfo_trust_t find_trust(cfo_target_t *t, cfo_world_t *w)
{
    const cfo_certificate_t *certificate;
    const char *pem;

    if (!cfo_seen_judge(t, w, &certificate, &pem))
        return CFO_TRUST_NONE;
    return settle(t, cfo_accept(&w->ctl, w->origin, w->judged, certificate, pem).trust);
}

static cfo_leaf_t state_of(const cfo_target_t *t, const cfo_api_certificate_t *leaf)
{
    if (!leaf)
        return cfo_target_clock() < t->unsure_until ? CFO_LEAF_UNSURE : CFO_LEAF_ABSENT;
    if (leaf->state == CFO_API_DEPLOYMENT_TIMED_OUT)
        return CFO_LEAF_FAILED;
    return cfo_world_is_active(leaf) ? CFO_LEAF_ACTIVE : CFO_LEAF_DEPLOYING;
}

static int is_used(const cfo_target_t *t, const cfo_world_t *w,
                   const cfo_api_certificate_t *leaf)
{
    const cfo_state_ours_t *ours = cfo_seen_ours(t, leaf);
    int everywhere = 0;
    apr_time_t used =
        cfo_origin_last_used(w->origin, leaf->certificate->sha256_hex, &everywhere);

    return w->origin->running->nelts && everywhere && used > ours->used;
}

static void count_olds(const cfo_target_t *t, const cfo_world_t *w, cfo_seen_t *s)
{
    int i;

    for (i = 0; i < w->certificates->nelts; i++) {
        const cfo_api_certificate_t *one =
            &APR_ARRAY_IDX(w->certificates, i, cfo_api_certificate_t);

        if (!cfo_seen_is_old(t, w, one))
            continue;
        s->leaving += is_leaving(one);
        s->olds += !is_leaving(one);
    }
}

/* Where the changed association of a host would fall back to. */
static const char *back_refused(cfo_target_t *t, cfo_world_t *w,
                                const cfo_state_host_t *row)
{
    apr_array_header_t *hosts = apr_array_make(w->ctl.pool, 1, sizeof(const char *));
    const cfo_api_association_t was = {
        row->host,      row->cert_id,   (cfo_api_use_t)row->use,
        CFO_API_ACTIVE, CFO_API_ACTIVE, NULL
    };
    const cfo_api_certificate_t *used = used_by(w, &was);
    cfo_acceptance_t a;

    APR_ARRAY_PUSH(hosts, const char *) = row->host;
    if (row->use != CFO_API_USED)
        return row->use == CFO_API_VOID ? cfo_fallback_refused(t, w, hosts, 1)
                                        : cfo_fallback_nothing(w, hosts);
    if (!used || !cfo_world_is_active(used) || !used->certificate)
        return "the old certificate is deleted already: go on instead";
    a = cfo_accept(&w->ctl, w->origin, hosts, used->certificate, used->pem);
    return a.trust == CFO_TRUST_IN_FORCE ? NULL : a.why;
}

static void find_back_hosts(cfo_target_t *t, cfo_world_t *w, cfo_seen_t *s)
{
    const cfo_change_t *change = cfo_target_change(t);
    int i;

    for (i = 0; i < change->hosts->nelts; i++) {
        const cfo_state_host_t *row = &APR_ARRAY_IDX(change->hosts, i, cfo_state_host_t);

        if (!cfo_seen_is_on_ours(t, w, row->host))
            continue;
        s->is_switched = 1;
        if (!s->must_not_switch)
            s->must_not_switch = back_refused(t, w, row);
    }
}

static void find_back_zone(cfo_target_t *t, cfo_world_t *w, cfo_seen_t *s)
{
    int active;

    s->is_switched = !cfo_target_change(t)->was_on && w->is_on;
    if (s->is_switched)
        s->must_not_switch = cfo_fallback_refused(t, w, w->judged, 0);
    if (!w->is_on)
        return;
    s->must_not_delete =
        cfo_fallback_unaccepted(t, w, w->certificates, w->judged, is_of_change, &active);
    if (!s->must_not_delete && !active)
        s->must_not_delete = "the old certificates are deleted already: go on instead";
}

static void find_back(cfo_target_t *t, cfo_world_t *w, cfo_seen_t *s)
{
    int i;

    if (t->level == CFO_API_FOR_ZONE)
        find_back_zone(t, w, s);
    else
        find_back_hosts(t, w, s);
    for (i = 0; i < w->certificates->nelts; i++) {
        const cfo_api_certificate_t *one =
            &APR_ARRAY_IDX(w->certificates, i, cfo_api_certificate_t);
        const cfo_state_ours_t *ours = cfo_seen_ours(t, one);

        if (!ours || ours->is_adopted)
            continue;
        s->ours += !is_leaving(one);
        s->ours_deploying += cfo_world_is_deploying(one);
        s->ours_leaving += is_leaving(one);
    }
}

static const char *find_stop(const cfo_target_t *t, const cfo_world_t *w)
{
    const cfo_change_t *change = cfo_target_change(t);

    if (strcmp(change->verb, t->verb) != 0)
        return apr_psprintf(
            w->ctl.pool,
            "\"cf-originctl edge %s\" is not finished. Call that again "
            "first%s",
            change->verb,
            strstr(change->verb, "disable") ? "" : ", to go on or with --take-back");
    if (!t->choices->is_take_back && !cfo_world_presents(w))
        return "the SSL mode of the zone was changed since, to one in which "
               "Cloudflare presents no certificate";
    return NULL;
}

cfo_seen_t cfo_seen_find(cfo_target_t *t, cfo_world_t *w, const cfo_due_t *due)
{
    const cfo_api_certificate_t *leaf;
    cfo_seen_t s = { 0 };

    s.has_key = t->leaf.key != NULL;
    s.has_failed = t->has_failed;
    s.trust = find_trust(t, w);
    if (!cfo_target_change(t)) {
        s.is_due = due->is_due && !t->choices->is_take_back;
        s.stop = t->choices->is_take_back ? NULL : due->stop;
        return s;
    }
    leaf = cfo_seen_leaf(t, w);
    s.is_open = 1;
    s.stop = find_stop(t, w);
    s.leaf = state_of(t, leaf);
    s.use = find_use(t, w, leaf, &s);
    if (leaf) {
        s.overtaken = find_overtaking(t, w, leaf);
        s.is_used = is_used(t, w, leaf);
    }
    count_olds(t, w, &s);
    find_back(t, w, &s);
    return s;
}
