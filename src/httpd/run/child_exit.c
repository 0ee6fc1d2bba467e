/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the end of a child wait for the work of mod_watchdog's thread.
 *
 * The last thing that surely runs before OpenSSL frees its data is an atexit() function
 * that was registered after OpenSSL's. It waits for the thread, but not for long, in case
 * the thread hangs in a file system, and not at all in a signal handler: prefork's
 * children exit in one, and the handler may have interrupted the holder of a lock that
 * the thread waits for. Where it cannot wait, it ends the process at once. All that httpd
 * and its modules do at the end of a child has been done by then. */
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
    pid_t process; /* a fork inherits the atexit() function, but not the thread */
    int exits_in_handlers;
    int state;
    int *is_over;
} child;

static int change_state(int from, int to)
{
    return __atomic_compare_exchange_n(&child.state, &from, to, 0, __ATOMIC_ACQ_REL,
                                       __ATOMIC_ACQUIRE);
}

/* A signal is blocked while its handler runs; those that end a child of prefork are never
 * blocked otherwise. */
static int is_in_handler(void)
{
    sigset_t blocked;

    return child.exits_in_handlers && !pthread_sigmask(SIG_BLOCK, NULL, &blocked) &&
           (sigismember(&blocked, SIGTERM) || sigismember(&blocked, SIGHUP));
}

static void leave(void)
{
    int looks;

    if (getpid() != child.process ||
        __atomic_load_n(&child.state, __ATOMIC_ACQUIRE) == OVER)
        return;
    __atomic_store_n(child.is_over, 1, __ATOMIC_RELEASE);
    for (looks = 0; !change_state(AT_REST, OVER); looks++) {
        if (looks == LOOKS_MOST || is_in_handler())
            _exit(0);
        apr_sleep(between_looks);
    }
}

/* If the pool is destroyed before atexit() functions run. */
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
    child.exits_in_handlers = is_threaded == AP_MPMQ_NOT_SUPPORTED;
    child.is_over = is_over;
    child.process = getpid();
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
    /* The thread itself may end after exit() was called. */
    OPENSSL_thread_stop();
    change_state(AT_WORK, AT_REST);
}
