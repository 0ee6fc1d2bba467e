/* SPDX-License-Identifier: Apache-2.0 */
/* Zones by name, and which of them a certificate proves. */
#include "core/trust/zones.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "apr_strings.h"

#include "core/trust/trie.h"

/* The values of all indexes are zones; the first one holds them. */
struct cfo_zone_table_t {
    cfo_trie_t by_name;
    cfo_trie_t by_issuer; /* of the leaves that an anchor issues; see issuer_key() */
    cfo_trie_t by_digest; /* of a pinned leaf or key */
    int count;
    size_t shortest; /* name; what is shorter needs no look-up */
};

/* The issuer as leaves name it: issuer name and key identifier, or the first part of it.
 * If two anchors have the same, it only costs time. */
enum { NO_ID = -1, ANY_ID = -2 };

typedef struct {
    unsigned long name;  /* hash */
    cfo_key_id_t key_id; /* length NO_ID: the anchor has none; ANY_ID: the leaf names none
                          */
} issuer_t;

enum { LONGEST_NAME = 253 }; /* of a zone (zone_name.h) */

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

static void hold(void *zone)
{
    cfo_zone_hold(zone);
}

static void release(void *zone)
{
    cfo_zone_release(zone);
}

static void free_indexes(cfo_zone_table_t *table, cfo_trie_count_t *release_zone)
{
    cfo_trie_free(&table->by_name, release_zone);
    cfo_trie_free(&table->by_issuer, NULL);
    cfo_trie_free(&table->by_digest, NULL);
}

/* With the pool, what the zones are in may be gone already. */
static apr_status_t free_table(void *table)
{
    free_indexes(table, NULL);
    return APR_SUCCESS;
}

cfo_zone_table_t *cfo_zone_table_create(apr_pool_t *p)
{
    cfo_zone_table_t *table = apr_pcalloc(p, sizeof *table);

    apr_pool_cleanup_register(p, table, free_table, apr_pool_cleanup_null);
    return table;
}

cfo_zone_table_t *cfo_zone_table_copy(apr_pool_t *p, const cfo_zone_table_t *table)
{
    cfo_zone_table_t *copy = cfo_zone_table_create(p);

    *copy = *table;
    copy->by_name = cfo_trie_copy(table->by_name);
    copy->by_issuer = cfo_trie_copy(table->by_issuer);
    copy->by_digest = cfo_trie_copy(table->by_digest);
    return copy;
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

/* FNV-1a, from the last byte to the first: so the key of a parent is a step on the way to
 * that of a host. */
#define NO_BYTES APR_UINT64_C(14695981039346656037)

static inline apr_uint64_t add_byte(apr_uint64_t key, char byte)
{
    return (key ^ (unsigned char)byte) * APR_UINT64_C(1099511628211);
}

static apr_uint64_t hash(const void *data, size_t size)
{
    const char *bytes = data;
    apr_uint64_t key = NO_BYTES;

    while (size)
        key = add_byte(key, bytes[--size]);
    return key;
}

static apr_uint64_t digest_key(const unsigned char *digest)
{
    apr_uint64_t key = 0;
    size_t i;

    for (i = 0; i < sizeof key; i++)
        key = key << 8 | digest[i];
    return key;
}

#define LOW_BITS APR_UINT64_C(0xffffffff)

/* The upper half is the issuer, and the lower half the anchor: so all anchors of an
 * issuer follow each other, in the order of their digests, and all zones with one of
 * them. */
static apr_uint64_t issuer_key(const issuer_t *issuer, apr_uint64_t anchor)
{
    return (hash(issuer, sizeof *issuer) & ~LOW_BITS) | anchor >> 32;
}

typedef void change_t(cfo_trie_t *trie, const cfo_trie_item_t *item,
                      cfo_trie_count_t *hold);

static void change_issuer(cfo_zone_table_t *table, change_t *change, cfo_zone_t *zone,
                          const cfo_proof_t *proof, long no_id,
                          const cfo_key_id_t *key_id)
{
    issuer_t issuer;

    make_issuer(&issuer, proof->subject_hash, no_id, key_id);
    change(&table->by_issuer,
           &(cfo_trie_item_t){
               issuer_key(&issuer, digest_key(proof->certificate->sha256)), zone, proof },
           NULL);
}

/* Adds or removes the keys by which a proof is found when only a leaf is known. */
static void change_proof(cfo_zone_table_t *table, change_t *change, cfo_zone_t *zone,
                         const cfo_proof_t *proof)
{
    if (proof->kind == CFO_PROOF_ANCHOR) {
        change_issuer(table, change, zone, proof, NO_ID, proof->key_id);
        change_issuer(table, change, zone, proof, ANY_ID, NULL);
    }
    else
        change(&table->by_digest,
               &(cfo_trie_item_t){ digest_key(proof->digest), zone, proof }, NULL);
}

static void change_zone(cfo_zone_table_t *table, change_t *change, cfo_zone_t *zone)
{
    int i;

    change(&table->by_name,
           &(cfo_trie_item_t){ hash(zone->name, strlen(zone->name)), zone, NULL }, hold);
    for (i = 0; i < zone->proofs->nelts; i++)
        change_proof(table, change, zone,
                     APR_ARRAY_IDX(zone->proofs, i, const cfo_proof_t *));
}

void cfo_zone_table_put(cfo_zone_table_t *table, cfo_zone_t *zone)
{
    const size_t length = strlen(zone->name);

    change_zone(table, cfo_trie_add, zone);
    table->count++;
    if (!table->shortest || length < table->shortest)
        table->shortest = length;
}

void cfo_zone_table_remove(cfo_zone_table_t *table, cfo_zone_t *zone)
{
    change_zone(table, cfo_trie_remove, zone);
    table->count--;
    cfo_zone_release(zone);
}

void cfo_zone_table_release(cfo_zone_table_t *table)
{
    free_indexes(table, release);
}

static cfo_zone_t *find_name(const cfo_zone_table_t *table, const char *name,
                             apr_uint64_t key)
{
    const cfo_trie_item_t *items;
    int i, count = cfo_trie_get(table->by_name, key, &items);

    for (i = 0; i < count; i++) {
        cfo_zone_t *zone = items[i].value;

        if (!strcmp(zone->name, name))
            return zone;
    }
    return NULL;
}

cfo_zone_t *cfo_zone_table_get(const cfo_zone_table_t *table, const char *name)
{
    return find_name(table, name, hash(name, strlen(name)));
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(cfo_zone_t *const *)a)->name, (*(cfo_zone_t *const *)b)->name);
}

