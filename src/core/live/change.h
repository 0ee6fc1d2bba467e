/* SPDX-License-Identifier: Apache-2.0 */
/* A change of a file or folder, as it is logged. */
#ifndef CFO_CORE_LIVE_CHANGE_H
#define CFO_CORE_LIVE_CHANGE_H

#include "core/live/journal.h"

/* Logged once for all processes. */
typedef struct {
    cfo_entry_kind_t kind; /* LOADED: good, or good again; REJECTED; REMOVED */
    const char *path;
    const char *zone;  /* of a file of a folder; else NULL */
    const char *error; /* REJECTED: why it cannot be used; else NULL */
    const char *note;  /* LOADED: what is doubtful about the new content; else NULL */
    int is_new;        /* LOADED: the file had no content before */
    int has_content;   /* REJECTED: it stays in force; REMOVED: it was in force */
    int file_kind;     /* of cfo_file_kind_t; CFO_ENTRY_FOLDER: a folder itself */
} cfo_change_t;

enum { CFO_REPEAT_HOURS = 24 }; /* an error that persists is logged again */

#endif
