/* SPDX-License-Identifier: Apache-2.0 */
/* Applies the entries of the journal. */
#include "core/live/reloader.h"

#include <string.h>

#include "apr_hash.h"

#include "core/base/scratch.h"
#include "core/live/zone_folder.h"

enum { ENTRIES_PER_POOL = 64, PATIENCE = 10 };

static cfo_folder_t *folder_of(const cfo_reloader_t *reloader, const char *path)
{
    return cfo_watched_files_add_folder(reloader->builder->watched, path);
}

/* NULL: the folder has no file of this zone. */
static cfo_watched_file_t *zone_file(const cfo_folder_t *folder, apr_pool_t *scratch,
                                     const cfo_entry_t *entry)
{
    return apr_hash_get(folder->zones, cfo_zone_folder_zone(scratch, entry->path),
                        APR_HASH_KEY_STRING);
}

/* NULL if the file is unknown, which cannot happen. */
static cfo_watched_file_t *file_of(const cfo_reloader_t *reloader, apr_pool_t *scratch,
                                   cfo_shared_pool_t *shared_pool,
                                   const cfo_entry_t *entry)
{
    if (!*entry->folder)
        return cfo_watched_files_find(reloader->builder->watched,
                                      (cfo_file_kind_t)entry->file_kind, entry->path);
    return cfo_folder_put(folder_of(reloader, entry->folder), shared_pool,
                          cfo_zone_folder_zone(scratch, entry->path), entry->path);
}

static int remove_zone(const cfo_reloader_t *reloader, apr_pool_t *scratch,
                       const cfo_entry_t *entry)
{
    cfo_folder_t *folder = folder_of(reloader, entry->folder);
    cfo_watched_file_t *file = zone_file(folder, scratch, entry);

    if (file)
        cfo_folder_remove(folder, file);
    return file != NULL;
}

static int is_gone(const cfo_folder_t *folder, const cfo_watched_file_t *file)
{
    return !file->is_confirmed &&
           !apr_hash_get(folder->at_start, file->zone, APR_HASH_KEY_STRING);
}

/* Applies the marks of a compacted journal. */
static int apply_mark(cfo_reloader_t *reloader, apr_pool_t *scratch,
                      const cfo_entry_t *entry)
{
    const apr_array_header_t *folders = reloader->builder->watched->folders;
    apr_hash_index_t *zone;
    int i, is_changed = 0;

    for (i = 0; i < folders->nelts; i++) {
        cfo_folder_t *folder = APR_ARRAY_IDX(folders, i, cfo_folder_t *);

        for (zone = apr_hash_first(scratch, folder->zones); zone;
             zone = apr_hash_next(zone)) {
            cfo_watched_file_t *file = apr_hash_this_val(zone);

            if (entry->kind == CFO_ENTRY_COMPACT_BEGIN)
                file->is_confirmed = 0;
            else if (is_gone(folder, file)) {
                cfo_folder_remove(folder, file);
                is_changed = 1;
            }
        }
    }
    return is_changed;
}

/* The text may be in force already, as after a compaction. The process that wrote it
 * found it good; if it is not good here, most likely for lack of memory, the content in
 * force stays, and this entry is tried again later. */
static int load(cfo_reloader_t *reloader, cfo_shared_pool_t *shared_pool,
                const cfo_entry_t *entry, apr_uint64_t place, cfo_watched_file_t *file)
{
    cfo_shared_pool_t *own;
    cfo_parsed_file_t *content;
    const char *error;

    file->missing = 0;
    if (cfo_watched_file_has_text(file, entry->text, entry->length))
        return 0;
    /* A list may be large: it must not stay because of a zone that came with it. */
    own = file->kind == CFO_FILE_RANGES ? cfo_shared_pool_apart(reloader->pool)
                                        : cfo_shared_pool_hold(shared_pool);
    error = cfo_parsed_file_read(own, file->kind, file->path, entry->text, entry->length,
                                 &content);
    cfo_shared_pool_release(own);
    if (error) {
        file->missing = place;
        reloader->is_behind = 1;
        return 0;
    }
    cfo_watched_file_replace(file, content);
    return 1;
}

/* Whether the error has changed, which reports must show. */
static int set_error(cfo_file_error_t *error, const cfo_entry_t *entry)
{
    const char *text = entry->kind == CFO_ENTRY_REJECTED ? entry->text : NULL;
    int is_same = text && error->text ? !strcmp(text, error->text) : text == error->text;

    cfo_file_error_set(error, text, entry->when);
    return !is_same;
}

static int apply_folder(const cfo_reloader_t *reloader, const cfo_entry_t *entry)
{
    cfo_folder_t *folder = folder_of(reloader, entry->path);

    folder->state = entry->state;
    folder->changing_since = 0;
    return set_error(&folder->error, entry);
}

/* A range list counts as changed in any case: reports show its age, which proves that it
 * is kept up to date. */
static int apply_file(cfo_reloader_t *reloader, cfo_shared_pool_t *shared_pool,
                      const cfo_entry_t *entry, cfo_watched_file_t *file)
{
    int is_changed = file->kind == CFO_FILE_RANGES;

    file->state = entry->state;
    file->changing_since = 0;
    file->is_confirmed = 1;
    is_changed |= set_error(&file->error, entry);
    if (entry->kind == CFO_ENTRY_LOADED)
        is_changed |= load(reloader, shared_pool, entry,
                           cfo_journal_place(reloader->journal), file);
    return is_changed;
}

