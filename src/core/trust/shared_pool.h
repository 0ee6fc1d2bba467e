/* SPDX-License-Identifier: Apache-2.0 */
/* A pool with a count of users, destroyed after the last use. */
#ifndef CFO_CORE_TRUST_SHARED_POOL_H
#define CFO_CORE_TRUST_SHARED_POOL_H

#include "apr_pools.h"

/* Files that are loaded together share a pool: a pool for each file would cost 8 KiB a
 * file. Belongs to the one thread that loads and releases. */
typedef struct {
    apr_pool_t *pool;
    int uses;
    int is_permanent; /* made before httpd forked: never destroyed */
} cfo_shared_pool_t;

/* Makes a new pool below `parent`, with one use, the caller's. */
cfo_shared_pool_t *cfo_shared_pool_create(apr_pool_t *parent);

/* The same for something large: its memory is freed with it. */
cfo_shared_pool_t *cfo_shared_pool_apart(apr_pool_t *parent);

/* Wraps `p`, which is never destroyed by a release. */
cfo_shared_pool_t *cfo_shared_pool_permanent(apr_pool_t *p);

cfo_shared_pool_t *cfo_shared_pool_hold(cfo_shared_pool_t *shared_pool);

/* Destroys the pool with its last use. */
void cfo_shared_pool_release(cfo_shared_pool_t *shared_pool);

#endif
