/* SPDX-License-Identifier: Apache-2.0 */
/* Finds certificates that expire soon or have expired. */
#include "core/live/expiry.h"

#include <stdlib.h>

#include "apr_escape.h"
#include "apr_hash.h"
#include "apr_strings.h"

static const apr_interval_time_t day = APR_TIME_C(86400) * APR_USEC_PER_SEC;

int cfo_expiry_days(apr_time_t then, apr_time_t now)
{
    apr_time_t left = then - now;

    return (int)(left >= 0 ? left / day : -((-left + day - 1) / day));
}

/* A walk through the zones. */
typedef struct {
    apr_pool_t *p;
    apr_time_t now;
    apr_interval_time_t within;
    apr_array_header_t *list; /* of cfo_expiry_t * */
    apr_hash_t *known;        /* certificate -> cfo_expiry_t */
} search_t;

static int is_soon(const search_t *search, apr_time_t not_after)
{
    return not_after - search->now < search->within;
}

static void add_proof(search_t *search, const cfo_zone_t *zone, const cfo_proof_t *proof)
{
    const cfo_certificate_t *certificate = proof->certificate;
    cfo_expiry_t *expiry;

    if (!certificate || !is_soon(search, certificate->not_after))
        return;
    expiry = apr_hash_get(search->known, certificate->sha256, CFO_DIGEST_SIZE);
    if (expiry) {
        expiry->zones++;
        return;
    }
    expiry = apr_pcalloc(search->p, sizeof *expiry);
    expiry->zone = apr_pstrdup(search->p, zone->name);
    expiry->zones = 1;
    expiry->kind = proof->kind == CFO_PROOF_ANCHOR ? "anchor" : "leaf";
    expiry->subject = apr_pstrdup(search->p, certificate->subject);
    expiry->sha256 = apr_pstrdup(search->p, certificate->sha256_hex);
    expiry->source = apr_pstrdup(search->p, proof->source);
    expiry->is_shared_ca = cfo_certificate_is_shared_ca(certificate);
    expiry->not_after = certificate->not_after;
    apr_hash_set(search->known,
                 apr_pmemdup(search->p, certificate->sha256, CFO_DIGEST_SIZE),
                 CFO_DIGEST_SIZE, expiry);
    APR_ARRAY_PUSH(search->list, cfo_expiry_t *) = expiry;
}

static void add_zones(search_t *search, const cfo_zone_table_t *table)
{
    apr_array_header_t *zones = cfo_zone_table_list(search->p, table);
    int i, j;

    for (i = 0; i < zones->nelts; i++) {
        const cfo_zone_t *zone = APR_ARRAY_IDX(zones, i, cfo_zone_t *);

        for (j = 0; j < zone->proofs->nelts; j++)
            add_proof(search, zone, APR_ARRAY_IDX(zone->proofs, j, const cfo_proof_t *));
    }
}

/* A leaf that is pinned by a file is in the list already. */
static void add_leaf(search_t *search, const cfo_usage_t *leaf)
{
    cfo_expiry_t *expiry;

    if (search->now - leaf->last > 7 * day || !is_soon(search, leaf->not_after) ||
        apr_hash_get(search->known, leaf->digest, CFO_DIGEST_SIZE))
        return;
    expiry = apr_pcalloc(search->p, sizeof *expiry);
    expiry->zone = apr_pstrdup(search->p, leaf->zone);
    expiry->zones = 1;
    expiry->kind = "presented";
    expiry->subject = apr_pstrdup(search->p, leaf->subject);
    expiry->sha256 = apr_pescape_hex(search->p, leaf->digest, CFO_DIGEST_SIZE, 0);
    expiry->not_after = leaf->not_after;
    APR_ARRAY_PUSH(search->list, cfo_expiry_t *) = expiry;
}

static int by_date(const void *a, const void *b)
{
    apr_time_t first = ((const cfo_expiry_t *)a)->not_after;
    apr_time_t second = ((const cfo_expiry_t *)b)->not_after;

    return (first > second) - (first < second);
}

/* A sorted copy, of values instead of pointers. */
static apr_array_header_t *sorted(apr_pool_t *p, const apr_array_header_t *list)
{
    apr_array_header_t *values = apr_array_make(p, list->nelts, sizeof(cfo_expiry_t));
    int i;

    for (i = 0; i < list->nelts; i++)
        APR_ARRAY_PUSH(values, cfo_expiry_t) = *APR_ARRAY_IDX(list, i, cfo_expiry_t *);
    qsort(values->elts, values->nelts, values->elt_size, by_date);
    return values;
}

apr_array_header_t *cfo_expiry_list(apr_pool_t *p, const cfo_snapshot_t *snapshot,
                                    cfo_usages_t *usages, apr_time_t now,
                                    apr_interval_time_t within)
{
    search_t search = { p, now, within, apr_array_make(p, 4, sizeof(cfo_expiry_t *)),
                        apr_hash_make(p) };
    const apr_array_header_t *leaves = usages ? cfo_usages_leaves(p, usages) : NULL;
    int i;

    for (i = 0; i < snapshot->tables->nelts; i++)
        add_zones(&search, APR_ARRAY_IDX(snapshot->tables, i, cfo_zone_table_t *));
    for (i = 0; leaves && i < leaves->nelts; i++)
        add_leaf(&search, APR_ARRAY_IDX(leaves, i, const cfo_usage_t *));
    return sorted(p, search.list);
}

static int is_over(const cfo_zone_t *zone, apr_time_t now)
{
    int i;

    for (i = 0; i < zone->proofs->nelts; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(zone->proofs, i, const cfo_proof_t *);

        if (!proof->certificate || proof->certificate->not_after >= now)
            return 0;
    }
    return zone->proofs->nelts > 0;
}

apr_array_header_t *cfo_expiry_shut_zones(apr_pool_t *p, const cfo_snapshot_t *snapshot,
                                          apr_time_t now)
{
    apr_array_header_t *names = apr_array_make(p, 1, sizeof(const char *));
    int i, j;

    for (i = 0; i < snapshot->tables->nelts; i++) {
        apr_array_header_t *zones = cfo_zone_table_list(
            p, APR_ARRAY_IDX(snapshot->tables, i, cfo_zone_table_t *));

        for (j = 0; j < zones->nelts; j++) {
            const cfo_zone_t *zone = APR_ARRAY_IDX(zones, j, cfo_zone_t *);

            if (is_over(zone, now))
                APR_ARRAY_PUSH(names, const char *) = apr_pstrdup(p, zone->name);
        }
    }
    return names;
}
