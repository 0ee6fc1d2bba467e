/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the origin accepts a certificate for a host. */
#include <string.h>

#include "apr_strings.h"

#include "ctl/command/judge.h"
#include "ctl/origin/lookup.h"

typedef struct {
    cfo_ctl_t *ctl;
    const char *host;
    const cfo_certificate_t *leaf; /* NULL: Cloudflare's shared certificate */
    const char *pem;
    apr_time_t at;
} question_t;

static cfo_origin_answer_t refuse(const cfo_origin_zone_t *zone, cfo_reason_t reason,
                                  const char *why, const char *advice)
{
    return (cfo_origin_answer_t){ reason, zone, { why, advice } };
}

/* The proofs in all files prove it, whatever the names of the files. */
static cfo_origin_answer_t judge(const question_t *question,
                                 const cfo_origin_zone_t *zone)
{
    apr_pool_t *p = question->ctl->pool;
    cfo_ctl_case_t c = { .pool = p, .leaf = question->leaf, .at = question->at };
    cfo_origin_answer_t answer = { .zone = zone };

    c.sources = zone->sources;
    c.chain = apr_array_make(p, 1, sizeof(cfo_certificate_t *));
    answer.reason = cfo_ctl_judge(&c, question->pem);
    answer.words = cfo_ctl_explain(&c);
    return answer;
}

static int has_shared_ca(const cfo_origin_zone_t *zone)
{
    int i, j;

    for (i = 0; i < zone->sources->nelts; i++) {
        const apr_array_header_t *proofs =
            APR_ARRAY_IDX(zone->sources, i, cfo_ctl_proof_file_t).proofs;

        for (j = 0; j < proofs->nelts; j++) {
            const cfo_proof_t *proof = APR_ARRAY_IDX(proofs, j, const cfo_proof_t *);

            if (proof->kind == CFO_PROOF_ANCHOR &&
                cfo_certificate_is_shared_ca(proof->certificate))
                return 1;
        }
    }
    return 0;
}

static cfo_origin_answer_t judge_shared(const cfo_origin_zone_t *zone)
{
    if (has_shared_ca(zone))
        return refuse(zone, CFO_REASON_VERIFIED,
                      "Cloudflare's shared CA is a proof of the zone, which every "
                      "customer of Cloudflare can use",
                      NULL);
    return refuse(zone, CFO_REASON_CERT_UNKNOWN,
                  "Cloudflare's shared CA is no proof of the zone",
                  "upload a certificate of your own CA, and switch Authenticated Origin "
                  "Pulls of the zone on (cf-originctl edge enable)");
}

static cfo_origin_answer_t ask(const question_t *question, const cfo_origin_zone_t *zone)
{
    if (zone->shut)
        return refuse(zone, CFO_REASON_CERT_UNKNOWN,
                      apr_psprintf(question->ctl->pool, "nothing proves the zone %s: %s",
                                   zone->name, zone->shut),
                      "correct the file");
    return question->leaf ? judge(question, zone) : judge_shared(zone);
}

/* The virtual host cannot get a certificate. */
static cfo_origin_answer_t refuse_all(apr_pool_t *p, const cfo_origin_serving_t *serving)
{
    const char *name = cfo_ctl_shown(p, serving->vhost->name);

    if (!serving->vhost->has_tls)
        return refuse(serving->zone, CFO_REASON_NOT_TLS,
                      apr_psprintf(p, "its virtual host %s has no TLS", name),
                      "set SSLEngine On there");
    return refuse(serving->zone, CFO_REASON_CERT_MISSING,
                  apr_psprintf(p,
                               "its virtual host %s never asks for a certificate "
                               "(SSLVerifyClient is none)",
                               name),
                  "add SSLVerifyClient optional_no_ca and SSLVerifyDepth 3 there");
}

static cfo_origin_answer_t ask_one(const question_t *question,
                                   const cfo_origin_serving_t *serving)
{
    apr_pool_t *p = question->ctl->pool;
    const char *host = cfo_ctl_shown(p, question->host);

    if (serving->zone && serving->vhost->never_asks)
        return refuse_all(p, serving);
    if (serving->zone)
        return ask(question, serving->zone);
    return refuse(
        NULL, CFO_REASON_ZONE_UNKNOWN,
        apr_psprintf(p, "no zone of the virtual host %s, which serves it, covers %s",
                     cfo_ctl_shown(p, serving->vhost->name), host),
        apr_psprintf(p,
                     "add a CFOriginPullZone for it there, or %s as ServerAlias "
                     "to the virtual host that is meant to serve it",
                     host));
}

/* The refusal where the policy is the highest, or else an acceptance. */
static cfo_origin_answer_t ask_all(const question_t *question, const cfo_origin_t *origin)
{
    const apr_array_header_t *found =
        cfo_origin_serving(question->ctl->pool, origin, question->host);
    cfo_origin_policy_t policy = CFO_ORIGIN_OFF;
    cfo_origin_answer_t answer = { .zone = NULL };
    int i;

    for (i = 0; i < found->nelts; i++) {
        const cfo_origin_serving_t *serving =
            &APR_ARRAY_IDX(found, i, cfo_origin_serving_t);
        cfo_origin_answer_t other = ask_one(question, serving);

        if (i &&
            (other.reason == CFO_REASON_VERIFIED ||
             (answer.reason != CFO_REASON_VERIFIED && serving->vhost->policy <= policy)))
            continue;
        answer = other;
        policy = serving->vhost->policy;
    }
    if (found->nelts)
        return answer;
    return refuse(NULL, CFO_REASON_ZONE_UNKNOWN,
                  apr_psprintf(question->ctl->pool, "no zone of the origin covers %s",
                               cfo_ctl_shown(question->ctl->pool, question->host)),
                  "add a CFOriginPullZone for it");
}

cfo_origin_answer_t cfo_origin_accepts(cfo_ctl_t *ctl, const cfo_origin_t *origin,
                                       const char *host, const cfo_certificate_t *leaf,
                                       const char *pem, apr_time_t at)
{
    const question_t question = { ctl, host, leaf, pem, at };

    return ask_all(&question, origin);
}

cfo_origin_answer_t cfo_origin_accepts_shared(cfo_ctl_t *ctl, const cfo_origin_t *origin,
                                              const char *host)
{
    const question_t question = { ctl, host, NULL, NULL, 0 };

    return ask_all(&question, origin);
}
