/* SPDX-License-Identifier: Apache-2.0 */
/* Zones by name, and which of them a certificate proves. */
#include "core/trust/zones.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "apr_hash.h"
#include "apr_strings.h"

struct cfo_zone_table_t {
    apr_pool_t *pool;
    apr_hash_t *by_name;   /* name -> cfo_zone_t */
    apr_hash_t *by_issuer; /* issuer_t of the leaves that an anchor issues -> array of
                              anchor_t * */
    apr_hash_t *by_anchor; /* SHA-256 of an anchor -> anchor_t */
    apr_hash_t *by_digest; /* digest of a pinned leaf or key -> array of pin_t */
    int labels;            /* the most labels of any name, ... */
    size_t length;         /* ... and the longest name; longer hosts need no look-up */
};

/* An anchor, in one or more files, and the zones that have it. */
typedef struct {
    const cfo_proof_t *proof;
    apr_array_header_t *zones; /* of const cfo_zone_t * */
} anchor_t;

typedef struct {
    const cfo_zone_t *zone;
    const cfo_proof_t *proof;
} pin_t;

/* The issuer as leaves name it: issuer name and key identifier, or the first part of it.
 * If two anchors have the same, it only costs time. */
enum { NO_ID = -1, ANY_ID = -2 };

typedef struct {
    unsigned long name;  /* hash */
    cfo_key_id_t key_id; /* length NO_ID: the anchor has none; ANY_ID: the leaf names none
                          */
} issuer_t;

/* The most proofs that a search looks at. */
enum { LOOKS = 1024 };

cfo_zone_t *cfo_zone_create(cfo_shared_pool_t *shared_pool, const char *name)
{
    cfo_zone_t *zone = apr_pcalloc(shared_pool->pool, sizeof *zone);

    zone->name = apr_pstrdup(shared_pool->pool, name);
    zone->proofs = apr_array_make(shared_pool->pool, 2, sizeof(cfo_proof_t *));
    zone->files = apr_array_make(shared_pool->pool, 1, sizeof(cfo_parsed_file_t *));
    zone->shared_pool = cfo_shared_pool_hold(shared_pool);
    zone->uses = 1;
    return zone;
}

void cfo_zone_add_file(cfo_zone_t *zone, cfo_parsed_file_t *content)
{
    APR_ARRAY_PUSH(zone->files, cfo_parsed_file_t *) = cfo_parsed_file_hold(content);
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
    for (i = 0; i < zone->files->nelts; i++)
        cfo_parsed_file_release(APR_ARRAY_IDX(zone->files, i, cfo_parsed_file_t *));
    cfo_shared_pool_release(zone->shared_pool);
}

