/* SPDX-License-Identifier: Apache-2.0 */
/* Does the steps of the plan. */
#include "ctl/change/steps.h"

#include <string.h>

#include "apr_strings.h"

#include "ctl/change/accept.h"
#include "ctl/change/make.h"
#include "ctl/change/seen.h"
#include "ctl/change/trust.h"
#include "ctl/change/words.h"

/* An upload without an answer is looked for in the list for so long. */
enum { UNSURE_SECONDS = 20, CODE_EXISTS = 1406, CODE_PENDING = 1434 };

static const cfo_trouble_t *saved(cfo_target_t *t)
{
    const char *wrong = cfo_target_save(t);

    return wrong ? cfo_trouble_make(t->pool, wrong, CFO_CTL_INVALID) : NULL;
}

static const char *short_of(apr_pool_t *p, const cfo_api_certificate_t *one)
{
    return one->certificate ? cfo_target_short(p, one->certificate->sha256_hex)
                            : apr_pstrcat(p, "id ", one->id, NULL);
}

/* --- begin --- */

static int has_proof(const apr_array_header_t *all, const char *file, const char *sha256)
{
    int i;

    for (i = 0; i < all->nelts; i++) {
        const cfo_state_proof_t *one = &APR_ARRAY_IDX(all, i, cfo_state_proof_t);

        if (!strcmp(one->file, file) && !strcmp(one->sha256, sha256))
            return 1;
    }
    return 0;
}

/* `baton` is an array of cfo_state_proof_t. */
static int note_proof(void *baton, const cfo_ctl_proof_file_t *source,
                      const cfo_proof_t *proof)
{
    apr_array_header_t *all = baton;
    const char *sha256 = cfo_accept_sha256(all->pool, proof);

    if (source->text && !has_proof(all, source->name, sha256))
        APR_ARRAY_PUSH(all, cfo_state_proof_t) =
            (cfo_state_proof_t){ apr_pstrdup(all->pool, source->name),
                                 apr_pstrdup(all->pool, sha256) };
    return 0;
}

/* The certificates of files that prove this one. */
static void note_proofs(cfo_world_t *w, const cfo_certificate_t *certificate,
                        apr_array_header_t *all)
{
    int i, j;

    for (i = 0; certificate && i < w->judged->nelts; i++) {
        apr_array_header_t *zones = cfo_origin_zones_for(
            w->ctl.pool, w->origin, APR_ARRAY_IDX(w->judged, i, const char *));

        for (j = 0; zones && j < zones->nelts; j++)
            cfo_accept_each(APR_ARRAY_IDX(zones, j, const cfo_origin_zone_t *),
                            certificate, note_proof, all);
    }
}

/* A certificate that is to be replaced, and what it hangs on. */
static void note_old(cfo_target_t *t, cfo_world_t *w, cfo_change_t *change,
                     const cfo_api_certificate_t *one)
{
    APR_ARRAY_PUSH(change->olds, cfo_state_old_t) = (cfo_state_old_t){
        apr_pstrdup(t->pool, one->id),
        one->certificate ? apr_pstrdup(t->pool, one->certificate->sha256_hex) : NULL,
        one->uploaded
    };
    note_proofs(w, one->certificate, change->replaced);
}

static void note_host(cfo_target_t *t, const cfo_world_t *w, cfo_change_t *change,
                      const char *host)
{
    const cfo_api_association_t *now = cfo_world_association(w, host);
    apr_array_header_t *all = change->hosts;
    int i;

    for (i = 0; i < all->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(all, i, cfo_state_host_t).host, host))
            return;
    }
    APR_ARRAY_PUSH(all, cfo_state_host_t) =
        (cfo_state_host_t){ apr_pstrdup(t->pool, host),
                            now && now->cert_id ? apr_pstrdup(t->pool, now->cert_id)
                                                : NULL,
                            now ? (int)now->use : CFO_API_VOID };
}

/* Those that Cloudflare has: all of a zone, or the one of the host names. */
static void note_olds(cfo_target_t *t, cfo_world_t *w, cfo_change_t *change)
{
    const cfo_api_certificate_t *presented = cfo_due_presented(t, w);
    int i;

    for (i = 0; i < w->certificates->nelts; i++) {
        const cfo_api_certificate_t *one =
            &APR_ARRAY_IDX(w->certificates, i, cfo_api_certificate_t);

        if (t->level == CFO_API_FOR_ZONE || one == presented)
            note_old(t, w, change, one);
    }
}

