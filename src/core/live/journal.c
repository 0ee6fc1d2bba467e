/* SPDX-License-Identifier: Apache-2.0 */
/* The changes of the files since httpd started. */
#include "core/live/journal.h"

#include <string.h>
#include <unistd.h>

#include "apr_portable.h"
#include "apr_strings.h"

/* The shared number has two parts: which file is in use (upper bits), and how many bytes
 * of complete entries it holds. */
enum { SIZE_BITS = 40 };

#define SIZE_MASK ((APR_UINT64_C(1) << SIZE_BITS) - 1)

struct cfo_journal_t {
    int files[2];            /* their offsets are shared: use only pread() and pwrite() */
    apr_uint64_t *committed; /* shared; in a draft: &own */
    apr_uint64_t own;
    apr_uint64_t generation; /* file that this process reads, ... */
    apr_uint64_t position;   /* ... and how far it has read */
    apr_uint64_t pending;    /* bytes that are appended but not committed */
    apr_uint64_t compact;    /* bytes after the last compaction */
};

/* A shorter journal is not compacted. */
static const apr_uint64_t least = 4 * 1024 * 1024;

/* Precedes the three texts of an entry, each with its NUL. */
typedef struct {
    apr_uint64_t kind;
    apr_int64_t file_kind;
    cfo_file_state_t state;
    apr_time_t when;
    apr_uint64_t path_size, folder_size, text_size;
} head_t;

cfo_journal_t *cfo_journal_create(apr_pool_t *p, apr_file_t *const files[2],
                                  apr_uint64_t *committed)
{
    cfo_journal_t *journal = apr_pcalloc(p, sizeof *journal);
    int i;

    for (i = 0; i < 2; i++)
        apr_os_file_get(&journal->files[i], files[i]);
    journal->committed = committed;
    return journal;
}

static apr_uint64_t committed(const cfo_journal_t *journal)
{
    return __atomic_load_n(journal->committed, __ATOMIC_ACQUIRE);
}

static apr_uint64_t size(const cfo_journal_t *journal)
{
    return committed(journal) & SIZE_MASK;
}

static int file_of(const cfo_journal_t *journal)
{
    return journal->files[journal->generation & 1];
}

/* Whether another file is in use now. This one may have been overwritten since. */
static int is_replaced(const cfo_journal_t *journal)
{
    return committed(journal) >> SIZE_BITS != journal->generation;
}

int cfo_journal_has_unread(const cfo_journal_t *journal)
{
    return is_replaced(journal) || journal->position < size(journal);
}

typedef enum { READ, WRITE } direction_t;

/* Reads or writes all of `data`. */
static apr_status_t transfer(direction_t direction, int file, apr_uint64_t position,
                             void *data, apr_size_t size)
{
    char *at = data;
    ssize_t count;

    for (; size; at += count, position += count, size -= count) {
        count = direction == READ ? pread(file, at, size, (off_t)position)
                                  : pwrite(file, at, size, (off_t)position);
        if (count < 0 && APR_STATUS_IS_EINTR(apr_get_os_error()))
            count = 0;
        else if (count <= 0)
            return count ? apr_get_os_error() : APR_EGENERAL;
    }
    return APR_SUCCESS;
}

/* Frees space that is not needed. */
static void cut(int file, apr_uint64_t length)
{
    while (ftruncate(file, (off_t)length) && APR_STATUS_IS_EINTR(apr_get_os_error()))
        ;
}

/* The result is valid only if the file was not replaced meanwhile. Memory for the texts
 * is allocated only after that check, because the sizes may be garbage before. */
static apr_status_t read_entry(const cfo_journal_t *journal, apr_pool_t *p, head_t *head,
                               char **texts)
{
    apr_uint64_t position = journal->position;
    apr_status_t status = transfer(READ, file_of(journal), position, head, sizeof *head);
    apr_size_t length;

    if (status != APR_SUCCESS || is_replaced(journal))
        return status;
    length = head->path_size + head->folder_size + head->text_size;
    *texts = apr_palloc(p, length);
    return transfer(READ, file_of(journal), position + sizeof *head, *texts, length);
}

