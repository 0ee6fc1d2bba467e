/* SPDX-License-Identifier: Apache-2.0 */
/* What the configuration check has to say: one finding, one line. */
#ifndef CFO_CORE_LOG_FINDING_H
#define CFO_CORE_LOG_FINDING_H

#include "apr_pools.h"
#include "apr_tables.h"

/* NOTICE: on purpose, perhaps, but to be known. WARNING: it does not do what it seems to.
 */
typedef enum { CFO_LEVEL_NOTICE, CFO_LEVEL_WARNING } cfo_level_t;

typedef struct {
    cfo_level_t level;
    const char *code;  /* "CFO0202 never-asks" */
    const char *vhost; /* name:port, as in all other lines */
    const char *file;  /* where to mend it; NULL: no place in particular */
    int line;          /* 0: the file as a whole */
    const char *text;  /* one sentence: what is wrong, and what to do */
} cfo_finding_t;

/* "CFO0202 never-asks vhost=shop.example.com:443 at=/etc/httpd/shop.conf:12 sentence" */
const char *cfo_finding_render(apr_pool_t *p, const cfo_finding_t *finding);

/* A copy of findings (of cfo_finding_t) that shares nothing with them but their codes. */
apr_array_header_t *cfo_findings_copy(apr_pool_t *p, const apr_array_header_t *findings);

#endif
