/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of address ranges, with a lookup in O(log n): 8 bytes for a range of IPv4, 32 for
 * one of IPv6. */
#ifndef CFO_CORE_NET_RANGE_SET_H
#define CFO_CORE_NET_RANGE_SET_H

#include "apr_pools.h"
#include "apr_tables.h"

#include "core/net/range.h"

/* Immutable once built: any number of threads may read it. */
typedef struct cfo_ranges_t cfo_ranges_t;

/* Ranges that are being collected for a set. */
typedef struct cfo_ranges_draft_t cfo_ranges_draft_t;

/* An empty draft, in a pool that may be destroyed when the set is built. */
cfo_ranges_draft_t *cfo_ranges_draft(apr_pool_t *p);

void cfo_ranges_draft_add(cfo_ranges_draft_t *draft, const cfo_range_t *range);

int cfo_ranges_draft_count(const cfo_ranges_draft_t *draft);

/* Makes the set, and leaves the draft in another order. */
cfo_ranges_t *cfo_ranges_finish(apr_pool_t *p, cfo_ranges_draft_t *draft);

/* The set of an array of cfo_range_t, which may be empty and is not changed. */
cfo_ranges_t *cfo_ranges_build(apr_pool_t *p, const apr_array_header_t *ranges);

/* How many ranges with addresses of 32 or 128 bits the set was made of. */
int cfo_ranges_count(const cfo_ranges_t *ranges, int bits);

/* One of them, by number, in no particular order; all copies of one are next to each
 * other, except for the first of them. */
cfo_range_t cfo_ranges_get(const cfo_ranges_t *ranges, int bits, int number);

/* For look-ups, NULL is the empty set. */
int cfo_ranges_contain(const cfo_ranges_t *ranges, const cfo_address_t *address);

/* Whether the set contains all of `range`. */
int cfo_ranges_cover(const cfo_ranges_t *ranges, const cfo_range_t *range);

/* Whether the set contains an address of `range`. */
int cfo_ranges_overlap(const cfo_ranges_t *ranges, const cfo_range_t *range);

/* How many of the ranges that `last` was made of are not covered by `next`. */
int cfo_ranges_missing(const cfo_ranges_t *last, const cfo_ranges_t *next);

#endif
