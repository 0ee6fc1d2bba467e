/* SPDX-License-Identifier: Apache-2.0 */
/* Loads changed files while httpd runs. */
#include "httpd/run/reload.h"

#include <errno.h>
#include <string.h>

#include "http_config.h"
#include "http_log.h"

#include "apr_strings.h"

#include "core/live/detect.h"
#include "core/base/text.h"
#include "httpd/check/zone_files.h"

APLOG_USE_MODULE(cf_origin);

enum { QUOTE_MOST = 500, UNUSED_SHOWN = 5 };

/* "file="/etc/x.pem" zone=example.com" */
static const char *subject_of(apr_pool_t *p, const cfo_change_t *change)
{
    const char *what = change->file_kind == CFO_ENTRY_FOLDER ? "folder" : "file";

    return apr_psprintf(p, "%s=%s zone=%s", what,
                        cfo_text_quote(p, change->path, QUOTE_MOST),
                        cfo_text_word(p, change->zone));
}

static void log_rejected(apr_pool_t *p, const server_rec *main,
                         const cfo_change_t *change)
{
    const char *hint = change->has_content
                           ? "what was in force stays in force until it is fixed"
                           : "it is not used until it is fixed";

    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, main,
                 "CFO0131 reload-rejected %s reason=%s hint=\"%s\"",
                 subject_of(p, change), cfo_text_quote(p, change->error, QUOTE_MOST),
                 hint);
}

static cfo_reload_what_t what_of(const cfo_change_t *change)
{
    if (change->file_kind == CFO_ENTRY_FOLDER)
        return CFO_RELOAD_FOLDER;
    return change->file_kind == CFO_FILE_RANGES ? CFO_RELOAD_RANGES : CFO_RELOAD_ZONE;
}

static cfo_reload_result_t result_of(const cfo_change_t *change)
{
    if (change->kind == CFO_ENTRY_REJECTED)
        return CFO_RELOAD_REJECTED;
    return change->kind == CFO_ENTRY_REMOVED ? CFO_RELOAD_REMOVED : CFO_RELOAD_LOADED;
}

static void log_change(apr_pool_t *p, const server_rec *main, const cfo_change_t *change)
{
    if (change->kind == CFO_ENTRY_REJECTED)
        log_rejected(p, main, change);
    else if (change->kind == CFO_ENTRY_REMOVED)
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, main,
                     "CFO0132 zone-removed %s was_in_force=%s", subject_of(p, change),
                     change->has_content ? "yes" : "no");
    else
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, main, "CFO0130 reloaded %s new=%s",
                     subject_of(p, change), change->is_new ? "yes" : "no");
    if (change->note)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, main,
                     "CFO0143 reloaded-doubtful %s hint=%s", subject_of(p, change),
                     cfo_text_quote(p, change->note, QUOTE_MOST));
}

static const char *cause_of(apr_status_t status)
{
    if (APR_STATUS_IS_ENOSPC(status))
        return "The disk of DefaultRuntimeDir is full: free some space";
    if (APR_STATUS_IS_ENOMEM(status))
        return "This process has no memory for the new content: see the limits that httpd "
               "was started with (ulimit -a), and the memory of the host";
    if (status == EFBIG)
        return "A file in DefaultRuntimeDir cannot grow this large: raise the limit that "
               "httpd was started with (ulimit -f)";
    if (status == APR_EGENERAL)
        return "The journal in DefaultRuntimeDir was truncated: apachectl graceful "
               "creates a new one";
    return "The journal in DefaultRuntimeDir cannot be used, for the reason in this line: if "
           "that continues, apachectl graceful creates a new one";
}

/* Once, until it works again. */
static void log_failure(const server_rec *main, cfo_reloader_t *reloader,
                        apr_status_t status)
{
    if (!reloader->has_failed)
        ap_log_error(
            APLOG_MARK, APLOG_ERR, status, main,
            "CFO0133 reload-failed hint=\"changes of the files do not get to "
            "all processes. What is in force stays in force, and httpd tries again. %s\"",
            cause_of(status));
    reloader->has_failed = 1;
}

void cfo_reload_catch_up(const server_rec *main, cfo_reloader_t *reloader)
{
    apr_status_t status = cfo_reloader_catch_up(reloader);

    if (status != APR_SUCCESS)
        log_failure(main, reloader, status);
}

