/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of httpd's other modules to requests of visitors. */
#ifndef CFO_CTL_AUDIT_READINESS_ANSWERS_H
#define CFO_CTL_AUDIT_READINESS_ANSWERS_H

#include "ctl/audit/inquiry.h"

/* Statuses 403 and 421 that other modules answered to requests that this one admitted, or
 * that came from Cloudflare's addresses. */
void cfo_ctl_look_at_answers(cfo_ctl_inquiry_t *q);

#endif
