/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of address ranges. */
#ifndef CFO_CORE_NET_RANGES_H
#define CFO_CORE_NET_RANGES_H

#include "apr_pools.h"
#include "apr_tables.h"

#include "core/net/range_set.h"

/* The day on which the built-in list was last compared with Cloudflare's. */
#define CFO_RANGES_BUILTIN_DATE "2023-09-28"

/* Adds a list in text form, as Cloudflare publishes it: one range a line, blank lines and
 * comments (#) allowed, LF or CRLF, last newline optional; a
 * byte order mark is skipped. A list without a range is an
 * error. On an error, returns line, text and reason, and `ranges` (of cfo_range_t) stays
 * unchanged. */
const char *cfo_ranges_read(apr_pool_t *p, const char *text, apr_size_t length,
                            apr_array_header_t *ranges);

/* Adds the 22 prefixes that Cloudflare publishes (www.cloudflare.com/ips). */
void cfo_ranges_add_builtin(apr_array_header_t *ranges);

/* Adds a list in text form, as cfo_ranges_read() does; after an error, which is in the
 * pool `p`, the draft is of no use. */
const char *cfo_ranges_draft_read(apr_pool_t *p, const char *text, apr_size_t length,
                                  cfo_ranges_draft_t *draft);

#endif
