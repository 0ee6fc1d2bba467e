/* SPDX-License-Identifier: Apache-2.0 */
/* Periodic work. */
#include "httpd/run/ticker.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "http_config.h"
#include "http_log.h"
#include "ap_mpm.h"
#include "mod_watchdog.h"
#include "scoreboard.h"
#include "util_mutex.h"

#include "apr_optional.h"
#include "apr_shm.h"

#include "httpd/run/child_exit.h"
#include "httpd/log/expiry_log.h"
#include "httpd/run/reload.h"
#include "httpd/log/metering.h"

APLOG_USE_MODULE(cf_origin);

static const char mutex_type[] = "cf-origin";

static const apr_interval_time_t day = APR_TIME_C(86400) * APR_USEC_PER_SEC;

/* In shared memory. */
typedef struct {
    apr_uint64_t committed; /* bytes of the journal */
    apr_time_t next_scan;   /* when to look at the files again */
    apr_time_t next_expiry; /* when to warn about certificates again */
    apr_int64_t worker;     /* the process that did either last */
    apr_int64_t holder;     /* the process that took the lock last */
    apr_uint32_t turn;      /* how often the lock was taken */
    apr_uint32_t stuck;     /* the turn that was reported last: it does not end */
} board_t;

/* Ticks, about seconds, after which a turn is reported. Thousands of files take a few. */
enum { STUCK_AFTER = 60 };

/* How much longer the other processes wait, so that the process that did the work last
 * does it again: it knows when each file began to change. */
static const apr_interval_time_t grace = 2 * APR_USEC_PER_SEC;

struct cfo_ticker_t {
    server_rec *main;
    cfo_counters_t *counters;
    board_t *board;
    apr_proc_mutex_t *lock; /* held by the process that works for all */
    apr_interval_time_t interval;
    int follows;           /* changes of files */
    apr_status_t unusable; /* why this process cannot use the lock; APR_SUCCESS: it can */
    int has_failed;        /* the lock; it was logged */
    apr_uint32_t turn; /* the turn during which this process found the lock taken ... */
    int waited;        /* ... and for how many ticks */
    cfo_reloader_t reloader;
};

int cfo_ticker_register(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)plog, (void)ptemp;
    return ap_mutex_register(p, mutex_type, NULL, APR_LOCK_DEFAULT, 0) == APR_SUCCESS
               ? OK
               : HTTP_INTERNAL_SERVER_ERROR;
}

/* Whether this process need not wait for the one that did the work last. */
static int is_next(const board_t *board)
{
    pid_t worker = (pid_t)__atomic_load_n(&board->worker, __ATOMIC_ACQUIRE);

    return worker == getpid() || !worker || (kill(worker, 0) && errno == ESRCH);
}

/* A time that is further away than `most` was set before the clock was set back; then the
 * work is due too. */
static int is_due(const board_t *board, const apr_time_t *when, apr_interval_time_t most)
{
    apr_interval_time_t left = __atomic_load_n(when, __ATOMIC_ACQUIRE) - apr_time_now();

    return left > most || left <= -grace || (left <= 0 && is_next(board));
}

static void set_due(apr_time_t *when, apr_interval_time_t from_now)
{
    __atomic_store_n(when, apr_time_now() + from_now, __ATOMIC_RELEASE);
}

static int has_work(const cfo_ticker_t *ticker)
{
    const board_t *board = ticker->board;

    return (ticker->follows && is_due(board, &board->next_scan, ticker->interval)) ||
           is_due(board, &board->next_expiry, day) ||
           cfo_metering_is_due(ticker->counters);
}

/* Under the lock. Checks again what is due: another process may just have done it. */
static void work(cfo_ticker_t *ticker, apr_pool_t *p)
{
    board_t *board = ticker->board;

    if (cfo_metering_is_due(ticker->counters))
        cfo_metering_turn(ticker->main, ticker->counters);
    if (ticker->follows && is_due(board, &board->next_scan, ticker->interval)) {
        int again = cfo_reload_scan(p, ticker->main, &ticker->reloader);

        if (cfo_reloader_is_over(&ticker->reloader))
            return; /* this process ends; another one will do it */
        /* A little less than a second, after which tick() runs again. */
        set_due(&board->next_scan, again ? apr_time_from_msec(900) : ticker->interval);
    }
    if (is_due(board, &board->next_expiry, day)) {
        cfo_expiry_log(p, ticker->main);
        set_due(&board->next_expiry, day);
    }
    __atomic_store_n(&board->worker, getpid(), __ATOMIC_RELEASE);
}

