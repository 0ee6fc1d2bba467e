/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that requests are judged by, as one immutable snapshot, and how it is
 * replaced while requests run. */
#ifndef CFO_CORE_LIVE_SNAPSHOT_H
#define CFO_CORE_LIVE_SNAPSHOT_H

#include "apr_pools.h"
#include "apr_tables.h"

#include "core/live/edge.h"
#include "core/trust/zones.h"

/* The tables of one server, in search order. */
typedef struct {
    cfo_zone_table_t **tables;
    int count;
} cfo_view_t;

enum { CFO_CACHE_LINE = 64 };

typedef struct cfo_snapshot_t {
    const cfo_edge_t *edge; /* CFOriginPullRanges */
    const cfo_view_t
        *views; /* indexed by the number that cfo_snapshot_builder_add_view() returned */
    apr_array_header_t *tables; /* of cfo_zone_table_t *; each of them once */
    const struct cfo_provenance_t *provenance; /* what it was made of, for reports */
    apr_uint32_t serial; /* different for each snapshot of a process */

    apr_pool_t *pool; /* NULL: made before httpd forked, never destroyed */
    struct cfo_snapshot_t *next;
    /* Each request writes the count. Whatever else requests read is on other cache lines,
     * so that it stays in the caches of all processors. */
    char apart[CFO_CACHE_LINE];
    apr_uint32_t readers;
    char apart_too[CFO_CACHE_LINE];
} cfo_snapshot_t;

/* The snapshot in force, and older ones that are still in use. */
typedef struct cfo_snapshots_t cfo_snapshots_t;

/* Lives as long as `p`, which also holds what must never be freed. */
cfo_snapshots_t *cfo_snapshots_create(apr_pool_t *p);

/* New records are allocated in `p` from now on: a child must not use the pools of its
 * parent. */
void cfo_snapshots_move(cfo_snapshots_t *snapshots, apr_pool_t *p);

/* Puts a copy of *snapshot in force. Only one thread may call this and
 * cfo_snapshots_reap(). */
void cfo_snapshots_publish(cfo_snapshots_t *snapshots, const cfo_snapshot_t *snapshot);

/* Returns the snapshot in force, which stays valid until it is released. Any thread;
 * never waits. */
cfo_snapshot_t *cfo_snapshots_acquire(cfo_snapshots_t *snapshots);

void cfo_snapshot_release(cfo_snapshot_t *snapshot);

/* Frees snapshots that are not in force and that no thread uses. */
void cfo_snapshots_reap(cfo_snapshots_t *snapshots);

#endif
