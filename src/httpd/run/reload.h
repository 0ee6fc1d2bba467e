/* SPDX-License-Identifier: Apache-2.0 */
/* Files are followed while httpd runs.
 *
 * Each child looks once a second at a number in shared memory, and carries out what the
 * journal has new (core/follow.h). When the files are due to be looked at, whichever
 * child comes first does it for all, under a lock, and writes the log line. The
 * alternatives were httpd's parent and a process of our own. The parent's monitor hook
 * comes every ten seconds only, and while it parses, no child is replaced; and children
 * need a thread of their own anyhow, since no request may wait. A process more would have
 * root's rights for nothing: certificates are public, so that a file which only root can
 * read is better made readable; until then it is said, and what was read at start stays
 * in force. */
#ifndef CFO_HTTPD_RUN_RELOAD_H
#define CFO_HTTPD_RUN_RELOAD_H

#include "httpd.h"

#include "core/live/reloader.h"
#include "httpd/config/conf.h"

/* At start, before httpd forks. `committed` is shared memory, 0. Returns what could not
 * be made, with *status, or NULL. */
const char *cfo_reload_prepare(apr_pool_t *p, const cfo_shared_t *shared,
                               apr_uint64_t *committed, cfo_reloader_t *reloader,
                               apr_status_t *status);

/* In a new child, before there are threads: brings it to where its siblings are. `p` is
 * for all that is loaded from now on. */
void cfo_reload_begin(apr_pool_t *p, const server_rec *main, cfo_reloader_t *reloader);

/* Carries out what other processes found. */
void cfo_reload_catch_up(const server_rec *main, cfo_reloader_t *reloader);

/* Looks at all files, for all processes, and logs what there is to say. The caller keeps
 * others out. `p` is for temporary use. Returns whether to do it again in a second. */
int cfo_reload_scan(apr_pool_t *p, const server_rec *main, cfo_reloader_t *reloader);

#endif
