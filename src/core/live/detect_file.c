/* SPDX-License-Identifier: Apache-2.0 */
/* Checks one file for changes. */
#include "core/live/detect_file.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "apr_file_info.h"
#include "apr_strings.h"

#include "core/live/input_file.h"
#include "core/net/ranges_retired.h"
#include "core/trust/origin_ca.h"
#include "core/trust/proof.h"

static const apr_time_t repeat = APR_TIME_C(3600) * CFO_REPEAT_HOURS * APR_USEC_PER_SEC;

/* A proof that was refused may be good now, without a change: a date in it or in the one
 * in force is reached, or OpenSSL had no memory to read it. */
static const apr_interval_time_t retry = 60 * APR_USEC_PER_SEC;

/* A program that writes all the time is not waited for any longer than this. */
static const apr_time_t patience = 10 * APR_USEC_PER_SEC;

void cfo_detect_report(cfo_detection_t *detection, const cfo_entry_t *entry,
                       const cfo_change_t *change)
{
    if (detection->status == APR_SUCCESS)
        detection->status =
            cfo_journal_append(detection->reloader->journal, detection->scratch, entry);
    if (detection->status == APR_SUCCESS && change)
        APR_ARRAY_PUSH(detection->changes, cfo_change_t) = *change;
}

int cfo_detect_is_known(const cfo_detection_t *detection, const cfo_file_error_t *known,
                        const char *error)
{
    return known->text && !strcmp(known->text, error) &&
           detection->now - known->logged_at < repeat &&
           known->logged_at - detection->now < repeat;
}

void cfo_detect_reject(cfo_detection_t *detection, cfo_entry_t *entry,
                       const cfo_file_state_t *last, const cfo_file_error_t *known,
                       cfo_change_t *change, const char *error)
{
    int is_known = cfo_detect_is_known(detection, known, error);

    if (is_known && cfo_file_state_equal(&entry->state, last))
        return;
    entry->kind = change->kind = CFO_ENTRY_REJECTED;
    entry->text = error;
    entry->length = strlen(error);
    entry->when = is_known ? known->logged_at : detection->now;
    change->error = apr_pstrdup(detection->p, error);
    cfo_detect_report(detection, entry, is_known ? NULL : change);
}

