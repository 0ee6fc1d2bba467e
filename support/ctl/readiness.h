/* SPDX-License-Identifier: Apache-2.0 */
/* Whether Audit can be changed to On. */
#ifndef CFO_CTL_READINESS_H
#define CFO_CTL_READINESS_H

#include "log_summary.h"
#include "readiness_own.h"

typedef enum { CFO_READY_YES, CFO_READY_UNKNOWN, CFO_READY_NO } cfo_ctl_ready_t;

typedef struct {
    cfo_ctl_ready_t answer;
    const char *sentence;       /* the numbers, as a sentence */
    apr_array_header_t *why;    /* of const char *: why it is not yes */
    apr_array_header_t *notes;  /* of const char *: further information */
    apr_array_header_t *exempt; /* of cfo_ctl_exemption_t: own requests, in `why` too */
} cfo_ctl_readiness_t;

/* No: requests that are, or may be, Cloudflare's for the zone, or the administrator's
 * own, are or would be refused; or another rule refuses what was proved. Unknown: the
 * logs do not have enough information. Text from logs in the result is safe to print. */
cfo_ctl_readiness_t cfo_ctl_readiness(apr_pool_t *p, const cfo_ctl_summary_t *summary);

/* "yes", "unknown", "no" */
const char *cfo_ctl_ready_name(cfo_ctl_ready_t answer);

#endif