/* Whether httpd has restarted, so that newer children do the work. */
static int is_outdated(void)
{
    int own;

    return ap_mpm_query(AP_MPMQ_GENERATION, &own) == APR_SUCCESS &&
           ap_get_scoreboard_global()->running_generation != own;
}

/* The process that has the lock may hang in a file system that does not answer, and
 * nobody else would notice. Logged once for the whole server. Ticks are counted, so that
 * a clock that jumps does not matter. */
static void watch_holder(cfo_ticker_t *ticker)
{
    board_t *board = ticker->board;
    apr_uint32_t turn = __atomic_load_n(&board->turn, __ATOMIC_ACQUIRE);

    ticker->waited = turn == ticker->turn ? ticker->waited + 1 : 0;
    ticker->turn = turn;
    if (ticker->waited < STUCK_AFTER || is_outdated() ||
        __atomic_exchange_n(&board->stuck, turn, __ATOMIC_ACQ_REL) == turn)
        return;
    ap_log_error(
        APLOG_MARK, APLOG_ERR, 0, ticker->main,
        "CFO0145 reload-stuck process=%" APR_INT64_T_FMT " hint=\"this process has been "
        "looking at the files for a minute, as if their file system did not answer. What "
        "is in force stays in force, and nothing is loaded until it goes on: look at the "
        "mounts (NFS), or end it by kill -9, so that another process takes over\"",
        __atomic_load_n(&board->holder, __ATOMIC_ACQUIRE));
}

/* Says who has the lock. */
static void begin_turn(board_t *board)
{
    __atomic_store_n(&board->holder, getpid(), __ATOMIC_RELEASE);
    __atomic_fetch_add(&board->turn, 1, __ATOMIC_ACQ_REL);
}

/* 0: another process has the lock, or locking fails, which is logged once. (A restart
 * removes the lock, also from a child that has just started.) */
static int take_lock(cfo_ticker_t *ticker)
{
    apr_status_t status =
        ticker->unusable ? ticker->unusable : apr_proc_mutex_trylock(ticker->lock);

    if (status == APR_SUCCESS) {
        begin_turn(ticker->board);
        return 1;
    }
    if (APR_STATUS_IS_EBUSY(status))
        watch_holder(ticker);
    if (APR_STATUS_IS_EBUSY(status) || ticker->has_failed || is_outdated())
        return 0;
    ticker->has_failed = 1;
    ap_log_error(
        APLOG_MARK, APLOG_ERR, status, ticker->main,
        "CFO0138 lock-failed hint=\"changed files are not loaded, and no expiry warnings "
        "are logged: choose another lock (Mutex ... cf-origin)\"");
    return 0;
}

static void attend(cfo_ticker_t *ticker, apr_pool_t *p)
{
    apr_pool_t *scratch;

    if (ticker->follows)
        cfo_reload_catch_up(ticker->main, &ticker->reloader);
    if (!has_work(ticker) || is_outdated() || !take_lock(ticker))
        return;
    apr_pool_create(&scratch, p);
    work(ticker, scratch);
    apr_pool_destroy(scratch);
    apr_proc_mutex_unlock(ticker->lock);
}

static apr_status_t tick(int state, void *data, apr_pool_t *p)
{
    if (state != AP_WATCHDOG_STATE_RUNNING || !cfo_child_exit_begin())
        return APR_SUCCESS;
    attend(data, p);
    cfo_child_exit_end();
    return APR_SUCCESS;
}

/* The pool that the thread works with. It outlives the pool of the child, and has its own
 * allocator with a lock: threads of requests allocate from pools below it, too. */
static apr_pool_t *create_pool(apr_pool_t *parent)
{
    apr_thread_mutex_t *mutex;
    apr_allocator_t *allocator;
    apr_pool_t *p;

    if (apr_allocator_create(&allocator) != APR_SUCCESS)
        ap_abort_on_oom(); /* as pools do */
    apr_pool_create_ex(&p, parent, NULL, allocator);
    apr_allocator_owner_set(allocator, p);
    apr_thread_mutex_create(&mutex, APR_THREAD_MUTEX_DEFAULT, p);
    apr_allocator_mutex_set(allocator, mutex);
    return p;
}

