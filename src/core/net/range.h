/* SPDX-License-Identifier: Apache-2.0 */
/* One range of addresses: a strict parser. */
#ifndef CFO_CORE_NET_RANGE_H
#define CFO_CORE_NET_RANGE_H

#include "apr_pools.h"

#include "core/net/address.h"

typedef struct {
    cfo_address_t first;
    cfo_address_t last;
} cfo_range_t;

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

#endif
