/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations of other programs that have address ranges. */
#ifndef CFO_CORE_NET_RANGES_FORMAT_H
#define CFO_CORE_NET_RANGES_FORMAT_H

/* What a line is a part of whose first word is this, such as "a list for nginx
 * (set_real_ip_from)": a constant. NULL: unknown. */
const char *cfo_ranges_format(const char *word);

/* Whether a line without a range may begin with this word: it is one of the rest of such
 * a configuration. */
int cfo_ranges_format_has(const char *word);

#endif
