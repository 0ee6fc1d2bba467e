/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: SIGINT and SIGTERM. */
#include "ctl/command/stopping.h"

#include <signal.h>
#include <string.h>

#include "apr_atomic.h"

/* The signal may interrupt the sleep of another thread than this one's. */
enum { SLICE = APR_USEC_PER_SEC / 5 };

/* Other threads read it while a handler writes. */
static volatile apr_uint32_t noted;

static void note(int number)
{
    apr_atomic_set32(&noted, (apr_uint32_t)number);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
}

/* A shell makes what it starts in the background ignore SIGINT. */
static void catch (int number)
{
    struct sigaction action;

    if (sigaction(number, NULL, &action) || action.sa_handler == SIG_IGN)
        return;
    memset(&action, 0, sizeof action);
    action.sa_handler = note;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

void cfo_stopping_catch(void)
{
    catch (SIGINT);
    catch (SIGTERM);
}

int cfo_stopping(void)
{
    return (int)apr_atomic_read32(&noted);
}

int cfo_stopping_sleep_until(apr_time_t time)
{
    apr_time_t now;

    while ((now = apr_time_now()) < time) {
        if (cfo_stopping())
            return 0;
        apr_sleep(time - now < SLICE ? time - now : SLICE);
    }
    return 1;
}
