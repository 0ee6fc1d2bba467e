/* SPDX-License-Identifier: Apache-2.0 */
/* Files are followed while httpd runs. */
#include "reload.h"

#include "ap_mpm.h"
#include "http_config.h"
#include "http_log.h"
#include "mod_watchdog.h"
#include "util_mutex.h"

#include "apr_optional.h"
#include "apr_shm.h"
#include "apr_strings.h"

#include "../core/follow.h"
#include "../core/journal.h"
#include "../core/scan.h"

APLOG_USE_MODULE(cf_origin);

static const char mutex_type[] = "cf-origin";

/* In shared memory. */
typedef struct {
    apr_uint64_t committed; /* bytes of the journal */
    apr_time_t next_scan;   /* when the files are to be looked at again */
    apr_int64_t has_failed; /* the journal could not be written, and it was said */
} board_t;

struct cfo_reload_t {
    server_rec *main;
    apr_interval_time_t interval;
    board_t *board;
    apr_proc_mutex_t *lock; /* who scans */
    cfo_follower_t follower;
};

int cfo_reload_register(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)plog, (void)ptemp;
    return ap_mutex_register(p, mutex_type, NULL, APR_LOCK_DEFAULT, 0) == APR_SUCCESS
               ? OK
               : HTTP_INTERNAL_SERVER_ERROR;
}

static void log_rejected(const server_rec *s, const cfo_change_t *change)
{
    const char *rest =
        change->has_content ? "what was in force stays in force" : "the file is not used";

    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                 "CFO0131 reload-rejected %s=%s%s%s reason=\"%s\"; %s until it is mended",
                 change->is_folder ? "folder" : "file", change->path,
                 change->zone ? " zone=" : "", change->zone ? change->zone : "",
                 change->reason, rest);
}

static void log_change(const server_rec *s, const cfo_change_t *change)
{
    const char *zone = change->zone ? change->zone : "";
    const char *key = change->zone ? " zone=" : "";

    if (change->kind == CFO_ENTRY_REJECTED)
        log_rejected(s, change);
    else if (change->kind == CFO_ENTRY_REMOVED)
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                     "CFO0132 zone-removed file=%s%s%s; the file is gone, and its zone "
                     "with it",
                     change->path, key, zone);
    else
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s, "CFO0130 reloaded %s=%s%s%s%s",
                     change->is_folder ? "folder" : "file", change->path, key, zone,
                     change->is_new ? " (new)" : "");
}

static void log_failure(const cfo_reload_t *reload, apr_status_t status)
{
    if (reload->board->has_failed)
        return;
    reload->board->has_failed = 1;
    ap_log_error(
        APLOG_MARK, APLOG_ERR, status, reload->main,
        "CFO0133 reload-failed what was found in the files cannot be passed on to "
        "the other processes; what is in force stays in force. Is the disk of "
        "DefaultRuntimeDir full? It is tried again");
}

/* Under the lock. */
static void scan(cfo_reload_t *reload, apr_pool_t *p)
{
    apr_array_header_t *changes = apr_array_make(p, 1, sizeof(cfo_change_t));
    apr_time_t now = apr_time_now();
    apr_status_t status;
    int again = 0, i;

    status = cfo_follower_scan(&reload->follower, p, now, changes, &again);
    /* A little less than a second, so that the same process comes to it next time. */
    __atomic_store_n(&reload->board->next_scan,
                     now + (again ? apr_time_from_msec(900) : reload->interval),
                     __ATOMIC_RELEASE);
    for (i = 0; i < changes->nelts; i++)
        log_change(reload->main, &APR_ARRAY_IDX(changes, i, cfo_change_t));
    if (status != APR_SUCCESS)
        log_failure(reload, status);
    else
        reload->board->has_failed = 0;
}

static int is_due(const cfo_reload_t *reload)
{
    return apr_time_now() >= __atomic_load_n(&reload->board->next_scan, __ATOMIC_ACQUIRE);
}

static void catch_up(cfo_reload_t *reload)
{
    apr_status_t status = cfo_follower_catch_up(&reload->follower);

    if (status != APR_SUCCESS)
        log_failure(reload, status);
}

static apr_status_t tick(int state, void *data, apr_pool_t *p)
{
    cfo_reload_t *reload = data;
    apr_pool_t *scratch;

    if (state != AP_WATCHDOG_STATE_RUNNING)
        return APR_SUCCESS;
    catch_up(reload);
    if (!is_due(reload) || apr_proc_mutex_trylock(reload->lock) != APR_SUCCESS)
        return APR_SUCCESS;
    if (is_due(reload)) {
        apr_pool_create(&scratch, p);
        catch_up(reload); /* what others wrote before we had the lock */
        scan(reload, scratch);
        apr_pool_destroy(scratch);
        catch_up(reload);
    }
    apr_proc_mutex_unlock(reload->lock);
    return APR_SUCCESS;
}