apr_array_header_t *cfo_zone_table_list(apr_pool_t *p, const cfo_zone_table_t *table)
{
    apr_array_header_t *list = apr_array_make(p, table->count, sizeof(cfo_zone_t *));
    const cfo_trie_item_t *items;
    apr_uint64_t from = 0;
    int i, count;

    while ((count = cfo_trie_next(table->by_name, from, &items)) > 0) {
        for (i = 0; i < count; i++)
            APR_ARRAY_PUSH(list, cfo_zone_t *) = items[i].value;
        from = items->key + 1;
        if (!from)
            break;
    }
    qsort(list->elts, list->nelts, list->elt_size, by_name);
    return list;
}

static cfo_zone_t *find_exact(cfo_zone_table_t *const *tables, int count,
                              const char *name, size_t length, apr_uint64_t key)
{
    cfo_zone_t *zone = NULL;
    int i;

    for (i = 0; !zone && i < count; i++) {
        if (length >= tables[i]->shortest)
            zone = find_name(tables[i], name, key);
    }
    return zone;
}

/* From the last label on, so that the last zone found has the longest name. */
cfo_zone_t *cfo_zones_find(cfo_zone_table_t *const *tables, int count, const char *host)
{
    const char *end = host + strlen(host), *name = end;
    cfo_zone_t *zone = NULL, *found;
    apr_uint64_t key = NO_BYTES;

    while (name > host && end - name < LONGEST_NAME) {
        do
            key = add_byte(key, *--name);
        while (name > host && name[-1] != '.');
        found = find_exact(tables, count, name, (size_t)(end - name), key);
        zone = found ? found : zone;
    }
    return zone ? zone : find_exact(tables, count, "*", 1, hash("*", 1));
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
    const size_t length = strlen(zone->name);

    return zone != s->except && zone == find_exact(s->tables, s->count, zone->name,
                                                   length, hash(zone->name, length));
}

static const cfo_zone_t *find_pinned(const search_t *s, const cfo_zone_table_t *table,
                                     const unsigned char *digest)
{
    const cfo_trie_item_t *pins;
    int i, count = cfo_trie_get(table->by_digest, digest_key(digest), &pins);

    for (i = 0; i < count && i < LOOKS; i++) {
        const cfo_zone_t *zone = pins[i].value;

        if (may_be_found(s, zone) &&
            cfo_proof_check(pins[i].proof, s->credential->certificate, NULL) ==
                CFO_PROOF_HOLDS)
            return zone;
    }
    return NULL;
}

static int is_valid(const cfo_certificate_t *certificate, apr_time_t now)
{
    return !now || (now >= certificate->not_before && now <= certificate->not_after);
}

static int is_same(const cfo_proof_t *anchor, const cfo_proof_t *other)
{
    return anchor && !memcmp(anchor->digest, other->digest, CFO_DIGEST_SIZE);
}

/* Returns 0 if a signature has to be checked and no more checks are allowed; else sets
 * *found to the first zone of these that the leaf proves. All have the same anchor, or
 * nearly always. */
static int find_among(const search_t *s, const cfo_trie_item_t *items, int count,
                      const cfo_zone_t **found)
{
    const cfo_proof_t *judged = NULL;
    cfo_proof_result_t result;
    int i;

    for (i = 0; i < count && i < LOOKS; i++) {
        const cfo_proof_t *anchor = items[i].proof;

        if (is_same(judged, anchor) || !may_be_found(s, items[i].value))
            continue;
        judged = anchor;
        if (!is_valid(anchor->certificate, s->now))
            continue;
        if (!cfo_credential_check(s->credential, anchor, &s->credential->left_to_report,
                                  &result, NULL))
            return 0;
        if (result == CFO_PROOF_HOLDS || (!s->now && result == CFO_PROOF_UNSUITABLE)) {
            *found = items[i].value;
            break;
        }
    }
    return 1;
}

/* Looks at the anchors of an issuer. */
static const cfo_zone_t *find_issued(const search_t *s, const cfo_zone_table_t *table,
                                     const issuer_t *issuer)
{
    const apr_uint64_t first = issuer_key(issuer, 0);
    const cfo_zone_t *found = NULL;
    apr_uint64_t from = first;
    int looks;

    for (looks = 0; looks < LOOKS && !found; looks++) {
        const cfo_trie_item_t *items;
        int count = cfo_trie_next(table->by_issuer, from, &items);

        if (!count || (items->key & ~LOW_BITS) != first ||
            !find_among(s, items, count, &found))
            break;
        from = items->key + 1;
        if ((from & ~LOW_BITS) != first)
            break;
    }
    return found;
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
    zone = find_issued(s, table, &issuer);
    if (zone || !id)
        return zone;
    make_issuer(&issuer, name, NO_ID, NULL);
    return find_issued(s, table, &issuer);
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
