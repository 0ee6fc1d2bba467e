/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration check: what would surprise the administrator (docs/log.md, Codes of
 * the configuration check). */
#ifndef CFO_HTTPD_CHECK_CHECK_H
#define CFO_HTTPD_CHECK_CHECK_H

#include "core/log/finding.h"
#include "httpd/check/vhost.h"

/* Everything there is to say about a configuration, of cfo_finding_t, in `p`. For
 * check_config and post_config: the configuration has been read, and the pool that it was
 * read with is still there. `snapshot` has its zones. */
apr_array_header_t *cfo_check_findings(apr_pool_t *p, server_rec *main,
                                       const cfo_snapshot_t *snapshot);

/* Logs them, a line each, with the main server; to where ap_log_error() goes just now.
 * Returns them, in `p`. */
apr_array_header_t *cfo_check_log(apr_pool_t *p, server_rec *main,
                                  const cfo_snapshot_t *snapshot);

/* One run of the check, for the functions of the table in check.c. */
typedef struct {
    apr_pool_t *pool;
    const cfo_vhosts_t *vhosts;
    const struct cfo_check_t *now; /* the row */
    apr_array_header_t *findings;
    apr_hash_t *seen;
} cfo_checking_t;

/* A row of the table: what it looks for, at each server that can be reached. */
typedef struct cfo_check_t {
    cfo_level_t level;
    const char *code;
    void (*look)(cfo_checking_t *checking, const cfo_vhost_t *vhost);
} cfo_check_t;

/* Adds a finding at `line`; NULL: where the server is defined. What several servers
 * inherit from one line is found once, at the first of them. */
void cfo_check_add(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                   const ap_directive_t *line, const char *text);

/* Likewise where no line is to blame: in a file (NULL: in no file). */
void cfo_check_add_file(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                        const char *file, const char *text);

#endif
