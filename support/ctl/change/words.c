/* SPDX-License-Identifier: Apache-2.0 */
/* Says what the steps of the plan are. */
#include "ctl/change/words.h"

#include "apr_strings.h"

#include "ctl/change/accept.h"
#include "ctl/change/seen.h"

/* Why the leaf is not in force. */
static const char *why_not_in_force(cfo_target_t *t, cfo_world_t *w)
{
    const cfo_certificate_t *leaf;
    const char *pem, *why = NULL;

    if (cfo_seen_judge(t, w, &leaf, &pem))
        why = cfo_accept(&w->ctl, w->origin, w->judged, leaf, pem).why;
    return why ? why : "it is in force everywhere, but for a moment only";
}

static const char *pending_host(const cfo_target_t *t, const cfo_world_t *w)
{
    int i;

    for (i = 0; i < w->associations->nelts; i++) {
        const cfo_api_association_t *one =
            &APR_ARRAY_IDX(w->associations, i, cfo_api_association_t);

        if (cfo_seen_is_on_ours(t, w, one->host) && one->state != CFO_API_ACTIVE)
            return apr_psprintf(w->ctl.pool, "%s: %s", one->host,
                                cfo_api_state_name(one->state));
    }
    return "pending";
}

static const char *wait_for_use(const cfo_target_t *t, const cfo_world_t *w)
{
    return w->origin->running->nelts
               ? apr_psprintf(w->ctl.pool, "waiting until %s has seen it",
                              t->edge->sources.status && t->edge->sources.status->nelts
                                  ? "every origin of --origin-status"
                                  : "the origin")
               : "waiting until an origin has seen it; without --origin-status or a "
                 "dump of httpd nothing tells";
}

const char *cfo_words_awaited(cfo_target_t *t, cfo_world_t *w, cfo_step_t step)
{
    const cfo_api_certificate_t *leaf = cfo_seen_leaf(t, w);

    switch (step) {
    case CFO_STEP_AWAIT_TRUST:
        return apr_pstrcat(w->ctl.pool, "waiting until every origin accepts it: ",
                           why_not_in_force(t, w), NULL);
    case CFO_STEP_AWAIT_LISTED:
        return "waiting whether Cloudflare has it";
    case CFO_STEP_AWAIT_ACTIVE:
        return apr_pstrcat(w->ctl.pool, "waiting until it is active: ",
                           leaf ? leaf->state_text : "not listed", NULL);
    case CFO_STEP_AWAIT_SWITCH:
        return apr_pstrcat(w->ctl.pool, "waiting until it is used: ", pending_host(t, w),
                           NULL);
    case CFO_STEP_AWAIT_USE:
        return wait_for_use(t, w);
    case CFO_STEP_TRUST:
        return apr_pstrcat(w->ctl.pool,
                           "waiting for httpd's configuration: ", why_not_in_force(t, w),
                           NULL);
    default:
        return "waiting until the old certificates are gone";
    }
}

void cfo_words_tell_precedence(cfo_target_t *t, const cfo_world_t *w)
{
    int i;

    for (i = 0; t->level == CFO_API_FOR_ZONE && i < w->associations->nelts; i++) {
        const cfo_api_association_t *one =
            &APR_ARRAY_IDX(w->associations, i, cfo_api_association_t);

        if (one->use != CFO_API_VOID)
            cfo_target_tell(t, "%s is not concerned: %s", one->host,
                            one->use == CFO_API_USED
                                ? "it has a certificate of its own"
                                : "no certificate is presented for it (edge hostname)");
    }
}

const char *cfo_words_planned(const cfo_target_t *t, cfo_step_t step)
{
    static const char *const texts[CFO_STEP_COUNT] = {
        [CFO_STEP_BEGIN] = "write down what is there, in the state file",
        [CFO_STEP_MAKE] = "make a key and a leaf in memory",
        [CFO_STEP_TRUST] = "add what proves the leaf to the file of proofs",
        [CFO_STEP_AWAIT_TRUST] = "wait until every origin accepts it",
        [CFO_STEP_UPLOAD] = "upload it to Cloudflare",
        [CFO_STEP_AWAIT_LISTED] = "wait whether Cloudflare has it",
        [CFO_STEP_AWAIT_ACTIVE] = "wait until it is active",
        [CFO_STEP_DISCARD] = "delete it at Cloudflare, as its deployment timed out",
        [CFO_STEP_SWITCH] = "switch Authenticated Origin Pulls on for the zone",
        [CFO_STEP_AWAIT_SWITCH] = "wait until it is used",
        [CFO_STEP_AWAIT_USE] = "wait until every origin has seen it",
        [CFO_STEP_DELETE] = "delete the certificates that it replaces at Cloudflare",
        [CFO_STEP_AWAIT_DELETION] = "wait until they are gone",
        [CFO_STEP_CLOSE] =
            "remove the old proofs, when no origin has seen what hung on them for --quiet",
    };

    if (t->choices->cert && step == CFO_STEP_MAKE)
        return "take the given certificate and its key";
    if (t->level == CFO_API_FOR_HOSTS && step == CFO_STEP_SWITCH)
        return "let the host names use it";
    return texts[step];
}
