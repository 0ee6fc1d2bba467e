/* SPDX-License-Identifier: Apache-2.0 */
/* Checks all files for changes. */
#include "core/live/detect.h"

#include <string.h>
#include <unistd.h>

#include "apr_strings.h"

#include "core/base/scratch.h"
#include "core/live/journal_compaction.h"
#include "core/live/detect_file.h"
#include "core/live/zone_folder.h"

static const char unreadable[] =
    "the folder does not exist, or the user that httpd runs as cannot read it";

static const char unmounted[] =
    "the folder is on another file system than before and has none of its files, as if the "
    "right one were not mounted; a restart accepts it";

static void check_named(cfo_detection_t *detection, const cfo_watched_files_t *watched)
{
    apr_hash_index_t *i;
    int kind;

    for (kind = 0; kind < 2; kind++) {
        for (i = apr_hash_first(detection->p, watched->named[kind]); i;
             i = apr_hash_next(i))
            cfo_detect_file(detection, apr_hash_this_val(i), "");
    }
}

static void report_folder(cfo_detection_t *detection, cfo_folder_t *folder,
                          const cfo_file_state_t *state, const char *error)
{
    cfo_entry_t entry = { .kind = CFO_ENTRY_UNCHANGED,
                          .file_kind = CFO_ENTRY_FOLDER,
                          .path = folder->path,
                          .folder = "",
                          .state = *state,
                          .when = detection->now,
                          .text = "" };
    cfo_change_t change = { .kind = CFO_ENTRY_LOADED,
                            .path = apr_pstrdup(detection->p, folder->path),
                            .has_content = 1,
                            .file_kind = CFO_ENTRY_FOLDER };

    if (error)
        cfo_detect_reject(detection, &entry, &folder->state, &folder->error, &change,
                          error);
    else
        cfo_detect_report(detection, &entry, folder->error.text ? &change : NULL);
}

/* A folder that is being listed. */
typedef struct {
    cfo_detection_t *detection;
    cfo_folder_t *folder;
    const apr_array_header_t *files; /* of cfo_zone_file_t */
    apr_hash_t *arriving;            /* folder->arriving after this listing */
    int is_partial;                  /* list it once more */
} listing_t;

static void wait_for(listing_t *listing, const cfo_watched_file_t *file)
{
    apr_pool_t *p = apr_hash_pool_get(listing->arriving);

    listing->is_partial = 1;
    apr_hash_set(listing->arriving, apr_pstrdup(p, file->path), APR_HASH_KEY_STRING,
                 apr_pmemdup(p, &file->changing_since, sizeof file->changing_since));
}

/* Whether the file of a zone is gone, and not only for a moment. The zone is removed with
 * it; another file may take its place at once. */
static int is_removed(listing_t *listing, cfo_watched_file_t *known)
{
    if (cfo_detect_is_gone(listing->detection, known) &&
        !cfo_detect_is_waiting(listing->detection, known))
        return 1;
    listing->is_partial = 1;
    return 0;
}

/* A file that was not used for the zone before: read it like a changed one. As long as
 * the old file exists, its content stays in force until the new file is good. */
static void check_new(listing_t *listing, const cfo_zone_file_t *listed,
                      cfo_watched_file_t *known)
{
    cfo_detection_t *detection = listing->detection;
    const cfo_folder_t *folder = listing->folder;
    cfo_watched_file_t file = { .path = listed->path,
                                .zone = listed->zone,
                                .kind = CFO_FILE_PROOFS };
    const apr_time_t *since = NULL;

    if (folder->arriving)
        since = apr_hash_get(folder->arriving, listed->path, APR_HASH_KEY_STRING);
    if (since)
        file.changing_since = *since;
    if (cfo_detect_is_waiting(detection, &file)) {
        wait_for(listing, &file);
        return;
    }
    if (known && !cfo_detect_is_gone(detection, known))
        file.content = known->content;
    else if (known && !is_removed(listing, known))
        return;
    else if (known)
        cfo_detect_removed(detection, known, folder->path);
    if (cfo_detect_file(detection, &file, folder->path))
        wait_for(listing, &file);
}

/* Checks the file that is used for a zone, whichever was used before. */
static void check_zone(listing_t *listing, const cfo_zone_file_t *listed)
{
    cfo_watched_file_t *known =
        apr_hash_get(listing->folder->zones, listed->zone, APR_HASH_KEY_STRING);

    if (!known || strcmp(known->path, listed->path))
        check_new(listing, listed, known);
    else
        listing->is_partial |=
            cfo_detect_file(listing->detection, known, listing->folder->path);
}

static void check_zones(listing_t *listing)
{
    cfo_detection_t *detection = listing->detection;
    apr_hash_t *found = apr_hash_make(detection->p);
    apr_hash_index_t *i;
    int j;

    for (j = 0; j < listing->files->nelts; j++) {
        const cfo_zone_file_t *listed =
            &APR_ARRAY_IDX(listing->files, j, cfo_zone_file_t);

        if (!listed->zone)
            continue;
        apr_hash_set(found, listed->zone, APR_HASH_KEY_STRING, listed);
        check_zone(listing, listed);
    }
    for (i = apr_hash_first(detection->p, listing->folder->zones); i;
         i = apr_hash_next(i)) {
        cfo_watched_file_t *known = apr_hash_this_val(i);

        if (!apr_hash_get(found, known->zone, APR_HASH_KEY_STRING) &&
            is_removed(listing, known))
            cfo_detect_removed(detection, known, listing->folder->path);
    }
}

/* Each listing has its own pool for them, so that files that have arrived are
 * forgotten. */
