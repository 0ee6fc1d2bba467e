/* SPDX-License-Identifier: Apache-2.0 */
/* What requests are judged by, whole and unchanging, and how it is replaced under them.
 */
#ifndef CFO_CORE_LIVE_SNAPSHOT_H
#define CFO_CORE_LIVE_SNAPSHOT_H

#include "apr_pools.h"
#include "apr_tables.h"

#include "core/net/ranges.h"
#include "core/trust/zones.h"

/* The tables of one server, in the order in which they are searched. */
typedef struct {
    cfo_zone_table_t **tables;
    int count;
} cfo_view_t;

typedef struct cfo_snapshot_t {
    const cfo_ranges_t *edge; /* CFOriginPullRanges */
    const cfo_view_t *views; /* by the number that cfo_snapshot_builder_add_view() gave */
    apr_array_header_t *tables;                /* of cfo_zone_table_t *; each once */
    const struct cfo_provenance_t *provenance; /* what it was made of, for reports */
    apr_uint32_t serial; /* another one for each snapshot of a process */

    apr_pool_t *pool; /* NULL: made before httpd forked, and never destroyed */
    apr_uint32_t readers;
    struct cfo_snapshot_t *next;
} cfo_snapshot_t;

/* The snapshot in force, and those that are still used by somebody. */
typedef struct cfo_snapshots_t cfo_snapshots_t;

/* Lives as long as `p`, in which it also keeps what it must never free. */
cfo_snapshots_t *cfo_snapshots_create(apr_pool_t *p);

/* What it keeps is allocated in `p` from now on: in a child, whose pools are not those of
 * the process that made it. */
void cfo_snapshots_move(cfo_snapshots_t *snapshots, apr_pool_t *p);

/* Puts a copy of *snapshot in force. To be called by one thread only, as is
 * cfo_snapshots_reap(). */
void cfo_snapshots_publish(cfo_snapshots_t *snapshots, const cfo_snapshot_t *snapshot);

/* The snapshot in force, which stays whole until it is let go. Any thread; never waits.
 */
cfo_snapshot_t *cfo_snapshots_acquire(cfo_snapshots_t *snapshots);

void cfo_snapshot_release(cfo_snapshot_t *snapshot);

/* Frees those that are no longer in force and that nobody uses any more. */
void cfo_snapshots_reap(cfo_snapshots_t *snapshots);

#endif
