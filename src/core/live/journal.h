/* SPDX-License-Identifier: Apache-2.0 */
/* What has become of the files since httpd started, for all of its processes: whoever
 * finds a change writes it here, and each process carries out what it reads. So all judge
 * by the same text, also a child that starts later, when the file itself may be bad. */
#ifndef CFO_CORE_LIVE_JOURNAL_H
#define CFO_CORE_LIVE_JOURNAL_H

#include "apr_file_io.h"
#include "apr_pools.h"

#include "core/live/file_state.h"

typedef enum {
    CFO_ENTRY_UNCHANGED, /* the file was touched, and is as it was */
    CFO_ENTRY_LOADED,    /* it has a new content, the text */
    CFO_ENTRY_REJECTED,  /* it is bad or gone, and its last content stays; text: why */
    CFO_ENTRY_REMOVED,   /* it is gone from its folder, and so is its zone */
    CFO_ENTRY_COMPACT_BEGIN, /* the beginning of a compact journal, and ... */
    CFO_ENTRY_COMPACT_END /* ... its end: what came into a folder since httpd started, and
                       is not between the two, is gone */
} cfo_entry_kind_t;

typedef struct {
    cfo_entry_kind_t kind;
    int file_kind;      /* of cfo_file_kind_t; CFO_ENTRY_FOLDER: a folder itself */
    const char *path;   /* of the file or folder */
    const char *folder; /* the folder that lists the file; "": none */
    cfo_file_state_t state;
    apr_time_t when;
    const char *text; /* ends in a NUL that length does not count */
    apr_size_t length;
} cfo_entry_t;

enum { CFO_ENTRY_FOLDER = -1 };

/* What is superseded is dropped from time to time: what counts is written to another
 * file, which is the journal from then on. All in shared memory is one number, so that
 * whoever is killed in the midst of anything has done nothing. */
typedef struct cfo_journal_t cfo_journal_t;

/* An empty one, made before httpd forks. `files` are two that all processes have open and
 * nobody else knows, `committed` is shared memory, 0. Writers have to keep each other
 * out; readers need not. */
cfo_journal_t *cfo_journal_create(apr_pool_t *p, apr_file_t *const files[2],
                                  apr_uint64_t *committed);

/* Whether there is something that this process has not read. */
int cfo_journal_has_unread(const cfo_journal_t *journal);

/* The next entry, all of it in `p`; the first of the other file if the journal is there
 * now. APR_EOF: there is none; anything else: it cannot be read. */
apr_status_t cfo_journal_next(cfo_journal_t *journal, apr_pool_t *p, cfo_entry_t *entry);

/* Appends an entry, wholly or not at all, which nobody sees before it is committed.
 * Everything that was committed must have been read. */
apr_status_t cfo_journal_append(cfo_journal_t *journal, apr_pool_t *p,
                                const cfo_entry_t *entry);

/* Shows all others what was appended, at once. */
void cfo_journal_commit(cfo_journal_t *journal);

/* Whether it is several times as long as when it was last compact. */
int cfo_journal_needs_compaction(const cfo_journal_t *journal);

/* Not to be asked again before it is twice as long: it could not be made compact. */
void cfo_journal_defer_compaction(cfo_journal_t *journal);

/* A reader in `p` that begins anew. */
cfo_journal_t *cfo_journal_reader(apr_pool_t *p, const cfo_journal_t *journal);

/* An empty journal in `p`, in the file that is not in use, which is to replace this one.
 */
cfo_journal_t *cfo_journal_draft(apr_pool_t *p, const cfo_journal_t *journal);

/* Makes it the journal of all, with what is committed in it. */
void cfo_journal_replace(cfo_journal_t *journal, const cfo_journal_t *draft);

#endif
