/* SPDX-License-Identifier: Apache-2.0 */
/* Records when each proof of a zone was last used, and which certificates are presented:
 * an administrator needs this to remove an old anchor safely. Kept in shared memory of
 * all processes, backed by a file, so that it survives a restart and other programs can
 * read it. */
#ifndef CFO_CORE_TRUST_USAGE_H
#define CFO_CORE_TRUST_USAGE_H

#include "apr_pools.h"
#include "apr_tables.h"
#include "apr_time.h"

#include "core/trust/certificate.h"
#include "core/trust/proof.h"

enum { CFO_USAGE_ZONE_SIZE = 256, CFO_USAGE_SUBJECT_SIZE = 256 };

/* Plain data: the file has the same layout. */
typedef struct {
    apr_uint32_t state;                    /* free, being written, or ready */
    apr_uint32_t is_leaf;                  /* a presented certificate, not a proof */
    unsigned char digest[CFO_DIGEST_SIZE]; /* of the leaf's DER, or of the proof */
    apr_time_t first, last; /* when it first and last proved the zone; 0: never */
    apr_time_t not_after;   /* of the leaf; 0 for a proof */
    char zone[CFO_USAGE_ZONE_SIZE];
    char subject[CFO_USAGE_SUBJECT_SIZE]; /* of the leaf, truncated if too long; "" for a
                                             proof */
} cfo_usage_t;

typedef struct cfo_usages_t cfo_usages_t;

/* Makes a new file, with room for at least twice `expected` records, of which a zone may
 * take about a quarter, and copies from the old one what was used within a year. Lives as
 * long as `p`; call it before httpd forks. */
apr_status_t cfo_usages_create(apr_pool_t *p, const char *path, int expected,
                               cfo_usages_t **usages);

/* Maps the file of a running (or stopped) httpd; it shows the present values. APR_ENOENT:
 * there is none. */
apr_status_t cfo_usages_read(apr_pool_t *p, const char *path, cfo_usages_t **usages);

/* Finds the record of a proof (`leaf` is NULL), or of a leaf that proves a zone. If there
 * is none, makes one that was never used. NULL if there is no room, or the zone has
 * taken its share. Any thread. */
cfo_usage_t *cfo_usages_record(cfo_usages_t *usages, const char *zone,
                               const cfo_proof_t *proof, const cfo_certificate_t *leaf);

/* Finds the record of a proof; NULL if there is none. */
const cfo_usage_t *cfo_usages_find(cfo_usages_t *usages, const char *zone,
                                   const cfo_proof_t *proof);

/* When it last proved the zone; 0: never, or NULL. Any thread. */
apr_time_t cfo_usage_last(const cfo_usage_t *usage);

/* Lists copies of all leaves (as const cfo_usage_t *) in `p`, in no order. */
apr_array_header_t *cfo_usages_leaves(apr_pool_t *p, cfo_usages_t *usages);

/* Records a use at `now`. Returns whether it is the first one. Writes at most once a
 * second. Any thread; NULL does nothing. */
int cfo_usage_touch(cfo_usage_t *usage, apr_time_t now);

#endif
