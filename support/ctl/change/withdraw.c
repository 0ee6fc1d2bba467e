/* SPDX-License-Identifier: Apache-2.0 */
/* Takes certificates out of use. */
#include "ctl/change/withdraw.h"

#include <string.h>

#include "apr_strings.h"

static int fail(cfo_target_t *t, int result, const char *reason, const char *remedy)
{
    return cfo_target_fail(t, result, reason, remedy);
}

static int save(cfo_target_t *t)
{
    const char *wrong = cfo_target_save(t);

    return wrong ? fail(t, CFO_CTL_INVALID, wrong, NULL) : CFO_CTL_OK;
}

static int note(cfo_target_t *t, const cfo_world_t *w,
                int (*is_wanted)(const cfo_target_t *t, const cfo_world_t *world,
                                 const cfo_api_certificate_t *one))
{
    cfo_change_t *change = cfo_state_begin(t->pool, t->state);
    int i;

    change->verb = t->verb;
    change->level = (int)t->level;
    change->was_on = w->is_on;
    for (i = 0; i < t->wanted->nelts; i++)
        APR_ARRAY_PUSH(change->hosts, cfo_state_host_t) =
            (cfo_state_host_t){ APR_ARRAY_IDX(t->wanted, i, const char *), NULL,
                                CFO_API_VOID };
    for (i = 0; i < w->certificates->nelts; i++) {
        const cfo_api_certificate_t *one =
            &APR_ARRAY_IDX(w->certificates, i, cfo_api_certificate_t);

        if (one->state != CFO_API_PENDING_DELETION && is_wanted(t, w, one))
            APR_ARRAY_PUSH(change->olds, cfo_state_old_t) =
                (cfo_state_old_t){ one->id,
                                   one->certificate ? one->certificate->sha256_hex : NULL,
                                   one->uploaded };
    }
    return save(t);
}

int cfo_withdraw_begin(cfo_target_t *t, cfo_world_t *w,
                       int (*is_wanted)(const cfo_target_t *t, const cfo_world_t *world,
                                        const cfo_api_certificate_t *one))
{
    const cfo_change_t *change = cfo_target_change(t);
    const cfo_trouble_t *trouble;

    if (change && strcmp(change->verb, t->verb) != 0)
        return fail(t, CFO_CTL_NO,
                    apr_psprintf(t->pool, "\"cf-originctl edge %s\" is not finished",
                                 cfo_ctl_shown(t->pool, change->verb)),
                    "Call that again first, to go on or with --take-back");
    trouble = cfo_world_look(t, t->pool, w);
    if (trouble)
        return fail(t, trouble->result, trouble->reason, trouble->remedy);
    return change || !t->choices->is_deleting ? CFO_CTL_OK : note(t, w, is_wanted);
}

int cfo_withdraw_abandon(cfo_target_t *t, int result)
{
    const cfo_change_t *change = cfo_target_change(t);

    if (change && result != CFO_CTL_OK) {
        cfo_state_end(t->state, change);
        save(t);
    }
    return result;
}

static const cfo_state_old_t *row_of(const cfo_change_t *change,
                                     const cfo_api_certificate_t *one)
{
    int i;

    for (i = 0; i < change->olds->nelts; i++) {
        const cfo_state_old_t *old = &APR_ARRAY_IDX(change->olds, i, cfo_state_old_t);

        if (!strcmp(old->id, one->id) && old->uploaded == one->uploaded)
            return old;
    }
    return NULL;
}

/* A host name that got the certificate again, or always had it. */
static const char *user_of(const cfo_world_t *w, const cfo_api_certificate_t *one)
{
    int i;

    for (i = 0; i < w->associations->nelts; i++) {
        const cfo_api_association_t *a =
            &APR_ARRAY_IDX(w->associations, i, cfo_api_association_t);

        if (a->use == CFO_API_USED && a->cert_id && !strcmp(a->cert_id, one->id))
            return a->host;
    }
    return NULL;
}

/* By a new look: nothing is deleted that is presented. */
static int delete_one(cfo_target_t *t, const cfo_world_t *w,
                      const cfo_api_certificate_t *one)
{
    const char *name = one->certificate
                           ? cfo_target_short(t->pool, one->certificate->sha256_hex)
                           : apr_pstrcat(t->pool, "id ", one->id, NULL);
    const char *user =
        t->level == CFO_API_FOR_ZONE ? (w->is_on ? "the zone" : NULL) : user_of(w, one);
    const cfo_api_error_t *error;

    if (user) {
        cfo_target_tell(t, "%s stays at Cloudflare: %s uses it", name, user);
        return CFO_CTL_OK;
    }
    if (t->choices->is_dry_run) {
        cfo_target_tell(t, "would delete %s at Cloudflare", name);
        return CFO_CTL_OK;
    }
    error = cfo_api_delete(t->edge->api, t->pool, t->zone.id, t->level, one->id);
    if (error)
        return fail(t, CFO_CTL_INVALID, error->reason,
                    error->remedy ? error->remedy : "Call it again to go on");
    cfo_target_tell(t, "deleted %s at Cloudflare", name);
    return CFO_CTL_OK;
}

static int delete_all(cfo_target_t *t, const cfo_change_t *change)
{
    cfo_world_t w;
    const cfo_trouble_t *trouble = cfo_world_look(t, t->pool, &w);
    int i, result = CFO_CTL_OK;

    if (trouble)
        return fail(t, trouble->result, trouble->reason, "Call it again to go on");
    if (t->choices->is_dry_run)
        w.is_on = 0; /* as it would be then */
    for (i = 0; result == CFO_CTL_OK && i < w.certificates->nelts; i++) {
        const cfo_api_certificate_t *one =
            &APR_ARRAY_IDX(w.certificates, i, cfo_api_certificate_t);

        if (row_of(change, one) && one->state != CFO_API_PENDING_DELETION)
            result = delete_one(t, &w, one);
    }
    return result;
}

int cfo_withdraw_end(cfo_target_t *t, const char *text)
{
    const cfo_change_t *change = cfo_target_change(t);
    int result = change ? delete_all(t, change) : CFO_CTL_OK;

    if (result == CFO_CTL_OK && change) {
        cfo_state_end(t->state, change);
        result = save(t);
    }
    if (result != CFO_CTL_OK)
        return result;
    return t->choices->is_dry_run ? cfo_target_end(t, "planned", CFO_CTL_OK,
                                                   "nothing was changed (--dry-run)")
                                  : cfo_target_end(t, "done", CFO_CTL_OK, "%s", text);
}
