/* SPDX-License-Identifier: Apache-2.0 */
/* Files are followed while httpd runs.
 *
 * Each child looks, in the thread that mod_watchdog gives it, once a second at a number
 * in shared memory, and carries out what the journal has new (core/follow.h). When the
 * files are due to be looked at, whichever child comes first does it for all, under a
 * lock, and writes the log line. The alternatives were httpd's parent and a process of
 * our own. The parent's monitor hook comes every ten seconds only, and while it parses,
 * no child is replaced; and children need a thread of their own anyhow, since no request
 * may wait. A process more would have root's rights for nothing: certificates are public,
 * so that a file which only root can read is better made readable; until then it is said,
 * and what was read at start stays in force. */
#ifndef CFO_HTTPD_RELOAD_H
#define CFO_HTTPD_RELOAD_H

#include "httpd.h"

#include "conf.h"

/* pre_config hook: makes the lock known to the Mutex directive. */
int cfo_reload_register(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp);

/* At start, before httpd forks. HTTP_INTERNAL_SERVER_ERROR stops the start. */
int cfo_reload_prepare(apr_pool_t *p, server_rec *main, cfo_shared_t *shared);

/* child_init hook, before mod_watchdog's: brings the child to where its siblings are. */
void cfo_reload_begin(apr_pool_t *p, server_rec *main);

#endif
