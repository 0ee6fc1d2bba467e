/* SPDX-License-Identifier: Apache-2.0 */
/* Which proof of a zone was used last, and which certificates are presented: what one has
 * to know to remove an old anchor with confidence. Kept in memory that all processes
 * share and that a file backs, so that it outlives a restart and others can read it. */
#ifndef CFO_CORE_TRUST_USAGE_H
#define CFO_CORE_TRUST_USAGE_H

#include "apr_file_io.h"
#include "apr_pools.h"
#include "apr_tables.h"
#include "apr_time.h"

#include "core/trust/certificate.h"
#include "core/trust/proof.h"

enum { CFO_USAGE_ZONE_SIZE = 256, CFO_USAGE_SUBJECT_SIZE = 256 };

/* Plain data: this is how it stands in the file. */
typedef struct {
    apr_uint32_t state;                    /* free, being written, or ready */
    apr_uint32_t is_leaf;                  /* a certificate that was presented */
    unsigned char digest[CFO_DIGEST_SIZE]; /* of the leaf's DER, or of the proof */
    apr_time_t first, last;                /* when it proved the zone; 0: never yet */
    apr_time_t not_after;                  /* of the leaf; 0 for a proof */
    char zone[CFO_USAGE_ZONE_SIZE];
    char
        subject[CFO_USAGE_SUBJECT_SIZE]; /* of the leaf, cut if need be; "" for a proof */
} cfo_usage_t;

typedef struct cfo_usages_t cfo_usages_t;

/* Makes the file anew, with room for twice `expected` and more, and takes over from the
 * old one what was seen within a year. Lives as long as `p`; to be called before httpd
 * forks. */
apr_status_t cfo_usages_create(apr_pool_t *p, const char *path, int expected,
                               cfo_usages_t **usages);

/* Reads the file of a running (or stopped) httpd: what is in it now. APR_ENOENT: there is
 * none. */
apr_status_t cfo_usages_read(apr_pool_t *p, const char *path, cfo_usages_t **usages);

/* The record of a proof (`leaf` is NULL) or of a leaf that proves a zone; made, as never
 * seen, if it is not there yet. NULL if there is no room. Any thread. */
cfo_usage_t *cfo_usages_record(cfo_usages_t *usages, const char *zone,
                               const cfo_proof_t *proof, const cfo_certificate_t *leaf);

/* The record of a proof; NULL if there is none. */
const cfo_usage_t *cfo_usages_find(cfo_usages_t *usages, const char *zone,
                                   const cfo_proof_t *proof);

/* All leaves (of const cfo_usage_t *), in no order. */
apr_array_header_t *cfo_usages_leaves(apr_pool_t *p, cfo_usages_t *usages);

/* It was seen now. Returns whether it never was before. Writes once a second at most. Any
 * thread; NULL does nothing. */
int cfo_usage_touch(cfo_usage_t *usage, apr_time_t now);

#endif
