/* SPDX-License-Identifier: Apache-2.0 */
/* Follows the files while httpd runs: looks at them, and writes down what it finds. */
#include "scan.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "apr_strings.h"

#include "input_file.h"
#include "zone_folder.h"

/* An editor that never rests is not waited for any longer than this. */
static const apr_time_t patience = 10 * APR_USEC_PER_SEC;

/* Of what is there but could not be read: as no file is, so that it is tried again. */
static const cfo_file_state_t unread = { .status = APR_EGENERAL };

static const char unreadable[] =
    "the folder is not there, or the user that httpd runs as may not read it";

typedef struct {
    cfo_follower_t *follower;
    apr_pool_t *p;       /* for what is to be said */
    apr_pool_t *scratch; /* cleared after each file */
    apr_time_t now;
    apr_array_header_t *changes;
    int is_first;   /* of this process */
    int is_partial; /* a file of the folder is not settled */
    int again;
    apr_status_t status; /* of the journal; nothing more is written after a failure */
} scan_t;

static void append(scan_t *scan, const cfo_entry_t *entry)
{
    if (scan->status == APR_SUCCESS)
        scan->status = cfo_journal_append(scan->follower->journal, scan->scratch, entry);
}

/* Writes an entry, and, unless `change` is NULL, what is to be said of it. */
static void report(scan_t *scan, const cfo_entry_t *entry, const cfo_change_t *change)
{
    append(scan, entry);
    if (scan->status == APR_SUCCESS && change)
        APR_ARRAY_PUSH(scan->changes, cfo_change_t) = *change;
}

/* Whether the same difficulty was told less than a day ago. */
static int is_known(const scan_t *scan, const cfo_trouble_t *trouble, const char *reason)
{
    return trouble->text && !strcmp(trouble->text, reason) &&
           scan->now - trouble->said < apr_time_from_sec(CFO_REPEAT_HOURS * 3600);
}

/* `last`: the state that was written down the last time. */
static void reject(scan_t *scan, cfo_entry_t *entry, const cfo_file_state_t *last,
                   const cfo_trouble_t *trouble, cfo_change_t *change, const char *reason)
{
    int is_told = is_known(scan, trouble, reason);

    if (is_told && cfo_file_state_equal(&entry->state, last))
        return;
    entry->kind = change->kind = CFO_ENTRY_REJECTED;
    entry->text = reason;
    entry->length = strlen(reason);
    entry->when = is_told ? trouble->said : scan->now;
    change->reason = apr_pstrdup(scan->p, reason);
    report(scan, entry, is_told ? NULL : change);
}

/* Whether to wait for something that is in the midst of a change: written to less than a
 * second ago, or not there, as while a script replaces it in two steps. A mark from long
 * ago is of a change that another process has found, or that was undone. */
static int is_changing(scan_t *scan, const cfo_file_state_t *state, apr_time_t *since)
{
    apr_time_t waited = scan->now - *since;
    int is_quiet;

    if (!*since || waited < 0 || waited > 2 * patience) {
        *since = scan->now;
        waited = 0;
    }
    is_quiet = state->status == APR_SUCCESS ? cfo_file_state_is_settled(state, scan->now)
                                            : waited > APR_USEC_PER_SEC / 2;
    if (is_quiet || waited > patience)
        return 0;
    scan->again = 1;
    return 1;
}

/* httpd reads the files as root when it starts, and as another user from then on. */
static const char *denied(const char *path)
{
    if (!access(path, R_OK) || errno != EACCES)
        return NULL;
    return "the user that httpd runs as may not read it, so that changes to it cannot be "
           "followed";
}

static const char *read_text(scan_t *scan, const cfo_source_t *source, cfo_entry_t *entry)
{
    const char *reason = denied(source->path);

    if (!reason)
        reason = cfo_input_file_read(scan->scratch, source->path, &entry->text,
                                     &entry->length);
    if (reason && entry->state.status == APR_SUCCESS)
        entry->state = unread;
    return reason;
}

