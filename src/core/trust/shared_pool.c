/* SPDX-License-Identifier: Apache-2.0 */
/* A pool that goes with the last use of what is in it. */
#include "core/trust/shared_pool.h"

static cfo_batch_t *make(apr_pool_t *p)
{
    cfo_batch_t *batch = apr_pcalloc(p, sizeof *batch);

    batch->pool = p;
    batch->uses = 1;
    return batch;
}

cfo_batch_t *cfo_batch_create(apr_pool_t *parent)
{
    apr_pool_t *p;

    apr_pool_create(&p, parent);
    return make(p);
}

cfo_batch_t *cfo_batch_permanent(apr_pool_t *p)
{
    cfo_batch_t *batch = make(p);

    batch->is_permanent = 1;
    return batch;
}

cfo_batch_t *cfo_batch_hold(cfo_batch_t *batch)
{
    batch->uses++;
    return batch;
}

void cfo_batch_release(cfo_batch_t *batch)
{
    if (--batch->uses == 0 && !batch->is_permanent)
        apr_pool_destroy(batch->pool);
}
