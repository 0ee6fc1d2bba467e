/* SPDX-License-Identifier: Apache-2.0 */
/* What is done beside requests. */
#include "watch.h"

#include "http_config.h"
#include "http_log.h"
#include "mod_watchdog.h"
#include "util_mutex.h"

#include "apr_optional.h"
#include "apr_shm.h"

#include "expiry.h"
#include "reload.h"
#include "tally.h"

APLOG_USE_MODULE(cf_origin);

static const char mutex_type[] = "cf-origin";

static const apr_interval_time_t day = APR_TIME_C(86400) * APR_USEC_PER_SEC;

/* In shared memory. */
typedef struct {
    apr_uint64_t committed; /* bytes of the journal */
    apr_time_t next_scan;   /* when the files are to be looked at again */
    apr_time_t next_expiry; /* when to warn of certificates again */
} board_t;

struct cfo_watch_t {
    server_rec *main;
    cfo_counters_t *counters;
    board_t *board;
    apr_proc_mutex_t *lock; /* who works for all */
    apr_interval_time_t interval;
    int follows; /* files */
    cfo_follower_t follower;
};

int cfo_watch_register(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)plog, (void)ptemp;
    return ap_mutex_register(p, mutex_type, NULL, APR_LOCK_DEFAULT, 0) == APR_SUCCESS
               ? OK
               : HTTP_INTERNAL_SERVER_ERROR;
}

static int is_due(const apr_time_t *when)
{
    return apr_time_now() >= __atomic_load_n(when, __ATOMIC_ACQUIRE);
}

static void set_due(apr_time_t *when, apr_interval_time_t from_now)
{
    __atomic_store_n(when, apr_time_now() + from_now, __ATOMIC_RELEASE);
}

static int has_work(const cfo_watch_t *watch)
{
    return (watch->follows && is_due(&watch->board->next_scan)) ||
           is_due(&watch->board->next_expiry) || cfo_tally_is_due(watch->counters);
}

/* Under the lock; asked again, since another process may just have done it. */
static void work(cfo_watch_t *watch, apr_pool_t *p)
{
    board_t *board = watch->board;

    if (cfo_tally_is_due(watch->counters))
        cfo_tally_turn(watch->main, watch->counters);
    if (watch->follows && is_due(&board->next_scan)) {
        int again = cfo_reload_scan(p, watch->main, &watch->follower);

        /* A little less than a second, so that the same process comes to it again. */
        set_due(&board->next_scan, again ? apr_time_from_msec(900) : watch->interval);
    }
    if (is_due(&board->next_expiry)) {
        cfo_expiry_log(p, watch->main);
        set_due(&board->next_expiry, day);
    }
}

static apr_status_t tick(int state, void *data, apr_pool_t *p)
{
    cfo_watch_t *watch = data;
    apr_pool_t *scratch;

    if (state != AP_WATCHDOG_STATE_RUNNING)
        return APR_SUCCESS;
    if (watch->follows)
        cfo_reload_catch_up(watch->main, &watch->follower);
    if (!has_work(watch) || apr_proc_mutex_trylock(watch->lock) != APR_SUCCESS)
        return APR_SUCCESS;
    apr_pool_create(&scratch, p);
    work(watch, scratch);
    apr_pool_destroy(scratch);
    apr_proc_mutex_unlock(watch->lock);
    return APR_SUCCESS;
}

/* With an own allocator, and a lock on it: zones keep what they recognise in their pools,
 * which the threads of requests fill. */
static apr_pool_t *create_pool(apr_pool_t *parent)
{
    apr_thread_mutex_t *mutex;
    apr_allocator_t *allocator;
    apr_pool_t *p;

    apr_allocator_create(&allocator);
    apr_pool_create_ex(&p, parent, NULL, allocator);
    apr_allocator_owner_set(allocator, p);
    apr_thread_mutex_create(&mutex, APR_THREAD_MUTEX_DEFAULT, p);
    apr_allocator_mutex_set(allocator, mutex);
    return p;
}

void cfo_watch_begin(apr_pool_t *p, server_rec *main)
{
    const cfo_shared_t *shared = cfo_server_conf(main)->shared;
    cfo_watch_t *watch = shared ? shared->watch : NULL;

    if (!watch)
        return;
    apr_proc_mutex_child_init(&watch->lock, apr_proc_mutex_lockfile(watch->lock), p);
    if (watch->follows)
        cfo_reload_begin(create_pool(p), main, &watch->follower);
}

static int fail(const server_rec *main, apr_status_t status, const char *what)
{
    ap_log_error(APLOG_MARK, APLOG_ERR, status, main,
                 "CFO0134 watch-unavailable cannot create %s, which is needed to follow "
                 "files and to warn of certificates that expire",
                 what);
    return HTTP_INTERNAL_SERVER_ERROR;
}

static int has_files(const cfo_plan_t *plan)
{
    return plan->sources->folders->nelts ||
           apr_hash_count(plan->sources->by_path[CFO_CONTENT_RANGES]) ||
           apr_hash_count(plan->sources->by_path[CFO_CONTENT_PROOFS]);
}

static int start_watchdog(apr_pool_t *p, cfo_watch_t *watch)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get_instance =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *register_callback =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    ap_watchdog_t *watchdog;

    return get_instance && register_callback &&
           get_instance(&watchdog, "cf_origin", 0, 0, p) == APR_SUCCESS &&
           register_callback(watchdog, AP_WD_TM_INTERVAL, watch, tick) == APR_SUCCESS;
}

static int prepare_board(apr_pool_t *p, cfo_watch_t *watch)
{
    apr_shm_t *shm;
    apr_status_t status = apr_shm_create(&shm, sizeof(board_t), NULL, p);

    if (status != APR_SUCCESS)
        return fail(watch->main, status, "shared memory");
    watch->board = apr_shm_baseaddr_get(shm);
    *watch->board = (board_t){ 0 };
    status =
        ap_proc_mutex_create(&watch->lock, NULL, mutex_type, NULL, watch->main, p, 0);
    return status == APR_SUCCESS
               ? OK
               : fail(watch->main, status, "the lock (Mutex cf-origin)");
}

int cfo_watch_prepare(apr_pool_t *p, server_rec *main, cfo_shared_t *shared)
{
    int seconds = cfo_server_conf(main)->reload;
    cfo_watch_t *watch = apr_pcalloc(p, sizeof *watch);
    const char *missing = NULL;
    apr_status_t status;

    if (!shared->is_in_use)
        return OK;
    watch->main = main;
    watch->counters = shared->counters;
    watch->interval = apr_time_from_sec(seconds);
    watch->follows = seconds != CFO_RELOAD_OFF && has_files(shared->plan);
    if (prepare_board(p, watch))
        return HTTP_INTERNAL_SERVER_ERROR;
    if (watch->follows)
        missing = cfo_reload_prepare(p, shared, &watch->board->committed,
                                     &watch->follower, &status);
    if (missing)
        return fail(main, status, missing);
    cfo_expiry_log(p, main);
    set_due(&watch->board->next_expiry, day);
    if (start_watchdog(p, watch))
        shared->watch = watch;
    else
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, main,
                     "CFO0135 not-followed mod_watchdog is not loaded, so that changed "
                     "files count from the next restart on, of certificates that expire "
                     "nothing is said but at start, and counters have no history: load "
                     "mod_watchdog");
    return OK;
}
