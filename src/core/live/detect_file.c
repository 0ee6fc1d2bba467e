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

static void append(cfo_detection_t *detection, const cfo_entry_t *entry)
{
    if (detection->status == APR_SUCCESS)
        detection->status =
            cfo_journal_append(detection->reloader->journal, detection->scratch, entry);
}

void cfo_detect_report(cfo_detection_t *detection, const cfo_entry_t *entry,
                       const cfo_change_t *change)
{
    append(detection, entry);
    if (detection->status == APR_SUCCESS && change)
        APR_ARRAY_PUSH(detection->changes, cfo_change_t) = *change;
}

int cfo_detect_is_known(const cfo_detection_t *detection, const cfo_file_error_t *error,
                        const char *reason)
{
    return error->text && !strcmp(error->text, reason) &&
           detection->now - error->said < repeat && error->said - detection->now < repeat;
}

void cfo_detect_reject(cfo_detection_t *detection, cfo_entry_t *entry,
                       const cfo_file_state_t *last, const cfo_file_error_t *error,
                       cfo_change_t *change, const char *reason)
{
    int is_told = cfo_detect_is_known(detection, error, reason);

    if (is_told && cfo_file_state_equal(&entry->state, last))
        return;
    entry->kind = change->kind = CFO_ENTRY_REJECTED;
    entry->text = reason;
    entry->length = strlen(reason);
    entry->when = is_told ? error->said : detection->now;
    change->error = apr_pstrdup(detection->p, reason);
    cfo_detect_report(detection, entry, is_told ? NULL : change);
}

