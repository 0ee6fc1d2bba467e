/* SPDX-License-Identifier: Apache-2.0 */
/* What this process has found out about certificates. */
#include "core/trust/cert_cache.h"

#include <string.h>

#include "apr_allocator.h"
#include "apr_hash.h"
#include "apr_strings.h"
#include "apr_thread_mutex.h"
#include "apr_thread_rwlock.h"

/* A certificate that is recognised, in a pool of its own. */
typedef struct known_t {
    struct known_t *next;
    apr_pool_t *pool;
    const char *pem;
    apr_size_t length;
    const cfo_certificate_t *certificate;
    int is_used; /* since room was last looked for */
} known_t;

struct cfo_recognition_t {
    apr_pool_t *pool;          /* used under the lock only */
    apr_thread_rwlock_t *lock; /* on all that follows, and on what zones recognise */
    apr_hash_t *certificates;  /* PEM text -> known_t */
    known_t *first, **end;     /* the same, in the order in which they make room */
    apr_size_t bytes;
    cfo_sightings_t *sightings;
};

/* A leaf of a zone. */
typedef struct {
    unsigned char sha256[CFO_DIGEST_SIZE];
    apr_array_header_t *matches; /* of cfo_match_t */
    apr_uint32_t used;           /* last, by the count of additions */
} leaf_t;

struct cfo_recognised_t {
    apr_hash_t *by_digest;      /* SHA-256 -> leaf_t */
    apr_array_header_t *leaves; /* of leaf_t *: the same */
    apr_uint32_t additions;
};

/* The end of a certificate is its signature, as good as random: it is enough to find the
 * bucket, and a tenth of the work of hashing the whole. The table compares every byte. */
static unsigned int hash_tail(const char *key, apr_ssize_t *length)
{
    apr_ssize_t tail = *length < 96 ? *length : 96;

    return apr_hashfunc_default(key + *length - tail, &tail);
}

/* p is httpd's, and not ours to use while requests run. With an allocator of its own and
 * a lock on it: certificates come and go in whichever thread. */
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

cfo_recognition_t *cfo_recognition_create(apr_pool_t *p)
{
    cfo_recognition_t *recognition = apr_pcalloc(p, sizeof *recognition);

    recognition->pool = create_pool(p);
    if (!recognition->pool ||
        apr_thread_rwlock_create(&recognition->lock, p) != APR_SUCCESS)
        return NULL;
    recognition->certificates = apr_hash_make_custom(recognition->pool, hash_tail);
    recognition->end = &recognition->first;
    return recognition;
}

void cfo_recognition_keep(cfo_recognition_t *recognition, cfo_sightings_t *sightings)
{
    recognition->sightings = sightings;
}

cfo_sightings_t *cfo_recognition_sightings(const cfo_recognition_t *recognition)
{
    return recognition->sightings;
}

const cfo_certificate_t *cfo_recognition_find(cfo_recognition_t *recognition,
                                              apr_pool_t *p, const char *pem,
                                              apr_size_t length)
{
    const cfo_certificate_t *certificate = NULL;
    known_t *known;

    apr_thread_rwlock_rdlock(recognition->lock);
    known = apr_hash_get(recognition->certificates, pem, length);
    if (known) {
        certificate = cfo_certificate_share(p, known->certificate);
        __atomic_store_n(&known->is_used, 1, __ATOMIC_RELAXED);
    }
    apr_thread_rwlock_unlock(recognition->lock);
    return certificate;
}

/* An estimate: a pool, and what OpenSSL makes of the text. */
static apr_size_t size_of(const known_t *known)
{
    return 8192 + 4 * known->length;
}

static void append(cfo_recognition_t *recognition, known_t *known)
{
    known->next = NULL;
    *recognition->end = known;
    recognition->end = &known->next;
}

static known_t *take_first(cfo_recognition_t *recognition)
{
    known_t *known = recognition->first;

    recognition->first = known->next;
    if (!known->next)
        recognition->end = &recognition->first;
    return known;
}

static void make_room(cfo_recognition_t *recognition)
{
    while (recognition->bytes > CFO_RECOGNISED_BYTES) {
        known_t *known = take_first(recognition);

        if (known->is_used) {
            known->is_used = 0;
            append(recognition, known);
            continue;
        }
        apr_hash_set(recognition->certificates, known->pem, known->length, NULL);
        recognition->bytes -= size_of(known);
        apr_pool_destroy(known->pool);
    }
}

/* Parsed while nobody waits for it. */
static known_t *read_known(apr_pool_t *parent, const char *pem, apr_size_t length)
{
    cfo_certificate_t *certificate;
    apr_pool_t *p;
    known_t *known;

    if (apr_pool_create(&p, parent) != APR_SUCCESS)
        return NULL;
    known = apr_pcalloc(p, sizeof *known);
    known->pool = p;
    known->pem = apr_pstrmemdup(p, pem, length);
    known->length = length;
    if (cfo_certificate_read(p, known->pem, length, &certificate)) {
        apr_pool_destroy(p);
        return NULL;
    }
    known->certificate = certificate;
    return known;
}

