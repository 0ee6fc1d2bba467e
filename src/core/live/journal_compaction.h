/* SPDX-License-Identifier: Apache-2.0 */
/* Drops superseded entries from the journal, so that its length depends on the size of
 * the files and not on how often they change. */
#ifndef CFO_CORE_LIVE_JOURNAL_COMPACTION_H
#define CFO_CORE_LIVE_JOURNAL_COMPACTION_H

#include "apr_pools.h"

#include "core/live/journal.h"
#include "core/live/watched_file.h"

/* Replaces the journal by a shorter one with the same effect on every process,
 * wherever it is reading. The caller locks other writers out, and has read and
 * committed everything. `p` is for temporary use. On failure nothing changes, and
 * no disk space is used. */
apr_status_t cfo_journal_compact(apr_pool_t *p, cfo_journal_t *journal,
                                 cfo_watched_files_t *watched);

#endif
