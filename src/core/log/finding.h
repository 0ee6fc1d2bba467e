/* SPDX-License-Identifier: Apache-2.0 */
/* The findings of the configuration check, one line each; and how severe something is. */
#ifndef CFO_CORE_LOG_FINDING_H
#define CFO_CORE_LOG_FINDING_H

#include "apr_pools.h"
#include "apr_tables.h"

/* The severity of a finding or of a problem. NOTICE: perhaps intended, but worth knowing.
 * WARNING: something does not do what it seems to, or soon will not. ERROR: requests are
 * refused that should not be (only problems; a finding is never an error). */
typedef enum { CFO_LEVEL_NOTICE, CFO_LEVEL_WARNING, CFO_LEVEL_ERROR } cfo_level_t;

const char *cfo_level_name(cfo_level_t level); /* "notice", "warning", "error" */

typedef struct {
    cfo_level_t level;
    const char *code;  /* "CFO0202 never-asks" */
    const char *vhost; /* name:port */
    const char *file;  /* where to fix it; NULL: no place in particular */
    int line;          /* 0: the file as a whole */
    const char *text;  /* one sentence: what is wrong, and what to do */
} cfo_finding_t;

/* "CFO0202 never-asks vhost=shop.example.com:443 at=/etc/httpd/shop.conf:12 sentence" */
const char *cfo_finding_render(apr_pool_t *p, const cfo_finding_t *finding);

/* A copy of findings (of cfo_finding_t) that shares only their codes with them. */
apr_array_header_t *cfo_findings_copy(apr_pool_t *p, const apr_array_header_t *findings);

#endif