void cfo_recognition_add(cfo_recognition_t *recognition, const char *pem,
                         apr_size_t length)
{
    known_t *known;
    int is_new;

    apr_thread_rwlock_rdlock(recognition->lock);
    is_new = !apr_hash_get(recognition->certificates, pem, length);
    apr_thread_rwlock_unlock(recognition->lock);
    known = is_new ? read_known(recognition->pool, pem, length) : NULL;
    if (!known)
        return;
    apr_thread_rwlock_wrlock(recognition->lock);
    is_new = !apr_hash_get(recognition->certificates, pem, length);
    if (is_new) {
        apr_hash_set(recognition->certificates, known->pem, length, known);
        append(recognition, known);
        recognition->bytes += size_of(known);
        make_room(recognition);
    }
    apr_thread_rwlock_unlock(recognition->lock);
    if (!is_new) /* another thread was faster */
        apr_pool_destroy(known->pool);
}

/* Written only if it changes: threads would take the place in memory away from each
 * other. */
static void note_use(const cfo_recognised_t *recognised, leaf_t *leaf)
{
    if (__atomic_load_n(&leaf->used, __ATOMIC_RELAXED) != recognised->additions)
        __atomic_store_n(&leaf->used, recognised->additions, __ATOMIC_RELAXED);
}

apr_array_header_t *cfo_recognised_find(cfo_recognition_t *recognition, apr_pool_t *p,
                                        cfo_recognised_t *const *leaves,
                                        const cfo_certificate_t *leaf)
{
    apr_array_header_t *matches = NULL;
    leaf_t *known = NULL;

    apr_thread_rwlock_rdlock(recognition->lock);
    if (*leaves)
        known = apr_hash_get((*leaves)->by_digest, leaf->sha256, CFO_DIGEST_SIZE);
    if (known) {
        note_use(*leaves, known);
        matches = apr_array_copy(p, known->matches);
    }
    apr_thread_rwlock_unlock(recognition->lock);
    return matches;
}

static cfo_recognised_t *make_recognised(apr_pool_t *p)
{
    cfo_recognised_t *made = apr_pcalloc(p, sizeof *made);

    made->by_digest = apr_hash_make(p);
    made->leaves = apr_array_make(p, 4, sizeof(leaf_t *));
    return made;
}

static leaf_t *make_leaf(cfo_recognised_t *recognised, apr_pool_t *p)
{
    leaf_t *leaf = apr_pcalloc(p, sizeof *leaf);

    leaf->matches = apr_array_make(p, 1, sizeof(cfo_match_t));
    APR_ARRAY_PUSH(recognised->leaves, leaf_t *) = leaf;
    return leaf;
}

/* The one whose last use is longest ago, empty. */
static leaf_t *take_oldest(const cfo_recognised_t *recognised)
{
    leaf_t *oldest = APR_ARRAY_IDX(recognised->leaves, 0, leaf_t *);
    int i;

    for (i = 1; i < recognised->leaves->nelts; i++) {
        leaf_t *leaf = APR_ARRAY_IDX(recognised->leaves, i, leaf_t *);

        if (recognised->additions - leaf->used > recognised->additions - oldest->used)
            oldest = leaf;
    }
    apr_hash_set(recognised->by_digest, oldest->sha256, CFO_DIGEST_SIZE, NULL);
    apr_array_clear(oldest->matches);
    return oldest;
}

static void add_leaf(cfo_recognised_t *recognised, apr_pool_t *p,
                     const cfo_certificate_t *certificate,
                     const apr_array_header_t *matches)
{
    leaf_t *leaf;

    if (apr_hash_get(recognised->by_digest, certificate->sha256, CFO_DIGEST_SIZE))
        return;
    leaf = recognised->leaves->nelts < CFO_RECOGNISED_PER_ZONE ? make_leaf(recognised, p)
                                                               : take_oldest(recognised);
    leaf->used = ++recognised->additions;
    memcpy(leaf->sha256, certificate->sha256, CFO_DIGEST_SIZE);
    apr_array_cat(leaf->matches, matches);
    apr_hash_set(recognised->by_digest, leaf->sha256, CFO_DIGEST_SIZE, leaf);
}

void cfo_recognised_add(cfo_recognition_t *recognition, apr_pool_t *p,
                        cfo_recognised_t **leaves, const cfo_certificate_t *leaf,
                        const apr_array_header_t *matches)
{
    if (matches->nelts > CFO_RECOGNISED_MATCHES)
        return;
    apr_thread_rwlock_wrlock(recognition->lock);
    p = p ? p : recognition->pool;
    if (!*leaves)
        *leaves = make_recognised(p);
    add_leaf(*leaves, p, leaf, matches);
    apr_thread_rwlock_unlock(recognition->lock);
}