void cfo_ticker_begin(apr_pool_t *p, server_rec *main)
{
    const cfo_shared_t *shared = cfo_server_conf(main)->shared;
    cfo_ticker_t *ticker = shared ? shared->ticker : NULL;
    apr_pool_t *lasting;

    if (!ticker)
        return;
    lasting = create_pool(main->process->pconf);
    cfo_child_exit_prepare(lasting, &ticker->reloader.is_over);
    /* Without that, some kinds of locks would lock out nobody. */
    ticker->unusable = apr_proc_mutex_child_init(
        &ticker->lock, apr_proc_mutex_lockfile(ticker->lock), lasting);
    if (ticker->follows)
        cfo_reload_begin(lasting, main, &ticker->reloader);
    attend(ticker, p); /* children may end before the thread runs */
}

/* Does not prevent the start: what was read at start stays in force. */
static void warn(const server_rec *main, apr_status_t status, const char *what)
{
    ap_log_error(
        APLOG_MARK, APLOG_WARNING, status, main,
        "CFO0134 watch-unavailable cannot create %s: changed files take effect only "
        "after a restart, and expiry warnings appear only at startup. Check that "
        "DefaultRuntimeDir exists and its disk has free space, or set another lock "
        "(Mutex ... cf-origin)",
        what);
}

static int has_files(const cfo_snapshot_builder_t *builder)
{
    return builder->watched->folders->nelts ||
           cfo_watched_files_count(builder->watched, CFO_FILE_RANGES) ||
           cfo_watched_files_count(builder->watched, CFO_FILE_PROOFS);
}

static int start_watchdog(apr_pool_t *p, cfo_ticker_t *ticker)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get_instance =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *register_callback =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    ap_watchdog_t *watchdog;

    return get_instance && register_callback &&
           get_instance(&watchdog, "cf_origin", 0, 0, p) == APR_SUCCESS &&
           register_callback(watchdog, AP_WD_TM_INTERVAL, ticker, tick) == APR_SUCCESS;
}

/* With a lock that stays locked when its holder is killed, no process could do the work
 * any more. */
static void check_lock(const cfo_ticker_t *ticker)
{
    if (!strcmp(apr_proc_mutex_name(ticker->lock), "posixsem"))
        ap_log_error(
            APLOG_MARK, APLOG_WARNING, 0, ticker->main,
            "CFO0139 lock-unsafe with Mutex posixsem, a child that is killed while it "
            "holds the lock leaves it locked, and no changed file is loaded from then "
            "on: set Mutex pthread cf-origin, or Mutex sysvsem cf-origin");
}

static int prepare_board(apr_pool_t *p, cfo_ticker_t *ticker)
{
    apr_shm_t *shm;
    apr_status_t status = apr_shm_create(&shm, sizeof(board_t), NULL, p);

    if (status != APR_SUCCESS) {
        warn(ticker->main, status, "shared memory");
        return 0;
    }
    ticker->board = apr_shm_baseaddr_get(shm);
    *ticker->board = (board_t){ 0 };
    status =
        ap_proc_mutex_create(&ticker->lock, NULL, mutex_type, NULL, ticker->main, p, 0);
    if (status != APR_SUCCESS) {
        warn(ticker->main, status, "the lock (Mutex cf-origin)");
        return 0;
    }
    check_lock(ticker);
    return 1;
}

static void prepare_reload(apr_pool_t *p, const cfo_shared_t *shared,
                           cfo_ticker_t *ticker)
{
    const char *missing;
    apr_status_t status;

    ticker->follows = ticker->interval && has_files(shared->builder);
    if (!ticker->follows)
        return;
    missing = cfo_reload_prepare(p, shared, &ticker->board->committed, &ticker->reloader,
                                 &status);
    if (missing) {
        warn(ticker->main, status, missing);
        ticker->follows = 0;
    }
}

void cfo_ticker_prepare(apr_pool_t *p, server_rec *main, cfo_shared_t *shared)
{
    cfo_ticker_t *ticker = apr_pcalloc(p, sizeof *ticker);

    if (!shared->is_in_use)
        return;
    ticker->main = main;
    ticker->counters = shared->counters;
    ticker->interval = apr_time_from_sec(cfo_server_conf(main)->reload);
    cfo_expiry_log(p, main);
    if (!prepare_board(p, ticker))
        return;
    prepare_reload(p, shared, ticker);
    set_due(&ticker->board->next_expiry, day);
    if (start_watchdog(p, ticker))
        shared->ticker = ticker;
    else
        ap_log_error(
            APLOG_MARK, APLOG_WARNING, 0, main,
            "CFO0135 not-followed mod_watchdog is not loaded: changed files take effect "
            "only after a restart, expiry warnings appear only at startup, and counters "
            "have no history. Load mod_watchdog");
}
