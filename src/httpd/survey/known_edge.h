/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of Cloudflare, and of others, to try the rules of a configuration on. */
#ifndef CFO_HTTPD_SURVEY_KNOWN_EDGE_H
#define CFO_HTTPD_SURVEY_KNOWN_EDGE_H

#include "apr_pools.h"
#include "apr_tables.h"

#include "core/live/edge.h"

/* What rules may take for Cloudflare: the built-in ranges, those in force, and those that
 * were Cloudflare's once and that old lists still have. */
typedef struct {
    const cfo_edge_t *in_force;  /* NULL: empty */
    apr_array_header_t *ranges;  /* the others, of cfo_range_t */
    apr_array_header_t *samples; /* of const char *: addresses of these ranges */
} cfo_known_edge_t;

/* `in_force` is CFOriginPullRanges; NULL: empty. */
const cfo_known_edge_t *cfo_known_edge_make(apr_pool_t *p, const cfo_edge_t *in_force);

/* The same for other ranges, of cfo_range_t: those of tunnels. */
const cfo_known_edge_t *cfo_known_edge_of(apr_pool_t *p,
                                          const apr_array_header_t *ranges);

/* Whether a network has an address of Cloudflare's in it. */
int cfo_known_edge_overlaps(const cfo_known_edge_t *edge, const cfo_range_t *network);

/* Addresses of visitors (of const char *, ends with NULL): ordinary ones, far apart. */
extern const char *const cfo_visitor_samples[];

/* Reads a network as mod_authz_host does: an address, the first octets of one ("173.245",
 * "173.245."), address/length or address/netmask; host bits may be set. Returns 1, or 0
 * if it is none. */
int cfo_network_parse(apr_pool_t *p, const char *text, cfo_range_t *network);

/* Whether a network contains an address (a literal). */
int cfo_network_contains(const cfo_range_t *network, const char *address);

#endif
