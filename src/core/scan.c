/* SPDX-License-Identifier: Apache-2.0 */
/* Follows the files while httpd runs: looks at all of them. */
#include "scan.h"

#include <string.h>
#include <unistd.h>

#include "apr_strings.h"

#include "scan_file.h"
#include "zone_folder.h"

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
        for (i = apr_hash_first(scan->p, sources->by_path[kind]); i;
             i = apr_hash_next(i)) {
            cfo_source_t *source = apr_hash_this_val(i);

            if (source->is_named)
                cfo_scan_source(scan, source, "");
        }
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
    apr_hash_t *arriving; /* what the folder will have of them */
    int is_partial;       /* it has to be listed once more */
} listing_t;

/* A file that was not there before: to be read as one that has changed. */
static void scan_new(listing_t *listing, const cfo_zone_file_t *file)
{
    const cfo_folder_t *folder = listing->folder;
    apr_pool_t *p = apr_hash_pool_get(listing->arriving);
    cfo_source_t source = { .path = file->path,
                            .zone = file->zone,
                            .kind = CFO_CONTENT_PROOFS };
    const apr_time_t *since = NULL;

    if (folder->arriving)
        since = apr_hash_get(folder->arriving, file->path, APR_HASH_KEY_STRING);
    if (since)
        source.changing_since = *since;
    if (!cfo_scan_source(listing->scan, &source, folder->path))
        return;
    listing->is_partial = 1;
    apr_hash_set(listing->arriving, apr_pstrdup(p, file->path), APR_HASH_KEY_STRING,
                 apr_pmemdup(p, &source.changing_since, sizeof source.changing_since));
}

/* Compares what is in the folder with what was. Returns what is to be said about it. */
static const char *scan_files(listing_t *listing, const apr_array_header_t *files)
{
    apr_hash_t *zones = listing->folder->zones;
    const cfo_source_t *known;
    const char *reason = NULL;
    int i;

    for (i = 0; i < files->nelts; i++) {
        const cfo_zone_file_t *file = &APR_ARRAY_IDX(files, i, cfo_zone_file_t);

        if (!file->zone)
            reason = cfo_zone_file_text(listing->scan->p, file);
        else if (!(known = apr_hash_get(zones, file->zone, APR_HASH_KEY_STRING)))
            scan_new(listing, file);
        else if (strcmp(known->path, file->path))
            listing->is_partial = 1; /* it takes the place of one that is about to go */
    }
    return reason;
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
    const char *reason = cfo_zone_folder_list_again(scan->p, folder, files);
    listing_t listing = { scan, folder, NULL, 0 };
    apr_pool_t *p;

    if (reason) {
        report_folder(scan, folder, &cfo_file_state_unread, reason);
        return;
    }
    apr_pool_create(&p, scan->follower->pool);
    listing.arriving = apr_hash_make(p);
    reason = scan_files(&listing, files);
    keep_arriving(folder, listing.arriving);
    /* What is not settled is listed once more, as if it were not seen yet. */
    if (!listing.is_partial &&
        !cfo_scan_is_changing(scan, state, &folder->changing_since))
        report_folder(scan, folder, state, reason);
    else
        scan->again = 1;
}

/* Of a folder that can be read. */
static int is_folder_due(const cfo_scan_t *scan, const cfo_folder_t *folder,
                         const cfo_file_state_t *state)
{
    const char *trouble = folder->trouble.text;

    return !cfo_file_state_equal(state, &folder->state) ||
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
    for (i = apr_hash_first(scan->p, folder->zones); i; i = apr_hash_next(i))
        cfo_scan_listed(scan, apr_hash_this_val(i), folder->path);
    if (is_folder_due(scan, folder, &state))
        list_folder(scan, folder, &state);
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
    scan_named(&scan, sources);
    for (i = 0; i < sources->folders->nelts; i++)
        scan_folder(&scan, APR_ARRAY_IDX(sources->folders, i, cfo_folder_t *));
    apr_pool_destroy(scan.scratch);
    follower->has_scanned = 1;
    *again = scan.again;
    return scan.status;
}
