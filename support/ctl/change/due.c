/* SPDX-License-Identifier: Apache-2.0 */
/* Whether there is a reason to change the certificate that is presented. */
#include "ctl/change/due.h"

#include <string.h>

#include "apr_strings.h"

#include "core/base/text.h"
#include "ctl/change/accept.h"

static const cfo_api_certificate_t *by_id(const apr_array_header_t *all, const char *id)
{
    int i;

    for (i = 0; id && i < all->nelts; i++) {
        const cfo_api_certificate_t *one = &APR_ARRAY_IDX(all, i, cfo_api_certificate_t);

        if (!strcmp(one->id, id))
            return one;
    }
    return NULL;
}

const cfo_api_certificate_t *cfo_due_presented(const cfo_target_t *t,
                                               const cfo_world_t *w)
{
    int i;

    if (t->level == CFO_API_FOR_HOSTS) {
        for (i = 0; i < t->wanted->nelts; i++) {
            const cfo_api_association_t *one =
                cfo_world_association(w, APR_ARRAY_IDX(t->wanted, i, const char *));

            if (one && one->use == CFO_API_USED)
                return by_id(w->certificates, one->cert_id);
        }
        return NULL;
    }
    for (i = 0; i < w->certificates->nelts; i++) {
        const cfo_api_certificate_t *one =
            &APR_ARRAY_IDX(w->certificates, i, cfo_api_certificate_t);

        if (cfo_world_is_active(one) || cfo_world_is_deploying(one))
            return one;
    }
    return NULL;
}

typedef struct {
    apr_time_t latest; /* of the proofs that hold; 0: none has a date */
    int is_undated;    /* a pin by digest: good as long as the leaf */
} hold_t;

static int note_date(void *baton, const cfo_ctl_proof_file_t *source,
                     const cfo_proof_t *proof)
{
    hold_t *hold = baton;

    (void)source;
    if (proof->kind != CFO_PROOF_ANCHOR)
        hold->is_undated = 1;
    else if (proof->certificate->not_after > hold->latest)
        hold->latest = proof->certificate->not_after;
    return 0;
}

/* When the first zone entry loses its last proof of the leaf; 0: not before the leaf
 * itself expires, or there is none. */
static apr_time_t hangs_until(cfo_world_t *w, const cfo_certificate_t *leaf)
{
    apr_time_t first = 0;
    int i, j;

    for (i = 0; i < w->judged->nelts; i++) {
        apr_array_header_t *zones = cfo_origin_zones_for(
            w->ctl.pool, w->origin, APR_ARRAY_IDX(w->judged, i, const char *));

        for (j = 0; zones && j < zones->nelts; j++) {
            hold_t hold = { 0, 0 };

            cfo_accept_each(APR_ARRAY_IDX(zones, j, const cfo_origin_zone_t *), leaf,
                            note_date, &hold);
            if (!hold.is_undated && hold.latest && (!first || hold.latest < first))
                first = hold.latest;
        }
    }
    return first;
}

const char *cfo_due_expires(const cfo_target_t *t, cfo_world_t *w,
                            const cfo_certificate_t *certificate)
{
    apr_time_t limit = apr_time_now() + t->choices->renew_before, until;

    if (!certificate)
        return "it cannot be read";
    until = hangs_until(w, certificate);
    if (until && until <= limit) {
        return apr_psprintf(t->pool, "the CA that the origin trusts expires at %s",
                            cfo_text_time(t->pool, until));
    }
    if (certificate->not_after <= limit)
        return apr_psprintf(t->pool, "it expires at %s",
                            cfo_text_time(t->pool, certificate->not_after));
    return NULL;
}

static void stop(cfo_due_t *due, const char *why, const char *remedy)
{
    due->stop = why;
    due->remedy = remedy;
}

static const char *name_of(apr_pool_t *p, const cfo_api_certificate_t *certificate)
{
    return certificate->certificate
               ? cfo_target_short(p, certificate->certificate->sha256_hex)
               : apr_pstrcat(p, "id ", certificate->id, NULL);
}

