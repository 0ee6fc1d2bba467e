/* SPDX-License-Identifier: Apache-2.0 */
/* Zones by name, and whether a certificate proves one. */
#include "zones.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "apr_hash.h"
#include "apr_strings.h"

struct cfo_zone_table_t {
    apr_pool_t *pool;
    apr_hash_t *by_name;    /* name -> cfo_zone_t */
    apr_hash_t *by_subject; /* hash of an anchor's subject -> array of candidate_t */
    apr_hash_t *by_digest;  /* digest of a pinned leaf or key -> array of candidate_t */
    int labels;             /* of the longest name; longer hosts need not be looked up */
};

typedef struct {
    const cfo_zone_t *zone;
    const cfo_proof_t *proof;
} candidate_t;

cfo_zone_t *cfo_zone_create(cfo_batch_t *batch, const char *name)
{
    cfo_zone_t *zone = apr_pcalloc(batch->pool, sizeof *zone);

    zone->name = apr_pstrdup(batch->pool, name);
    zone->proofs = apr_array_make(batch->pool, 2, sizeof(cfo_proof_t *));
    zone->contents = apr_array_make(batch->pool, 1, sizeof(cfo_content_t *));
    zone->batch = cfo_batch_hold(batch);
    zone->uses = 1;
    return zone;
}

void cfo_zone_add_content(cfo_zone_t *zone, cfo_content_t *content)
{
    APR_ARRAY_PUSH(zone->contents, cfo_content_t *) = cfo_content_hold(content);
    apr_array_cat(zone->proofs, content->items);
}

cfo_zone_t *cfo_zone_hold(cfo_zone_t *zone)
{
    zone->uses++;
    return zone;
}

void cfo_zone_release(cfo_zone_t *zone)
{
    int i;

    if (--zone->uses)
        return;
    for (i = 0; i < zone->contents->nelts; i++)
        cfo_content_release(APR_ARRAY_IDX(zone->contents, i, cfo_content_t *));
    cfo_batch_release(zone->batch);
}

cfo_zone_table_t *cfo_zone_table_create(apr_pool_t *p)
{
    cfo_zone_table_t *table = apr_pcalloc(p, sizeof *table);

    table->pool = p;
    table->by_name = apr_hash_make(p);
    table->by_subject = apr_hash_make(p);
    table->by_digest = apr_hash_make(p);
    return table;
}

static int count_labels(const char *name)
{
    int labels = 1;

    while ((name = strchr(name, '.')) != NULL) {
        name++;
        labels++;
    }
    return labels;
}

/* Under a key that a leaf leads to: an anchor under its subject (as a hash; equal hashes
 * of different names only cost a look), a pin under its digest. */
static void add_candidate(cfo_zone_table_t *table, const cfo_zone_t *zone,
                          const cfo_proof_t *proof)
{
    int is_anchor = proof->kind == CFO_PROOF_ANCHOR;
    apr_hash_t *index = is_anchor ? table->by_subject : table->by_digest;
    apr_ssize_t size = is_anchor ? (apr_ssize_t)sizeof(unsigned long) : CFO_DIGEST_SIZE;
    const void *key = is_anchor ? (const void *)&proof->subject_hash : proof->digest;
    apr_array_header_t *candidates = apr_hash_get(index, key, size);

    if (!candidates) {
        candidates = apr_array_make(table->pool, 1, sizeof(candidate_t));
        apr_hash_set(index, key, size, candidates);
    }
    APR_ARRAY_PUSH(candidates, candidate_t) = (candidate_t){ zone, proof };
}

void cfo_zone_table_put(cfo_zone_table_t *table, cfo_zone_t *zone)
{
    int labels = count_labels(zone->name), i;

    apr_hash_set(table->by_name, zone->name, APR_HASH_KEY_STRING, zone);
    if (labels > table->labels)
        table->labels = labels;
    for (i = 0; i < zone->proofs->nelts; i++)
        add_candidate(table, zone, APR_ARRAY_IDX(zone->proofs, i, const cfo_proof_t *));
}

void cfo_zone_table_release(cfo_zone_table_t *table)
{
    apr_hash_index_t *i;

    for (i = apr_hash_first(NULL, table->by_name); i; i = apr_hash_next(i))
        cfo_zone_release(apr_hash_this_val(i));
}

