/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the end of a child wait for the work of mod_watchdog's thread. httpd does not
 * wait for that thread: it destroys the child's pools and calls exit(), which frees
 * OpenSSL's data, while the thread may still work. So the work must not use a pool of the
 * child, and the exit waits for it here. */
#ifndef CFO_HTTPD_RUN_CHILD_EXIT_H
#define CFO_HTTPD_RUN_CHILD_EXIT_H

#include "apr_pools.h"

/* In a new child, before the thread starts. `p` is the pool that the thread works with;
 * httpd destroys it only if it is a single process (httpd -X). *is_over becomes 1 when
 * the process ends: long work must then stop as soon as it can. */
void cfo_child_exit_prepare(apr_pool_t *p, int *is_over);

/* Before and after the work. 0: the process ends, do not begin. */
int cfo_child_exit_begin(void);
void cfo_child_exit_end(void);

#endif
