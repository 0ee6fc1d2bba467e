/* SPDX-License-Identifier: Apache-2.0 */
/* What mod_watchdog's thread does in a child, and the end of the child.
 *
 * The last thing that is sure to happen before OpenSSL is taken apart is a function of
 * atexit() that was registered after OpenSSL's. There we wait for the thread, but not for
 * long, in case that it hangs in a file system, and not at all in a signal handler:
 * prefork's children exit in one, which may have interrupted whoever holds a lock that
 * the thread waits for. Where there is no waiting, the process ends at once. All that
 * httpd and its modules do at the end of a child has been done by then. */
#include "httpd/run/child_exit.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "httpd.h"
#include "ap_mpm.h"

#include "apr_time.h"

#include <openssl/crypto.h>

enum { LOOKS_MOST = 200 };

static const apr_interval_time_t between_looks = 10 * 1000;

enum { AT_REST, AT_WORK, OVER };

static struct {
    pid_t process; /* a fork of it has the function of atexit(), but no thread */
    int exits_in_handlers;
    int state;
    int *is_over;
} duty;

static int change_state(int from, int to)
{
    return __atomic_compare_exchange_n(&duty.state, &from, to, 0, __ATOMIC_ACQ_REL,
                                       __ATOMIC_ACQUIRE);
}

/* While a signal is handled it is blocked, which the ones that end a child of prefork
 * never are otherwise. */
static int is_in_handler(void)
{
    sigset_t blocked;

    return duty.exits_in_handlers && !pthread_sigmask(SIG_BLOCK, NULL, &blocked) &&
           (sigismember(&blocked, SIGTERM) || sigismember(&blocked, SIGHUP));
}

static void leave(void)
{
    int looks;

    if (getpid() != duty.process ||
        __atomic_load_n(&duty.state, __ATOMIC_ACQUIRE) == OVER)
        return;
    __atomic_store_n(duty.is_over, 1, __ATOMIC_RELEASE);
    for (looks = 0; !change_state(AT_REST, OVER); looks++) {
        if (looks == LOOKS_MOST || is_in_handler())
            _exit(0);
        apr_sleep(between_looks);
    }
}

/* Of the pool, if that comes first. */
static apr_status_t leave_pool(void *data)
{
    (void)data;
    leave();
    return APR_SUCCESS;
}

void cfo_child_exit_prepare(apr_pool_t *p, int *is_over)
{
    int is_threaded = AP_MPMQ_NOT_SUPPORTED;

    ap_mpm_query(AP_MPMQ_IS_THREADED, &is_threaded);
    duty.exits_in_handlers = is_threaded == AP_MPMQ_NOT_SUPPORTED;
    duty.is_over = is_over;
    duty.process = getpid();
    OPENSSL_init_crypto(0, NULL);
    atexit(leave);
    apr_pool_pre_cleanup_register(p, NULL, leave_pool);
}

int cfo_child_exit_begin(void)
{
    return change_state(AT_REST, AT_WORK);
}

void cfo_child_exit_end(void)
{
    /* The thread itself ends at some time after exit() was called. */
    OPENSSL_thread_stop();
    change_state(AT_WORK, AT_REST);
}
