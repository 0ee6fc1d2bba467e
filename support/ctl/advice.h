/* SPDX-License-Identifier: Apache-2.0 */
/* What each reason means, and what to do. */
#ifndef CFO_CTL_ADVICE_H
#define CFO_CTL_ADVICE_H

/* What the manual says of a reason; NULL if it does not know it. */
const char *cfo_ctl_advice(const char *reason);

#endif