int cfo_detect_is_changing(cfo_detection_t *detection, const cfo_file_state_t *state,
                           apr_time_t *since)
{
    apr_time_t waited = detection->now - *since;
    int is_quiet;

    /* An old mark belongs to a change that was undone, or that another process has
     * found. */
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

/* httpd reads the files as root at startup, and as another user after that. */
static const char *permission_error(const char *path)
{
    if (!access(path, R_OK) || errno != EACCES)
        return NULL;
    return "the user that httpd runs as cannot read it, so changes take effect only after a "
           "restart: chmod 0644 it";
}

static const char *read_text(cfo_detection_t *detection, const cfo_watched_file_t *file,
                             cfo_entry_t *entry)
{
    const char *error = permission_error(file->path);

    if (!error)
        error = cfo_input_file_read(detection->scratch, file->path,
                                    cfo_parsed_file_most(file->kind), &entry->text,
                                    &entry->length);
    if (error && entry->state.status == APR_SUCCESS)
        entry->state = cfo_file_state_unread;
    return error;
}

static int has_anchors(const cfo_parsed_file_t *content)
{
    return APR_ARRAY_IDX(content->items, 0, const cfo_proof_t *)->kind ==
           CFO_PROOF_ANCHOR;
}

/* What the administrator should know about a good file that replaces `last` (may be
 * NULL). */
static const char *note_of(apr_pool_t *p, const cfo_parsed_file_t *last,
                           const cfo_parsed_file_t *content)
{
    int i;

    if (content->kind == CFO_FILE_RANGES)
        return cfo_range_set_retired(p, content->ranges);
    for (i = 0; i < content->items->nelts; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(content->items, i, const cfo_proof_t *);

        /* As in a rotation where the new leaf is put next to the old CA. */
        if (proof->ignored_cas && last && has_anchors(last))
            return "it has a leaf now, so that only this leaf is accepted, and what its CA "
                   "certificates issued is refused (see CFO0105): to accept both, put "
                   "the leaf into a file of its own, or pin it by its sha256";
        if (proof->kind == CFO_PROOF_ANCHOR && cfo_origin_ca_is(proof->certificate))
            return "it accepts every certificate of Cloudflare's Origin CA, and every "
                   "customer of Cloudflare can get one (see CFO0255)";
    }
    return NULL;
}

/* Reads a file that has changed. Returns NULL and sets entry->kind and *note, or returns
 * the error. */
static const char *read_file(cfo_detection_t *detection, cfo_watched_file_t *file,
                             cfo_entry_t *entry, const char **note)
{
    cfo_parsed_file_t *content;
    const char *error = read_text(detection, file, entry);

    file->error.retry_at = detection->now + retry;
    if (error)
        return error;
    if (cfo_watched_file_has_text(file, entry->text, entry->length)) {
        entry->kind = CFO_ENTRY_UNCHANGED;
        entry->length = 0;
        return NULL;
    }
    entry->kind = CFO_ENTRY_LOADED;
    error =
        cfo_parsed_file_read(cfo_shared_pool_permanent(detection->scratch), file->kind,
                             file->path, entry->text, entry->length, &content);
    if (!error && file->content && cfo_parsed_file_has_shrunk(file->content, content))
        error = apr_psprintf(detection->scratch,
                             "more than half of the %d ranges in force are missing, so "
                             "the file looks truncated; a restart accepts it",
                             cfo_parsed_file_count(file->content));
    if (!error && file->content)
        error = cfo_parsed_file_worse(detection->scratch, file->content, content,
                                      detection->now);
    if (!error)
        *note = note_of(detection->p, file->content, content);
    return error;
}

/* Whether the file was changed while it was read, so that a part may be missing. */
static int has_changed_again(cfo_detection_t *detection, const cfo_watched_file_t *file,
                             const cfo_file_state_t *before)
{
    cfo_file_state_t after;

    cfo_file_state_get(detection->scratch, file->path, &after);
    return !cfo_file_state_equal(before, &after);
}

static cfo_entry_t entry_of(const cfo_detection_t *detection,
                            const cfo_watched_file_t *file, const char *folder,
                            cfo_entry_kind_t kind)
{
    return (cfo_entry_t){ .kind = kind,
                          .file_kind = file->kind,
                          .path = file->path,
                          .folder = folder,
                          .when = detection->now,
                          .text = "" };
}

static cfo_change_t change_of(const cfo_detection_t *detection,
                              const cfo_watched_file_t *file, cfo_entry_kind_t kind)
{
    return (cfo_change_t){ .kind = kind,
                           .path = apr_pstrdup(detection->p, file->path),
                           .zone = apr_pstrdup(detection->p, file->zone),
                           .has_content = file->content != NULL,
                           .file_kind = file->kind };
}

/* Returns 1 if the file has to be checked again. */
static int check_changed(cfo_detection_t *detection, cfo_watched_file_t *file,
                         const char *folder, const cfo_file_state_t *state)
{
    cfo_entry_t entry = entry_of(detection, file, folder, CFO_ENTRY_UNCHANGED);
    cfo_change_t change = change_of(detection, file, CFO_ENTRY_LOADED);
    const char *error;

    entry.state = *state;
    change.is_new = !file->content;
    error = read_file(detection, file, &entry, &change.note);
    if (has_changed_again(detection, file, state)) {
        file->changing_since = detection->now;
        detection->again = 1;
        return 1;
    }
    if (error)
        cfo_detect_reject(detection, &entry, &file->state, &file->error, &change, error);
    else
        cfo_detect_report(detection, &entry,
                          entry.kind == CFO_ENTRY_LOADED || file->error.text ? &change
                                                                             : NULL);
    return 0;
}

void cfo_detect_removed(cfo_detection_t *detection, const cfo_watched_file_t *file,
                        const char *folder)
{
    cfo_entry_t entry = entry_of(detection, file, folder, CFO_ENTRY_REMOVED);
    cfo_change_t change = change_of(detection, file, CFO_ENTRY_REMOVED);

    cfo_detect_report(detection, &entry, &change);
}

/* Also after the clock was set back. */
static int is_time_to_retry(const cfo_detection_t *detection,
                            const cfo_watched_file_t *file)
{
    apr_interval_time_t left = file->error.retry_at - detection->now;

    return file->kind == CFO_FILE_PROOFS && (left <= 0 || left > retry);
}

/* Whether to read a file that has not changed: to try it again, or because its error is
 * repeated once a day. */
static int is_due(const cfo_detection_t *detection, const cfo_watched_file_t *file)
{
    if (file->error.text && is_time_to_retry(detection, file))
        return 1;
    if (file->error.text)
        return !cfo_detect_is_known(detection, &file->error, file->error.text);
    return detection->is_first && permission_error(file->path);
}

int cfo_detect_is_gone(const cfo_detection_t *detection, const cfo_watched_file_t *file)
{
    apr_finfo_t info;

    return APR_STATUS_IS_ENOENT(
        apr_stat(&info, file->path, APR_FINFO_LINK | APR_FINFO_TYPE, detection->scratch));
}

int cfo_detect_is_waiting(cfo_detection_t *detection, cfo_watched_file_t *file)
{
    cfo_file_state_t state;

    cfo_file_state_get(detection->scratch, file->path, &state);
    return cfo_detect_is_changing(detection, &state, &file->changing_since);
}

int cfo_detect_file(cfo_detection_t *detection, cfo_watched_file_t *file,
                    const char *folder)
{
    cfo_file_state_t state;
    int is_same, is_partial;

    if (cfo_reloader_is_over(detection->reloader))
        return 1;
    cfo_file_state_get(detection->scratch, file->path, &state);
    is_same = cfo_file_state_equal(&state, &file->state);
    if (*folder && state.status != APR_SUCCESS && cfo_detect_is_gone(detection, file)) {
        detection->again = 1;
        return 1;
    }
    if (!is_same && cfo_detect_is_changing(detection, &state, &file->changing_since))
        return 1;
    file->changing_since = 0;
    if (is_same && !is_due(detection, file))
        return 0;
    is_partial = check_changed(detection, file, folder, &state);
    apr_pool_clear(detection->scratch);
    return is_partial;
}
