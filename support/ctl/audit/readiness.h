/* SPDX-License-Identifier: Apache-2.0 */
/* Whether Audit can be changed to On. */
#ifndef CFO_CTL_AUDIT_READINESS_H
#define CFO_CTL_AUDIT_READINESS_H

#include "ctl/audit/inquiry.h"

/* No: requests that are, or may be, Cloudflare's for the zone, or the administrator's
 * own, are or would be refused; or another rule refuses what was proved. Unknown: the
 * logs do not have enough information. Text from logs in the result is safe to print. */
cfo_ctl_readiness_t cfo_ctl_readiness(apr_pool_t *p, const cfo_ctl_summary_t *summary);

/* "yes", "unknown", "no" */
const char *cfo_ctl_ready_name(cfo_ctl_ready_t answer);

#endif
