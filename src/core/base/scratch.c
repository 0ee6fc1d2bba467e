/* SPDX-License-Identifier: Apache-2.0 */
/* Pools for much memory and a short time. */
#include "core/base/scratch.h"

#include "apr_allocator.h"

apr_pool_t *cfo_scratch_create(apr_pool_t *parent)
{
    apr_allocator_t *allocator = NULL; /* that of the parent, if there is no memory */
    apr_pool_t *p;

    apr_allocator_create(&allocator);
    apr_pool_create_ex(&p, parent, NULL, allocator);
    if (allocator)
        apr_allocator_owner_set(allocator, p);
    return p;
}
