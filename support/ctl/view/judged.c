/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge status: whether the origin accepts what Cloudflare presents. */
#include "ctl/view/judged.h"

#include <stdlib.h>
#include <string.h>

#include "apr_hash.h"
#include "apr_strings.h"

#include "ctl/origin/lookup.h"

const char *const cfo_judgements[CFO_JUDGED_COUNT] = {
    [CFO_JUDGED_ACCEPTED] = "accepted",
    [CFO_JUDGED_REFUSED] = "refused",
    [CFO_JUDGED_NOTHING] = "nothing presented",
    [CFO_JUDGED_UNKNOWN] = "unknown",
    [CFO_JUDGED_ELSEWHERE] = "not at this origin",
};

typedef struct {
    cfo_ctl_t *ctl;
    const cfo_look_t *look;
    const cfo_origin_t *origin;
    const cfo_judged_at_t *at;
    apr_hash_t *groups; /* by what decides the answer */
} judging_t;

static void give_up(cfo_judged_t *judged, cfo_judgement_t judgement, const char *why,
                    const char *remedy)
{
    judged->judgement = judgement;
    judged->words.why = why;
    judged->words.advice = remedy;
}

/* An anchor may expire before the leaf that it proves. */
static void look_ahead(cfo_ctl_t *ctl, const cfo_origin_t *origin, const char *host,
                       const cfo_judged_at_t *at, cfo_judged_t *judged,
                       const cfo_api_certificate_t *one)
{
    int days[2], i;

    days[0] = at->critical;
    days[1] = at->warn;
    for (i = 0; i < 2; i++) {
        apr_time_t then = at->now + apr_time_from_sec((apr_int64_t)days[i] * 86400);
        cfo_origin_answer_t answer;

        if (one->certificate->not_after < then || (judged->ends && judged->ends <= then))
            return;
        answer = cfo_origin_accepts(ctl, origin, host, one->certificate, one->pem, then);
        if (answer.reason != CFO_REASON_VERIFIED) {
            judged->ends = then;
            judged->end_words = answer.words;
            return;
        }
    }
}

static void take(cfo_judged_t *judged, const cfo_origin_answer_t *answer)
{
    judged->reason = answer->reason;
    judged->words = answer->words;
    judged->zone = answer->zone;
    judged->judgement =
        answer->reason == CFO_REASON_VERIFIED ? CFO_JUDGED_ACCEPTED : CFO_JUDGED_REFUSED;
    if (!answer->zone)
        judged->judgement = CFO_JUDGED_ELSEWHERE;
}

static void judge_one(cfo_ctl_t *ctl, const cfo_origin_t *origin, const char *host,
                      const cfo_judged_at_t *at, cfo_judged_t *judged,
                      const cfo_api_certificate_t *one)
{
    cfo_origin_answer_t answer;

    if (!one->certificate) {
        give_up(judged, CFO_JUDGED_UNKNOWN,
                apr_pstrcat(ctl->pool, "the certificate at Cloudflare cannot be read: ",
                            one->invalid, NULL),
                NULL);
        return;
    }
    answer = cfo_origin_accepts(ctl, origin, host, one->certificate, one->pem, at->now);
    take(judged, &answer);
    if (judged->judgement == CFO_JUDGED_ACCEPTED)
        look_ahead(ctl, origin, host, at, judged, one);
    else if (judged->judgement == CFO_JUDGED_REFUSED)
        judged->refused = one;
}

/* Each of the certificates may be presented, so each must be accepted. */
static void judge_own(const judging_t *j, const char *host, cfo_judged_t *judged)
{
    const apr_array_header_t *certificates = judged->presented->certificates;
    int i;

    for (i = 0; i < certificates->nelts; i++) {
        judge_one(j->ctl, j->origin, host, j->at, judged,
                  APR_ARRAY_IDX(certificates, i, const cfo_api_certificate_t *));
        if (judged->judgement != CFO_JUDGED_ACCEPTED)
            return;
    }
}

static void judge_shared(const judging_t *j, const char *host, cfo_judged_t *judged)
{
    cfo_origin_answer_t answer = cfo_origin_accepts_shared(j->ctl, j->origin, host);

    take(judged, &answer);
}

