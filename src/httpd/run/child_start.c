/* SPDX-License-Identifier: Apache-2.0 */
/* What makes a child start safely. */
#include "httpd/run/child_start.h"

#include <signal.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "apr_signal.h"

int cfo_child_start_hold(apr_pool_t *p, server_rec *main)
{
    (void)p, (void)main;
    apr_signal_block(SIGTERM);
    apr_signal_block(SIGHUP); /* prefork's handler of both does the same */
    return OK;
}

int cfo_child_start_release(apr_pool_t *p, server_rec *main)
{
    (void)p, (void)main;
    apr_signal_unblock(SIGHUP);
    apr_signal_unblock(SIGTERM);
    return OK;
}

void cfo_child_start_tidy_heap(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
