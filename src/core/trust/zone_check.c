/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a certificate proves a zone. */
#include "core/trust/zone_check.h"

#include <string.h>

static void limit_to_anchor(cfo_match_t *match)
{
    const cfo_certificate_t *anchor = match->proof->certificate;

    if (match->proof->kind != CFO_PROOF_ANCHOR)
        return;
    if (anchor->not_before > match->not_before)
        match->not_before = anchor->not_before;
    if (anchor->not_after < match->not_after)
        match->not_after = anchor->not_after;
}

static const char too_many_tried[] =
    "too many CA certificates with the name of its issuer were checked on this connection, "
    "so those of this zone were not checked; this limit is reset within a minute. A "
    "certificate with an authority key identifier is checked against its own CA only";

static const char no_memory[] =
    "it could not be checked, most likely because httpd has no memory left: see the limits "
    "that httpd was started with (ulimit -a), and the memory of the host";

/* A check of a leaf against a zone. */
typedef struct {
    const cfo_zone_t *zone;
    cfo_credential_t *credential;
    cfo_usages_t *usages;
    apr_array_header_t *matches; /* of cfo_match_t */
    const char *why_partial;     /* why a proof was not checked; NULL: all were */
    const char *why;
} check_t;

static void add_match(check_t *check, const cfo_proof_t *proof)
{
    const cfo_certificate_t *leaf = check->credential->certificate;
    cfo_match_t match = { proof, leaf->not_before, leaf->not_after };
    const char *zone = check->zone->name;

    limit_to_anchor(&match);
    if (check->usages) {
        match.proof_usage = cfo_usages_record(check->usages, zone, proof, NULL);
        match.leaf_usage = cfo_usages_record(check->usages, zone, proof, leaf);
    }
    APR_ARRAY_PUSH(check->matches, cfo_match_t) = match;
}

/* Checks the leaf against the proofs of the zone. */
static void find_matches(check_t *check, apr_time_t now)
{
    cfo_credential_t *credential = check->credential;
    const apr_array_header_t *proofs = check->zone->proofs;
    int i, begun, left;

    cfo_credential_begin(credential, now);
    begun = left = credential->left_to_judge > 0 ? CFO_ZONE_CHECKS_MOST : 0;
    for (i = 0; i < proofs->nelts; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(proofs, i, const cfo_proof_t *);
        cfo_proof_result_t result;

        if (!cfo_credential_check(credential, proof, &left, &result, &check->why))
            check->why_partial = too_many_tried;
        else if (result == CFO_PROOF_UNCHECKED)
            check->why_partial = no_memory;
        else if (result == CFO_PROOF_HOLDS)
            add_match(check, proof);
    }
    credential->left_to_judge -= begun - left;
    cfo_credential_end(credential);
}

static cfo_cert_state_t state_at(const cfo_match_t *match, apr_time_t now)
{
    if (now > match->not_after)
        return CFO_CERT_EXPIRED;
    return now < match->not_before ? CFO_CERT_NOT_YET_VALID : CFO_CERT_HOLDS;
}

/* There is at least one match. One that is valid now is enough; if none is, the first one
 * is the result. */
static cfo_cert_state_t compare_dates(const cfo_match_t *matches, int count,
                                      apr_time_t now, cfo_match_t *found)
{
    int i;

    *found = matches[0];
    for (i = 0; i < count; i++) {
        if (state_at(&matches[i], now) == CFO_CERT_HOLDS) {
            *found = matches[i];
            break;
        }
    }
    return state_at(found, now);
}

/* The match cache of a zone is freed with the zone. A zone that was made before httpd
 * forked has no pool that may be used now. */
static apr_pool_t *live_pool(const cfo_zone_t *zone)
{
    return zone->shared_pool->is_permanent ? NULL : zone->shared_pool->pool;
}

/* Checks a leaf that is not in the match cache of the zone. Returns the matches; NULL if
 * there are none, and then *state and *why are the result. */
static const apr_array_header_t *find_new_matches(apr_pool_t *p,
                                                  cfo_cert_cache_t *cert_cache,
                                                  cfo_zone_t *zone,
                                                  cfo_credential_t *credential,
                                                  apr_time_t now, cfo_cert_state_t *state,
                                                  const char **why)
{
    check_t check = { .zone = zone,
                      .credential = credential,
                      .usages = cfo_cert_cache_usages(cert_cache),
                      .matches = apr_array_make(p, 2, sizeof(cfo_match_t)) };

    find_matches(&check, now);
    if (!check.matches->nelts) {
        *state = check.why ? CFO_CERT_UNSUITABLE : CFO_CERT_UNKNOWN;
        *why = check.why ? check.why : check.why_partial;
        return NULL;
    }
    if (!check.why_partial) {
        cfo_cert_cache_add(cert_cache, credential->certificate, credential->encoding,
                           credential->size);
        cfo_match_cache_add(cert_cache, live_pool(zone), &zone->match_cache,
                            credential->certificate, check.matches);
    }
    return check.matches;
}

cfo_cert_state_t cfo_zone_check(apr_pool_t *p, cfo_cert_cache_t *cert_cache,
                                cfo_zone_t *zone, cfo_credential_t *credential,
                                apr_time_t now, cfo_match_t *found, const char **why)
{
    cfo_match_t known[CFO_MATCH_CACHE_MATCHES];
    int count = cfo_match_cache_find(cert_cache, &zone->match_cache,
                                     credential->certificate, known);
    cfo_cert_state_t state = CFO_CERT_UNKNOWN;
    const apr_array_header_t *matches;

    *why = NULL;
    if (count)
        state = compare_dates(known, count, now, found);
    else {
        *found = (cfo_match_t){ NULL };
        matches = find_new_matches(p, cert_cache, zone, credential, now, &state, why);
        if (!matches)
            return state;
        state = compare_dates((const cfo_match_t *)(const void *)matches->elts,
                              matches->nelts, now, found);
    }
    if (state == CFO_CERT_HOLDS) {
        if (cfo_usage_touch(found->proof_usage, now))
            found->is_first |= CFO_FIRST_PROOF;
        if (cfo_usage_touch(found->leaf_usage, now))
            found->is_first |= CFO_FIRST_LEAF;
    }
    return state;
}