static void keep_arriving(cfo_folder_t *folder, apr_hash_t *arriving)
{
    if (folder->arriving)
        apr_pool_destroy(apr_hash_pool_get(folder->arriving));
    folder->arriving = arriving;
    if (apr_hash_count(arriving))
        return;
    apr_pool_destroy(apr_hash_pool_get(arriving));
    folder->arriving = NULL;
}

static void list_folder(cfo_detection_t *detection, cfo_folder_t *folder,
                        const cfo_file_state_t *state)
{
    apr_array_header_t *files = apr_array_make(detection->p, 16, sizeof(cfo_zone_file_t));
    const char *error = cfo_zone_folder_list(detection->p, folder->path, files);
    listing_t listing = { detection, folder, files, NULL, 0 };
    apr_pool_t *p;

    if (error) {
        report_folder(detection, folder, &cfo_file_state_unread, error);
        return;
    }
    apr_pool_create(&p, detection->reloader->pool);
    listing.arriving = apr_hash_make(p);
    check_zones(&listing);
    keep_arriving(folder, listing.arriving);
    folder->is_due = 0;
    /* A folder that is not settled is listed once more, as if it had not been seen
     * yet. */
    if (!listing.is_partial &&
        !cfo_detect_is_changing(detection, state, &folder->changing_since))
        report_folder(detection, folder, state,
                      cfo_zone_folder_error(detection->p, files));
    else
        detection->again = 1;
}

/* Whether to list a folder that can be read. */
static int is_folder_due(const cfo_detection_t *detection, const cfo_folder_t *folder,
                         const cfo_file_state_t *state)
{
    const char *error = folder->error.text;

    return folder->is_due || !cfo_file_state_equal(state, &folder->state) ||
           (error && (!strcmp(error, unreadable) || !strcmp(error, unmounted) ||
                      !cfo_detect_is_known(detection, &folder->error, error)));
}

static int has_any_file(cfo_detection_t *detection, const cfo_folder_t *folder)
{
    apr_hash_index_t *i;
    cfo_file_state_t state;

    for (i = apr_hash_first(detection->p, folder->zones); i; i = apr_hash_next(i)) {
        const cfo_watched_file_t *file = apr_hash_this_val(i);

        cfo_file_state_get(detection->scratch, file->path, &state);
        if (state.status == APR_SUCCESS)
            return 1;
    }
    return 0;
}

/* Whether the path leads to another file system with none of the files: one was not
 * mounted again, or was unmounted. Removing files does not change the file system. */
static int is_unmounted(cfo_detection_t *detection, const cfo_folder_t *folder,
                        const cfo_file_state_t *state)
{
    return folder->state.inode && state->device != folder->state.device &&
           apr_hash_count(folder->zones) && !has_any_file(detection, folder);
}

/* Why the zones of the folder must stay as they are; NULL: it can be read. */
static const char *folder_error(cfo_detection_t *detection, const cfo_folder_t *folder,
                                const cfo_file_state_t *state)
{
    if (state->status != APR_SUCCESS || access(folder->path, R_OK | X_OK))
        return unreadable;
    return is_unmounted(detection, folder, state) ? unmounted : NULL;
}

static void check_folder(cfo_detection_t *detection, cfo_folder_t *folder)
{
    const char *error;
    cfo_file_state_t state;
    apr_hash_index_t *i;

    cfo_file_state_get(detection->scratch, folder->path, &state);
    error = folder_error(detection, folder, &state);
    if (error) {
        if (!cfo_detect_is_known(detection, &folder->error, error) &&
            !cfo_detect_is_changing(detection, &state, &folder->changing_since))
            report_folder(detection, folder, &folder->state, error);
        return; /* its zones stay in force */
    }
    if (is_folder_due(detection, folder, &state)) {
        list_folder(detection, folder, &state);
        return;
    }
    for (i = apr_hash_first(detection->p, folder->zones); i; i = apr_hash_next(i))
        folder->is_due |= cfo_detect_file(detection, apr_hash_this_val(i), folder->path);
}

/* Also after the journal had no room. A failure only costs space. */
static void compact_if_long(cfo_detection_t *detection)
{
    cfo_reloader_t *reloader = detection->reloader;

    if (!cfo_journal_needs_compaction(reloader->journal) && !reloader->has_failed)
        return;
    if (cfo_journal_compact(detection->scratch, reloader->journal,
                            reloader->builder->watched) == APR_SUCCESS)
        detection->status = cfo_reloader_catch_up(reloader);
    else
        cfo_journal_defer_compaction(reloader->journal);
    apr_pool_clear(detection->scratch);
}

apr_status_t cfo_detect_changes(cfo_reloader_t *reloader, apr_pool_t *p, apr_time_t now,
                                apr_array_header_t *changes, int *again)
{
    const cfo_watched_files_t *watched = reloader->builder->watched;
    cfo_detection_t detection = { .reloader = reloader,
                                  .p = p,
                                  .now = now,
                                  .changes = changes,
                                  .is_first = !reloader->has_checked };
    int i;

    *again = 0;
    if (cfo_reloader_is_over(reloader))
        return APR_SUCCESS;
    if (cfo_journal_has_unread(reloader->journal))
        return APR_EGENERAL;
    detection.scratch = cfo_scratch_create(p);
    compact_if_long(&detection);
    check_named(&detection, watched);
    for (i = 0; i < watched->folders->nelts; i++)
        check_folder(&detection, APR_ARRAY_IDX(watched->folders, i, cfo_folder_t *));
    apr_pool_destroy(detection.scratch);
    if (cfo_reloader_is_over(reloader)) {
        apr_array_clear(changes); /* half of what belongs together may be missing */
        return APR_SUCCESS;
    }
    cfo_journal_commit(reloader->journal);
    reloader->has_checked = 1;
    *again = detection.again;
    return detection.status;
}
