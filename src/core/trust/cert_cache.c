/* SPDX-License-Identifier: Apache-2.0 */
/* Caches what this process has found out about certificates. */
#include "core/trust/cert_cache.h"

#include <string.h>

#include "apr_allocator.h"
#include "apr_hash.h"
#include "apr_strings.h"
#include "apr_thread_mutex.h"
#include "apr_thread_rwlock.h"

/* A cached certificate, in its own pool. */
typedef struct entry_t {
    struct entry_t *next;
    apr_pool_t *pool;
    const void *encoding;
    apr_size_t size;
    const cfo_certificate_t *certificate;
    int is_used; /* since space was last needed */
} entry_t;

struct cfo_cert_cache_t {
    apr_pool_t *pool;          /* used only under the lock */
    apr_thread_rwlock_t *lock; /* for all fields below, and for all match caches */
    apr_hash_t *certificates;  /* encoding -> entry_t */
    entry_t *first,
        **end; /* the same, in the order in which they are considered for removal */
    apr_size_t bytes;
    cfo_usages_t *usages;
};

/* A cached leaf of a zone. */
typedef struct {
    unsigned char sha256[CFO_DIGEST_SIZE];
    apr_array_header_t *matches; /* of cfo_match_t */
    apr_uint32_t used;           /* last use, as a value of `additions` */
} leaf_t;

struct cfo_match_cache_t {
    apr_hash_t *by_digest;      /* SHA-256 -> leaf_t */
    apr_array_header_t *leaves; /* of leaf_t *: the same */
    apr_uint32_t additions;
};

/* The signature is at the end of a certificate, and as good as random: a piece of it is
 * enough to find the bucket. The very end belongs to it: of an ECDSA signature, whoever
 * has the key of a CA can choose the first half, the same for all certificates, but not
 * the second one. In a PEM text a mark follows. The table compares every byte. */
static unsigned int hash_end(const char *key, apr_ssize_t *length)
{
    apr_ssize_t piece = *length < 48 ? *length : 48;

    return apr_hashfunc_default(key + *length - piece, &piece);
}

/* A pool with its own allocator and lock: `parent` belongs to httpd and must not be used
 * while requests run, and any thread may add or free certificates. */
static apr_pool_t *create_pool(apr_pool_t *parent)
{
    apr_thread_mutex_t *mutex;
    apr_allocator_t *allocator;
    apr_pool_t *p;

    if (apr_allocator_create(&allocator) != APR_SUCCESS)
        return NULL;
    if (apr_pool_create_ex(&p, parent, NULL, allocator) != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return NULL;
    }
    apr_allocator_owner_set(allocator, p);
    if (apr_thread_mutex_create(&mutex, APR_THREAD_MUTEX_DEFAULT, p) != APR_SUCCESS)
        return NULL;
    apr_allocator_mutex_set(allocator, mutex);
    return p;
}

cfo_cert_cache_t *cfo_cert_cache_create(apr_pool_t *p)
{
    cfo_cert_cache_t *cert_cache = apr_pcalloc(p, sizeof *cert_cache);

    cert_cache->pool = create_pool(p);
    if (!cert_cache->pool ||
        apr_thread_rwlock_create(&cert_cache->lock, p) != APR_SUCCESS)
        return NULL;
    cert_cache->certificates = apr_hash_make_custom(cert_cache->pool, hash_end);
    cert_cache->end = &cert_cache->first;
    return cert_cache;
}

void cfo_cert_cache_set_usages(cfo_cert_cache_t *cert_cache, cfo_usages_t *usages)
{
    cert_cache->usages = usages;
}

cfo_usages_t *cfo_cert_cache_usages(const cfo_cert_cache_t *cert_cache)
{
    return cert_cache->usages;
}

const cfo_certificate_t *cfo_cert_cache_find(cfo_cert_cache_t *cert_cache, apr_pool_t *p,
                                             const void *encoding, apr_size_t size)
{
    const cfo_certificate_t *certificate = NULL;
    entry_t *entry;

    apr_thread_rwlock_rdlock(cert_cache->lock);
    entry = apr_hash_get(cert_cache->certificates, encoding, size);
    if (entry) {
        certificate = cfo_certificate_share(p, entry->certificate);
        __atomic_store_n(&entry->is_used, 1, __ATOMIC_RELAXED);
    }
    apr_thread_rwlock_unlock(cert_cache->lock);
    return certificate;
}

/* An estimate: a pool, and the objects of OpenSSL. */
static apr_size_t size_of(const entry_t *entry)
{
    return 8192 + 4 * entry->size;
}

static void append(cfo_cert_cache_t *cert_cache, entry_t *entry)
{
    entry->next = NULL;
    *cert_cache->end = entry;
    cert_cache->end = &entry->next;
}

static entry_t *take_first(cfo_cert_cache_t *cert_cache)
{
    entry_t *entry = cert_cache->first;

    cert_cache->first = entry->next;
    if (!entry->next)
        cert_cache->end = &cert_cache->first;
    return entry;
}

static void make_room(cfo_cert_cache_t *cert_cache)
{
    while (cert_cache->first && cert_cache->bytes > CFO_CERT_CACHE_BYTES) {
        entry_t *entry = take_first(cert_cache);

        if (entry->is_used) {
            entry->is_used = 0;
            append(cert_cache, entry);
            continue;
        }
        apr_hash_set(cert_cache->certificates, entry->encoding, entry->size, NULL);
        cert_cache->bytes -= size_of(entry);
        apr_pool_destroy(entry->pool);
    }
}