static void judge(const judging_t *j, const char *host, cfo_judged_t *judged)
{
    const cfo_presented_t *presented = judged->presented;

    if (j->origin && !judged->zone)
        give_up(judged, CFO_JUDGED_ELSEWHERE, "no zone of this origin covers it", NULL);
    else if (presented->what == CFO_PRESENTS_UNKNOWN)
        give_up(judged, CFO_JUDGED_UNKNOWN, presented->why, presented->remedy);
    else if (!j->origin)
        give_up(judged, CFO_JUDGED_UNKNOWN, "what this origin accepts could not be read",
                NULL);
    else if (presented->what == CFO_PRESENTS_NOTHING)
        give_up(judged, CFO_JUDGED_NOTHING, presented->why, presented->remedy);
    else if (presented->what == CFO_PRESENTS_SHARED)
        judge_shared(j, host, judged);
    else
        judge_own(j, host, judged);
}

/* The strictest policy decides what a refusal costs. A folder does not tell. */
static int strictness(cfo_origin_policy_t policy)
{
    static const int ranks[] = {
        [CFO_ORIGIN_OFF] = 0,
        [CFO_ORIGIN_AUDIT] = 1,
        [CFO_ORIGIN_ON] = 3,
        [CFO_ORIGIN_POLICY_UNKNOWN] = 2,
    };

    return ranks[policy];
}

/* A name of a kind: any host below. */
static const char *sample(apr_pool_t *p, const char *name)
{
    return strncmp(name, "*.", 2) ? name : apr_pstrcat(p, "any-name", name + 1, NULL);
}

static const cfo_presented_t *keep(const judging_t *j, cfo_presented_t presented)
{
    return apr_pmemdup(j->ctl->pool, &presented, sizeof presented);
}

/* A zone of the origin by what it accepts: virtual hosts may have one each, with the same
 * files. */
static const char *key_of_zone(apr_pool_t *p, const cfo_origin_zone_t *zone)
{
    const char *key = apr_psprintf(p, "\n%s %d %s", zone->name, zone->policy,
                                   zone->shut ? zone->shut : "");
    int i;

    for (i = 0; i < zone->sources->nelts; i++)
        key =
            apr_pstrcat(p, key, "\n ",
                        APR_ARRAY_IDX(zone->sources, i, cfo_ctl_proof_file_t).name, NULL);
    return key;
}

/* What decides the answer: what is presented, and the virtual hosts that serve the host
 * with their zones. */
static const char *key_of(const judging_t *j, const cfo_presented_t *presented,
                          const char *host)
{
    apr_pool_t *p = j->ctl->pool;
    const apr_array_header_t *found =
        j->origin ? cfo_origin_serving(p, j->origin, host) : NULL;
    const char *key = presented->key, *one;
    int i;

    for (i = 0; found && i < found->nelts; i++) {
        const cfo_origin_serving_t *serving =
            &APR_ARRAY_IDX(found, i, cfo_origin_serving_t);

        one = serving->zone ? key_of_zone(p, serving->zone) : "\nno zone";
        if (serving->vhost->never_asks)
            one = apr_pstrcat(p, one, "\n in ", serving->vhost->name, NULL);
        one = apr_pstrcat(p, one, "\n;", NULL);
        if (!strstr(key, one))
            key = apr_pstrcat(p, key, one, NULL);
    }
    return key;
}

static cfo_judged_t *make_group(const judging_t *j, const cfo_presented_t *presented,
                                const apr_array_header_t *zones, const char *host)
{
    cfo_judged_t *judged = apr_pcalloc(j->ctl->pool, sizeof *judged);
    int i;

    judged->presented = presented;
    judged->hosts = apr_array_make(j->ctl->pool, 4, sizeof(const cfo_look_host_t *));
    judged->words.why = "";
    judged->policy = zones && zones->nelts ? CFO_ORIGIN_OFF : CFO_ORIGIN_POLICY_UNKNOWN;
    for (i = 0; zones && i < zones->nelts; i++) {
        const cfo_origin_zone_t *zone =
            APR_ARRAY_IDX(zones, i, const cfo_origin_zone_t *);

        if (!i)
            judged->zone = zone;
        if (strictness(zone->policy) > strictness(judged->policy))
            judged->policy = zone->policy;
    }
    judge(j, host, judged);
    return judged;
}

