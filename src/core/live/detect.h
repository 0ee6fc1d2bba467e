/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the files of the configuration for changes, on behalf of all processes, and
 * writes what it finds to the journal. */
#ifndef CFO_CORE_LIVE_DETECT_H
#define CFO_CORE_LIVE_DETECT_H

#include "apr_pools.h"
#include "apr_tables.h"
#include "apr_time.h"

#include "core/live/change.h"
#include "core/live/reloader.h"

/* Checks all files and folders, and adds what has to be logged to `changes` (of
 * cfo_change_t, in `p`). A file that cannot be used leaves its last content in force; the
 * error is logged once, and again after a day.
 *
 * The caller holds the lock between processes and has caught up with the journal. If it
 * has not, other processes' findings would be logged twice: then nothing is checked and
 * the result is APR_EGENERAL. Sets *again if something is being changed and must be
 * checked again in a second. If reloader->is_over is set, files may be skipped. Returns
 * the status of the journal. */
apr_status_t cfo_detect_changes(cfo_reloader_t *reloader, apr_pool_t *p, apr_time_t now,
                                apr_array_header_t *changes, int *again);

#endif
