/* SPDX-License-Identifier: Apache-2.0 */
/* What to exempt, so that On does not refuse the administrator's own requests. */
#ifndef CFO_CTL_AUDIT_READINESS_OWN_H
#define CFO_CTL_AUDIT_READINESS_OWN_H

#include "ctl/audit/own_traffic.h"

typedef struct {
    cfo_ctl_own_source_t source;
    const apr_array_header_t *paths; /* of const cfo_ctl_row_t *, see own_traffic.h */
    const char *directive;           /* to add; NULL: none would help */
    const char *alternative;         /* another one to choose from; NULL: none */
    int is_certain;                  /* 0: they may as well be strangers' */
    const char *why;                 /* a sentence: who asks for what, and what to do */
} cfo_ctl_exemption_t;

/* An array of them, the most requests first; `refused`: "would have been refused".
 * No directive that is proposed admits strangers to more than a path for such requests.
 * Text from logs in a sentence is safe to print. */
apr_array_header_t *cfo_ctl_exemptions(apr_pool_t *p, const cfo_ctl_own_t *own,
                                       const char *refused);

#endif