static void add_host(const judging_t *j, const cfo_presented_t *zone,
                     const cfo_look_host_t *host)
{
    const char *name = sample(j->ctl->pool, host->name);
    const cfo_presented_t *presented =
        keep(j, cfo_presented_for(j->ctl->pool, j->look, zone, host));
    const apr_array_header_t *zones =
        j->origin ? cfo_origin_zones_for(j->ctl->pool, j->origin, name) : NULL;
    const char *key = key_of(j, presented, name);
    cfo_judged_t *group = apr_hash_get(j->groups, key, APR_HASH_KEY_STRING);

    if (!group) {
        group = make_group(j, presented, zones, name);
        apr_hash_set(j->groups, key, APR_HASH_KEY_STRING, group);
    }
    APR_ARRAY_PUSH(group->hosts, const cfo_look_host_t *) = host;
}

/* What is wrong first, and then the larger group. */
static int compare_groups(const void *one, const void *other)
{
    static const int ranks[CFO_JUDGED_COUNT] = {
        [CFO_JUDGED_REFUSED] = 0,  [CFO_JUDGED_NOTHING] = 1,   [CFO_JUDGED_UNKNOWN] = 2,
        [CFO_JUDGED_ACCEPTED] = 3, [CFO_JUDGED_ELSEWHERE] = 4,
    };
    const cfo_judged_t *a = one, *b = other;
    int difference = ranks[a->judgement] - ranks[b->judgement];

    if (!difference)
        difference = b->hosts->nelts - a->hosts->nelts;
    return difference ? difference
                      : strcmp(APR_ARRAY_IDX(a->hosts, 0, const cfo_look_host_t *)->name,
                               APR_ARRAY_IDX(b->hosts, 0, const cfo_look_host_t *)->name);
}

apr_array_header_t *cfo_judge_hosts(cfo_ctl_t *ctl, const cfo_look_t *look,
                                    const cfo_origin_t *origin, const cfo_judged_at_t *at)
{
    judging_t j = { ctl, look, origin, at, apr_hash_make(ctl->pool) };
    apr_array_header_t *groups = apr_array_make(ctl->pool, 4, sizeof(cfo_judged_t));
    cfo_presented_t zone;
    apr_hash_index_t *index;
    int i;

    if (look->errors[CFO_LOOK_ZONE])
        return groups;
    zone = cfo_presented_for_zone(ctl->pool, look);
    for (i = 0; i < look->hosts->nelts; i++) {
        const cfo_look_host_t *host = &APR_ARRAY_IDX(look->hosts, i, cfo_look_host_t);

        if (!host->is_dns_only)
            add_host(&j, &zone, host);
    }
    for (index = apr_hash_first(ctl->pool, j.groups); index; index = apr_hash_next(index))
        APR_ARRAY_PUSH(groups, cfo_judged_t) = *(cfo_judged_t *)apr_hash_this_val(index);
    qsort(groups->elts, (size_t)groups->nelts, sizeof(cfo_judged_t), compare_groups);
    return groups;
}

cfo_origin_policy_t cfo_judged_policy(const apr_array_header_t *groups)
{
    cfo_origin_policy_t policy = CFO_ORIGIN_POLICY_UNKNOWN;
    int i, is_first = 1;

    for (i = 0; i < groups->nelts; i++) {
        const cfo_judged_t *group = &APR_ARRAY_IDX(groups, i, cfo_judged_t);

        if (!group->zone)
            continue;
        if (is_first || strictness(group->policy) > strictness(policy))
            policy = group->policy;
        is_first = 0;
    }
    return policy;
}

int cfo_judged_has(const cfo_presented_t *presented,
                   const cfo_api_certificate_t *certificate)
{
    int i;

    for (i = 0; i < presented->certificates->nelts; i++) {
        if (APR_ARRAY_IDX(presented->certificates, i, const cfo_api_certificate_t *) ==
            certificate)
            return 1;
    }
    return 0;
}

cfo_judged_t cfo_judge_certificate(cfo_ctl_t *ctl, const cfo_origin_t *origin,
                                   const char *host, const cfo_judged_at_t *at,
                                   const cfo_api_certificate_t *certificate)
{
    cfo_judged_t judged = { .words.why = "" };

    judge_one(ctl, origin, host, at, &judged, certificate);
    return judged;
}