/* Somebody else is at work, or has left something behind. */
static const cfo_api_certificate_t *find_deploying(const cfo_world_t *w)
{
    int i;

    for (i = 0; i < w->certificates->nelts; i++) {
        const cfo_api_certificate_t *one =
            &APR_ARRAY_IDX(w->certificates, i, cfo_api_certificate_t);

        if (cfo_world_is_deploying(one) && one->state != CFO_API_STATE_UNKNOWN)
            return one;
    }
    return NULL;
}

/* One that may be presented, and that some origin does not accept; *why says why. */
static const cfo_api_certificate_t *find_refused(cfo_world_t *w, const char **why)
{
    int i;

    for (i = 0; i < w->certificates->nelts; i++) {
        const cfo_api_certificate_t *one =
            &APR_ARRAY_IDX(w->certificates, i, cfo_api_certificate_t);
        cfo_acceptance_t a;

        if (!cfo_world_may_be_presented(one))
            continue;
        *why = "it cannot be read";
        if (!one->certificate)
            return one;
        a = cfo_accept(&w->ctl, w->origin, w->judged, one->certificate, one->pem);
        *why = a.why;
        if (a.trust != CFO_TRUST_IN_FORCE)
            return one;
    }
    return NULL;
}

/* A host that has a certificate of its own already. */
static const cfo_api_association_t *find_associated(const cfo_world_t *w,
                                                    const apr_array_header_t *hosts)
{
    int i;

    for (i = 0; i < hosts->nelts; i++) {
        const cfo_api_association_t *one =
            cfo_world_association(w, APR_ARRAY_IDX(hosts, i, const char *));

        if (one && one->use == CFO_API_USED)
            return one;
    }
    return NULL;
}

#define USE_ROTATE "To replace it: cf-originctl edge rotate"

static void find_for_zone(cfo_target_t *t, cfo_world_t *w, cfo_due_t *due)
{
    const cfo_api_certificate_t *presented = cfo_due_presented(t, w), *refused;
    const char *why = NULL;

    due->is_due = 1;
    due->why = "nothing is presented";
    if (!presented)
        return;
    refused = find_refused(w, &why);
    if (refused)
        stop(due,
             apr_psprintf(t->pool,
                          "Cloudflare has a certificate (%s) that the origin does "
                          "not accept%s: %s",
                          name_of(t->pool, refused),
                          w->is_on ? "" : ", and would present it with the switch on",
                          why),
             w->is_on ? USE_ROTATE
                      : "Delete it at Cloudflare, or add what proves it to the proofs of "
                        "the zone");
    else if (!w->is_on && cfo_world_is_active(presented) &&
             (!t->choices->cert || !presented->certificate) &&
             !cfo_due_expires(t, w, presented->certificate))
        due->adopt = presented;
    else if (w->is_on && cfo_world_is_deploying(presented))
        stop(due,
             "Authenticated Origin Pulls is on, and somebody else's certificate is being "
             "deployed",
             "Wait until that has ended");
    else if (w->is_on && t->choices->cert)
        stop(due, "Authenticated Origin Pulls is on already, with another certificate",
             USE_ROTATE);
    else if (w->is_on)
        *due =
            (cfo_due_t){ .why = apr_psprintf(
                             t->pool,
                             "Authenticated Origin Pulls is on already, with %s, which "
                             "the origin accepts",
                             name_of(t->pool, presented)) };
}

static void find_for_hosts(cfo_target_t *t, cfo_world_t *w, cfo_due_t *due)
{
    const cfo_api_association_t *own = find_associated(w, t->wanted);
    const cfo_api_certificate_t *presented = cfo_due_presented(t, w);
    cfo_acceptance_t a;
    int i;

    due->is_due = 1;
    due->why = t->wanted->nelts == 1 ? "no certificate of its own is presented"
                                     : "no certificates of their own are presented";
    if (!own)
        return;
    due->is_due = 0;
    due->why =
        apr_psprintf(t->pool, "%s has a certificate of its own already", own->host);
    for (i = 0; i < t->wanted->nelts; i++) {
        const cfo_api_association_t *one =
            cfo_world_association(w, APR_ARRAY_IDX(t->wanted, i, const char *));

        if (!one || one->use != CFO_API_USED)
            stop(due,
                 apr_psprintf(t->pool, "%s has a certificate of its own, %s has none",
                              own->host, APR_ARRAY_IDX(t->wanted, i, const char *)),
                 "Call it for those without one only");
    }
    if (due->stop || !presented || !presented->certificate)
        return;
    a = cfo_accept(&w->ctl, w->origin, w->judged, presented->certificate, presented->pem);
    if (a.trust != CFO_TRUST_IN_FORCE)
        stop(due,
             apr_psprintf(t->pool, "%s, which the origin does not accept: %s", due->why,
                          a.why),
             USE_ROTATE);
    else if (t->choices->cert)
        stop(due, due->why, USE_ROTATE);
}