apr_status_t cfo_journal_next(cfo_journal_t *journal, apr_pool_t *p, cfo_entry_t *entry)
{
    apr_status_t status;
    head_t head;
    char *texts = NULL;

    do {
        apr_uint64_t now = committed(journal);

        if (now >> SIZE_BITS != journal->generation) {
            journal->generation = now >> SIZE_BITS;
            journal->position = journal->compact = 0;
        }
        if (journal->position >= (now & SIZE_MASK))
            return APR_EOF;
        status = read_entry(journal, p, &head, &texts);
    } while (is_replaced(journal));
    if (status != APR_SUCCESS)
        return status;
    entry->kind = (cfo_entry_kind_t)head.kind;
    entry->file_kind = (int)head.file_kind;
    entry->state = head.state;
    entry->when = head.when;
    entry->path = texts;
    entry->folder = texts + head.path_size;
    entry->text = entry->folder + head.folder_size;
    entry->length = head.text_size - 1;
    journal->position += sizeof head + head.path_size + head.folder_size + head.text_size;
    if (entry->kind == CFO_ENTRY_COMPACT_END)
        journal->compact = journal->position;
    return APR_SUCCESS;
}

static char *append(char *to, const char *text, apr_size_t size)
{
    memcpy(to, text, size - 1);
    to[size - 1] = '\0';
    return to + size;
}

apr_status_t cfo_journal_append(cfo_journal_t *journal, apr_pool_t *p,
                                const cfo_entry_t *entry)
{
    head_t head = { .kind = entry->kind,
                    .file_kind = entry->file_kind,
                    .state = entry->state,
                    .when = entry->when,
                    .path_size = strlen(entry->path) + 1,
                    .folder_size = strlen(entry->folder) + 1,
                    .text_size = entry->length + 1 };
    apr_size_t length = sizeof head + head.path_size + head.folder_size + head.text_size;
    char *record = apr_palloc(p, length), *end = record + sizeof head;
    apr_uint64_t position = size(journal) + journal->pending;
    apr_status_t status;

    memcpy(record, &head, sizeof head);
    end = append(end, entry->path, head.path_size);
    end = append(end, entry->folder, head.folder_size);
    append(end, entry->text, head.text_size);
    status = transfer(WRITE, file_of(journal), position, record, length);
    if (status == APR_SUCCESS)
        journal->pending += length;
    else
        cut(file_of(journal), position);
    return status;
}

void cfo_journal_commit(cfo_journal_t *journal)
{
    __atomic_store_n(journal->committed, committed(journal) + journal->pending,
                     __ATOMIC_RELEASE);
    journal->pending = 0;
}

int cfo_journal_needs_compaction(const cfo_journal_t *journal)
{
    return size(journal) > 2 * journal->compact + least;
}

void cfo_journal_defer_compaction(cfo_journal_t *journal)
{
    journal->compact = size(journal);
}

apr_uint64_t cfo_journal_place(const cfo_journal_t *journal)
{
    return journal->generation << SIZE_BITS | journal->position;
}

cfo_journal_t *cfo_journal_reader(apr_pool_t *p, const cfo_journal_t *journal)
{
    cfo_journal_t *reader = apr_pmemdup(p, journal, sizeof *journal);

    reader->position = reader->pending = 0;
    return reader;
}

/* Removes what a process that was killed may have left in the file. */
cfo_journal_t *cfo_journal_draft(apr_pool_t *p, const cfo_journal_t *journal)
{
    cfo_journal_t *draft = cfo_journal_reader(p, journal);

    draft->own = (journal->generation + 1) << SIZE_BITS;
    draft->generation = draft->own >> SIZE_BITS;
    draft->committed = &draft->own;
    cut(file_of(draft), 0);
    return draft;
}

void cfo_journal_discard(const cfo_journal_t *draft)
{
    cut(file_of(draft), 0);
}

/* A process that still reads the old file gets an error there, and then looks at the new
 * one. */
void cfo_journal_replace(cfo_journal_t *journal, const cfo_journal_t *draft)
{
    int last = file_of(journal);

    __atomic_store_n(journal->committed, draft->own, __ATOMIC_RELEASE);
    cut(last, 0);
}