int cfo_detect_is_changing(cfo_detection_t *detection, const cfo_file_state_t *state,
                           apr_time_t *since)
{
    apr_time_t waited = detection->now - *since;
    int is_quiet;

    /* A mark from long ago is of a change that another process has found, or that was
     * undone. */
    if (!*since || waited < 0 || waited > 2 * patience) {
        *since = detection->now;
        waited = 0;
    }
    is_quiet = state->status == APR_SUCCESS
                   ? cfo_file_state_is_settled(state, detection->now)
                   : waited > APR_USEC_PER_SEC / 2;
    if (is_quiet || waited > patience)
        return 0;
    detection->again = 1;
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

static const char *read_text(cfo_detection_t *detection, const cfo_watched_file_t *source,
                             cfo_entry_t *entry)
{
    const char *reason = denied(source->path);

    if (!reason)
        reason = cfo_input_file_read(detection->scratch, source->path,
                                     cfo_parsed_file_most(source->kind), &entry->text,
                                     &entry->length);
    if (reason && entry->state.status == APR_SUCCESS)
        entry->state = cfo_file_state_unread;
    return reason;
}

/* What was read from it the last time, and not from another file of its zone. */
static int is_as_it_was(const cfo_watched_file_t *source, const unsigned char *digest)
{
    const cfo_parsed_file_t *content = source->content;

    return content && !strcmp(content->path, source->path) &&
           !memcmp(digest, content->digest, CFO_DIGEST_SIZE);
}

/* Reads a file that has changed. NULL: entry->kind says what it is; or what is wrong. */
static const char *read_file(cfo_detection_t *detection, cfo_watched_file_t *source,
                             cfo_entry_t *entry)
{
    unsigned char digest[CFO_DIGEST_SIZE];
    cfo_parsed_file_t *content;
    const char *reason = read_text(detection, source, entry);

    source->error.again = INT64_MAX;
    if (reason)
        return reason;
    cfo_parsed_file_digest(entry->text, entry->length, digest);
    if (is_as_it_was(source, digest)) {
        entry->kind = CFO_ENTRY_SEEN;
        entry->length = 0;
        return NULL;
    }
    entry->kind = CFO_ENTRY_LOADED;
    reason =
        cfo_parsed_file_read(cfo_shared_pool_permanent(detection->scratch), source->kind,
                             source->path, entry->text, entry->length, &content);
    if (!reason && source->content &&
        cfo_parsed_file_has_shrunk(source->content, content))
        reason = apr_psprintf(detection->scratch,
                              "more than half of the %d ranges in force are missing from "
                              "it, as if it had been cut; a restart would accept it",
                              source->content->items->nelts);
    if (!reason && source->content)
        reason = cfo_parsed_file_why_worse(detection->scratch, source->content, content,
                                           detection->now, &source->error.again);
    return reason;
}

/* Whether it was written to while it was read, so that half of it may be missing. */
static int has_moved_on(cfo_detection_t *detection, const cfo_watched_file_t *source,
                        const cfo_file_state_t *before)
{
    cfo_file_state_t after;

    cfo_file_state_get(detection->scratch, source->path, &after);
    return !cfo_file_state_equal(before, &after);
}

/* Returns 1 if it has to be looked at again. */
static int scan_changed(cfo_detection_t *detection, cfo_watched_file_t *source,
                        const char *folder, const cfo_file_state_t *state)
{
    cfo_entry_t entry = { CFO_ENTRY_SEEN, source->kind,   source->path, folder,
                          *state,         detection->now, "",           0 };
    cfo_change_t change = { CFO_ENTRY_LOADED,
                            apr_pstrdup(detection->p, source->path),
                            apr_pstrdup(detection->p, source->zone),
                            NULL,
                            !source->content,
                            source->content != NULL,
                            source->kind };
    const char *reason = read_file(detection, source, &entry);

    if (has_moved_on(detection, source, state)) {
        source->changing_since = detection->now;
        detection->again = 1;
        return 1;
    }
    if (reason)
        cfo_detect_reject(detection, &entry, &source->state, &source->error, &change,
                          reason);
    else
        cfo_detect_report(detection, &entry,
                          entry.kind == CFO_ENTRY_LOADED || source->error.text ? &change
                                                                               : NULL);
    return 0;
}

void cfo_detect_removed(cfo_detection_t *detection, const cfo_watched_file_t *source,
                        const char *folder)
{
    cfo_entry_t entry = { CFO_ENTRY_REMOVED,
                          source->kind,
                          source->path,
                          folder,
                          { 0 },
                          detection->now,
                          "",
                          0 };
    cfo_change_t change = { CFO_ENTRY_REMOVED,
                            apr_pstrdup(detection->p, source->path),
                            apr_pstrdup(detection->p, source->zone),
                            NULL,
                            0,
                            source->content != NULL,
                            source->kind };

    cfo_detect_report(detection, &entry, &change);
}

/* Whether there is something to be said about a file that is as it was: that it still is
 * no good, once a day; or that its certificates, or those in force, have come to a date.
 */
static int is_due(const cfo_detection_t *detection, const cfo_watched_file_t *source)
{
    if (source->error.text && source->content && detection->now >= source->error.again)
        return 1;
    if (source->error.text)
        return !cfo_detect_is_known(detection, &source->error, source->error.text);
    return detection->is_first && denied(source->path);
}

int cfo_detect_is_gone(const cfo_detection_t *detection, const cfo_watched_file_t *source)
{
    apr_finfo_t info;

    return APR_STATUS_IS_ENOENT(apr_stat(
        &info, source->path, APR_FINFO_LINK | APR_FINFO_TYPE, detection->scratch));
}

int cfo_detect_is_waiting(cfo_detection_t *detection, cfo_watched_file_t *source)
{
    cfo_file_state_t state;

    cfo_file_state_get(detection->scratch, source->path, &state);
    return cfo_detect_is_changing(detection, &state, &source->changing_since);
}

int cfo_detect_file(cfo_detection_t *detection, cfo_watched_file_t *source,
                    const char *folder)
{
    cfo_file_state_t state;
    int is_same, is_partial;

    if (cfo_reloader_is_over(detection->reloader))
        return 1;
    cfo_file_state_get(detection->scratch, source->path, &state);
    is_same = cfo_file_state_equal(&state, &source->state);
    if (*folder && state.status != APR_SUCCESS && cfo_detect_is_gone(detection, source)) {
        detection->again = 1;
        return 1;
    }
    if (!is_same && cfo_detect_is_changing(detection, &state, &source->changing_since))
        return 1;
    source->changing_since = 0;
    if (is_same && !is_due(detection, source))
        return 0;
    is_partial = scan_changed(detection, source, folder, &state);
    apr_pool_clear(detection->scratch);
    return is_partial;
}
