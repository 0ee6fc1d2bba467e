/* SPDX-License-Identifier: Apache-2.0 */
/* Adds a line of a log to a row of a table. */
#ifndef CFO_CTL_AUDIT_SUMMARY_ROW_H
#define CFO_CTL_AUDIT_SUMMARY_ROW_H

#include "ctl/audit/breakdown.h"
#include "core/log/event_line.h"

/* Copies text, NULL as "", into `size` bytes; what is too long ends in "...". */
void cfo_ctl_row_copy(char *to, size_t size, const char *from);

/* Appends text at `to`, as much as fits before `end`, and a NUL; returns where that is.
 */
char *cfo_ctl_row_append(char *to, const char *end, const char *text);

/* Adds the counts, the time (0: not known), and an example of the request. */
void cfo_ctl_row_add(cfo_ctl_row_t *row, const cfo_ctl_counts_t counts,
                     const cfo_event_line_t *line, apr_time_t time);

/* The network of an address, "192.0.2.0/24" or "2001:db8:1::/48", in `text`; "-" if it is
 * none. */
const char *cfo_ctl_row_network(const char *edge, char text[48]);

#endif
