/* SPDX-License-Identifier: Apache-2.0 */
/* The edge: the ranges from which requests may come (CFOriginPullRanges). */
#ifndef CFO_CORE_LIVE_EDGE_H
#define CFO_CORE_LIVE_EDGE_H

#include "apr_pools.h"
#include "apr_tables.h"

#include "core/net/range_set.h"

/* Each list is searched by itself, so that no edge has a copy of a large one. Immutable,
 * and so are the lists. */
typedef struct {
    apr_array_header_t *sets;  /* of const cfo_ranges_t * */
    apr_array_header_t *files; /* of cfo_parsed_file_t *: whose sets these are */
} cfo_edge_t;

/* Makes an edge in `p` of the present content of its parts (of cfo_edge_part_t; NULL: the
 * built-in list). */
const cfo_edge_t *cfo_edge_make(apr_pool_t *p, const apr_array_header_t *parts);

/* Releases the content, before the pool is destroyed. */
void cfo_edge_release(const cfo_edge_t *edge);

int cfo_edge_contains(const cfo_edge_t *edge, const cfo_address_t *address);

/* Whether an address of `range` is in it. */
int cfo_edge_overlaps(const cfo_edge_t *edge, const cfo_range_t *range);

#endif