/* Whether a change is a new file of a folder for whose zone there is no host. */
static cfo_zone_file_use_t use_of(apr_pool_t *p, const server_rec *main,
                                  const cfo_change_t *change, const char **text)
{
    const cfo_host_names_t *names = cfo_server_conf(main)->shared->host_names;
    const char *name = ap_strrchr_c(change->path, '/'), *folder;

    if (change->kind != CFO_ENTRY_LOADED || !change->is_new || !change->zone || !names)
        return CFO_ZONE_FILE_USED;
    folder = apr_pstrmemdup(p, change->path, (apr_size_t)(name - change->path));
    return cfo_zone_file_use(p, names, cfo_zone_files_are_open(main, folder),
                             change->zone, text);
}

/* One line, however many files were dropped into the folder at once. Their virtual hosts
 * may come with the next restart. */
static void log_unused(apr_pool_t *p, const server_rec *main,
                       const apr_array_header_t *changes)
{
    int i, count = 0, level = APLOG_NOTICE;
    const char *list = NULL, *text;

    for (i = 0; i < changes->nelts; i++) {
        cfo_zone_file_use_t use =
            use_of(p, main, &APR_ARRAY_IDX(changes, i, cfo_change_t), &text);

        if (use == CFO_ZONE_FILE_USED)
            continue;
        if (++count <= UNUSED_SHOWN)
            list = list ? apr_pstrcat(p, list, ", ", text, NULL) : text;
        if (use == CFO_ZONE_FILE_ODD)
            level = APLOG_WARNING;
    }
    if (count)
        ap_log_error(
            APLOG_MARK, level, 0, main,
            "CFO0144 zone-without-host zones=%d names=%s hint=\"no virtual host "
            "has a name in the zone of such a new file: rename the file or remove "
            "it, or add the name to its virtual host (ServerName, ServerAlias)\"",
            count, cfo_text_quote(p, list, QUOTE_MOST));
}

int cfo_reload_scan(apr_pool_t *p, const server_rec *main, cfo_reloader_t *reloader)
{
    apr_array_header_t *changes = apr_array_make(p, 1, sizeof(cfo_change_t));
    apr_status_t status;
    int again = 0, i;

    /* What others wrote before this process had the lock. */
    cfo_reload_catch_up(main, reloader);
    status = cfo_detect_changes(reloader, p, apr_time_now(), changes, &again);
    for (i = 0; i < changes->nelts; i++) {
        const cfo_change_t *change = &APR_ARRAY_IDX(changes, i, cfo_change_t);

        log_change(p, main, change);
        cfo_counters_reload(cfo_server_conf(main)->shared->counters, what_of(change),
                            result_of(change));
    }
    log_unused(p, main, changes);
    if (status != APR_SUCCESS)
        log_failure(main, reloader, status);
    else
        reloader->has_failed = 0;
    cfo_reload_catch_up(main, reloader);
    return again;
}

void cfo_reload_begin(apr_pool_t *p, const server_rec *main, cfo_reloader_t *reloader)
{
    reloader->pool = p;
    cfo_watched_files_move(reloader->builder->watched, p);
    cfo_snapshots_move(reloader->snapshots, p);
    cfo_reload_catch_up(main, reloader);
}

/* A file without a name, which the children inherit open. */
static apr_status_t open_file(apr_pool_t *p, apr_file_t **file)
{
    char *name = ap_runtime_dir_relative(p, "cf_origin.XXXXXX");
    apr_status_t status =
        apr_file_mktemp(file, name,
                        APR_FOPEN_READ | APR_FOPEN_WRITE | APR_FOPEN_CREATE |
                            APR_FOPEN_EXCL | APR_FOPEN_BINARY,
                        p);

    return status == APR_SUCCESS ? apr_file_remove(name, p) : status;
}

const char *cfo_reload_prepare(apr_pool_t *p, const cfo_shared_t *shared,
                               apr_uint64_t *committed, cfo_reloader_t *reloader,
                               apr_status_t *status)
{
    apr_file_t *files[2];
    int i;

    for (i = 0; i < 2; i++) {
        *status = open_file(p, &files[i]);
        if (*status != APR_SUCCESS)
            return "a file in DefaultRuntimeDir";
    }
    reloader->builder = shared->builder;
    reloader->snapshots = shared->snapshots;
    reloader->journal = cfo_journal_create(p, files, committed);
    return NULL;
}
