/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps a signal from ending a new child in the middle of an allocation. Until a child of
 * the MPMs event and worker has dropped its privileges, httpd's handler of SIGTERM calls
 * exit(). The child looks up its user then, which allocates memory; interrupted there,
 * exit() finds a heap that is half changed, and the child crashes (internals 8.7). */
#ifndef CFO_HTTPD_RUN_CHILD_START_H
#define CFO_HTTPD_RUN_CHILD_START_H

#include "httpd.h"

/* drop_privileges hooks, before and after those of all other modules. A signal that comes
 * between the two takes effect in the second. */
int cfo_child_start_hold(apr_pool_t *p, server_rec *main);
int cfo_child_start_release(apr_pool_t *p, server_rec *main);

/* In the parent, when all its checks are done and their pool is destroyed: merges the
 * thousands of small blocks that certificates leave in the heap. Otherwise each child
 * does it at its first larger allocation, in pages that it then no longer shares. */
void cfo_child_start_tidy_heap(void);

#endif
