/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that requests are judged by, and how it is replaced while requests run.
 *
 * A reader counts itself on the snapshot that it found in force, and then checks again:
 * if another one is in force now, it counts itself off and takes that one. So if the
 * publisher retires a snapshot and then finds no reader counted on it, none will come.
 * The records are never freed, only what they point to: a late reader may still count
 * itself on and off a record that is unused, or used again, which does no harm. */
#include "core/live/snapshot.h"

struct cfo_snapshots_t {
    apr_pool_t *pool;
    cfo_snapshot_t *current;
    cfo_snapshot_t *retired; /* both lists belong to the publisher */
    cfo_snapshot_t *unused;
    apr_uint32_t serial;
};

cfo_snapshots_t *cfo_snapshots_create(apr_pool_t *p)
{
    cfo_snapshots_t *snapshots = apr_pcalloc(p, sizeof *snapshots);

    snapshots->pool = p;
    return snapshots;
}

void cfo_snapshots_move(cfo_snapshots_t *snapshots, apr_pool_t *p)
{
    snapshots->pool = p;
}

static cfo_snapshot_t *take_record(cfo_snapshots_t *snapshots)
{
    cfo_snapshot_t *record = snapshots->unused;

    if (!record)
        return apr_pcalloc(snapshots->pool, sizeof *record);
    snapshots->unused = record->next;
    return record;
}

void cfo_snapshots_publish(cfo_snapshots_t *snapshots, const cfo_snapshot_t *snapshot)
{
    cfo_snapshot_t *record = take_record(snapshots), *last = snapshots->current;

    record->edge =
        snapshot->edge; /* all fields except readers: late readers may be counted there */
    record->views = snapshot->views;
    record->tables = snapshot->tables;
    record->provenance = snapshot->provenance;
    record->pool = snapshot->pool;
    record->serial = ++snapshots->serial;
    __atomic_store_n(&snapshots->current, record, __ATOMIC_SEQ_CST);
    if (last) {
        last->next = snapshots->retired;
        snapshots->retired = last;
    }
}

cfo_snapshot_t *cfo_snapshots_acquire(cfo_snapshots_t *snapshots)
{
    cfo_snapshot_t *found;

    for (;;) {
        found = __atomic_load_n(&snapshots->current, __ATOMIC_ACQUIRE);
        __atomic_fetch_add(&found->readers, 1, __ATOMIC_SEQ_CST);
        if (found == __atomic_load_n(&snapshots->current, __ATOMIC_SEQ_CST))
            return found;
        cfo_snapshot_release(found);
    }
}

void cfo_snapshot_release(cfo_snapshot_t *snapshot)
{
    __atomic_fetch_sub(&snapshot->readers, 1, __ATOMIC_RELEASE);
}

static void free_content(const cfo_snapshot_t *snapshot)
{
    int i;

    for (i = 0; i < snapshot->tables->nelts; i++)
        cfo_zone_table_release(APR_ARRAY_IDX(snapshot->tables, i, cfo_zone_table_t *));
    cfo_edge_release(snapshot->edge);
    if (snapshot->pool)
        apr_pool_destroy(snapshot->pool);
}

void cfo_snapshots_reap(cfo_snapshots_t *snapshots)
{
    cfo_snapshot_t **link = &snapshots->retired, *snapshot;

    while ((snapshot = *link) != NULL) {
        if (__atomic_load_n(&snapshot->readers, __ATOMIC_SEQ_CST)) {
            link = &snapshot->next;
            continue;
        }
        *link = snapshot->next;
        free_content(snapshot);
        snapshot->next = snapshots->unused;
        snapshots->unused = snapshot;
    }
}
