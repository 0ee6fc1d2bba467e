/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at one file, as a part of looking at all (scan.h). */
#ifndef CFO_CORE_LIVE_DETECT_FILE_H
#define CFO_CORE_LIVE_DETECT_FILE_H

#include "core/live/change.h"
#include "core/live/reloader.h"

/* A look at all files. */
typedef struct {
    cfo_reloader_t *reloader;
    apr_pool_t *p;       /* for what is to be said */
    apr_pool_t *scratch; /* cleared after each file */
    apr_time_t now;
    apr_array_header_t *changes; /* of cfo_change_t */
    int is_first;                /* of this process */
    int again;                   /* something is in the midst of a change */
    apr_status_t status; /* of the journal; nothing more is written after a failure */
} cfo_detection_t;

/* Looks at a file that the configuration names (`folder` is ""), or that a folder has.
 * Returns whether it was left alone: it is in the midst of a change, or gone from its
 * folder, which is for who lists the folder to find out about, or all is over. */
int cfo_detect_file(cfo_detection_t *detection, cfo_watched_file_t *file,
                    const char *folder);

/* Whether it is out of its folder: a link that leads nowhere is still there. */
int cfo_detect_is_gone(const cfo_detection_t *detection, const cfo_watched_file_t *file);

/* Whether to wait for it: cfo_detect_is_changing() of its present state. */
int cfo_detect_is_waiting(cfo_detection_t *detection, cfo_watched_file_t *file);

/* Writes and says that it is gone from its folder. */
void cfo_detect_removed(cfo_detection_t *detection, const cfo_watched_file_t *file,
                        const char *folder);

/* Whether the same difficulty was told less than a day ago. */
int cfo_detect_is_known(const cfo_detection_t *detection, const cfo_file_error_t *known,
                        const char *error);

/* Whether to wait for something that is in the midst of a change: written to less than a
 * second ago, or not there, as while a script replaces it in two steps. *since is when
 * that was first seen, 0: never. */
int cfo_detect_is_changing(cfo_detection_t *detection, const cfo_file_state_t *state,
                           apr_time_t *since);

/* Writes an entry, which is committed when all files were looked at, and, unless `change`
 * is NULL, what is to be said of it. */
void cfo_detect_report(cfo_detection_t *detection, const cfo_entry_t *entry,
                       const cfo_change_t *change);

/* Writes an entry of a difficulty and says it, unless it is known; writes nothing if the
 * state is known too (`last`: what was written the last time). */
void cfo_detect_reject(cfo_detection_t *detection, cfo_entry_t *entry,
                       const cfo_file_state_t *last, const cfo_file_error_t *known,
                       cfo_change_t *change, const char *error);

#endif
