/* SPDX-License-Identifier: Apache-2.0 */
/* Follows the files while httpd runs: any process may look at them (scan.h), and writes
 * what it finds into the journal; every process carries out what is there. */
#ifndef CFO_CORE_LIVE_RELOADER_H
#define CFO_CORE_LIVE_RELOADER_H

#include "apr_pools.h"
#include "apr_tables.h"
#include "apr_time.h"

#include "core/live/journal.h"
#include "core/live/snapshot_builder.h"
#include "core/live/snapshot.h"

/* Used by one thread of a process. */
typedef struct {
    apr_pool_t *pool; /* of the process, with an allocator that may be used by threads */
    cfo_snapshot_builder_t *builder;
    cfo_snapshots_t *snapshots;
    cfo_journal_t *journal;
    int has_checked;
    int has_failed; /* set by the caller: it was said that the journal fails */
    int is_over;    /* set to 1 by any thread: work is left, as soon as it can be */
} cfo_reloader_t;

int cfo_reloader_is_over(const cfo_reloader_t *reloader);

/* Carries out what the journal has, and puts a new snapshot in force if that changes
 * anything. Frees what nobody uses any more. */
apr_status_t cfo_reloader_catch_up(cfo_reloader_t *reloader);

#endif