static const cfo_trouble_t *begin(cfo_target_t *t, cfo_world_t *w, const cfo_due_t *due)
{
    cfo_change_t *change = cfo_state_begin(t->pool, t->state);
    int i;

    change->verb = t->verb;
    change->level = (int)t->level;
    change->was_on = w->is_on;
    for (i = 0; t->level == CFO_API_FOR_HOSTS && i < w->judged->nelts; i++)
        note_host(t, w, change, APR_ARRAY_IDX(w->judged, i, const char *));
    if (!strcmp(t->verb, "rotate"))
        note_olds(t, w, change);
    if (due->adopt) {
        const char *sha256 = apr_pstrdup(t->pool, due->adopt->certificate->sha256_hex);
        const char *pem = apr_pstrdup(t->pool, due->adopt->pem);

        APR_ARRAY_PUSH(change->ours, cfo_state_ours_t) = (cfo_state_ours_t){
            sha256, pem, pem, 0, cfo_origin_last_used(w->origin, sha256, NULL), 1
        };
    }
    cfo_target_tell(t, "%s: %s", t->verb,
                    due->adopt ? "Cloudflare has a certificate that the origin accepts"
                               : due->why);
    cfo_words_tell_precedence(t, w);
    return saved(t);
}

/* --- at Cloudflare --- */

/* The state file's row of the leaf in memory. */
static cfo_state_ours_t *row_of_leaf(const cfo_target_t *t)
{
    apr_array_header_t *all = cfo_target_change(t)->ours;
    int i;

    for (i = 0; i < all->nelts; i++) {
        cfo_state_ours_t *row = &APR_ARRAY_IDX(all, i, cfo_state_ours_t);

        if (!strcmp(row->sha256, t->leaf.certificate->sha256_hex))
            return row;
    }
    return NULL;
}

/* The state file knows of the upload before Cloudflare does. */
static const cfo_trouble_t *upload(cfo_target_t *t, cfo_world_t *w)
{
    cfo_state_ours_t *row = row_of_leaf(t);
    cfo_api_certificate_t certificate = { 0 };
    const cfo_api_error_t *error;
    const cfo_trouble_t *trouble;
    const char *key, *wrong;

    if (!row)
        return cfo_trouble_make(t->pool, "the state file does not have the leaf",
                                CFO_CTL_INVALID);
    row->tried = apr_time_now();
    trouble = saved(t);
    if (trouble)
        return trouble;
    wrong = cfo_issued_key_pem(w->ctl.pool, t->leaf.key, &key);
    if (wrong)
        return cfo_trouble_make(t->pool, wrong, CFO_CTL_INVALID);
    error = cfo_api_upload(t->edge->api, w->ctl.pool, t->zone.id, t->level, t->leaf.pem,
                           key, &certificate);
    if (!error) {
        cfo_target_tell(t, "uploaded %s to Cloudflare",
                        cfo_target_short(t->pool, row->sha256));
        return NULL;
    }
    if (error->failure == CFO_API_UNREACHABLE || error->failure == CFO_API_BROKEN ||
        error->code == CODE_EXISTS) {
        t->unsure_until = cfo_target_clock() + apr_time_from_sec(UNSURE_SECONDS);
        cfo_target_tell(t, "uploaded %s, but %s; looking whether it is there",
                        cfo_target_short(t->pool, row->sha256), error->reason);
        return NULL;
    }
    return cfo_trouble_of(w->ctl.pool, error);
}

static const cfo_trouble_t *delete_one(cfo_target_t *t, cfo_world_t *w,
                                       const cfo_api_certificate_t *one, const char *why)
{
    const cfo_api_error_t *error =
        cfo_api_delete(t->edge->api, w->ctl.pool, t->zone.id, t->level, one->id);
    cfo_trouble_t *trouble;

    if (!error) {
        cfo_target_tell(t, "deleted %s at Cloudflare%s", short_of(t->pool, one), why);
        return NULL;
    }
    trouble =
        apr_pmemdup(w->ctl.pool, cfo_trouble_of(w->ctl.pool, error), sizeof *trouble);
    trouble->is_passing |= error->code == CODE_PENDING;
    return trouble;
}

static const cfo_trouble_t *discard(cfo_target_t *t, cfo_world_t *w)
{
    const cfo_trouble_t *trouble =
        delete_one(t, w, cfo_seen_leaf(t, w), ": its deployment timed out");

    if (!trouble)
        t->has_failed = 1;
    return trouble;
}

