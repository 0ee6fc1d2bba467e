/* SPDX-License-Identifier: Apache-2.0 */
/* Applies changes of the files while httpd runs. Any process may check the files
 * (detect.h) and write what it finds to the journal; every process applies what the
 * journal has. */
#ifndef CFO_CORE_LIVE_RELOADER_H
#define CFO_CORE_LIVE_RELOADER_H

#include "apr_pools.h"

#include "core/live/journal.h"
#include "core/live/snapshot_builder.h"
#include "core/live/snapshot.h"

/* Used by one thread of a process. */
typedef struct {
    apr_pool_t *pool; /* of the process; its allocator is safe for threads */
    cfo_snapshot_builder_t *builder;
    cfo_snapshots_t *snapshots;
    cfo_journal_t *journal;
    int has_checked;
    int has_failed; /* set by the caller: the failure of the journal was logged */
    int is_behind;  /* an entry could not be applied: it is tried again ... */
    int waited;     /* ... after some calls */
    apr_array_header_t *changed; /* of cfo_changed_t, while entries are applied */
    int is_over; /* set to 1 by any thread: the process ends, so unfinished work is left
                  */
} cfo_reloader_t;

int cfo_reloader_is_over(const cfo_reloader_t *reloader);

/* Applies the new entries of the journal, and publishes a new snapshot if they change
 * anything. Frees what is not used any more. APR_ENOMEM: not all of them could be
 * applied; that is tried again every few calls. */
apr_status_t cfo_reloader_catch_up(cfo_reloader_t *reloader);

#endif
