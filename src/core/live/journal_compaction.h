/* SPDX-License-Identifier: Apache-2.0 */
/* Drops from the journal what is superseded, so that it stays as short as what the files
 * hold, however often they change. */
#ifndef CFO_CORE_LIVE_JOURNAL_COMPACTION_H
#define CFO_CORE_LIVE_JOURNAL_COMPACTION_H

#include "apr_pools.h"

#include "core/live/journal.h"
#include "core/live/watched_file.h"

/* Replaces the journal by one that brings a process to the same, from wherever it is. The
 * caller keeps other writers out, and has read and committed everything. `p` is for
 * temporary use. If it fails, which only costs space, everything is as it was. */
apr_status_t cfo_journal_compact(apr_pool_t *p, cfo_journal_t *journal,
                                 const cfo_watched_files_t *watched);

#endif
