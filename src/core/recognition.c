/* SPDX-License-Identifier: Apache-2.0 */
/* What this process has found out about certificates. */
#include "recognition.h"

#include <string.h>

#include "apr_hash.h"
#include "apr_strings.h"
#include "apr_thread_mutex.h"

struct cfo_recognition_t {
    apr_pool_t *pool; /* used under the lock only */
    apr_thread_mutex_t *lock;
    apr_hash_t *certificates; /* PEM text -> cfo_certificate_t */
    cfo_sightings_t *sightings;
};

/* The end of a certificate is its signature, as good as random: it is enough to find the
 * bucket, and a tenth of the work of hashing the whole. The table compares every byte. */
static unsigned int hash_tail(const char *key, apr_ssize_t *length)
{
    apr_ssize_t tail = *length < 96 ? *length : 96;

    return apr_hashfunc_default(key + *length - tail, &tail);
}

cfo_recognition_t *cfo_recognition_create(apr_pool_t *p)
{
    cfo_recognition_t *recognition = apr_pcalloc(p, sizeof *recognition);

    /* A pool of its own: p is httpd's, and not ours to use while requests run. */
    if (apr_pool_create(&recognition->pool, p) != APR_SUCCESS ||
        apr_thread_mutex_create(&recognition->lock, APR_THREAD_MUTEX_DEFAULT, p) !=
            APR_SUCCESS)
        return NULL;
    recognition->certificates = apr_hash_make_custom(recognition->pool, hash_tail);
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
                                              const char *pem, apr_size_t length)
{
    const cfo_certificate_t *certificate;

    apr_thread_mutex_lock(recognition->lock);
    certificate = apr_hash_get(recognition->certificates, pem, length);
    apr_thread_mutex_unlock(recognition->lock);
    return certificate;
}

static void add_certificate(cfo_recognition_t *recognition, const char *pem,
                            apr_size_t length)
{
    cfo_certificate_t *certificate;

    if (apr_hash_count(recognition->certificates) >= CFO_RECOGNISED_CERTIFICATES ||
        apr_hash_get(recognition->certificates, pem, length))
        return;
    pem = apr_pstrmemdup(recognition->pool, pem, length);
    if (!cfo_certificate_read(recognition->pool, pem, length, &certificate))
        apr_hash_set(recognition->certificates, pem, length, certificate);
}

void cfo_recognition_add(cfo_recognition_t *recognition, const char *pem,
                         apr_size_t length)
{
    apr_thread_mutex_lock(recognition->lock);
    add_certificate(recognition, pem, length);
    apr_thread_mutex_unlock(recognition->lock);
}

const apr_array_header_t *cfo_recognised_find(cfo_recognised_t *const *list,
                                              const cfo_certificate_t *leaf)
{
    /* APR has no load with acquire semantics; entries never change once published. */
    const cfo_recognised_t *known = __atomic_load_n(list, __ATOMIC_ACQUIRE);

    for (; known; known = known->next) {
        if (!memcmp(known->sha256, leaf->sha256, CFO_DIGEST_SIZE))
            return known->matches;
    }
    return NULL;
}

static void add_recognised(apr_pool_t *p, cfo_recognised_t **list,
                           const cfo_certificate_t *leaf,
                           const apr_array_header_t *matches)
{
    cfo_recognised_t *known;
    int count = 0;

    for (known = *list; known; known = known->next, count++) {
        if (!memcmp(known->sha256, leaf->sha256, CFO_DIGEST_SIZE))
            return;
    }
    if (count >= CFO_RECOGNISED_PER_ZONE)
        return;
    known = apr_pcalloc(p, sizeof *known);
    memcpy(known->sha256, leaf->sha256, CFO_DIGEST_SIZE);
    known->matches = apr_array_copy(p, matches);
    known->next = *list;
    __atomic_store_n(list, known, __ATOMIC_RELEASE);
}

void cfo_recognised_add(cfo_recognition_t *recognition, apr_pool_t *p,
                        cfo_recognised_t **list, const cfo_certificate_t *leaf,
                        const apr_array_header_t *matches)
{
    apr_thread_mutex_lock(recognition->lock);
    add_recognised(p ? p : recognition->pool, list, leaf, matches);
    apr_thread_mutex_unlock(recognition->lock);
}