/* Without the lock. */
static entry_t *make_entry(apr_pool_t *parent, const cfo_certificate_t *certificate,
                           const void *encoding, apr_size_t size)
{
    apr_pool_t *p;
    entry_t *entry;

    if (apr_pool_create(&p, parent) != APR_SUCCESS)
        return NULL;
    entry = apr_pcalloc(p, sizeof *entry);
    entry->pool = p;
    entry->encoding = apr_pmemdup(p, encoding, size);
    entry->size = size;
    entry->certificate = cfo_certificate_share(p, certificate);
    return entry;
}

void cfo_cert_cache_add(cfo_cert_cache_t *cert_cache,
                        const cfo_certificate_t *certificate, const void *encoding,
                        apr_size_t size)
{
    entry_t *entry = make_entry(cert_cache->pool, certificate, encoding, size);
    int is_new;

    if (!entry)
        return;
    apr_thread_rwlock_wrlock(cert_cache->lock);
    is_new = !apr_hash_get(cert_cache->certificates, entry->encoding, entry->size);
    if (is_new) {
        apr_hash_set(cert_cache->certificates, entry->encoding, entry->size, entry);
        append(cert_cache, entry);
        cert_cache->bytes += size_of(entry);
        make_room(cert_cache);
    }
    apr_thread_rwlock_unlock(cert_cache->lock);
    if (!is_new) /* it proved another zone before, or another thread was faster */
        apr_pool_destroy(entry->pool);
}

/* Written only if it changes, because a write invalidates the cache lines of other
 * processors. */
static void note_use(const cfo_match_cache_t *match_cache, leaf_t *leaf)
{
    if (__atomic_load_n(&leaf->used, __ATOMIC_RELAXED) != match_cache->additions)
        __atomic_store_n(&leaf->used, match_cache->additions, __ATOMIC_RELAXED);
}

int cfo_match_cache_find(cfo_cert_cache_t *cert_cache, cfo_match_cache_t *const *leaves,
                         const cfo_certificate_t *leaf, cfo_match_t *matches)
{
    leaf_t *known = NULL;
    int count = 0;

    apr_thread_rwlock_rdlock(cert_cache->lock);
    if (*leaves)
        known = apr_hash_get((*leaves)->by_digest, leaf->sha256, CFO_DIGEST_SIZE);
    if (known) {
        note_use(*leaves, known);
        for (; count < known->matches->nelts; count++)
            matches[count] = APR_ARRAY_IDX(known->matches, count, cfo_match_t);
    }
    apr_thread_rwlock_unlock(cert_cache->lock);
    return count;
}

/* A digest is as good as random, all of it. */
static unsigned int hash_digest(const char *digest, apr_ssize_t *length)
{
    unsigned int hash;

    (void)length;
    memcpy(&hash, digest, sizeof hash);
    return hash;
}

static cfo_match_cache_t *make_match_cache(apr_pool_t *p)
{
    cfo_match_cache_t *made = apr_pcalloc(p, sizeof *made);

    made->by_digest = apr_hash_make_custom(p, hash_digest);
    made->leaves = apr_array_make(p, 4, sizeof(leaf_t *));
    return made;
}

static leaf_t *make_leaf(cfo_match_cache_t *match_cache, apr_pool_t *p)
{
    leaf_t *leaf = apr_pcalloc(p, sizeof *leaf);

    leaf->matches = apr_array_make(p, 1, sizeof(cfo_match_t));
    APR_ARRAY_PUSH(match_cache->leaves, leaf_t *) = leaf;
    return leaf;
}

/* Returns the least recently used leaf, emptied. */
static leaf_t *take_oldest(const cfo_match_cache_t *match_cache)
{
    leaf_t *oldest = APR_ARRAY_IDX(match_cache->leaves, 0, leaf_t *);
    int i;

    for (i = 1; i < match_cache->leaves->nelts; i++) {
        leaf_t *leaf = APR_ARRAY_IDX(match_cache->leaves, i, leaf_t *);

        if (match_cache->additions - leaf->used > match_cache->additions - oldest->used)
            oldest = leaf;
    }
    apr_hash_set(match_cache->by_digest, oldest->sha256, CFO_DIGEST_SIZE, NULL);
    apr_array_clear(oldest->matches);
    return oldest;
}

static void add_leaf(cfo_match_cache_t *match_cache, apr_pool_t *p,
                     const cfo_certificate_t *certificate,
                     const apr_array_header_t *matches)
{
    leaf_t *leaf;

    if (apr_hash_get(match_cache->by_digest, certificate->sha256, CFO_DIGEST_SIZE))
        return;
    leaf = match_cache->leaves->nelts < CFO_MATCH_CACHE_LEAVES ? make_leaf(match_cache, p)
                                                               : take_oldest(match_cache);
    leaf->used = ++match_cache->additions;
    memcpy(leaf->sha256, certificate->sha256, CFO_DIGEST_SIZE);
    apr_array_cat(leaf->matches, matches);
    apr_hash_set(match_cache->by_digest, leaf->sha256, CFO_DIGEST_SIZE, leaf);
}

void cfo_match_cache_add(cfo_cert_cache_t *cert_cache, apr_pool_t *p,
                         cfo_match_cache_t **leaves, const cfo_certificate_t *leaf,
                         const apr_array_header_t *matches)
{
    if (matches->nelts > CFO_MATCH_CACHE_MATCHES)
        return;
    apr_thread_rwlock_wrlock(cert_cache->lock);
    p = p ? p : cert_cache->pool;
    if (!*leaves)
        *leaves = make_match_cache(p);
    add_leaf(*leaves, p, leaf, matches);
    apr_thread_rwlock_unlock(cert_cache->lock);
}
