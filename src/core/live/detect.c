/* SPDX-License-Identifier: Apache-2.0 */
/* Follows the files while httpd runs: looks at all of them. */
#include "core/live/detect.h"

#include <string.h>
#include <unistd.h>

#include "apr_strings.h"

#include "core/live/journal_compaction.h"
#include "core/live/detect_file.h"
#include "core/live/zone_folder.h"

static const char unreadable[] =
    "the folder is not there, or the user that httpd runs as may not read it";

static const char unmounted[] =
    "it is another file system than before, without a single one of its files, as if it "
    "were not mounted; a restart would accept it";

static void scan_named(cfo_scan_t *scan, const cfo_sources_t *sources)
{
    apr_hash_index_t *i;
    int kind;

    for (kind = 0; kind < 2; kind++) {
        for (i = apr_hash_first(scan->p, sources->named[kind]); i; i = apr_hash_next(i))
            cfo_scan_source(scan, apr_hash_this_val(i), "");
    }
}

static void report_folder(cfo_scan_t *scan, cfo_folder_t *folder,
                          const cfo_file_state_t *state, const char *reason)
{
    cfo_entry_t entry = { CFO_ENTRY_SEEN, CFO_ENTRY_FOLDER, folder->path, "",
                          *state,         scan->now,        "",           0 };
    cfo_change_t change = {
        CFO_ENTRY_LOADED, apr_pstrdup(scan->p, folder->path), NULL, NULL, 0, 1,
        CFO_ENTRY_FOLDER
    };

    if (reason)
        cfo_scan_reject(scan, &entry, &folder->state, &folder->trouble, &change, reason);
    else
        cfo_scan_report(scan, &entry, folder->trouble.text ? &change : NULL);
}

/* A folder that is being listed. */
typedef struct {
    cfo_scan_t *scan;
    cfo_folder_t *folder;
    const apr_array_header_t *files; /* of cfo_zone_file_t */
    apr_hash_t *arriving;            /* what the folder will have of them */
    int is_partial;                  /* it has to be listed once more */
} listing_t;

static void wait_for(listing_t *listing, const cfo_source_t *source)
{
    apr_pool_t *p = apr_hash_pool_get(listing->arriving);

    listing->is_partial = 1;
    apr_hash_set(listing->arriving, apr_pstrdup(p, source->path), APR_HASH_KEY_STRING,
                 apr_pmemdup(p, &source->changing_since, sizeof source->changing_since));
}

/* The file that a zone had is gone, and so is the zone, but for another file that may
 * take its place at once. */
static int is_removed(listing_t *listing, cfo_source_t *known)
{
    if (cfo_scan_is_gone(listing->scan, known) &&
        !cfo_scan_is_waiting(listing->scan, known))
        return 1;
    listing->is_partial = 1;
    return 0;
}

/* A file that was not the zone's before: to be read as one that has changed. While the
 * one before it is there, its content stays until this one is good. */
static void scan_new(listing_t *listing, const cfo_zone_file_t *file, cfo_source_t *known)
{
    cfo_scan_t *scan = listing->scan;
    const cfo_folder_t *folder = listing->folder;
    cfo_source_t source = { .path = file->path,
                            .zone = file->zone,
                            .kind = CFO_CONTENT_PROOFS };
    const apr_time_t *since = NULL;

    if (folder->arriving)
        since = apr_hash_get(folder->arriving, file->path, APR_HASH_KEY_STRING);
    if (since)
        source.changing_since = *since;
    if (cfo_scan_is_waiting(scan, &source)) {
        wait_for(listing, &source);
        return;
    }
    if (known && !cfo_scan_is_gone(scan, known))
        source.content = known->content;
    else if (known && !is_removed(listing, known))
        return;
    else if (known)
        cfo_scan_removed(scan, known, folder->path);
    if (cfo_scan_source(scan, &source, folder->path))
        wait_for(listing, &source);
}

/* The file that counts for a zone, whatever did before. */
static void scan_zone(listing_t *listing, const cfo_zone_file_t *file)
{
    cfo_source_t *known =
        apr_hash_get(listing->folder->zones, file->zone, APR_HASH_KEY_STRING);

    if (!known || strcmp(known->path, file->path))
        scan_new(listing, file, known);
    else
        listing->is_partial |=
            cfo_scan_source(listing->scan, known, listing->folder->path);
}

static void scan_zones(listing_t *listing)
{
    cfo_scan_t *scan = listing->scan;
    apr_hash_t *found = apr_hash_make(scan->p);
    apr_hash_index_t *i;
    int j;

    for (j = 0; j < listing->files->nelts; j++) {
        const cfo_zone_file_t *file = &APR_ARRAY_IDX(listing->files, j, cfo_zone_file_t);

        if (!file->zone)
            continue;
        apr_hash_set(found, file->zone, APR_HASH_KEY_STRING, file);
        scan_zone(listing, file);
    }
    for (i = apr_hash_first(scan->p, listing->folder->zones); i; i = apr_hash_next(i)) {
        cfo_source_t *known = apr_hash_this_val(i);

        if (!apr_hash_get(found, known->zone, APR_HASH_KEY_STRING) &&
            is_removed(listing, known))
            cfo_scan_removed(scan, known, listing->folder->path);
    }
}

/* Each listing has a pool of its own for them, so that what has arrived is forgotten. */
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

