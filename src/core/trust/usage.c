/* SPDX-License-Identifier: Apache-2.0 */
/* Records when each proof of a zone was last used, and which certificates are
 * presented. */
#include "core/trust/usage.h"

#include <fcntl.h>
#include <string.h>

#include "apr_hash.h"
#include "apr_mmap.h"
#include "apr_portable.h"
#include "apr_strings.h"

enum { FREE, BUSY, READY };
enum {
    MAGIC = 0x43464f31,
    LEAST = 1024,
    PROBES = 64,
    PATIENCE = 50,
    SHARES = 4,
    COUNTED = 4096
};

static const apr_time_t keep = APR_TIME_C(365) * 86400 * APR_USEC_PER_SEC;

typedef struct {
    apr_uint32_t magic;
    apr_uint32_t size; /* of a record: a file with another layout is not read */
    apr_uint32_t capacity;
    apr_uint32_t reserved;
} head_t;

/* The capacity is never read from shared memory again: processes with fewer rights than
 * httpd has at startup can write there. */
struct cfo_usages_t {
    head_t *head;
    cfo_usage_t *records;
    apr_uint32_t capacity;
};

static apr_off_t size_for(apr_uint32_t capacity)
{
    return (apr_off_t)sizeof(head_t) +
           (apr_off_t)capacity * (apr_off_t)sizeof(cfo_usage_t);
}

static const unsigned char *digest_of(const cfo_proof_t *proof,
                                      const cfo_certificate_t *leaf)
{
    if (leaf)
        return leaf->sha256;
    return proof->certificate ? proof->certificate->sha256 : proof->digest;
}

static int is_same(const cfo_usage_t *record, const char *zone,
                   const unsigned char *digest, int is_leaf)
{
    return (int)record->is_leaf == is_leaf &&
           !memcmp(record->digest, digest, CFO_DIGEST_SIZE) &&
           !strcmp(record->zone, zone);
}

static apr_uint32_t start_of(const cfo_usages_t *usages, const char *zone,
                             const unsigned char *digest)
{
    apr_ssize_t length = APR_HASH_KEY_STRING;
    apr_uint32_t hash;

    memcpy(&hash, digest, sizeof hash);
    return (hash + apr_hashfunc_default(zone, &length)) % usages->capacity;
}

/* Waits while another process writes a record, which takes a microsecond unless that
 * process has to wait for a processor. A record whose writer died is skipped. */
static apr_uint32_t state_of(const cfo_usage_t *record)
{
    apr_uint32_t state = __atomic_load_n(&record->state, __ATOMIC_ACQUIRE);
    int i;

    for (i = 0; state == BUSY && i < PATIENCE; i++) {
        apr_sleep(apr_time_from_msec(1));
        state = __atomic_load_n(&record->state, __ATOMIC_ACQUIRE);
    }
    return state;
}