cfo_zone_t *cfo_zone_table_get(const cfo_zone_table_t *table, const char *name)
{
    return apr_hash_get(table->by_name, name, APR_HASH_KEY_STRING);
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(cfo_zone_t *const *)a)->name, (*(cfo_zone_t *const *)b)->name);
}

apr_array_header_t *cfo_zone_table_list(apr_pool_t *p, const cfo_zone_table_t *table)
{
    apr_array_header_t *list =
        apr_array_make(p, apr_hash_count(table->by_name), sizeof(cfo_zone_t *));
    apr_hash_index_t *i;

    for (i = apr_hash_first(p, table->by_name); i; i = apr_hash_next(i))
        APR_ARRAY_PUSH(list, cfo_zone_t *) = apr_hash_this_val(i);
    qsort(list->elts, list->nelts, list->elt_size, by_name);
    return list;
}

static cfo_zone_t *find_exact(cfo_zone_table_t *const *tables, int count,
                              const char *name, int labels)
{
    cfo_zone_t *zone = NULL;
    int i;

    for (i = 0; !zone && i < count; i++) {
        if (labels <= tables[i]->labels)
            zone = cfo_zone_table_get(tables[i], name);
    }
    return zone;
}

cfo_zone_t *cfo_zones_find(cfo_zone_table_t *const *tables, int count, const char *host)
{
    const char *name = host;
    int labels = count_labels(host);
    cfo_zone_t *zone;

    for (;; labels--) {
        zone = find_exact(tables, count, name, labels);
        name = strchr(name, '.');
        if (zone || !name)
            break;
        name++;
    }
    return zone ? zone : find_exact(tables, count, "*", 1);
}

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

/* Holds the leaf against every proof of the zone. */
static apr_array_header_t *find_matches(apr_pool_t *p, cfo_sightings_t *sightings,
                                        const cfo_zone_t *zone,
                                        const cfo_certificate_t *leaf, const char **why)
{
    apr_array_header_t *matches = apr_array_make(p, 2, sizeof(cfo_match_t));
    int i;

    for (i = 0; i < zone->proofs->nelts; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(zone->proofs, i, const cfo_proof_t *);
        cfo_match_t match = { proof, leaf->not_before, leaf->not_after, NULL, NULL, 0 };

        if (cfo_proof_check(proof, leaf, why) != CFO_PROOF_HOLDS)
            continue;
        limit_to_anchor(&match);
        if (sightings) {
            match.proof_seen = cfo_sightings_record(sightings, zone->name, proof, NULL);
            match.leaf_seen = cfo_sightings_record(sightings, zone->name, proof, leaf);
        }
        APR_ARRAY_PUSH(matches, cfo_match_t) = match;
    }
    return matches;
}

static cfo_cert_state_t state_at(const cfo_match_t *match, apr_time_t now)
{
    if (now > match->not_after)
        return CFO_CERT_EXPIRED;
    return now < match->not_before ? CFO_CERT_NOT_YET_VALID : CFO_CERT_HOLDS;
}

/* At least one match. Any that is valid now will do; where none is, the first speaks. */
static cfo_cert_state_t compare_dates(const apr_array_header_t *matches, apr_time_t now,
                                      cfo_match_t *found)
{
    int i;

    *found = APR_ARRAY_IDX(matches, 0, cfo_match_t);
    for (i = 0; i < matches->nelts; i++) {
        const cfo_match_t *match = &APR_ARRAY_IDX(matches, i, cfo_match_t);

        if (state_at(match, now) == CFO_CERT_HOLDS) {
            *found = *match;
            break;
        }
    }
    return state_at(found, now);
}

/* What a zone has recognised goes with the zone. One from before httpd forked has no pool
 * that may be used now. */
static apr_pool_t *live_pool(const cfo_zone_t *zone)
{
    return zone->batch->is_permanent ? NULL : zone->batch->pool;
}