static const cfo_trouble_t *delete_olds(cfo_target_t *t, cfo_world_t *w)
{
    const cfo_trouble_t *trouble = NULL;
    int i;

    for (i = 0; !trouble && i < w->certificates->nelts; i++) {
        const cfo_api_certificate_t *one =
            &APR_ARRAY_IDX(w->certificates, i, cfo_api_certificate_t);

        if (cfo_seen_is_old(t, w, one) && one->state != CFO_API_PENDING_DELETION)
            trouble = delete_one(t, w, one, ", which is replaced");
    }
    return trouble;
}

static const cfo_trouble_t *delete_ours(cfo_target_t *t, cfo_world_t *w)
{
    const cfo_trouble_t *trouble = NULL;
    int i;

    for (i = 0; !trouble && i < w->certificates->nelts; i++) {
        const cfo_api_certificate_t *one =
            &APR_ARRAY_IDX(w->certificates, i, cfo_api_certificate_t);
        const cfo_state_ours_t *ours = cfo_seen_ours(t, one);

        if (ours && !ours->is_adopted && one->state != CFO_API_PENDING_DELETION)
            trouble = delete_one(t, w, one, ", taken back");
    }
    return trouble;
}

static const cfo_trouble_t *set_switch(cfo_target_t *t, cfo_world_t *w, int is_on)
{
    const cfo_api_error_t *error = cfo_api_switch_set(
        t->edge->api, w->ctl.pool, t->zone.id, CFO_API_ZONE_LEVEL, is_on);

    if (error)
        return cfo_trouble_of(w->ctl.pool, error);
    cfo_target_tell(t, "switched Authenticated Origin Pulls %s for the zone",
                    is_on ? "on" : "off");
    return NULL;
}

static const cfo_trouble_t *associate(cfo_target_t *t, cfo_world_t *w, const char *host,
                                      const char *cert_id, cfo_api_use_t use,
                                      const char *what)
{
    const cfo_api_error_t *error =
        cfo_api_associate(t->edge->api, w->ctl.pool, t->zone.id, host, cert_id, use);

    if (error)
        return cfo_trouble_of(w->ctl.pool, error);
    cfo_target_tell(t, "%s %s", host, what);
    return NULL;
}

static const cfo_trouble_t *move_hosts(cfo_target_t *t, cfo_world_t *w)
{
    const cfo_api_certificate_t *leaf = cfo_seen_leaf(t, w);
    const char *what =
        apr_pstrcat(t->pool, "uses ", short_of(t->pool, leaf), " now", NULL);
    const cfo_trouble_t *trouble = NULL;
    int i;

    for (i = 0; !trouble && i < w->hosts->nelts; i++) {
        const char *host = APR_ARRAY_IDX(w->hosts, i, const char *);

        if (!cfo_seen_is_to_move(t, w, host))
            continue;
        note_host(t, w, cfo_target_change(t), host);
        trouble = saved(t);
        if (!trouble)
            trouble = associate(t, w, host, leaf->id, CFO_API_USED, what);
    }
    return trouble;
}

static int is_listed(const cfo_world_t *w, const char *id)
{
    int i;

    for (i = 0; id && i < w->certificates->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(w->certificates, i, cfo_api_certificate_t).id, id))
            return 1;
    }
    return 0;
}

/* An association that says "no certificate" names one, too: not ours, which is deleted
 * next. */
static const cfo_trouble_t *move_back(cfo_target_t *t, cfo_world_t *w)
{
    const cfo_change_t *change = cfo_target_change(t);
    const cfo_trouble_t *trouble = NULL;
    int i;

    for (i = 0; !trouble && i < change->hosts->nelts; i++) {
        const cfo_state_host_t *row = &APR_ARRAY_IDX(change->hosts, i, cfo_state_host_t);

        if (cfo_seen_is_on_ours(t, w, row->host))
            trouble = associate(t, w, row->host,
                                row->use != CFO_API_VOID && is_listed(w, row->cert_id)
                                    ? row->cert_id
                                    : NULL,
                                (cfo_api_use_t)row->use, "is as it was");
    }
    return trouble;
}

/* --- the end --- */