static void list_folder(cfo_scan_t *scan, cfo_folder_t *folder,
                        const cfo_file_state_t *state)
{
    apr_array_header_t *files = apr_array_make(scan->p, 16, sizeof(cfo_zone_file_t));
    const char *reason = cfo_zone_folder_list(scan->p, folder->path, files);
    listing_t listing = { scan, folder, files, NULL, 0 };
    apr_pool_t *p;

    if (reason) {
        report_folder(scan, folder, &cfo_file_state_unread, reason);
        return;
    }
    apr_pool_create(&p, scan->follower->pool);
    listing.arriving = apr_hash_make(p);
    scan_zones(&listing);
    keep_arriving(folder, listing.arriving);
    folder->is_due = 0;
    /* What is not settled is listed once more, as if it were not seen yet. */
    if (!listing.is_partial &&
        !cfo_scan_is_changing(scan, state, &folder->changing_since))
        report_folder(scan, folder, state, cfo_zone_folder_trouble(scan->p, files));
    else
        scan->again = 1;
}

/* Of a folder that can be read. */
static int is_folder_due(const cfo_scan_t *scan, const cfo_folder_t *folder,
                         const cfo_file_state_t *state)
{
    const char *trouble = folder->trouble.text;

    return folder->is_due || !cfo_file_state_equal(state, &folder->state) ||
           (trouble && (!strcmp(trouble, unreadable) || !strcmp(trouble, unmounted) ||
                        !cfo_scan_is_known(scan, &folder->trouble, trouble)));
}

static int has_any_file(cfo_scan_t *scan, const cfo_folder_t *folder)
{
    apr_hash_index_t *i;
    cfo_file_state_t state;

    for (i = apr_hash_first(scan->p, folder->zones); i; i = apr_hash_next(i)) {
        const cfo_source_t *source = apr_hash_this_val(i);

        cfo_file_state_get(scan->scratch, source->path, &state);
        if (state.status == APR_SUCCESS)
            return 1;
    }
    return 0;
}

/* Whether it is another folder by now, with none of its files: a file system that was not
 * mounted again, or is no longer. Files that were removed leave the folder what it is. */
static int is_unmounted(cfo_scan_t *scan, const cfo_folder_t *folder,
                        const cfo_file_state_t *state)
{
    return folder->state.inode && state->device != folder->state.device &&
           apr_hash_count(folder->zones) && !has_any_file(scan, folder);
}

/* Why the zones of the folder are to stay as they are; NULL: it can be read. */
static const char *trouble_with(cfo_scan_t *scan, const cfo_folder_t *folder,
                                const cfo_file_state_t *state)
{
    if (state->status != APR_SUCCESS || access(folder->path, R_OK | X_OK))
        return unreadable;
    return is_unmounted(scan, folder, state) ? unmounted : NULL;
}

static void scan_folder(cfo_scan_t *scan, cfo_folder_t *folder)
{
    const char *trouble;
    cfo_file_state_t state;
    apr_hash_index_t *i;

    cfo_file_state_get(scan->scratch, folder->path, &state);
    trouble = trouble_with(scan, folder, &state);
    if (trouble) {
        if (!cfo_scan_is_known(scan, &folder->trouble, trouble) &&
            !cfo_scan_is_changing(scan, &state, &folder->changing_since))
            report_folder(scan, folder, &folder->state, trouble);
        return; /* its zones stay, whatever has become of the files */
    }
    if (is_folder_due(scan, folder, &state)) {
        list_folder(scan, folder, &state);
        return;
    }
    for (i = apr_hash_first(scan->p, folder->zones); i; i = apr_hash_next(i))
        folder->is_due |= cfo_scan_source(scan, apr_hash_this_val(i), folder->path);
}

/* Also where there was no room for it. That this fails only costs space. */
static void make_compact(cfo_scan_t *scan)
{
    cfo_follower_t *follower = scan->follower;

    if (!cfo_journal_is_long(follower->journal) && !follower->has_failed)
        return;
    if (cfo_compact(scan->scratch, follower->journal, follower->plan->sources) ==
        APR_SUCCESS)
        scan->status = cfo_follower_catch_up(follower);
    else
        cfo_journal_put_off(follower->journal);
    apr_pool_clear(scan->scratch);
}

apr_status_t cfo_follower_scan(cfo_follower_t *follower, apr_pool_t *p, apr_time_t now,
                               apr_array_header_t *changes, int *again)
{
    const cfo_sources_t *sources = follower->plan->sources;
    cfo_scan_t scan = { .follower = follower,
                        .p = p,
                        .now = now,
                        .changes = changes,
                        .is_first = !follower->has_scanned };
    int i;

    *again = 0;
    if (cfo_follower_is_over(follower))
        return APR_SUCCESS;
    if (cfo_journal_has_news(follower->journal))
        return APR_EGENERAL;
    apr_pool_create(&scan.scratch, p);
    make_compact(&scan);
    scan_named(&scan, sources);
    for (i = 0; i < sources->folders->nelts; i++)
        scan_folder(&scan, APR_ARRAY_IDX(sources->folders, i, cfo_folder_t *));
    cfo_journal_commit(follower->journal);
    apr_pool_destroy(scan.scratch);
    follower->has_scanned = 1;
    *again = scan.again;
    return scan.status;
}