cfo_cert_state_t cfo_zone_check(apr_pool_t *p, cfo_recognition_t *recognition,
                                cfo_zone_t *zone, const cfo_certificate_t *leaf,
                                const char *pem, apr_time_t now, cfo_match_t *match,
                                const char **why)
{
    const apr_array_header_t *matches = cfo_recognised_find(&zone->recognised, leaf);
    cfo_cert_state_t state;

    *match = (cfo_match_t){ NULL, 0, 0, NULL, NULL, 0 };
    *why = NULL;
    if (!matches) {
        matches =
            find_matches(p, cfo_recognition_sightings(recognition), zone, leaf, why);
        if (!matches->nelts)
            return *why ? CFO_CERT_UNSUITABLE : CFO_CERT_UNKNOWN;
        cfo_recognition_add(recognition, pem, strlen(pem));
        cfo_recognised_add(recognition, live_pool(zone), &zone->recognised, leaf,
                           matches);
        *why = NULL;
    }
    state = compare_dates(matches, now, match);
    if (state == CFO_CERT_HOLDS) {
        match->is_first = cfo_sighting_touch(match->proof_seen, now);
        cfo_sighting_touch(match->leaf_seen, now);
    }
    return state;
}

static int proves_now(const cfo_proof_t *proof, const cfo_certificate_t *leaf,
                      apr_time_t now)
{
    cfo_match_t match = { proof, leaf->not_before, leaf->not_after, NULL, NULL, 0 };

    limit_to_anchor(&match);
    return now >= match.not_before && now <= match.not_after &&
           cfo_proof_check(proof, leaf, NULL) == CFO_PROOF_HOLDS;
}

/* A search for the zone that a leaf proves. */
typedef struct {
    cfo_zone_table_t *const *tables;
    int count;
    const cfo_certificate_t *leaf;
    apr_time_t now; /* 0: dates and kind of the leaf do not matter */
    const cfo_zone_t *except;
    int left; /* proofs that may still be tried */
} search_t;

static int fits(const search_t *s, const cfo_proof_t *proof)
{
    return s->now ? proves_now(proof, s->leaf, s->now)
                  : cfo_proof_check(proof, s->leaf, NULL) != CFO_PROOF_OTHER;
}

static const cfo_zone_t *search(search_t *s, const apr_array_header_t *candidates)
{
    int i;

    for (i = 0; candidates && i < candidates->nelts && s->left > 0; i++) {
        const candidate_t *candidate = &APR_ARRAY_IDX(candidates, i, candidate_t);
        const char *name = candidate->zone->name;

        /* Neither the zone itself nor one that an earlier table replaces. */
        if (candidate->zone == s->except ||
            candidate->zone != find_exact(s->tables, s->count, name, count_labels(name)))
            continue;
        s->left--;
        if (fits(s, candidate->proof))
            return candidate->zone;
    }
    return NULL;
}

static const cfo_zone_t *search_all(search_t *s)
{
    const cfo_certificate_t *leaf = s->leaf;
    const cfo_zone_t *zone = NULL;
    unsigned long issuer;
    int i;

    ERR_set_mark();
    issuer = X509_issuer_name_hash(leaf->x509);
    ERR_pop_to_mark();
    for (i = 0; i < s->count && !zone; i++) {
        const cfo_zone_table_t *table = s->tables[i];
        apr_hash_t *pins = table->by_digest;

        zone = search(s, apr_hash_get(pins, leaf->sha256, CFO_DIGEST_SIZE));
        if (!zone)
            zone = search(s, apr_hash_get(pins, leaf->spki_sha256, CFO_DIGEST_SIZE));
        if (!zone)
            zone = search(s, apr_hash_get(table->by_subject, &issuer, sizeof issuer));
    }
    return zone;
}

const cfo_zone_t *cfo_zones_proved_by(cfo_zone_table_t *const *tables, int count,
                                      const cfo_certificate_t *leaf, apr_time_t now,
                                      const cfo_zone_t *except)
{
    search_t s = { tables, count, leaf, now, except, CFO_ZONE_CANDIDATES };

    return search_all(&s);
}

const cfo_zone_t *cfo_zones_meant_by(cfo_zone_table_t *const *tables, int count,
                                     const cfo_certificate_t *leaf)
{
    search_t s = { tables, count, leaf, 0, NULL, CFO_ZONE_CANDIDATES };

    return search_all(&s);
}
