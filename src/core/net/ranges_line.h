/* SPDX-License-Identifier: Apache-2.0 */
/* Reads one line of a configuration, a script or a table with address ranges. */
#ifndef CFO_CORE_NET_RANGES_LINE_H
#define CFO_CORE_NET_RANGES_LINE_H

#include "core/net/ranges.h"

/* What was found in a text, line by line. */
typedef struct {
    const char *format;           /* what it looks like, for a sentence: "a list for nginx
                                     (set_real_ip_from)"; NULL: nothing in particular */
    apr_array_header_t *ranges;   /* of cfo_range_t, in the order of the text */
    apr_array_header_t *left_out; /* of const char *: lines that have no range, with their
                                     numbers */
} cfo_conversion_t;

/* Reads line `number`, which has no comment and no space around it. Returns NULL, or the
 * error. */
const char *cfo_ranges_line_read(apr_pool_t *p, int number, const char *text,
                                 cfo_conversion_t *conversion);

#endif
