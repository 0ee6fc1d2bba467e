/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/shared_pool.h"

#include "fixture.h"

static apr_status_t count_up(void *count)
{
    ++*(int *)count;
    return APR_SUCCESS;
}

static int *count_ends(const cfo_batch_t *batch)
{
    int *ends = apr_pcalloc(pool, sizeof *ends);

    apr_pool_cleanup_register(batch->pool, ends, count_up, apr_pool_cleanup_null);
    return ends;
}

static void a_batch_goes_with_its_last_use(void **state)
{
    cfo_batch_t *batch = cfo_batch_create(pool);
    const int *ends = count_ends(batch);

    (void)state;
    assert_ptr_not_equal(batch->pool, pool);
    assert_true(apr_pool_is_ancestor(pool, batch->pool));
    assert_ptr_equal(cfo_batch_hold(batch), batch);
    cfo_batch_hold(batch);
    cfo_batch_release(batch);
    cfo_batch_release(batch);
    assert_int_equal(*ends, 0);
    cfo_batch_release(batch);
    assert_int_equal(*ends, 1);
}

static void a_batch_that_is_still_used_goes_with_its_parent(void **state)
{
    apr_pool_t *parent;
    const int *ends;

    (void)state;
    apr_pool_create(&parent, pool);
    ends = count_ends(cfo_batch_create(parent));
    apr_pool_destroy(parent);
    assert_int_equal(*ends, 1);
}

static void a_permanent_batch_stays_when_nobody_uses_it(void **state)
{
    cfo_batch_t *batch;
    apr_pool_t *p;
    const int *ends;

    (void)state;
    apr_pool_create(&p, pool);
    batch = cfo_batch_permanent(p);
    assert_ptr_equal(batch->pool, p);
    ends = count_ends(batch);
    cfo_batch_hold(batch);
    cfo_batch_release(batch);
    cfo_batch_release(batch);
    assert_int_equal(*ends, 0);
    cfo_batch_hold(batch);
    cfo_batch_release(batch);
    assert_int_equal(*ends, 0);
    apr_pool_destroy(p);
    assert_int_equal(*ends, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_batch_goes_with_its_last_use),
        TEST(a_batch_that_is_still_used_goes_with_its_parent),
        TEST(a_permanent_batch_stays_when_nobody_uses_it),
    };

    return RUN(tests);
}
