/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the parts of the readiness. */
#ifndef CFO_CTL_INQUIRY_H
#define CFO_CTL_INQUIRY_H

#include "readiness.h"

typedef struct {
    apr_pool_t *p;
    const cfo_ctl_summary_t *summary;
    const apr_uint64_t *total;
    cfo_ctl_readiness_t *result;
} cfo_ctl_inquiry_t;

/* Adds why the answer is not yes; the worst answer counts. */
void cfo_ctl_object(cfo_ctl_inquiry_t *q, cfo_ctl_ready_t answer, const char *why);

void cfo_ctl_note(cfo_ctl_inquiry_t *q, const char *text);

/* Statuses 403 and 421 that other modules answered to requests that this one admitted, or
 * that came from Cloudflare's addresses. */
void cfo_ctl_look_at_answers(cfo_ctl_inquiry_t *q);

#endif
