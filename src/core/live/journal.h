/* SPDX-License-Identifier: Apache-2.0 */
/* The changes of the files since httpd started, shared by all of its processes. The
 * process that finds a change writes it here, and every process applies what it reads
 * here. So all of them use the same text, even a child that starts later, when the file
 * itself may be bad. */
#ifndef CFO_CORE_LIVE_JOURNAL_H
#define CFO_CORE_LIVE_JOURNAL_H

#include "apr_file_io.h"
#include "apr_pools.h"

#include "core/live/file_state.h"

typedef enum {
    CFO_ENTRY_UNCHANGED, /* the file was touched, but its content is the same */
    CFO_ENTRY_LOADED,    /* the file has new content: the text */
    CFO_ENTRY_REJECTED,  /* the file cannot be used, and its last content stays; text: the
                            error */
    CFO_ENTRY_REMOVED,   /* the file is gone from its folder, and its zone with it */
    CFO_ENTRY_COMPACT_BEGIN, /* start of a compacted journal */
    CFO_ENTRY_COMPACT_END    /* end of it. A file that came into a folder after httpd
                                started, and is not between the two entries, is gone */
} cfo_entry_kind_t;

typedef struct {
    cfo_entry_kind_t kind;
    int file_kind; /* of cfo_file_kind_t; CFO_ENTRY_FOLDER: the entry is about a folder */
    const char *path;   /* of the file or folder */
    const char *folder; /* the folder that lists the file; "": none */
    cfo_file_state_t state;
    apr_time_t when;
    const char *text; /* ends in a NUL that length does not count */
    apr_size_t length;
} cfo_entry_t;

enum { CFO_ENTRY_FOLDER = -1 };

/* Entries that are superseded are dropped from time to time: the others are copied to a
 * second file, which is the journal from then on. Shared memory holds a single number, so
 * a process that is killed at any point leaves the journal as it was. */
typedef struct cfo_journal_t cfo_journal_t;

/* Makes an empty journal, before httpd forks. All processes have `files` open, and nobody
 * else does. `committed` is in shared memory and 0. Writers must lock each other out;
 * readers need no lock. */
cfo_journal_t *cfo_journal_create(apr_pool_t *p, apr_file_t *const files[2],
                                  apr_uint64_t *committed);

/* Whether there are entries that this process has not read. */
int cfo_journal_has_unread(const cfo_journal_t *journal);

/* Reads the next entry into `p`. After a compaction this is the first entry of the other
 * file. APR_EOF: there is none; any other error: the journal cannot be read. */
apr_status_t cfo_journal_next(cfo_journal_t *journal, apr_pool_t *p, cfo_entry_t *entry);

/* The place of the entry read last: never 0, the same in all processes, and no other
 * entry's, even after a compaction. */
apr_uint64_t cfo_journal_place(const cfo_journal_t *journal);

/* Appends an entry completely or not at all. Nobody sees it before cfo_journal_commit().
 * The caller must have read everything that is committed. */
apr_status_t cfo_journal_append(cfo_journal_t *journal, apr_pool_t *p,
                                const cfo_entry_t *entry);

/* Makes everything that was appended visible to all processes at once. */
void cfo_journal_commit(cfo_journal_t *journal);

/* Whether the journal is several times longer than after the last compaction. */
int cfo_journal_needs_compaction(const cfo_journal_t *journal);

/* Compaction failed: it is not needed again before the journal has twice its present
 * length. */
void cfo_journal_defer_compaction(cfo_journal_t *journal);

/* A reader in `p` that starts with the first entry. */
cfo_journal_t *cfo_journal_reader(apr_pool_t *p, const cfo_journal_t *journal);

/* An empty journal in `p`, in the file that is not in use, to replace this one. */
cfo_journal_t *cfo_journal_draft(apr_pool_t *p, const cfo_journal_t *journal);

/* Frees the disk space of a draft that could not be written completely. */
void cfo_journal_discard(const cfo_journal_t *draft);

/* Makes the draft the journal of all processes, with everything that is committed in
 * it. */
void cfo_journal_replace(cfo_journal_t *journal, const cfo_journal_t *draft);

#endif