/* Certificates that others have uploaded since: they stay, and somebody should know. */
static void tell_of_foreign(cfo_target_t *t, const cfo_world_t *w)
{
    int i;

    for (i = 0; t->level == CFO_API_FOR_ZONE && i < w->certificates->nelts; i++) {
        const cfo_api_certificate_t *one =
            &APR_ARRAY_IDX(w->certificates, i, cfo_api_certificate_t);

        if (!cfo_seen_ours(t, one) && !cfo_seen_is_old(t, w, one) &&
            (cfo_world_is_active(one) || cfo_world_is_deploying(one)))
            cfo_target_tell(t, "left alone: %s, which is not of this call",
                            short_of(t->pool, one));
    }
}

static void add_olds(const cfo_change_t *change, apr_array_header_t *leaves)
{
    int i;

    for (i = 0; i < change->olds->nelts; i++) {
        const char *sha256 = APR_ARRAY_IDX(change->olds, i, cfo_state_old_t).sha256;

        if (sha256)
            APR_ARRAY_PUSH(leaves, const char *) = sha256;
    }
}

static void add_ours(const cfo_change_t *change, const char *but,
                     apr_array_header_t *leaves)
{
    int i;

    for (i = 0; i < change->ours->nelts; i++) {
        const cfo_state_ours_t *ours = &APR_ARRAY_IDX(change->ours, i, cfo_state_ours_t);

        if (ours->tried && (!but || strcmp(ours->sha256, but) != 0))
            APR_ARRAY_PUSH(leaves, const char *) = ours->sha256;
    }
}

/* All but those that the new leaf hangs on as well. */
static void remove_later(cfo_target_t *t, const apr_array_header_t *proofs,
                         const apr_array_header_t *but, const apr_array_header_t *leaves)
{
    int i;

    for (i = 0; i < proofs->nelts; i++) {
        const cfo_state_proof_t *one = &APR_ARRAY_IDX(proofs, i, cfo_state_proof_t);

        if (!has_proof(but, one->file, one->sha256))
            cfo_state_remove_later(t->pool, t->state, one, leaves);
    }
}

static const cfo_trouble_t *close_forward(cfo_target_t *t, cfo_world_t *w)
{
    const cfo_change_t *change = cfo_target_change(t);
    const cfo_api_certificate_t *leaf = cfo_seen_leaf(t, w);
    apr_array_header_t *leaves = apr_array_make(t->pool, 4, sizeof(const char *));
    apr_array_header_t *kept = apr_array_make(t->pool, 2, sizeof(cfo_state_proof_t));

    add_olds(change, leaves);
    add_ours(change, leaf->certificate ? leaf->certificate->sha256_hex : NULL, leaves);
    note_proofs(w, leaf->certificate, kept);
    tell_of_foreign(t, w);
    remove_later(t, change->replaced, kept, leaves);
    remove_later(t, change->added, kept, leaves);
    cfo_state_end(t->state, change);
    return saved(t);
}

static const cfo_trouble_t *close_back(cfo_target_t *t)
{
    const cfo_change_t *change = cfo_target_change(t);
    apr_array_header_t *none = apr_array_make(t->pool, 1, sizeof(cfo_state_proof_t));
    apr_array_header_t *leaves = apr_array_make(t->pool, 4, sizeof(const char *));

    /* The old ones are in use again, and do not hang on what was added. */
    add_ours(change, NULL, leaves);
    remove_later(t, change->added, none, leaves);
    cfo_state_end(t->state, change);
    return saved(t);
}

const cfo_trouble_t *cfo_step_do(cfo_target_t *t, cfo_world_t *w, cfo_step_t step,
                                 const cfo_due_t *due)
{
    int is_zone = t->level == CFO_API_FOR_ZONE;

    switch (step) {
    case CFO_STEP_BEGIN:
        return begin(t, w, due);
    case CFO_STEP_MAKE:
        return cfo_make_leaf(t, w);
    case CFO_STEP_TRUST:
        return cfo_trust_leaf(t, w);
    case CFO_STEP_UPLOAD:
        return upload(t, w);
    case CFO_STEP_DISCARD:
        return discard(t, w);
    case CFO_STEP_SWITCH:
        return is_zone ? set_switch(t, w, 1) : move_hosts(t, w);
    case CFO_STEP_DELETE:
        return delete_olds(t, w);
    case CFO_STEP_CLOSE:
        return close_forward(t, w);
    case CFO_STEP_SWITCH_BACK:
        return is_zone ? set_switch(t, w, 0) : move_back(t, w);
    case CFO_STEP_DELETE_OURS:
        return delete_ours(t, w);
    case CFO_STEP_CLOSE_BACK:
        return close_back(t);
    default:
        return NULL;
    }
}
