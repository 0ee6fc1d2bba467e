/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at one file, and writes down what it finds. */
#include "core/live/detect_file.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "apr_file_info.h"
#include "apr_strings.h"

#include "core/live/input_file.h"

static const apr_time_t repeat = APR_TIME_C(3600) * CFO_REPEAT_HOURS * APR_USEC_PER_SEC;

/* An editor that never rests is not waited for any longer than this. */
static const apr_time_t patience = 10 * APR_USEC_PER_SEC;

static void append(cfo_scan_t *scan, const cfo_entry_t *entry)
{
    if (scan->status == APR_SUCCESS)
        scan->status = cfo_journal_append(scan->follower->journal, scan->scratch, entry);
}

void cfo_scan_report(cfo_scan_t *scan, const cfo_entry_t *entry,
                     const cfo_change_t *change)
{
    append(scan, entry);
    if (scan->status == APR_SUCCESS && change)
        APR_ARRAY_PUSH(scan->changes, cfo_change_t) = *change;
}

int cfo_scan_is_known(const cfo_scan_t *scan, const cfo_trouble_t *trouble,
                      const char *reason)
{
    return trouble->text && !strcmp(trouble->text, reason) &&
           scan->now - trouble->said < repeat && trouble->said - scan->now < repeat;
}

void cfo_scan_reject(cfo_scan_t *scan, cfo_entry_t *entry, const cfo_file_state_t *last,
                     const cfo_trouble_t *trouble, cfo_change_t *change,
                     const char *reason)
{
    int is_told = cfo_scan_is_known(scan, trouble, reason);

    if (is_told && cfo_file_state_equal(&entry->state, last))
        return;
    entry->kind = change->kind = CFO_ENTRY_REJECTED;
    entry->text = reason;
    entry->length = strlen(reason);
    entry->when = is_told ? trouble->said : scan->now;
    change->reason = apr_pstrdup(scan->p, reason);
    cfo_scan_report(scan, entry, is_told ? NULL : change);
}

int cfo_scan_is_changing(cfo_scan_t *scan, const cfo_file_state_t *state,
                         apr_time_t *since)
{
    apr_time_t waited = scan->now - *since;
    int is_quiet;

    /* A mark from long ago is of a change that another process has found, or that was
     * undone. */
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

static const char *read_text(cfo_scan_t *scan, const cfo_source_t *source,
                             cfo_entry_t *entry)
{
    const char *reason = denied(source->path);

    if (!reason)
        reason = cfo_input_file_read(scan->scratch, source->path,
                                     cfo_content_most(source->kind), &entry->text,
                                     &entry->length);
    if (reason && entry->state.status == APR_SUCCESS)
        entry->state = cfo_file_state_unread;
    return reason;
}

/* What was read from it the last time, and not from another file of its zone. */
static int is_as_it_was(const cfo_source_t *source, const unsigned char *digest)
{
    const cfo_content_t *content = source->content;

    return content && !strcmp(content->path, source->path) &&
           !memcmp(digest, content->digest, CFO_DIGEST_SIZE);
}

/* Reads a file that has changed. NULL: entry->kind says what it is; or what is wrong. */
static const char *read_file(cfo_scan_t *scan, cfo_source_t *source, cfo_entry_t *entry)
{
    unsigned char digest[CFO_DIGEST_SIZE];
    cfo_content_t *content;
    const char *reason = read_text(scan, source, entry);

    source->trouble.again = INT64_MAX;
    if (reason)
        return reason;
    cfo_content_digest(entry->text, entry->length, digest);
    if (is_as_it_was(source, digest)) {
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
    if (!reason && source->content)
        reason = cfo_content_why_worse(scan->scratch, source->content, content, scan->now,
                                       &source->trouble.again);
    return reason;
}

/* Whether it was written to while it was read, so that half of it may be missing. */
static int has_moved_on(cfo_scan_t *scan, const cfo_source_t *source,
                        const cfo_file_state_t *before)
{
    cfo_file_state_t after;

    cfo_file_state_get(scan->scratch, source->path, &after);
    return !cfo_file_state_equal(before, &after);
}

/* Returns 1 if it has to be looked at again. */
static int scan_changed(cfo_scan_t *scan, cfo_source_t *source, const char *folder,
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
                            source->kind };
    const char *reason = read_file(scan, source, &entry);

    if (has_moved_on(scan, source, state)) {
        source->changing_since = scan->now;
        scan->again = 1;
        return 1;
    }
    if (reason)
        cfo_scan_reject(scan, &entry, &source->state, &source->trouble, &change, reason);
    else
        cfo_scan_report(scan, &entry,
                        entry.kind == CFO_ENTRY_LOADED || source->trouble.text ? &change
                                                                               : NULL);
    return 0;
}

void cfo_scan_removed(cfo_scan_t *scan, const cfo_source_t *source, const char *folder)
{
    cfo_entry_t entry = {
        CFO_ENTRY_REMOVED, source->kind, source->path, folder, { 0 }, scan->now, "", 0
    };
    cfo_change_t change = { CFO_ENTRY_REMOVED,
                            apr_pstrdup(scan->p, source->path),
                            apr_pstrdup(scan->p, source->zone),
                            NULL,
                            0,
                            source->content != NULL,
                            source->kind };

    cfo_scan_report(scan, &entry, &change);
}

/* Whether there is something to be said about a file that is as it was: that it still is
 * no good, once a day; or that its certificates, or those in force, have come to a date.
 */
static int is_due(const cfo_scan_t *scan, const cfo_source_t *source)
{
    if (source->trouble.text && source->content && scan->now >= source->trouble.again)
        return 1;
    if (source->trouble.text)
        return !cfo_scan_is_known(scan, &source->trouble, source->trouble.text);
    return scan->is_first && denied(source->path);
}

int cfo_scan_is_gone(const cfo_scan_t *scan, const cfo_source_t *source)
{
    apr_finfo_t info;

    return APR_STATUS_IS_ENOENT(
        apr_stat(&info, source->path, APR_FINFO_LINK | APR_FINFO_TYPE, scan->scratch));
}

int cfo_scan_is_waiting(cfo_scan_t *scan, cfo_source_t *source)
{
    cfo_file_state_t state;

    cfo_file_state_get(scan->scratch, source->path, &state);
    return cfo_scan_is_changing(scan, &state, &source->changing_since);
}

int cfo_scan_source(cfo_scan_t *scan, cfo_source_t *source, const char *folder)
{
    cfo_file_state_t state;
    int is_same, is_partial;

    if (cfo_follower_is_over(scan->follower))
        return 1;
    cfo_file_state_get(scan->scratch, source->path, &state);
    is_same = cfo_file_state_equal(&state, &source->state);
    if (*folder && state.status != APR_SUCCESS && cfo_scan_is_gone(scan, source)) {
        scan->again = 1;
        return 1;
    }
    if (!is_same && cfo_scan_is_changing(scan, &state, &source->changing_since))
        return 1;
    source->changing_since = 0;
    if (is_same && !is_due(scan, source))
        return 0;
    is_partial = scan_changed(scan, source, folder, &state);
    apr_pool_clear(scan->scratch);
    return is_partial;
}
