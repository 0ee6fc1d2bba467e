/* SPDX-License-Identifier: Apache-2.0 */
/* Checks one file for changes, as a part of cfo_detect_changes(). */
#ifndef CFO_CORE_LIVE_DETECT_FILE_H
#define CFO_CORE_LIVE_DETECT_FILE_H

#include "core/live/change.h"
#include "core/live/reloader.h"

/* One check of all files. */
typedef struct {
    cfo_reloader_t *reloader;
    apr_pool_t *p;       /* for `changes` */
    apr_pool_t *scratch; /* cleared after each file */
    apr_time_t now;
    apr_array_header_t *changes; /* of cfo_change_t */
    int is_first;                /* the first check by this process */
    int again;                   /* something is being changed */
    apr_status_t status; /* of the journal; after a failure nothing more is written */
} cfo_detection_t;

/* Checks a file that a directive names (`folder` is "") or that is in a folder. Returns 1
 * if it was skipped: it is being changed, it is gone from its folder (the listing of the
 * folder deals with that), or the process is ending. */
int cfo_detect_file(cfo_detection_t *detection, cfo_watched_file_t *file,
                    const char *folder);

/* Whether it no longer exists. A dangling link still exists. */
int cfo_detect_is_gone(const cfo_detection_t *detection, const cfo_watched_file_t *file);

/* cfo_detect_is_changing() for the present state of the file. */
int cfo_detect_is_waiting(cfo_detection_t *detection, cfo_watched_file_t *file);

/* Reports that the file is gone from its folder. */
void cfo_detect_removed(cfo_detection_t *detection, const cfo_watched_file_t *file,
                        const char *folder);

/* Whether the same error was logged less than a day ago. */
int cfo_detect_is_known(const cfo_detection_t *detection, const cfo_file_error_t *known,
                        const char *error);

/* Whether to wait for a change to finish: the file was written to less than a second ago,
 * or it is missing, as while a script replaces it in two steps. *since is when that was
 * first seen, 0: never. */
int cfo_detect_is_changing(cfo_detection_t *detection, const cfo_file_state_t *state,
                           apr_time_t *since);

/* Writes an entry to the journal, which is committed after all files were checked. Adds
 * `change` (NULL: none) to what is logged. */
void cfo_detect_report(cfo_detection_t *detection, const cfo_entry_t *entry,
                       const cfo_change_t *change);

/* Writes an entry for an error, and logs it unless it is known. Writes nothing if the
 * state is known too. `last` is the state in the last entry. */
void cfo_detect_reject(cfo_detection_t *detection, cfo_entry_t *entry,
                       const cfo_file_state_t *last, const cfo_file_error_t *known,
                       cfo_change_t *change, const char *error);

#endif
