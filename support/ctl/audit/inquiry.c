/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl audit: shared by the parts of the readiness. */
#include "ctl/audit/inquiry.h"

void cfo_ctl_object(cfo_ctl_inquiry_t *q, cfo_ctl_ready_t answer, const char *why)
{
    APR_ARRAY_PUSH(q->result->why, const char *) = why;
    if (answer > q->result->answer)
        q->result->answer = answer;
}

void cfo_ctl_note(cfo_ctl_inquiry_t *q, const char *text)
{
    APR_ARRAY_PUSH(q->result->notes, const char *) = text;
}
