/* SPDX-License-Identifier: Apache-2.0 */
/* What people write where an address range is expected, and what to write instead. */
#ifndef CFO_CORE_NET_RANGE_HINT_H
#define CFO_CORE_NET_RANGE_HINT_H

#include "apr_pools.h"

#include "core/net/address.h"

/* The prefix length of a netmask (255.255.252.0), or of a wildcard mask (0.0.3.255) as
 * routers have it; -1: it is neither. */
int cfo_netmask_length(const cfo_address_t *mask);

/* The prefix length of the range from one address to another; -1: no single prefix is
 * exactly this range. */
int cfo_bounds_length(const cfo_address_t *first, const cfo_address_t *last);

/* What is wrong with a word that is no range, if it is one of the usual mistakes: several
 * in one word, a netmask, two bounds, a wildcard, a port, brackets, a URL, a name. NULL:
 * it is none of them. */
const char *cfo_range_hint(apr_pool_t *p, const char *text);

#endif
