/* SPDX-License-Identifier: Apache-2.0 */
/* Whether what is in Audit can be switched to On. */
#ifndef CFO_CTL_READINESS_H
#define CFO_CTL_READINESS_H

#include "log_summary.h"

typedef enum { CFO_READY_YES, CFO_READY_UNKNOWN, CFO_READY_NO } cfo_ctl_ready_t;

typedef struct {
    cfo_ctl_ready_t answer;
    const char *sentence;      /* the numbers */
    apr_array_header_t *why;   /* of const char *: what keeps it from being yes */
    apr_array_header_t *notes; /* of const char *: what else to know */
} cfo_ctl_readiness_t;

/* No: requests that Cloudflare made for the zone, or may have made, are or would be
 * refused. Unknown: the logs do not have what would be needed to say so. Text of logs is
 * in it, fit to be shown. */
cfo_ctl_readiness_t cfo_ctl_readiness(apr_pool_t *p, const cfo_ctl_summary_t *summary);

/* "yes", "unknown", "no" */
const char *cfo_ctl_ready_name(cfo_ctl_ready_t answer);

#endif
