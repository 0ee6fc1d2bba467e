/* SPDX-License-Identifier: Apache-2.0 */
/* Zones by name, and which of them a certificate proves. */
#ifndef CFO_CORE_TRUST_ZONES_H
#define CFO_CORE_TRUST_ZONES_H

#include "apr_pools.h"
#include "apr_tables.h"
#include "apr_time.h"

#include "core/trust/shared_pool.h"
#include "core/trust/certificate.h"
#include "core/trust/parsed_file.h"
#include "core/trust/credential.h"
#include "core/trust/proof.h"
#include "core/trust/cert_cache.h"

/* Immutable once it is in a table, except for the match cache. */
typedef struct {
    const char *name;           /* lower case, no final dot; or "*" */
    apr_array_header_t *proofs; /* of const cfo_proof_t *; alternatives */
    apr_array_header_t *files;  /* of cfo_parsed_file_t *: where the proofs are from */
    const char *error; /* why its only file did not load: there are no proofs then */
    cfo_match_cache_t *match_cache;
    cfo_shared_pool_t *shared_pool;
    int uses; /* parts of tables that hold it */
} cfo_zone_t;

/* Makes a zone without proofs and with one use, the caller's. cfo_zone_name_read() has
 * returned `name`. */
cfo_zone_t *cfo_zone_create(cfo_shared_pool_t *shared_pool, const char *name);

/* Adds the proofs of a file, and holds the file. */
void cfo_zone_add_file(cfo_zone_t *zone, cfo_parsed_file_t *content);

cfo_zone_t *cfo_zone_hold(cfo_zone_t *zone);

/* Releases the files with the last use. */
void cfo_zone_release(cfo_zone_t *zone);

/* A set of zones. Filled by one thread, then read by any number. */
typedef struct cfo_zone_table_t cfo_zone_table_t;

cfo_zone_table_t *cfo_zone_table_create(apr_pool_t *p);

/* A table with the same zones, which may be changed while others read the first one. They
 * share what they have in common, so this costs the same whatever their size; so do
 * changes. */
cfo_zone_table_t *cfo_zone_table_copy(apr_pool_t *p, const cfo_zone_table_t *table);

/* Adds a zone, whose name must be new to the table, and takes over the caller's use of
 * it. */
void cfo_zone_table_put(cfo_zone_table_t *table, cfo_zone_t *zone);

/* Removes and releases a zone of the table. */
void cfo_zone_table_remove(cfo_zone_table_t *table, cfo_zone_t *zone);

/* Releases every zone that no copy has; the table is empty after that. */
void cfo_zone_table_release(cfo_zone_table_t *table);

/* Finds the zone of exactly this name; NULL if there is none. */
cfo_zone_t *cfo_zone_table_get(const cfo_zone_table_t *table, const char *name);

/* Lists all zones, sorted by name, as cfo_zone_t *. */
apr_array_header_t *cfo_zone_table_list(apr_pool_t *p, const cfo_zone_table_t *table);

/* Finds the zone that covers `host` (lower case, no final dot, not NULL): the longest
 * name in any of the `count` tables that equals it or is a parent of it; of equal names
 * the one in the earlier table; "*" if there is no other. Costs one look-up per label and
 * table, whatever their size. NULL if there is none. */
cfo_zone_t *cfo_zones_find(cfo_zone_table_t *const *tables, int count, const char *host);

/* Finds a zone, other than `except`, that a leaf proves now; NULL if it proves none. For
 * reports: at most CFO_FAILED_CHECKS_MOST signature checks per minute and connection may
 * fail, so an unknown certificate costs no more with ten thousand zones than with one. */
const cfo_zone_t *cfo_zones_proved_by(cfo_zone_table_t *const *tables, int count,
                                      cfo_credential_t *credential, apr_time_t now,
                                      const cfo_zone_t *except);

/* Finds a zone that a leaf would prove if its dates and its type were right: it is
 * pinned, or an anchor issued it. NULL if there is none. Same limit. */
const cfo_zone_t *cfo_zones_meant_by(cfo_zone_table_t *const *tables, int count,
                                     cfo_credential_t *credential, apr_time_t now);

#endif
