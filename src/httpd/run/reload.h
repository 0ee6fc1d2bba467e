/* SPDX-License-Identifier: Apache-2.0 */
/* Loads changed files while httpd runs.
 *
 * Each child looks once a second at a number in shared memory, and applies new entries of
 * the journal (core/live/reloader.h). When it is time to look at the files, the first
 * child to notice does so for all, under a lock, and writes the log line. The
 * alternatives were httpd's parent and a separate process. The parent's monitor hook runs
 * only every ten seconds, and no child is replaced while it parses; and children need a
 * thread of their own anyway, since no request may wait. A separate process would have
 * root's rights without need: certificates are public, so a file that only root can read
 * should be made readable; until then a log line says so, and what was read at start
 * stays in force. */
#ifndef CFO_HTTPD_RUN_RELOAD_H
#define CFO_HTTPD_RUN_RELOAD_H

#include "httpd.h"

#include "core/live/reloader.h"
#include "httpd/config/conf.h"

/* At start, before httpd forks. `committed` is in shared memory, and 0. Returns NULL, or
 * what could not be created, with *status. */
const char *cfo_reload_prepare(apr_pool_t *p, const cfo_shared_t *shared,
                               apr_uint64_t *committed, cfo_reloader_t *reloader,
                               apr_status_t *status);

/* In a new child, before it has threads: loads what its siblings have loaded. `p` is for
 * all that is loaded from now on. */
void cfo_reload_begin(apr_pool_t *p, const server_rec *main, cfo_reloader_t *reloader);

/* Applies the changes that other processes found. */
void cfo_reload_catch_up(const server_rec *main, cfo_reloader_t *reloader);

/* Looks for changes in all files, for all processes, and logs them. The caller holds the
 * lock. `p` is for temporary use. Returns 1 if it should be called again in a second. */
int cfo_reload_scan(apr_pool_t *p, const server_rec *main, cfo_reloader_t *reloader);

#endif