/* A given leaf that is presented already. */
static int has_given(cfo_target_t *t, const cfo_api_certificate_t *presented)
{
    cfo_issued_t given;

    return t->choices->cert && presented && presented->certificate &&
           !cfo_issued_read(t->pool, t->choices->cert, t->choices->key, &given) &&
           !strcmp(given.certificate->sha256_hex, presented->certificate->sha256_hex);
}

/* What is good for long may still be refused: a timer must not be silent about that. */
static void find_if_accepted(cfo_target_t *t, cfo_world_t *w,
                             const cfo_api_certificate_t *presented, cfo_due_t *due)
{
    cfo_acceptance_t a =
        cfo_accept(&w->ctl, w->origin, w->judged, presented->certificate, presented->pem);

    due->is_due = 0;
    due->why = apr_psprintf(t->pool, "%s is good until %s", name_of(t->pool, presented),
                            cfo_text_time(t->pool, presented->certificate->not_after));
    if (a.trust == CFO_TRUST_NONE)
        stop(due,
             apr_psprintf(t->pool, "%s, but the origin does not accept it: %s", due->why,
                          a.why),
             "Add what proves it to the proofs of the zone, or replace it with --force");
}

static void find_for_rotation(cfo_target_t *t, cfo_world_t *w, cfo_due_t *due)
{
    const cfo_api_certificate_t *presented = cfo_due_presented(t, w);

    if (t->level == CFO_API_FOR_ZONE ? !w->is_on : !presented) {
        stop(
            due,
            t->level == CFO_API_FOR_ZONE
                ? "Authenticated Origin Pulls is off for the zone, so there is nothing to "
                  "rotate"
                : "it has no certificate of its own, so there is nothing to rotate",
            t->level == CFO_API_FOR_ZONE ? "Switch it on: cf-originctl edge enable"
                                         : "Rotate the zone's, or give it one: "
                                           "cf-originctl edge hostname enable");
        return;
    }
    due->is_due = 1;
    due->why = "nothing is presented";
    if (!presented)
        return;
    due->why = cfo_due_expires(t, w, presented->certificate);
    if (has_given(t, presented)) {
        due->is_due = 0;
        due->why = "the certificate is presented already";
    }
    else if (!due->why && t->choices->is_forced) {
        due->why = "--force";
    }
    else if (!due->why) {
        find_if_accepted(t, w, presented, due);
    }
    if (due->is_due && t->level == CFO_API_FOR_ZONE && find_deploying(w))
        stop(due, "somebody else's certificate is being deployed",
             "Wait until that has ended");
}

cfo_due_t cfo_due_find(cfo_target_t *t, cfo_world_t *w)
{
    cfo_due_t due = { 0 };

    if (!strcmp(t->verb, "rotate"))
        find_for_rotation(t, w, &due);
    else if (t->level == CFO_API_FOR_ZONE)
        find_for_zone(t, w, &due);
    else
        find_for_hosts(t, w, &due);
    if (due.is_due && !due.stop && !w->origin->running->nelts)
        stop(&due, "nothing tells what the running origin accepts and has seen",
             "Give --origin-status, or read the dump of httpd instead of a folder");
    if (due.is_due && !due.stop && !cfo_world_presents(w))
        stop(&due,
             apr_psprintf(t->pool,
                          "the SSL mode of the zone is %s, in which Cloudflare "
                          "presents no certificate",
                          cfo_ctl_shown(t->pool, w->ssl_mode)),
             "Set it to Full or Full (strict)");
    return due;
}
