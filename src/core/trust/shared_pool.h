/* SPDX-License-Identifier: Apache-2.0 */
/* A pool that goes when the last of the things in it is no longer used. */
#ifndef CFO_CORE_TRUST_SHARED_POOL_H
#define CFO_CORE_TRUST_SHARED_POOL_H

#include "apr_pools.h"

/* What is loaded at one time shares a pool: one for each file would cost 8 KiB a file.
 * Belongs to the one thread that loads and lets go. */
typedef struct {
    apr_pool_t *pool;
    int uses;
    int is_permanent; /* made at start, before httpd forked: never destroyed */
} cfo_shared_pool_t;

/* A batch in a pool of its own below `parent`, with one use, the caller's. */
cfo_shared_pool_t *cfo_shared_pool_create(apr_pool_t *parent);

/* One that lives as long as `p` does, whatever is let go. */
cfo_shared_pool_t *cfo_shared_pool_permanent(apr_pool_t *p);

cfo_shared_pool_t *cfo_shared_pool_hold(cfo_shared_pool_t *shared_pool);

/* Destroys the batch with its last use. */
void cfo_shared_pool_release(cfo_shared_pool_t *shared_pool);

#endif
