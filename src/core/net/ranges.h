/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of address ranges: a strict parser and a lookup in O(log n). */
#ifndef CFO_CORE_NET_RANGES_H
#define CFO_CORE_NET_RANGES_H

#include "apr_pools.h"
#include "apr_tables.h"

#include "core/net/address.h"

typedef struct {
    cfo_address_t first;
    cfo_address_t last;
} cfo_range_t;

/* Immutable once built: any number of threads may read it. */
typedef struct cfo_ranges_t cfo_ranges_t;

/* The day on which the built-in list was last compared with Cloudflare's. */
#define CFO_RANGES_BUILTIN_DATE "2023-09-28"

/* Reads "address" or "address/length". Returns NULL and sets *range, or returns the
 * reason (from the pool). It rejects names, shorthand, host bits that are set,
 * IPv4-mapped addresses, invalid lengths, and ranges wider than /8 (IPv4) or /16 (IPv6),
 * which can only be a mistake. */
const char *cfo_range_parse(apr_pool_t *p, const char *text, cfo_range_t *range);

/* "192.0.2.0/24"; "192.0.2.1/32" for one address. */
const char *cfo_range_print(apr_pool_t *p, const cfo_range_t *range);

/* Whether a word of a configuration is an address rather than a file name: it has only
 * characters of addresses. */
int cfo_range_looks_like(const char *text);

/* Adds a list in text form, as Cloudflare publishes it: one range a line, blank lines and
 * comments (#) allowed, LF or CRLF, last newline optional; a
 * byte order mark is skipped. A list without a range is an
 * error. On an error, returns line, text and reason, and `ranges` (of cfo_range_t) stays
 * unchanged. */
const char *cfo_ranges_read(apr_pool_t *p, const char *text, apr_size_t length,
                            apr_array_header_t *ranges);

/* Adds the 22 prefixes that Cloudflare publishes (www.cloudflare.com/ips). */
void cfo_ranges_add_builtin(apr_array_header_t *ranges);

/* Sorts and joins an array of cfo_range_t, which may be empty and is not changed. */
cfo_ranges_t *cfo_ranges_build(apr_pool_t *p, const apr_array_header_t *ranges);

/* A copy of the set as an array of cfo_range_t. NULL is the empty set. */
apr_array_header_t *cfo_ranges_list(apr_pool_t *p, const cfo_ranges_t *ranges);

/* NULL is the empty set. */
int cfo_ranges_contain(const cfo_ranges_t *ranges, const cfo_address_t *address);

/* Whether the set contains all of `range`. */
int cfo_ranges_cover(const cfo_ranges_t *ranges, const cfo_range_t *range);

#endif