/* Reads a file that has changed. NULL: entry->kind says what it is; or what is wrong. */
static const char *read_file(scan_t *scan, const cfo_source_t *source, cfo_entry_t *entry)
{
    unsigned char digest[CFO_DIGEST_SIZE];
    cfo_content_t *content;
    const char *reason = read_text(scan, source, entry);

    if (reason)
        return reason;
    cfo_content_digest(entry->text, entry->length, digest);
    if (source->content && !memcmp(digest, source->content->digest, sizeof digest)) {
        entry->kind = CFO_ENTRY_SEEN;
        entry->length = 0;
        return NULL;
    }
    entry->kind = CFO_ENTRY_LOADED;
    reason = cfo_content_read(cfo_batch_permanent(scan->scratch), source->kind,
                              source->path, entry->text, entry->length, &content);
    if (!reason && source->content && cfo_content_has_shrunk(source->content, content))
        reason = apr_psprintf(scan->scratch,
                              "more than half of the %d ranges in force are missing from "
                              "it, as if it had been cut; a restart would accept it",
                              source->content->items->nelts);
    return reason;
}

static void scan_changed(scan_t *scan, cfo_source_t *source, const char *folder,
                         const cfo_file_state_t *state)
{
    cfo_entry_t entry = { CFO_ENTRY_SEEN, source->kind, source->path, folder,
                          *state,         scan->now,    "",           0 };
    cfo_change_t change = { CFO_ENTRY_LOADED,
                            apr_pstrdup(scan->p, source->path),
                            apr_pstrdup(scan->p, source->zone),
                            NULL,
                            !source->content,
                            source->content != NULL,
                            0 };
    const char *reason = read_file(scan, source, &entry);

    if (reason)
        reject(scan, &entry, &source->state, &source->trouble, &change, reason);
    else
        report(scan, &entry,
               entry.kind == CFO_ENTRY_LOADED || source->trouble.text ? &change : NULL);
}

static void scan_removed(scan_t *scan, const cfo_source_t *source, const char *folder,
                         const cfo_file_state_t *state)
{
    cfo_entry_t entry = {
        CFO_ENTRY_REMOVED, source->kind, source->path, folder, *state, scan->now, "", 0
    };
    cfo_change_t change = { CFO_ENTRY_REMOVED,
                            apr_pstrdup(scan->p, source->path),
                            apr_pstrdup(scan->p, source->zone),
                            NULL,
                            0,
                            source->content != NULL,
                            0 };

    report(scan, &entry, &change);
}

/* Whether there is something to be said about a file that is as it was. */
static int is_due(const scan_t *scan, const cfo_source_t *source)
{
    if (source->trouble.text)
        return !is_known(scan, &source->trouble, source->trouble.text);
    return scan->is_first && denied(source->path);
}

/* `folder`: "" for a file that the configuration names. */
static void scan_source(scan_t *scan, cfo_source_t *source, const char *folder)
{
    cfo_file_state_t state;
    int is_same;

    cfo_file_state_get(scan->scratch, source->path, &state);
    is_same = cfo_file_state_equal(&state, &source->state);
    if (!is_same && is_changing(scan, &state, &source->changing_since))
        return;
    source->changing_since = 0;
    if (is_same && !is_due(scan, source))
        return;
    if (*folder && APR_STATUS_IS_ENOENT(state.status))
        scan_removed(scan, source, folder, &state);
    else
        scan_changed(scan, source, folder, &state);
    apr_pool_clear(scan->scratch);
}

static void scan_named(scan_t *scan, const cfo_sources_t *sources)
{
    apr_hash_index_t *i;
    int kind;

    for (kind = 0; kind < 2; kind++) {
        for (i = apr_hash_first(scan->p, sources->by_path[kind]); i;
             i = apr_hash_next(i)) {
            cfo_source_t *source = apr_hash_this_val(i);

            if (source->is_named)
                scan_source(scan, source, "");
        }
    }
}

static void report_folder(scan_t *scan, cfo_folder_t *folder,
                          const cfo_file_state_t *state, const char *reason)
{
    cfo_entry_t entry = { CFO_ENTRY_SEEN, CFO_ENTRY_FOLDER, folder->path, "",
                          *state,         scan->now,        "",           0 };
    cfo_change_t change = {
        CFO_ENTRY_LOADED, apr_pstrdup(scan->p, folder->path), NULL, NULL, 0, 1, 1
    };

    if (reason)
        reject(scan, &entry, &folder->state, &folder->trouble, &change, reason);
    else
        report(scan, &entry, folder->trouble.text ? &change : NULL);
}