/* An own allocator, with a lock: zones keep what they recognise in their own pools, which
 * threads of requests fill. */
void cfo_reload_begin(apr_pool_t *p, server_rec *main)
{
    const cfo_shared_t *shared = cfo_server_conf(main)->shared;
    cfo_reload_t *reload = shared ? shared->reload : NULL;
    apr_thread_mutex_t *mutex;
    apr_allocator_t *allocator;
    apr_pool_t *root;

    if (!reload)
        return;
    apr_proc_mutex_child_init(&reload->lock, apr_proc_mutex_lockfile(reload->lock), p);
    apr_allocator_create(&allocator);
    apr_pool_create_ex(&root, p, NULL, allocator);
    apr_allocator_owner_set(allocator, root);
    apr_thread_mutex_create(&mutex, APR_THREAD_MUTEX_DEFAULT, root);
    apr_allocator_mutex_set(allocator, mutex);
    reload->follower.pool = root;
    cfo_sources_move(shared->plan->sources, root);
    cfo_snapshots_move(shared->snapshots, root);
    catch_up(reload);
}

static int fail(server_rec *main, apr_status_t status, const char *what)
{
    ap_log_error(APLOG_MARK, APLOG_ERR, status, main,
                 "CFO0134 reload-unavailable cannot create %s, which CFOriginPullReload "
                 "needs; mend it, or say CFOriginPullReload Off",
                 what);
    return HTTP_INTERNAL_SERVER_ERROR;
}

/* A file without a name, which the children have open from the beginning. */
static apr_status_t create_journal(apr_pool_t *p, cfo_reload_t *reload)
{
    char *name = ap_runtime_dir_relative(p, "cf_origin.XXXXXX");
    apr_file_t *file;
    apr_status_t status;

    status = apr_file_mktemp(&file, name,
                             APR_FOPEN_READ | APR_FOPEN_WRITE | APR_FOPEN_CREATE |
                                 APR_FOPEN_EXCL | APR_FOPEN_BINARY,
                             p);
    if (status != APR_SUCCESS)
        return status;
    apr_file_remove(name, p);
    reload->follower.journal = cfo_journal_create(p, file, &reload->board->committed);
    return APR_SUCCESS;
}

static int has_files(const cfo_plan_t *plan)
{
    return plan->sources->folders->nelts ||
           apr_hash_count(plan->sources->by_path[CFO_CONTENT_RANGES]) ||
           apr_hash_count(plan->sources->by_path[CFO_CONTENT_PROOFS]);
}

static int watch(apr_pool_t *p, cfo_reload_t *reload)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get_instance =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *register_callback =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    ap_watchdog_t *watchdog;

    return get_instance && register_callback &&
           get_instance(&watchdog, "cf_origin", 0, 0, p) == APR_SUCCESS &&
           register_callback(watchdog, AP_WD_TM_INTERVAL, reload, tick) == APR_SUCCESS;
}

int cfo_reload_prepare(apr_pool_t *p, server_rec *main, cfo_shared_t *shared)
{
    int seconds = cfo_server_conf(main)->reload;
    cfo_reload_t *reload = apr_pcalloc(p, sizeof *reload);
    apr_status_t status;
    apr_shm_t *shm;

    if (seconds == CFO_RELOAD_OFF || !has_files(shared->plan))
        return OK;
    reload->main = main;
    reload->interval = apr_time_from_sec(seconds);
    reload->follower.plan = shared->plan;
    reload->follower.snapshots = shared->snapshots;
    status = apr_shm_create(&shm, sizeof(board_t), NULL, p);
    if (status != APR_SUCCESS)
        return fail(main, status, "shared memory");
    reload->board = apr_shm_baseaddr_get(shm);
    *reload->board = (board_t){ 0 };
    status = create_journal(p, reload);
    if (status != APR_SUCCESS)
        return fail(main, status, "a file in DefaultRuntimeDir");
    status = ap_proc_mutex_create(&reload->lock, NULL, mutex_type, NULL, main, p, 0);
    if (status != APR_SUCCESS)
        return fail(main, status, "the lock cf-origin (see Mutex)");
    if (watch(p, reload))
        shared->reload = reload;
    else
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, main,
                     "CFO0135 not-followed mod_watchdog is not loaded, so that changed "
                     "files count from the next restart on; load it, or say "
                     "CFOriginPullReload Off");
    return OK;
}
