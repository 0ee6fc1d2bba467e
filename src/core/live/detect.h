/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at the files that the configuration names, for all processes, and writes what it
 * finds into the journal. */
#ifndef CFO_CORE_LIVE_DETECT_H
#define CFO_CORE_LIVE_DETECT_H

#include "apr_pools.h"
#include "apr_tables.h"
#include "apr_time.h"

#include "core/live/change.h"
#include "core/live/reloader.h"

/* Looks at all files, and adds what is to be said to `changes` (of cfo_change_t, in `p`).
 * A bad file is an entry that says so, and leaves what is in force; it is said once, and
 * again after a day. The caller locks others out and has caught up with the journal:
 * whoever cannot read what the others found would find it again, and APR_EGENERAL is all
 * he gets. Sets *again if something is in the midst of a change and should be looked at
 * in a second; with follower->is_over, files may be left out. Returns what went wrong
 * with the journal. */
apr_status_t cfo_detect_changes(cfo_reloader_t *reloader, apr_pool_t *p, apr_time_t now,
                                apr_array_header_t *changes, int *again);

#endif