static int claim(cfo_usage_t *record)
{
    apr_uint32_t expected = FREE;

    return __atomic_compare_exchange_n(&record->state, &expected, BUSY, 0,
                                       __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* Finds the record of this proof or leaf, or (if `may_claim`) claims a free one. */
static cfo_usage_t *probe(cfo_usages_t *usages, const char *zone,
                          const unsigned char *digest, int is_leaf, int may_claim)
{
    apr_uint32_t at = start_of(usages, zone, digest);
    int i;

    for (i = 0; i < PROBES; i++, at = (at + 1) % usages->capacity) {
        cfo_usage_t *record = &usages->records[at];
        apr_uint32_t state = state_of(record);

        if (state == FREE && !may_claim)
            return NULL;
        if (state == FREE && claim(record))
            return record;
        if (state_of(record) == READY && is_same(record, zone, digest, is_leaf))
            return record;
    }
    return NULL;
}

static void fill(cfo_usage_t *record, const char *zone, const cfo_proof_t *proof,
                 const cfo_certificate_t *leaf)
{
    record->is_leaf = leaf != NULL;
    memcpy(record->digest, digest_of(proof, leaf), CFO_DIGEST_SIZE);
    record->first = record->last = 0;
    record->not_after = leaf ? leaf->not_after : 0;
    apr_cpystrn(record->zone, zone, sizeof record->zone);
    apr_cpystrn(record->subject, leaf ? leaf->subject : "", sizeof record->subject);
    __atomic_store_n(&record->state, READY, __ATOMIC_RELEASE);
}

/* Whoever has a CA of a zone can make leaves without end, and must not take the room of
 * the other zones. Of many records a part is counted, another one each time: to count all
 * for each new one would take hours with 100,000 zones. */
static int has_share_left(const cfo_usages_t *usages, const char *zone)
{
    const apr_uint32_t step = (usages->capacity + COUNTED - 1) / COUNTED;
    apr_uint32_t i = (apr_uint32_t)(apr_time_now() % step);
    apr_uint32_t left = usages->capacity / step / SHARES;

    for (; left && i < usages->capacity; i += step) {
        const cfo_usage_t *record = &usages->records[i];

        left -= __atomic_load_n(&record->state, __ATOMIC_ACQUIRE) == READY &&
                !strncmp(record->zone, zone, sizeof record->zone);
    }
    return left != 0;
}

cfo_usage_t *cfo_usages_record(cfo_usages_t *usages, const char *zone,
                               const cfo_proof_t *proof, const cfo_certificate_t *leaf)
{
    const unsigned char *digest = digest_of(proof, leaf);
    cfo_usage_t *record = probe(usages, zone, digest, leaf != NULL, 0);

    if (!record && has_share_left(usages, zone))
        record = probe(usages, zone, digest, leaf != NULL, 1);
    if (record && __atomic_load_n(&record->state, __ATOMIC_ACQUIRE) == BUSY)
        fill(record, zone, proof, leaf);
    return record;
}

const cfo_usage_t *cfo_usages_find(cfo_usages_t *usages, const char *zone,
                                   const cfo_proof_t *proof)
{
    return probe(usages, zone, digest_of(proof, NULL), 0, 0);
}

/* Other processes may write into a record what they like. What is no time of a
 * certificate, up to the year 9999, counts as none: so it may be subtracted from any. */
static apr_time_t time_in(const apr_time_t *field)
{
    const apr_time_t latest = APR_TIME_C(253402300799) * APR_USEC_PER_SEC;
    apr_time_t time = __atomic_load_n(field, __ATOMIC_RELAXED);

    return time < 0 || time > latest ? 0 : time;
}

int cfo_usage_touch(cfo_usage_t *usage, apr_time_t now)
{
    apr_time_t never = 0, last;

    if (!usage)
        return 0;
    last = time_in(&usage->last);
    if (last <= now && now - last < APR_USEC_PER_SEC)
        return 0;
    __atomic_store_n(&usage->last, now, __ATOMIC_RELAXED);
    return !__atomic_load_n(&usage->first, __ATOMIC_RELAXED) &&
           __atomic_compare_exchange_n(&usage->first, &never, now, 0, __ATOMIC_RELAXED,
                                       __ATOMIC_RELAXED);
}

apr_time_t cfo_usage_last(const cfo_usage_t *usage)
{
    return usage ? time_in(&usage->last) : 0;
}

/* A record changes while it is read. */
static cfo_usage_t *copy(apr_pool_t *p, const cfo_usage_t *record)
{
    cfo_usage_t *made = apr_pcalloc(p, sizeof *made);

    made->state = READY;
    made->is_leaf = record->is_leaf;
    memcpy(made->digest, record->digest, CFO_DIGEST_SIZE);
    made->first = time_in(&record->first);
    made->last = time_in(&record->last);
    made->not_after = time_in(&record->not_after);
    apr_cpystrn(made->zone, record->zone, sizeof made->zone);
    apr_cpystrn(made->subject, record->subject, sizeof made->subject);
    return made;
}

apr_array_header_t *cfo_usages_leaves(apr_pool_t *p, cfo_usages_t *usages)
{
    apr_array_header_t *leaves = apr_array_make(p, 16, sizeof(const cfo_usage_t *));
    apr_uint32_t i;

    for (i = 0; i < usages->capacity; i++) {
        const cfo_usage_t *record = &usages->records[i];

        if (state_of(record) == READY && record->is_leaf)
            APR_ARRAY_PUSH(leaves, const cfo_usage_t *) = copy(p, record);
    }
    return leaves;
}

static apr_status_t map(apr_pool_t *p, apr_file_t *file, apr_int32_t flags,
                        apr_off_t size, cfo_usages_t *usages)
{
    apr_mmap_t *mapping;
    apr_status_t status = apr_mmap_create(&mapping, file, 0, (apr_size_t)size, flags, p);

    if (status != APR_SUCCESS)
        return status;
    usages->head = mapping->mm;
    usages->records = (cfo_usage_t *)(void *)(usages->head + 1);
    return APR_SUCCESS;
}

static apr_status_t map_existing(apr_pool_t *p, apr_file_t *file, cfo_usages_t *usages)
{
    apr_finfo_t info;
    apr_status_t status = apr_file_info_get(&info, APR_FINFO_SIZE, file);

    if (status == APR_SUCCESS && info.size < size_for(LEAST))
        status = APR_EGENERAL;
    if (status == APR_SUCCESS)
        status = map(p, file, APR_MMAP_READ, info.size, usages);
    if (status != APR_SUCCESS)
        return status;
    usages->capacity = usages->head->capacity;
    if (usages->head->magic != MAGIC || usages->head->size != sizeof(cfo_usage_t) ||
        info.size != size_for(usages->capacity))
        return APR_EGENERAL;
    return APR_SUCCESS;
}

apr_status_t cfo_usages_read(apr_pool_t *p, const char *path, cfo_usages_t **usages)
{
    apr_file_t *file;
    apr_status_t status = apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY,
                                        APR_FPROT_OS_DEFAULT, p);

    if (status != APR_SUCCESS)
        return status;
    *usages = apr_pcalloc(p, sizeof **usages);
    status = map_existing(p, file, *usages);
    apr_file_close(file);
    return status;
}

static void take_over(cfo_usages_t *to, cfo_usages_t *from, apr_time_t now)
{
    apr_uint32_t i;

    for (i = 0; i < from->capacity; i++) {
        cfo_usage_t old = from->records[i], *record;

        old.first = time_in(&old.first);
        old.last = time_in(&old.last);
        old.not_after = time_in(&old.not_after);
        if (old.state != READY || old.last > now || now - old.last > keep)
            continue;
        old.zone[sizeof old.zone - 1] = old.subject[sizeof old.subject - 1] = '\0';
        record = probe(to, old.zone, old.digest, (int)old.is_leaf, 1);
        if (record && record->state == BUSY)
            *record = old;
    }
}

/* Allocates the disk space: on a full disk, a write to a page that the file does not have
 * would kill the process. */
static apr_status_t reserve(apr_file_t *file, apr_off_t size)
{
    apr_os_file_t descriptor;

    apr_os_file_get(&descriptor, file);
    return posix_fallocate(descriptor, 0, size);
}

static apr_status_t make_file(apr_pool_t *p, const char *path, apr_uint32_t capacity,
                              cfo_usages_t *usages)
{
    apr_file_t *file;
    apr_status_t status;

    apr_file_remove(path, p);
    status = apr_file_open(&file, path,
                           APR_FOPEN_READ | APR_FOPEN_WRITE | APR_FOPEN_CREATE |
                               APR_FOPEN_EXCL | APR_FOPEN_BINARY,
                           APR_FPROT_UREAD | APR_FPROT_UWRITE, p);
    if (status != APR_SUCCESS)
        return status;
    status = reserve(file, size_for(capacity));
    if (status == APR_SUCCESS)
        status = map(p, file, APR_MMAP_READ | APR_MMAP_WRITE, size_for(capacity), usages);
    apr_file_close(file);
    if (status != APR_SUCCESS)
        return status;
    usages->capacity = capacity;
    *usages->head = (head_t){ MAGIC, sizeof(cfo_usage_t), capacity, 0 };
    return APR_SUCCESS;
}

/* Written under another name first, so that nobody ever reads an incomplete file. */
apr_status_t cfo_usages_create(apr_pool_t *p, const char *path, int expected,
                               cfo_usages_t **usages)
{
    const char *next = apr_pstrcat(p, path, ".next", NULL);
    cfo_usages_t *old;
    apr_status_t status;
    apr_pool_t *scratch;

    *usages = apr_pcalloc(p, sizeof **usages);
    status = make_file(p, next, (apr_uint32_t)(LEAST + 3 * expected), *usages);
    if (status == APR_SUCCESS) {
        apr_pool_create(&scratch, p);
        if (cfo_usages_read(scratch, path, &old) == APR_SUCCESS)
            take_over(*usages, old, apr_time_now());
        apr_pool_destroy(scratch);
        status = apr_file_rename(next, path, p);
    }
    if (status != APR_SUCCESS)
        apr_file_remove(next, p);
    return status;
}
