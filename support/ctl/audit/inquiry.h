/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the parts of the readiness. */
#ifndef CFO_CTL_AUDIT_INQUIRY_H
#define CFO_CTL_AUDIT_INQUIRY_H

#include "ctl/audit/log_summary.h"
#include "ctl/audit/readiness_own.h"

typedef enum { CFO_READY_YES, CFO_READY_UNKNOWN, CFO_READY_NO } cfo_ctl_ready_t;

typedef struct {
    cfo_ctl_ready_t answer;
    const char *sentence;       /* the numbers, as a sentence */
    apr_array_header_t *why;    /* of const char *: why it is not yes */
    apr_array_header_t *notes;  /* of const char *: further information */
    apr_array_header_t *exempt; /* of cfo_ctl_exemption_t: own requests, in `why` too */
} cfo_ctl_readiness_t;

typedef struct {
    apr_pool_t *p;
    const cfo_ctl_summary_t *summary;
    const apr_uint64_t *total;
    cfo_ctl_readiness_t *result;
} cfo_ctl_inquiry_t;

/* Adds why the answer is not yes; the worst answer counts. */
void cfo_ctl_object(cfo_ctl_inquiry_t *q, cfo_ctl_ready_t answer, const char *why);

void cfo_ctl_note(cfo_ctl_inquiry_t *q, const char *text);

#endif
