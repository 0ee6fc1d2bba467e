/* SPDX-License-Identifier: Apache-2.0 */
/* Files are followed while httpd runs. */
#include "httpd/run/reload.h"

#include <errno.h>

#include "http_config.h"
#include "http_log.h"

#include "apr_strings.h"

#include "core/live/detect.h"
#include "core/base/text.h"

APLOG_USE_MODULE(cf_origin);

enum { QUOTE_MOST = 500 };

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
                           ? "what was in force stays in force until it is mended"
                           : "it is not used until it is mended";

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
}

static const char *cause_of(apr_status_t status)
{
    if (APR_STATUS_IS_ENOSPC(status) || status == EDQUOT)
        return "The disk of DefaultRuntimeDir is full: make room there";
    if (status == EFBIG)
        return "A file in DefaultRuntimeDir may not grow as large as this: raise the "
               "limit that httpd was started with (ulimit -f)";
    if (status == APR_EGENERAL)
        return "The file in DefaultRuntimeDir for it was cut short: apachectl graceful "
               "makes a new one";
    return "The file in DefaultRuntimeDir for it fails, as this line says: if that "
           "lasts, apachectl graceful makes a new one";
}

/* Once, until it works again. */
static void log_failure(const server_rec *main, cfo_reloader_t *reloader,
                        apr_status_t status)
{
    if (!reloader->has_failed)
        ap_log_error(
            APLOG_MARK, APLOG_ERR, status, main,
            "CFO0133 reload-failed hint=\"what was found in the files cannot be "
            "passed on to all processes; what is in force stays in force, and it "
            "is tried again. %s\"",
            cause_of(status));
    reloader->has_failed = 1;
}

void cfo_reload_catch_up(const server_rec *main, cfo_reloader_t *reloader)
{
    apr_status_t status = cfo_reloader_catch_up(reloader);

    if (status != APR_SUCCESS)
        log_failure(main, reloader, status);
}

int cfo_reload_scan(apr_pool_t *p, const server_rec *main, cfo_reloader_t *reloader)
{
    apr_array_header_t *changes = apr_array_make(p, 1, sizeof(cfo_change_t));
    apr_status_t status;
    int again = 0, i;

    /* What others wrote before we had the lock. */
    cfo_reload_catch_up(main, reloader);
    status = cfo_detect_changes(reloader, p, apr_time_now(), changes, &again);
    for (i = 0; i < changes->nelts; i++) {
        const cfo_change_t *change = &APR_ARRAY_IDX(changes, i, cfo_change_t);

        log_change(p, main, change);
        cfo_counters_reload(cfo_server_conf(main)->shared->counters, what_of(change),
                            result_of(change));
    }
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

/* A file without a name, which the children have open from the beginning. */
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