/* A file that was not there before: to be read as one that has changed. */
static void scan_new(scan_t *scan, const cfo_folder_t *folder,
                     const cfo_zone_file_t *file)
{
    cfo_source_t source = { 0 };

    source.path = file->path;
    source.zone = file->zone;
    source.kind = CFO_CONTENT_PROOFS;
    scan_source(scan, &source, folder->path);
    if (source.changing_since)
        scan->is_partial = 1;
}

/* Compares what is in the folder with what was. Returns what is to be said about it. */
static const char *scan_listing(scan_t *scan, const cfo_folder_t *folder,
                                const apr_array_header_t *files)
{
    const cfo_source_t *known;
    const char *reason = NULL;
    int i;

    for (i = 0; i < files->nelts; i++) {
        const cfo_zone_file_t *file = &APR_ARRAY_IDX(files, i, cfo_zone_file_t);

        if (!file->zone)
            reason = cfo_zone_file_text(scan->p, file);
        else if (!(known = apr_hash_get(folder->zones, file->zone, APR_HASH_KEY_STRING)))
            scan_new(scan, folder, file);
        else if (strcmp(known->path, file->path))
            scan->is_partial = 1; /* it takes the place of one that is about to go */
    }
    return reason;
}

static void list_folder(scan_t *scan, cfo_folder_t *folder, const cfo_file_state_t *state)
{
    apr_array_header_t *files = apr_array_make(scan->p, 16, sizeof(cfo_zone_file_t));
    const char *reason = cfo_zone_folder_list(scan->p, folder->path, files);

    scan->is_partial = 0;
    if (reason)
        state = &unread;
    else
        reason = scan_listing(scan, folder, files);
    /* What is not settled is listed once more, as if it were not seen yet. */
    if (!scan->is_partial && cfo_file_state_is_settled(state, scan->now))
        report_folder(scan, folder, state, reason);
    else
        scan->again = 1;
}

/* Of a folder that can be read. */
static int is_folder_due(const scan_t *scan, const cfo_folder_t *folder,
                         const cfo_file_state_t *state)
{
    const char *trouble = folder->trouble.text;

    return !cfo_file_state_equal(state, &folder->state) ||
           (trouble &&
            (!strcmp(trouble, unreadable) || !is_known(scan, &folder->trouble, trouble)));
}

static void scan_folder(scan_t *scan, cfo_folder_t *folder)
{
    cfo_file_state_t state;
    apr_hash_index_t *i;

    cfo_file_state_get(scan->scratch, folder->path, &state);
    if (state.status != APR_SUCCESS || access(folder->path, R_OK | X_OK)) {
        if (!is_known(scan, &folder->trouble, unreadable) &&
            !is_changing(scan, &state, &folder->changing_since))
            report_folder(scan, folder, &state, unreadable);
        return; /* its zones stay, whatever has become of the files */
    }
    for (i = apr_hash_first(scan->p, folder->zones); i; i = apr_hash_next(i))
        scan_source(scan, apr_hash_this_val(i), folder->path);
    if (is_folder_due(scan, folder, &state))
        list_folder(scan, folder, &state);
}

apr_status_t cfo_follower_scan(cfo_follower_t *follower, apr_pool_t *p, apr_time_t now,
                               apr_array_header_t *changes, int *again)
{
    const cfo_sources_t *sources = follower->plan->sources;
    scan_t scan = { follower, p, NULL,       now, changes, !follower->has_scanned,
                    0,        0, APR_SUCCESS };
    int i;

    apr_pool_create(&scan.scratch, p);
    scan_named(&scan, sources);
    for (i = 0; i < sources->folders->nelts; i++)
        scan_folder(&scan, APR_ARRAY_IDX(sources->folders, i, cfo_folder_t *));
    apr_pool_destroy(scan.scratch);
    follower->has_scanned = 1;
    *again = scan.again;
    return scan.status;
}
