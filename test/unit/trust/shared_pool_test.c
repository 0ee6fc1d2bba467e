/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/shared_pool.h"

#include "fixture.h"

static apr_status_t count_up(void *count)
{
    ++*(int *)count;
    return APR_SUCCESS;
}

static int *count_ends(const cfo_shared_pool_t *shared_pool)
{
    int *ends = apr_pcalloc(pool, sizeof *ends);

    apr_pool_cleanup_register(shared_pool->pool, ends, count_up, apr_pool_cleanup_null);
    return ends;
}

static void a_pool_is_destroyed_with_its_last_use(void **state)
{
    cfo_shared_pool_t *shared_pool = cfo_shared_pool_create(pool);
    const int *ends = count_ends(shared_pool);

    (void)state;
    assert_ptr_not_equal(shared_pool->pool, pool);
    assert_true(apr_pool_is_ancestor(pool, shared_pool->pool));
    assert_ptr_equal(cfo_shared_pool_hold(shared_pool), shared_pool);
    cfo_shared_pool_hold(shared_pool);
    cfo_shared_pool_release(shared_pool);
    cfo_shared_pool_release(shared_pool);
    assert_int_equal(*ends, 0);
    cfo_shared_pool_release(shared_pool);
    assert_int_equal(*ends, 1);
}

static void a_pool_apart_has_memory_of_its_own(void **state)
{
    cfo_shared_pool_t *shared_pool = cfo_shared_pool_apart(pool);
    const int *ends = count_ends(shared_pool);

    (void)state;
    assert_true(apr_pool_is_ancestor(pool, shared_pool->pool));
    assert_ptr_not_equal(apr_pool_allocator_get(shared_pool->pool),
                         apr_pool_allocator_get(pool));
    cfo_shared_pool_release(shared_pool);
    assert_int_equal(*ends, 1);
}

static void a_pool_that_is_still_used_is_destroyed_with_its_parent(void **state)
{
    apr_pool_t *parent;
    const int *ends;

    (void)state;
    apr_pool_create(&parent, pool);
    ends = count_ends(cfo_shared_pool_create(parent));
    apr_pool_destroy(parent);
    assert_int_equal(*ends, 1);
}

static void a_permanent_pool_is_never_destroyed(void **state)
{
    cfo_shared_pool_t *shared_pool;
    apr_pool_t *p;
    const int *ends;

    (void)state;
    apr_pool_create(&p, pool);
    shared_pool = cfo_shared_pool_permanent(p);
    assert_ptr_equal(shared_pool->pool, p);
    ends = count_ends(shared_pool);
    cfo_shared_pool_hold(shared_pool);
    cfo_shared_pool_release(shared_pool);
    cfo_shared_pool_release(shared_pool);
    assert_int_equal(*ends, 0);
    cfo_shared_pool_hold(shared_pool);
    cfo_shared_pool_release(shared_pool);
    assert_int_equal(*ends, 0);
    apr_pool_destroy(p);
    assert_int_equal(*ends, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_pool_is_destroyed_with_its_last_use),
        TEST(a_pool_apart_has_memory_of_its_own),
        TEST(a_pool_that_is_still_used_is_destroyed_with_its_parent),
        TEST(a_permanent_pool_is_never_destroyed),
    };

    return RUN(tests);
}
