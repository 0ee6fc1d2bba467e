/* SPDX-License-Identifier: Apache-2.0 */
/* What is counted of own traffic; only for own_*.c. */
#ifndef CFO_CTL_AUDIT_OWN_STATE_H
#define CFO_CTL_AUDIT_OWN_STATE_H

#include "core/net/ranges.h"
#include "ctl/audit/own_traffic.h"

/* In the tables of paths: what stands for the address of a source without one. */
#define CFO_OWN_EDGE "edge"
#define CFO_OWN_CHALLENGE "acme"
#define CFO_OWN_SEVERAL "several"

enum { CFO_OWN_ADDRESSES_MOST = 64 };

struct cfo_ctl_own_t {
    apr_pool_t *pool;
    cfo_ranges_t *interfaces, *listed, *ignored;
    apr_array_header_t *listed_ranges, *ignored_ranges; /* of cfo_range_t */
    apr_array_header_t *ignored_paths;                  /* of const char * */
    cfo_ctl_own_source_t sources[CFO_OWN_ADDRESSES_MOST];
    int count;
    /* Rows are "SOURCE VHOST PATH". */
    cfo_ctl_breakdown_t *paths, *steady;
};

#endif
