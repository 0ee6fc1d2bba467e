/* SPDX-License-Identifier: Apache-2.0 */
/* Whether every origin accepts a certificate, by the proofs that are in force now. */
#include "ctl/change/accept.h"

#include <string.h>

#include "apr_escape.h"
#include "apr_strings.h"

#include "ctl/change/target.h"

const char *cfo_accept_sha256(apr_pool_t *p, const cfo_proof_t *proof)
{
    return proof->certificate ? proof->certificate->sha256_hex
                              : apr_pescape_hex(p, proof->digest, CFO_DIGEST_SIZE, 0);
}

int cfo_accept_each(const cfo_origin_zone_t *zone, const cfo_certificate_t *leaf,
                    int (*each)(void *baton, const cfo_ctl_proof_file_t *source,
                                const cfo_proof_t *proof),
                    void *baton)
{
    int i, j, result = 0;

    for (i = 0; i < zone->sources->nelts; i++) {
        const cfo_ctl_proof_file_t *source =
            &APR_ARRAY_IDX(zone->sources, i, cfo_ctl_proof_file_t);

        for (j = 0; source->proofs && !result && j < source->proofs->nelts; j++) {
            const cfo_proof_t *proof =
                APR_ARRAY_IDX(source->proofs, j, const cfo_proof_t *);

            if (cfo_proof_check(proof, leaf, NULL) == CFO_PROOF_HOLDS)
                result = each(baton, source, proof);
        }
    }
    return result;
}

typedef struct {
    apr_pool_t *p;
    const cfo_origin_t *origin;
    const char *zone, *host;
    apr_time_t now;
    const char *why; /* of the last proof that is not in force */
} force_t;

/* An expired CA is in force, but proves nothing. */
static int is_in_force(void *baton, const cfo_ctl_proof_file_t *source,
                       const cfo_proof_t *proof)
{
    force_t *f = baton;
    const char *sha256;

    (void)source;
    if (cfo_proof_unfit_at(proof, f->now))
        return 0;
    sha256 = cfo_accept_sha256(f->p, proof);
    f->why = cfo_origin_in_force(f->p, f->origin, f->zone, sha256);
    if (!f->why)
        f->why = cfo_origin_in_force_elsewhere(f->p, f->origin, f->host, sha256);
    return !f->why;
}

/* Why a zone entry of the files is not in force for this leaf; NULL: it is. */
static const char *not_in_force(apr_pool_t *p, const cfo_origin_t *origin,
                                const cfo_origin_zone_t *zone, const char *host,
                                const cfo_certificate_t *leaf, apr_time_t now)
{
    force_t f = { p, origin, zone->name, host, now, "no proof of the zone holds for it" };

    return cfo_accept_each(zone, leaf, is_in_force, &f) ? NULL : f.why;
}

static void refuse(cfo_acceptance_t *a, cfo_trust_t trust, const char *why,
                   const char *remedy)
{
    if (trust >= a->trust && a->why)
        return;
    a->trust = trust < a->trust ? trust : a->trust;
    a->why = why;
    a->remedy = remedy;
}

/* Every zone entry that covers a host must accept the leaf, and be in force. */
static void ask_host(cfo_ctl_t *ctl, const cfo_origin_t *origin, const char *host,
                     const cfo_certificate_t *leaf, const char *pem, cfo_acceptance_t *a)
{
    apr_array_header_t *zones = cfo_origin_zones_for(ctl->pool, origin, host);
    apr_time_t now = apr_time_now();
    cfo_origin_answer_t answer;
    int i;

    if (!zones || !zones->nelts)
        return;
    a->covered++;
    answer = cfo_origin_accepts(ctl, origin, host, leaf, pem, now);
    if (answer.reason != CFO_REASON_VERIFIED)
        refuse(a, CFO_TRUST_NONE,
               apr_psprintf(ctl->pool, "for %s: %s", host, answer.words.why),
               answer.words.advice);
    for (i = 0; i < zones->nelts; i++) {
        const cfo_origin_zone_t *zone =
            APR_ARRAY_IDX(zones, i, const cfo_origin_zone_t *);
        const char *why = not_in_force(ctl->pool, origin, zone, host, leaf, now);

        if (why)
            refuse(a, CFO_TRUST_IN_FILE, apr_psprintf(ctl->pool, "for %s: %s", host, why),
                   NULL);
    }
}

static int says_yes(void *baton, const cfo_ctl_proof_file_t *source,
                    const cfo_proof_t *proof)
{
    (void)source;
    return !cfo_proof_unfit_at(proof, *(const apr_time_t *)baton);
}

static void list_lacking(cfo_ctl_t *ctl, const cfo_origin_t *origin, const char *host,
                         const cfo_certificate_t *leaf, cfo_acceptance_t *a)
{
    apr_array_header_t *zones = cfo_origin_zones_for(ctl->pool, origin, host);
    apr_time_t now = apr_time_now();
    int i;

    for (i = 0; zones && i < zones->nelts; i++) {
        const cfo_origin_zone_t *zone =
            APR_ARRAY_IDX(zones, i, const cfo_origin_zone_t *);

        if (!cfo_accept_each(zone, leaf, says_yes, &now) &&
            !cfo_target_has_name(a->lacking, zone->name))
            APR_ARRAY_PUSH(a->lacking, const char *) = zone->name;
    }
}

cfo_acceptance_t cfo_accept(cfo_ctl_t *ctl, const cfo_origin_t *origin,
                            const apr_array_header_t *hosts,
                            const cfo_certificate_t *leaf, const char *pem)
{
    cfo_acceptance_t a = { CFO_TRUST_IN_FORCE, NULL, NULL,
                           apr_array_make(ctl->pool, 2, sizeof(const char *)), 0 };
    int i;

    for (i = 0; i < hosts->nelts; i++) {
        const char *host = APR_ARRAY_IDX(hosts, i, const char *);

        ask_host(ctl, origin, host, leaf, pem, &a);
        list_lacking(ctl, origin, host, leaf, &a);
    }
    if (!a.covered)
        refuse(&a, CFO_TRUST_NONE, "no zone of the origin's configuration covers it",
               NULL);
    return a;
}
