/* SPDX-License-Identifier: Apache-2.0 */
/* A pool with a count of users. */
#include "core/trust/shared_pool.h"

#include "core/base/scratch.h"

static cfo_shared_pool_t *make(apr_pool_t *p)
{
    cfo_shared_pool_t *shared_pool = apr_pcalloc(p, sizeof *shared_pool);

    shared_pool->pool = p;
    shared_pool->uses = 1;
    return shared_pool;
}

cfo_shared_pool_t *cfo_shared_pool_create(apr_pool_t *parent)
{
    apr_pool_t *p;

    apr_pool_create(&p, parent);
    return make(p);
}

cfo_shared_pool_t *cfo_shared_pool_apart(apr_pool_t *parent)
{
    return make(cfo_scratch_create(parent));
}

cfo_shared_pool_t *cfo_shared_pool_permanent(apr_pool_t *p)
{
    cfo_shared_pool_t *shared_pool = make(p);

    shared_pool->is_permanent = 1;
    return shared_pool;
}

cfo_shared_pool_t *cfo_shared_pool_hold(cfo_shared_pool_t *shared_pool)
{
    shared_pool->uses++;
    return shared_pool;
}

void cfo_shared_pool_release(cfo_shared_pool_t *shared_pool)
{
    if (--shared_pool->uses == 0 && !shared_pool->is_permanent)
        apr_pool_destroy(shared_pool->pool);
}
