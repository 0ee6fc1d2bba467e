/* SPDX-License-Identifier: Apache-2.0 */
/* Pools for much memory and a short time. */
#ifndef CFO_CORE_BASE_SCRATCH_H
#define CFO_CORE_BASE_SCRATCH_H

#include "apr_pools.h"

/* A pool below `parent` whose memory is freed when it is destroyed. That of other pools
 * is kept by the allocator of their parent for as long as that lives, for later pools. */
apr_pool_t *cfo_scratch_create(apr_pool_t *parent);

#endif
