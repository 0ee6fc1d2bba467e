/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/scratch.h"

#include "apr_allocator.h"

#include "fixture.h"

static apr_status_t count_up(void *count)
{
    ++*(int *)count;
    return APR_SUCCESS;
}

static void a_scratch_pool_has_memory_of_its_own(void **state)
{
    apr_pool_t *scratch = cfo_scratch_create(pool);

    (void)state;
    assert_true(apr_pool_is_ancestor(pool, scratch));
    assert_ptr_not_equal(apr_pool_allocator_get(scratch), apr_pool_allocator_get(pool));
    assert_ptr_equal(apr_allocator_owner_get(apr_pool_allocator_get(scratch)), scratch);
    memset(apr_palloc(scratch, 1 << 20), 1, 1 << 20);
    apr_pool_destroy(scratch);
}

static void a_scratch_pool_ends_with_its_parent(void **state)
{
    apr_pool_t *parent;
    int ends = 0;

    (void)state;
    apr_pool_create(&parent, pool);
    apr_pool_cleanup_register(cfo_scratch_create(parent), &ends, count_up,
                              apr_pool_cleanup_null);
    apr_pool_destroy(parent);
    assert_int_equal(ends, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_scratch_pool_has_memory_of_its_own),
        TEST(a_scratch_pool_ends_with_its_parent),
    };

    return RUN(tests);
}