cfo_zone_table_t *cfo_zone_table_create(apr_pool_t *p)
{
    cfo_zone_table_t *table = apr_pcalloc(p, sizeof *table);

    table->pool = p;
    table->by_name = apr_hash_make(p);
    table->by_issuer = apr_hash_make(p);
    table->by_anchor = apr_hash_make(p);
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

/* All bytes are compared, so every byte is set. */
static void make_issuer(issuer_t *issuer, unsigned long name, long no_id,
                        const cfo_key_id_t *key_id)
{
    memset(issuer, 0, sizeof *issuer);
    issuer->name = name;
    if (key_id)
        memcpy(&issuer->key_id, key_id, sizeof *key_id);
    else
        issuer->key_id.length = no_id;
}

/* Returns the array at a key, which is made if there is none. `key` is copied. */
static apr_array_header_t *list_at(apr_pool_t *p, apr_hash_t *index, const void *key,
                                   apr_ssize_t size, int element)
{
    apr_array_header_t *list = apr_hash_get(index, key, size);

    if (!list) {
        list = apr_array_make(p, 1, element);
        apr_hash_set(index, apr_pmemdup(p, key, size), size, list);
    }
    return list;
}

static void index_anchor(cfo_zone_table_t *table, anchor_t *anchor, long no_id,
                         const cfo_key_id_t *key_id)
{
    issuer_t issuer;

    make_issuer(&issuer, anchor->proof->subject_hash, no_id, key_id);
    APR_ARRAY_PUSH(list_at(table->pool, table->by_issuer, &issuer, sizeof issuer,
                           sizeof(anchor_t *)),
                   anchor_t *) = anchor;
}

static void add_anchor(cfo_zone_table_t *table, const cfo_zone_t *zone,
                       const cfo_proof_t *proof)
{
    const cfo_certificate_t *certificate = proof->certificate;
    anchor_t *anchor =
        apr_hash_get(table->by_anchor, certificate->sha256, CFO_DIGEST_SIZE);

    if (!anchor) {
        anchor = apr_pcalloc(table->pool, sizeof *anchor);
        anchor->proof = proof;
        anchor->zones = apr_array_make(table->pool, 1, sizeof(cfo_zone_t *));
        apr_hash_set(table->by_anchor, certificate->sha256, CFO_DIGEST_SIZE, anchor);
        index_anchor(table, anchor, NO_ID, proof->key_id);
        index_anchor(table, anchor, ANY_ID, NULL);
    }
    APR_ARRAY_PUSH(anchor->zones, const cfo_zone_t *) = zone;
}

/* Indexes a proof by what is known of a leaf. */
static void add_proof(cfo_zone_table_t *table, const cfo_zone_t *zone,
                      const cfo_proof_t *proof)
{
    if (proof->kind == CFO_PROOF_ANCHOR)
        add_anchor(table, zone, proof);
    else
        APR_ARRAY_PUSH(list_at(table->pool, table->by_digest, proof->digest,
                               CFO_DIGEST_SIZE, sizeof(pin_t)),
                       pin_t) = (pin_t){ zone, proof };
}

void cfo_zone_table_put(cfo_zone_table_t *table, cfo_zone_t *zone)
{
    int labels = count_labels(zone->name), i;

    apr_hash_set(table->by_name, zone->name, APR_HASH_KEY_STRING, zone);
    if (labels > table->labels)
        table->labels = labels;
    if (strlen(zone->name) > table->length)
        table->length = strlen(zone->name);
    for (i = 0; i < zone->proofs->nelts; i++)
        add_proof(table, zone, APR_ARRAY_IDX(zone->proofs, i, const cfo_proof_t *));
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
        if (labels <= tables[i]->labels && strlen(name) <= tables[i]->length)
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

/* A search for the zone that a leaf proves. */
typedef struct {
    cfo_zone_table_t *const *tables;
    int count;
    cfo_credential_t *credential;
    apr_time_t now; /* 0: ignore dates and type of the leaf */
    const cfo_zone_t *except;
} search_t;

/* Not the excluded zone, and not one that a zone in an earlier table replaces. */
static int may_be_found(const search_t *s, const cfo_zone_t *zone)
{
    return zone != s->except &&
           zone == find_exact(s->tables, s->count, zone->name, count_labels(zone->name));
}

static const cfo_zone_t *find_pinned(const search_t *s, const cfo_zone_table_t *table,
                                     const unsigned char *digest)
{
    const apr_array_header_t *pins =
        apr_hash_get(table->by_digest, digest, CFO_DIGEST_SIZE);
    int i;

    for (i = 0; pins && i < pins->nelts && i < LOOKS; i++) {
        const pin_t *pin = &APR_ARRAY_IDX(pins, i, pin_t);

        if (may_be_found(s, pin->zone) &&
            cfo_proof_check(pin->proof, s->credential->certificate, NULL) ==
                CFO_PROOF_HOLDS)
            return pin->zone;
    }
    return NULL;
}

static const cfo_zone_t *first_zone(const search_t *s, const anchor_t *anchor)
{
    int i;

    for (i = 0; i < anchor->zones->nelts && i < LOOKS; i++) {
        const cfo_zone_t *zone = APR_ARRAY_IDX(anchor->zones, i, const cfo_zone_t *);

        if (may_be_found(s, zone))
            return zone;
    }
    return NULL;
}

static int is_valid(const cfo_certificate_t *certificate, apr_time_t now)
{
    return !now || (now >= certificate->not_before && now <= certificate->not_after);
}

/* Stops when a signature has to be checked and no more checks are allowed. */
static const cfo_zone_t *find_issued(const search_t *s, const apr_array_header_t *anchors)
{
    int i;

    for (i = 0; anchors && i < anchors->nelts && i < LOOKS; i++) {
        const anchor_t *anchor = APR_ARRAY_IDX(anchors, i, const anchor_t *);
        const cfo_zone_t *zone = first_zone(s, anchor);
        cfo_proof_result_t result;

        if (!zone || !is_valid(anchor->proof->certificate, s->now))
            continue;
        if (!cfo_credential_check(s->credential, anchor->proof,
                                  &s->credential->left_to_report, &result, NULL))
            return NULL;
        if (result == CFO_PROOF_HOLDS || (!s->now && result == CFO_PROOF_UNSUITABLE))
            return zone;
    }
    return NULL;
}

static const cfo_zone_t *find_by_issuer(const search_t *s, const cfo_zone_table_t *table)
{
    X509 *leaf = s->credential->certificate->x509;
    unsigned long name = X509_issuer_name_hash(leaf);
    const ASN1_OCTET_STRING *id = X509_get0_authority_key_id(leaf);
    const cfo_zone_t *zone;
    cfo_key_id_t key_id;
    issuer_t issuer;

    if (id)
        cfo_key_id_set(&key_id, id);
    make_issuer(&issuer, name, ANY_ID, id ? &key_id : NULL);
    zone = find_issued(s, apr_hash_get(table->by_issuer, &issuer, sizeof issuer));
    if (zone || !id)
        return zone;
    make_issuer(&issuer, name, NO_ID, NULL);
    return find_issued(s, apr_hash_get(table->by_issuer, &issuer, sizeof issuer));
}

static const cfo_zone_t *search(const search_t *s, apr_time_t now)
{
    const cfo_certificate_t *leaf = s->credential->certificate;
    const cfo_zone_t *zone = NULL;
    int i;

    cfo_credential_begin(s->credential, now);
    ERR_set_mark();
    for (i = 0; i < s->count && !zone && is_valid(leaf, s->now); i++) {
        zone = find_pinned(s, s->tables[i], leaf->sha256);
        if (!zone)
            zone = find_pinned(s, s->tables[i], leaf->spki_sha256);
        if (!zone)
            zone = find_by_issuer(s, s->tables[i]);
    }
    ERR_pop_to_mark();
    cfo_credential_end(s->credential);
    return zone;
}

const cfo_zone_t *cfo_zones_proved_by(cfo_zone_table_t *const *tables, int count,
                                      cfo_credential_t *credential, apr_time_t now,
                                      const cfo_zone_t *except)
{
    return search(&(search_t){ tables, count, credential, now, except }, now);
}

const cfo_zone_t *cfo_zones_meant_by(cfo_zone_table_t *const *tables, int count,
                                     cfo_credential_t *credential, apr_time_t now)
{
    return search(&(search_t){ tables, count, credential, 0, NULL }, now);
}
