/* SPDX-License-Identifier: Apache-2.0 */
/* Writers and readers of the journal: each byte is a step, and texts follow. What a
 * reader gets is what was committed, in order, whatever was left unfinished. (The files
 * of the journal have no name that others could open, and end with httpd: their bytes are
 * no input.) */
#include "core/live/journal.h"

#include <unistd.h>

#include "fuzz.h"

enum { ENTRIES_MOST = 64 };

typedef struct {
    const uint8_t *text;
    size_t length;
} written_t;

/* Of the journal that is in use; `count` of them are committed. */
static written_t entries[ENTRIES_MOST];
static int count, pending;

static apr_file_t *file(apr_pool_t *p)
{
    static char name[] = "/tmp/cfo-fuzz-journal-XXXXXX";
    char *path = apr_pstrdup(p, name);
    apr_file_t *made;

    PROMISE(!apr_file_mktemp(
        &made, path, APR_CREATE | APR_READ | APR_WRITE | APR_EXCL | APR_DELONCLOSE, p));
    return made;
}

static void append(apr_pool_t *p, cfo_journal_t *journal, const uint8_t *text,
                   size_t length)
{
    cfo_entry_t entry = { .kind = CFO_ENTRY_LOADED, .path = "/path", .folder = "" };

    if (count + pending == ENTRIES_MOST)
        return;
    entry.text = (const char *)text;
    entry.length = length;
    entries[count + pending++] = (written_t){ text, length };
    PROMISE(!cfo_journal_append(journal, p, &entry));
}

static void read_all(apr_pool_t *p, const cfo_journal_t *journal)
{
    cfo_journal_t *reader = cfo_journal_reader(p, journal);
    cfo_entry_t entry;
    int i;

    for (i = 0; i < count; i++) {
        PROMISE(cfo_journal_has_unread(reader));
        PROMISE(!cfo_journal_next(reader, p, &entry));
        PROMISE(entry.length == entries[i].length);
        PROMISE(!memcmp(entry.text, entries[i].text, entry.length));
        PROMISE(!entry.text[entry.length] && !strcmp(entry.path, "/path"));
        PROMISE(!*entry.folder && entry.kind == CFO_ENTRY_LOADED);
    }
    PROMISE(cfo_journal_next(reader, p, &entry) == APR_EOF);
}

/* A draft with the last entry alone; it may be given up. */
static void replace(apr_pool_t *p, cfo_journal_t *journal, int is_discarded)
{
    cfo_journal_t *draft = cfo_journal_draft(p, journal);
    cfo_entry_t entry = { .kind = CFO_ENTRY_LOADED, .path = "/path", .folder = "" };

    if (!count)
        return;
    entry.text = (const char *)entries[count - 1].text;
    entry.length = entries[count - 1].length;
    PROMISE(!cfo_journal_append(draft, p, &entry));
    cfo_journal_commit(draft);
    if (is_discarded) {
        cfo_journal_discard(draft);
        return;
    }
    cfo_journal_replace(journal, draft);
    entries[0] = entries[count - 1];
    count = 1;
    while (cfo_journal_has_unread(journal))
        PROMISE(!cfo_journal_next(journal, p, &entry));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    apr_file_t *files[2] = { file(p), file(p) };
    apr_uint64_t committed = 0;
    cfo_journal_t *journal = cfo_journal_create(p, files, &committed);
    cfo_entry_t entry;

    for (count = pending = 0; size; data++, size--) {
        size_t length = *data >> 3 < size - 1 ? *data >> 3 : size - 1;

        switch (*data & 7) {
        case 0:
        case 1:
        case 2:
            append(p, journal, data + 1, length);
            data += length;
            size -= length;
            break;
        case 3:
        case 4:
            cfo_journal_commit(journal);
            count += pending;
            pending = 0;
            while (cfo_journal_has_unread(journal))
                PROMISE(!cfo_journal_next(journal, p, &entry));
            break;
        case 5:
            read_all(p, journal);
            break;
        default:
            if (!pending)
                replace(p, journal, *data & 1);
        }
    }
    read_all(p, journal);
    return 0;
}
