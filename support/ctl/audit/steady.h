/* SPDX-License-Identifier: Apache-2.0 */
/* Tells a monitor from a visitor: it asks for the same thing at regular times. */
#ifndef CFO_CTL_AUDIT_STEADY_H
#define CFO_CTL_AUDIT_STEADY_H

#include "ctl/audit/breakdown.h"

/* Counts the time since the last request of the row, whose `last` is not yet that of this
 * one. Logs that are read in another order than they were written do not matter. */
void cfo_ctl_steady_add(cfo_ctl_row_t *row, apr_time_t time);

/* Whether there were at least 12, and of the times between them four in five are alike,
 * and of 10 seconds to a day. Of random times a quarter is. A time when nobody asked does
 * not matter. */
int cfo_ctl_steady_is(const cfo_ctl_row_t *row);

#endif
