/* SPDX-License-Identifier: Apache-2.0 */
/* What is presented for a host when its own certificate, or a switch, is taken away. */
#include "ctl/change/fallback.h"

#include "apr_strings.h"

#include "ctl/change/accept.h"

const char *cfo_fallback_unaccepted(
    cfo_target_t *t, cfo_world_t *w, const apr_array_header_t *certificates,
    const apr_array_header_t *hosts,
    int (*skip)(const cfo_target_t *t, const cfo_api_certificate_t *one), int *active)
{
    int i;

    *active = 0;
    for (i = 0; i < certificates->nelts; i++) {
        const cfo_api_certificate_t *one =
            &APR_ARRAY_IDX(certificates, i, cfo_api_certificate_t);
        cfo_acceptance_t a;

        if (!cfo_world_may_be_presented(one) || (skip && skip(t, one)))
            continue;
        *active += cfo_world_is_active(one);
        if (!one->certificate)
            return apr_psprintf(w->ctl.pool, "the certificate %s cannot be read",
                                one->id);
        a = cfo_accept(&w->ctl, w->origin, hosts, one->certificate, one->pem);
        if (a.trust != CFO_TRUST_IN_FORCE)
            return apr_psprintf(
                w->ctl.pool, "the origin does not accept %s: %s",
                cfo_target_short(w->ctl.pool, one->certificate->sha256_hex), a.why);
    }
    return NULL;
}

const char *cfo_fallback_nothing(cfo_world_t *w, const apr_array_header_t *hosts)
{
    const char *refusing = cfo_world_refusing(w, hosts);

    return refusing ? apr_pstrcat(w->ctl.pool, "no certificate would be presented, and ",
                                  refusing, NULL)
                    : NULL;
}

/* Whether all of the origin's zones take Cloudflare's shared certificate. */
static int is_shared_accepted(cfo_world_t *w, const apr_array_header_t *hosts)
{
    int i;

    for (i = 0; i < hosts->nelts; i++) {
        const char *host = APR_ARRAY_IDX(hosts, i, const char *);
        cfo_origin_answer_t answer;

        if (!cfo_origin_zones_for(w->ctl.pool, w->origin, host)->nelts)
            continue;
        answer = cfo_origin_accepts_shared(&w->ctl, w->origin, host);
        if (answer.reason != CFO_REASON_VERIFIED)
            return 0;
    }
    return 1;
}

static const char *refused_shared(cfo_target_t *t, cfo_world_t *w,
                                  const apr_array_header_t *hosts)
{
    const char *refusing = cfo_world_refusing(w, hosts);
    const cfo_api_error_t *error;
    int is_global;

    if (!refusing)
        return NULL;
    error = cfo_api_switch_get(t->edge->api, w->ctl.pool, t->zone.id, CFO_API_GLOBAL,
                               &is_global);
    if (error)
        return error->reason;
    if (!is_global)
        return cfo_fallback_nothing(w, hosts);
    return is_shared_accepted(w, hosts)
               ? NULL
               : apr_pstrcat(w->ctl.pool,
                             "Cloudflare's shared certificate would be presented, which "
                             "the origin does not accept, and ",
                             refusing, NULL);
}

const char *cfo_fallback_refused(cfo_target_t *t, cfo_world_t *w,
                                 const apr_array_header_t *hosts, int is_zone)
{
    const apr_array_header_t *all =
        t->level == CFO_API_FOR_ZONE ? w->certificates : w->others;
    const char *refusing = cfo_world_refusing(w, hosts), *why;
    int active = 0;

    if (!is_zone || !w->is_on)
        return refused_shared(t, w, hosts);
    why = cfo_fallback_unaccepted(t, w, all, hosts, NULL, &active);
    if (!active && !why)
        return refused_shared(t, w, hosts);
    return why && refusing ? apr_pstrcat(w->ctl.pool, why, ", and ", refusing, NULL)
                           : NULL;
}
