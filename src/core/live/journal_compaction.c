/* SPDX-License-Identifier: Apache-2.0 */
/* Drops superseded entries from the journal. */
#include "core/live/journal_compaction.h"

#include "apr_hash.h"
#include "apr_strings.h"

#include "core/live/zone_folder.h"

/* The numbers of the entries about a file or folder that are still needed; 0: none. */
typedef struct {
    int loaded;  /* the last content since the last removal */
    int removed; /* the last removal */
    int last;
    int was_at_start; /* a new child has it, and must learn that it was removed */
} record_t;

typedef struct {
    apr_pool_t *p;
    cfo_watched_files_t *watched;
    apr_hash_t *records;
    cfo_journal_t *draft;
    int number; /* of the entry being read */
} compaction_t;

/* The files of one zone in a folder share a record, whatever their spelling. */
static const char *name_of(apr_pool_t *p, const cfo_entry_t *entry)
{
    const char *name =
        *entry->folder ? cfo_zone_folder_zone(p, entry->path) : entry->path;

    return apr_psprintf(p, "%d %s\n%s", entry->file_kind, entry->folder, name);
}

static int was_at_start(const compaction_t *compaction, apr_pool_t *p,
                        const cfo_entry_t *entry)
{
    const cfo_folder_t *folder;

    if (!*entry->folder)
        return 0;
    folder = cfo_watched_files_add_folder(compaction->watched, entry->folder);
    return apr_hash_get(folder->at_start, cfo_zone_folder_zone(p, entry->path),
                        APR_HASH_KEY_STRING) != NULL;
}

static apr_status_t note(compaction_t *compaction, apr_pool_t *scratch,
                         const cfo_entry_t *entry)
{
    const char *name = name_of(scratch, entry);
    record_t *record = apr_hash_get(compaction->records, name, APR_HASH_KEY_STRING);

    if (!record) {
        record = apr_pcalloc(compaction->p, sizeof *record);
        record->was_at_start = was_at_start(compaction, scratch, entry);
        apr_hash_set(compaction->records, apr_pstrdup(compaction->p, name),
                     APR_HASH_KEY_STRING, record);
    }
    record->last = compaction->number;
    if (entry->kind == CFO_ENTRY_LOADED)
        record->loaded = compaction->number;
    if (entry->kind == CFO_ENTRY_REMOVED) {
        record->removed = compaction->number;
        record->loaded = 0;
    }
    return APR_SUCCESS;
}

/* A removal is needed if there may be something to remove: for processes that have not
 * read it yet, when later entries follow it, and for files that existed at start. */
static int is_needed(const record_t *record, int number)
{
    if (number == record->removed)
        return number != record->last || record->was_at_start;
    return number == record->loaded || number == record->last;
}

static apr_status_t keep(compaction_t *compaction, apr_pool_t *scratch,
                         const cfo_entry_t *entry)
{
    const record_t *record =
        apr_hash_get(compaction->records, name_of(scratch, entry), APR_HASH_KEY_STRING);

    return is_needed(record, compaction->number)
               ? cfo_journal_append(compaction->draft, scratch, entry)
               : APR_SUCCESS;
}

typedef apr_status_t step_t(compaction_t *compaction, apr_pool_t *scratch,
                            const cfo_entry_t *entry);

/* Calls `step` for each entry, except for the marks of the last compaction. */
static apr_status_t for_each(compaction_t *compaction, const cfo_journal_t *journal,
                             step_t *step)
{
    cfo_journal_t *reader = cfo_journal_reader(compaction->p, journal);
    apr_status_t status;
    cfo_entry_t entry;
    apr_pool_t *scratch;

    compaction->number = 0;
    apr_pool_create(&scratch, compaction->p);
    while ((status = cfo_journal_next(reader, scratch, &entry)) == APR_SUCCESS) {
        compaction->number++;
        if (entry.kind != CFO_ENTRY_COMPACT_BEGIN && entry.kind != CFO_ENTRY_COMPACT_END)
            status = step(compaction, scratch, &entry);
        if (status != APR_SUCCESS)
            break;
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
    return status == APR_EOF ? APR_SUCCESS : status;
}

static apr_status_t mark(const compaction_t *compaction, cfo_entry_kind_t kind)
{
    const cfo_entry_t entry = {
        .kind = kind, .file_kind = CFO_ENTRY_FOLDER, .path = "", .folder = "", .text = ""
    };

    return cfo_journal_append(compaction->draft, compaction->p, &entry);
}

static apr_status_t write_draft(compaction_t *compaction, const cfo_journal_t *journal)
{
    apr_status_t status = for_each(compaction, journal, note);

    if (status == APR_SUCCESS)
        status = mark(compaction, CFO_ENTRY_COMPACT_BEGIN);
    if (status == APR_SUCCESS)
        status = for_each(compaction, journal, keep);
    return status == APR_SUCCESS ? mark(compaction, CFO_ENTRY_COMPACT_END) : status;
}

apr_status_t cfo_journal_compact(apr_pool_t *p, cfo_journal_t *journal,
                                 cfo_watched_files_t *watched)
{
    compaction_t compaction = { .p = p,
                                .watched = watched,
                                .records = apr_hash_make(p),
                                .draft = cfo_journal_draft(p, journal) };
    apr_status_t status = write_draft(&compaction, journal);

    if (status != APR_SUCCESS) {
        cfo_journal_discard(compaction.draft);
        return status;
    }
    cfo_journal_commit(compaction.draft);
    cfo_journal_replace(journal, compaction.draft);
    return APR_SUCCESS;
}
