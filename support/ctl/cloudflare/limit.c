/* SPDX-License-Identifier: Apache-2.0 */
/* A limit of requests that all threads have in common (a generic cell rate algorithm). */
#include "ctl/cloudflare/limit.h"

#include "apr_thread_mutex.h"

struct cfo_limit_t {
    apr_thread_mutex_t *mutex;
    apr_interval_time_t step;  /* between two places */
    apr_interval_time_t burst; /* how far places may be taken before they are due */
    apr_time_t due;            /* of the next place, without a burst */
    apr_time_t blocked;
};

cfo_limit_t *cfo_limit_make(apr_pool_t *p, int number, apr_interval_time_t period)
{
    cfo_limit_t *limit = apr_pcalloc(p, sizeof *limit);
    int at_once = number > 1 ? number / 2 : 1;
    int others = number > at_once ? number - at_once : 1;

    if (apr_thread_mutex_create(&limit->mutex, APR_THREAD_MUTEX_DEFAULT, p) !=
        APR_SUCCESS)
        return NULL;
    limit->step = period / others + 1;
    limit->burst = limit->step * (at_once - 1);
    return limit;
}

apr_time_t cfo_limit_take(cfo_limit_t *limit, apr_time_t now)
{
    apr_time_t due;

    apr_thread_mutex_lock(limit->mutex);
    if (limit->due < now)
        limit->due = now;
    due = limit->due - limit->burst > now ? limit->due - limit->burst : now;
    limit->due += limit->step;
    apr_thread_mutex_unlock(limit->mutex);
    return due;
}

void cfo_limit_block(cfo_limit_t *limit, apr_time_t until)
{
    apr_thread_mutex_lock(limit->mutex);
    if (limit->blocked < until)
        limit->blocked = until;
    apr_thread_mutex_unlock(limit->mutex);
}

apr_time_t cfo_limit_blocked(cfo_limit_t *limit)
{
    apr_time_t blocked;

    apr_thread_mutex_lock(limit->mutex);
    blocked = limit->blocked;
    apr_thread_mutex_unlock(limit->mutex);
    return blocked;
}
