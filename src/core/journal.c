/* SPDX-License-Identifier: Apache-2.0 */
/* What has become of the files since httpd started, for all of its processes. */
#include "journal.h"

#include <string.h>
#include <unistd.h>

#include "apr_portable.h"
#include "apr_strings.h"

struct cfo_journal_t {
    int file;                /* shared with its offset: only pread() and pwrite() */
    apr_uint64_t *committed; /* bytes of whole entries; shared */
    apr_uint64_t position;   /* what this process has read */
};

/* Before the three texts of an entry, each with its NUL. */
typedef struct {
    apr_uint64_t kind;
    apr_int64_t source_kind;
    cfo_file_state_t state;
    apr_time_t when;
    apr_uint64_t path_size, folder_size, text_size;
} head_t;

cfo_journal_t *cfo_journal_create(apr_pool_t *p, apr_file_t *file,
                                  apr_uint64_t *committed)
{
    cfo_journal_t *journal = apr_pcalloc(p, sizeof *journal);
    apr_os_file_t descriptor;

    apr_os_file_get(&descriptor, file);
    journal->file = descriptor;
    journal->committed = committed;
    return journal;
}

static apr_uint64_t committed(const cfo_journal_t *journal)
{
    return __atomic_load_n(journal->committed, __ATOMIC_ACQUIRE);
}

int cfo_journal_has_news(const cfo_journal_t *journal)
{
    return journal->position < committed(journal);
}

static apr_status_t read_at(int file, apr_uint64_t position, void *data, apr_size_t size)
{
    char *to = data;
    ssize_t count;

    for (; size; to += count, position += count, size -= count) {
        count = pread(file, to, size, (off_t)position);
        if (count < 0 && APR_STATUS_IS_EINTR(apr_get_os_error()))
            count = 0;
        else if (count <= 0)
            return count ? apr_get_os_error() : APR_EGENERAL;
    }
    return APR_SUCCESS;
}

static apr_status_t write_at(int file, apr_uint64_t position, const char *data,
                             apr_size_t size)
{
    ssize_t count;

    for (; size; data += count, position += count, size -= count) {
        count = pwrite(file, data, size, (off_t)position);
        if (count < 0 && APR_STATUS_IS_EINTR(apr_get_os_error()))
            count = 0;
        else if (count <= 0)
            return count ? apr_get_os_error() : APR_EGENERAL;
    }
    return APR_SUCCESS;
}

apr_status_t cfo_journal_next(cfo_journal_t *journal, apr_pool_t *p, cfo_entry_t *entry)
{
    apr_uint64_t position = journal->position;
    apr_size_t size;
    apr_status_t status;
    head_t head;
    char *texts;

    if (!cfo_journal_has_news(journal))
        return APR_EOF;
    status = read_at(journal->file, position, &head, sizeof head);
    if (status != APR_SUCCESS)
        return status;
    size = head.path_size + head.folder_size + head.text_size;
    texts = apr_palloc(p, size);
    status = read_at(journal->file, position + sizeof head, texts, size);
    if (status != APR_SUCCESS)
        return status;
    entry->kind = (cfo_entry_kind_t)head.kind;
    entry->source_kind = (int)head.source_kind;
    entry->state = head.state;
    entry->when = head.when;
    entry->path = texts;
    entry->folder = texts + head.path_size;
    entry->text = entry->folder + head.folder_size;
    entry->length = head.text_size - 1;
    journal->position = position + sizeof head + size;
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
    head_t head = { entry->kind,      entry->source_kind,      entry->state,
                    entry->when,      strlen(entry->path) + 1, strlen(entry->folder) + 1,
                    entry->length + 1 };
    apr_size_t size = sizeof head + head.path_size + head.folder_size + head.text_size;
    char *record = apr_palloc(p, size), *end = record + sizeof head;
    apr_uint64_t position = committed(journal);
    apr_status_t status;

    memcpy(record, &head, sizeof head);
    end = append(end, entry->path, head.path_size);
    end = append(end, entry->folder, head.folder_size);
    append(end, entry->text, head.text_size);
    if (position + size > CFO_JOURNAL_MOST)
        return APR_ENOSPC;
    status = write_at(journal->file, position, record, size);
    if (status == APR_SUCCESS)
        __atomic_store_n(journal->committed, position + size, __ATOMIC_RELEASE);
    return status;
}
