/* SPDX-License-Identifier: Apache-2.0 */
/* What has become of the files since httpd started, for all of its processes: whoever
 * finds a change writes it here, and each process carries out what it reads. So all judge
 * by the same text, also a child that starts later, when the file itself may be bad. */
#ifndef CFO_CORE_JOURNAL_H
#define CFO_CORE_JOURNAL_H

#include "apr_file_io.h"
#include "apr_pools.h"

#include "file_state.h"

typedef enum {
    CFO_ENTRY_SEEN,     /* the file was touched, and is as it was */
    CFO_ENTRY_LOADED,   /* it has a new content, the text */
    CFO_ENTRY_REJECTED, /* it is bad or gone, and its last content stays; text: why */
    CFO_ENTRY_REMOVED   /* it is gone from its folder, and so is its zone */
} cfo_entry_kind_t;

typedef struct {
    cfo_entry_kind_t kind;
    int source_kind;    /* of cfo_content_kind_t; CFO_ENTRY_FOLDER: a folder itself */
    const char *path;   /* of the file or folder */
    const char *folder; /* the folder that lists the file; "": none */
    cfo_file_state_t state;
    apr_time_t when;
    const char *text; /* ends in a NUL that length does not count */
    apr_size_t length;
} cfo_entry_t;

enum { CFO_ENTRY_FOLDER = -1 };

/* It only grows, until the next restart: a file that never stops changing must not fill
 * the disk. */
enum { CFO_JOURNAL_MOST = 256 * 1024 * 1024 };

typedef struct cfo_journal_t cfo_journal_t;

/* An empty one, made before httpd forks. `file` is a file that all processes have open
 * and nobody else knows, `committed` is shared memory. Writers have to keep each other
 * out; readers need not. */
cfo_journal_t *cfo_journal_create(apr_pool_t *p, apr_file_t *file,
                                  apr_uint64_t *committed);

/* Whether there is something that this process has not read. */
int cfo_journal_has_news(const cfo_journal_t *journal);

/* The next entry, all of it in `p`. APR_EOF: there is none; anything else: it cannot be
 * read. */
apr_status_t cfo_journal_next(cfo_journal_t *journal, apr_pool_t *p, cfo_entry_t *entry);

/* Appends an entry, wholly or not at all. Everything before it must have been read.
 * APR_ENOSPC also if it would grow too large. */
apr_status_t cfo_journal_append(cfo_journal_t *journal, apr_pool_t *p,
                                const cfo_entry_t *entry);

#endif
