/* SPDX-License-Identifier: Apache-2.0 */
/* Finds certificates that expire soon or have expired. */
#ifndef CFO_CORE_LIVE_EXPIRY_H
#define CFO_CORE_LIVE_EXPIRY_H

#include "apr_pools.h"
#include "apr_tables.h"
#include "apr_time.h"

#include "core/trust/usage.h"
#include "core/live/snapshot.h"

typedef struct {
    const char *zone;    /* the first zone, by name, that uses it */
    int zones;           /* how many zones use it */
    const char *kind;    /* "anchor", "leaf" (of a file), "presented" */
    const char *subject; /* any bytes but NUL */
    const char *sha256;  /* hex */
    const char *source;  /* the file; NULL for one that was presented */
    int is_shared_ca;    /* Cloudflare's shared CA, which only Cloudflare can renew */
    apr_time_t not_after;
} cfo_expiry_t;

/* Lists (as cfo_expiry_t) the certificates of the zones in `snapshot` that have expired
 * or expire within `within`, and those that were presented in the last week according to
 * `usages` (NULL: none). Soonest first, each once. All in `p`. */
apr_array_header_t *cfo_expiry_list(apr_pool_t *p, const cfo_snapshot_t *snapshot,
                                    cfo_usages_t *usages, apr_time_t now,
                                    apr_interval_time_t within);

/* Names (of const char *) of zones that nothing can prove any more, because every
 * certificate in their proofs has expired. A zone with a pin by digest is never among
 * them: its date is unknown. */
apr_array_header_t *cfo_expiry_shut_zones(apr_pool_t *p, const cfo_snapshot_t *snapshot,
                                          apr_time_t now);

/* Whole days from `now` to `then`, rounded down: 0 is today, -1 is past. */
int cfo_expiry_days(apr_time_t then, apr_time_t now);

#endif
