/* SPDX-License-Identifier: Apache-2.0 */
/* What mod_watchdog's thread does in a child, and the end of the child. httpd does not
 * wait for that thread: it destroys the child's pools and calls exit(), which takes
 * OpenSSL apart, while the thread may be at work. So the work must not use what lies in a
 * pool of the child, and is awaited here. */
#ifndef CFO_HTTPD_RUN_CHILD_EXIT_H
#define CFO_HTTPD_RUN_CHILD_EXIT_H

#include "apr_pools.h"

/* In a new child, before the thread is there. `p` is what it works with; httpd destroys
 * that where it is a single process (httpd -X) only. *is_over becomes 1 when the process
 * ends: long work is to be left then, as soon as it can be. */
void cfo_child_exit_prepare(apr_pool_t *p, int *is_over);

/* Around the work. 0: the process ends, and there is to be none. */
int cfo_child_exit_begin(void);
void cfo_child_exit_end(void);

#endif