/* Whether it changes anything for requests or reports. */
static int apply(cfo_reloader_t *reloader, apr_pool_t *scratch,
                 cfo_shared_pool_t *shared_pool, const cfo_entry_t *entry)
{
    cfo_watched_file_t *file;

    if (entry->kind == CFO_ENTRY_COMPACT_BEGIN || entry->kind == CFO_ENTRY_COMPACT_END)
        return apply_mark(reloader, scratch, entry);
    if (entry->file_kind == CFO_ENTRY_FOLDER)
        return apply_folder(reloader, entry);
    if (entry->kind == CFO_ENTRY_REMOVED)
        return remove_zone(reloader, scratch, entry);
    file = file_of(reloader, scratch, shared_pool, entry);
    return file && apply_file(reloader, shared_pool, entry, file);
}

static void publish(cfo_reloader_t *reloader, cfo_shared_pool_t *shared_pool)
{
    cfo_snapshot_t *last = cfo_snapshots_acquire(reloader->snapshots), next;
    apr_pool_t *p;

    apr_pool_create(&p, reloader->pool);
    cfo_snapshot_build(reloader->builder, p, shared_pool, last, &next);
    next.pool = p;
    cfo_snapshots_publish(reloader->snapshots, &next);
    cfo_snapshot_release(last);
}

int cfo_reloader_is_over(const cfo_reloader_t *reloader)
{
    return __atomic_load_n(&reloader->is_over, __ATOMIC_ACQUIRE);
}

/* Applies what is unread. `*shared_pool` becomes another from time to time: a child that
 * starts late reads the whole journal, and content that was replaced long ago must not
 * be kept because of content in force. */
static apr_status_t apply_unread(cfo_reloader_t *reloader, apr_pool_t *scratch,
                                 cfo_shared_pool_t **shared_pool, int *is_changed)
{
    apr_status_t status = APR_EOF;
    cfo_entry_t entry;
    int count = 0;

    while (!cfo_reloader_is_over(reloader) &&
           (status = cfo_journal_next(reloader->journal, scratch, &entry)) ==
               APR_SUCCESS) {
        if (++count % ENTRIES_PER_POOL == 0) {
            cfo_shared_pool_release(*shared_pool);
            *shared_pool = cfo_shared_pool_create(reloader->pool);
        }
        *is_changed |= apply(reloader, scratch, *shared_pool, &entry);
        apr_pool_clear(scratch);
    }
    return status;
}

/* Not in each second: the memory that was lacking will not be there at once. */
static int is_retry_due(cfo_reloader_t *reloader)
{
    if (!reloader->is_behind || ++reloader->waited < PATIENCE)
        return 0;
    reloader->waited = 0;
    return 1;
}

/* The file that lacks the content of this entry; NULL: none does. */
static cfo_watched_file_t *lacking(const cfo_reloader_t *reloader, apr_pool_t *scratch,
                                   const cfo_entry_t *entry, apr_uint64_t place)
{
    cfo_watched_file_t *file;

    if (entry->kind != CFO_ENTRY_LOADED)
        return NULL;
    file = *entry->folder
               ? zone_file(folder_of(reloader, entry->folder), scratch, entry)
               : cfo_watched_files_find(reloader->builder->watched,
                                        (cfo_file_kind_t)entry->file_kind, entry->path);
    return file && file->missing == place ? file : NULL;
}

/* Applies the entries that could not be applied, and no other one: an older content must
 * not return, not even for a moment. After a compaction all is unread again. */
static apr_status_t apply_missing(cfo_reloader_t *reloader, apr_pool_t *p,
                                  cfo_shared_pool_t *shared_pool, int *is_changed)
{
    cfo_journal_t *reader = cfo_journal_reader(p, reloader->journal);
    apr_status_t status;
    cfo_entry_t entry;
    apr_pool_t *scratch;

    reloader->is_behind = 0;
    scratch = cfo_scratch_create(p);
    while ((status = cfo_journal_next(reader, scratch, &entry)) == APR_SUCCESS) {
        const apr_uint64_t place = cfo_journal_place(reader);
        cfo_watched_file_t *file = lacking(reloader, scratch, &entry, place);

        if (file)
            *is_changed |= load(reloader, shared_pool, &entry, place, file);
        apr_pool_clear(scratch);
    }
    if (status != APR_EOF)
        reloader->is_behind = 1;
    return status;
}

apr_status_t cfo_reloader_catch_up(cfo_reloader_t *reloader)
{
    const int is_again = is_retry_due(reloader);
    cfo_shared_pool_t *shared_pool;
    apr_status_t status;
    apr_pool_t *scratch;
    int is_changed = 0;

    cfo_snapshots_reap(reloader->snapshots);
    if (!is_again && !cfo_journal_has_unread(reloader->journal))
        return APR_SUCCESS;
    shared_pool = cfo_shared_pool_create(reloader->pool);
    scratch = cfo_scratch_create(reloader->pool);
    status = apply_unread(reloader, scratch, &shared_pool, &is_changed);
    if (status == APR_EOF && is_again && !cfo_reloader_is_over(reloader))
        status = apply_missing(reloader, scratch, shared_pool, &is_changed);
    apr_pool_destroy(scratch);
    if (is_changed && !cfo_reloader_is_over(reloader))
        publish(reloader, shared_pool);
    cfo_shared_pool_release(shared_pool);
    cfo_snapshots_reap(reloader->snapshots);
    if (status == APR_EOF)
        status = reloader->is_behind ? APR_ENOMEM : APR_SUCCESS;
    return status;
}
