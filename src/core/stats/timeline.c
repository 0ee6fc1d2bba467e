/* SPDX-License-Identifier: Apache-2.0 */
/* Minutes and hours, as a ring of rows in shared memory. */
#include "core/stats/timeline.h"

const cfo_period_t cfo_period_minutes = { APR_TIME_C(60) * APR_USEC_PER_SEC,
                                          5 * APR_USEC_PER_SEC, CFO_MINUTES };
const cfo_period_t cfo_period_hours = { APR_TIME_C(3600) * APR_USEC_PER_SEC,
                                        60 * APR_USEC_PER_SEC, CFO_HOURS };

void cfo_timeline_init(cfo_timeline_t *timeline, const cfo_period_t *period,
                       apr_time_t now)
{
    timeline->running = now / period->length;
    timeline->is_whole = 1;
}

int cfo_timeline_is_due(const cfo_timeline_t *timeline, const cfo_period_t *period,
                        apr_time_t now)
{
    return __atomic_load_n(&timeline->running, __ATOMIC_ACQUIRE) != now / period->length;
}

static int is_in_time(const cfo_period_t *period, apr_time_t now)
{
    return now % period->length <= period->patience;
}

/* A row in any case: other processes may write into the memory what they like. */
int cfo_timeline_row(const cfo_period_t *period, apr_int64_t number)
{
    return (int)((apr_uint64_t)number % (apr_uint64_t)period->rows);
}

int cfo_timeline_begin(cfo_timeline_t *timeline, const cfo_period_t *period,
                       apr_time_t now)
{
    int is_known = timeline->is_whole && is_in_time(period, now) &&
                   timeline->running + 1 == now / period->length;
    int row = cfo_timeline_row(period, timeline->running);

    timeline->is_whole = 0;
    if (!is_known)
        return -1;
    __atomic_store_n(&timeline->starts[row], 0, __ATOMIC_RELEASE);
    return row;
}

void cfo_timeline_end(cfo_timeline_t *timeline, const cfo_period_t *period, int row,
                      apr_time_t now)
{
    if (row >= 0)
        __atomic_store_n(&timeline->starts[row], timeline->running * period->length,
                         __ATOMIC_RELEASE);
    timeline->is_whole = is_in_time(period, now);
    __atomic_store_n(&timeline->running, now / period->length, __ATOMIC_RELEASE);
}

int cfo_timeline_has(const cfo_timeline_t *timeline, const cfo_period_t *period,
                     apr_int64_t number)
{
    const apr_time_t *start = &timeline->starts[cfo_timeline_row(period, number)];

    return __atomic_load_n(start, __ATOMIC_ACQUIRE) == number * period->length;
}

apr_int64_t cfo_timeline_last(const cfo_timeline_t *timeline, const cfo_period_t *period,
                              apr_time_t now)
{
    apr_int64_t ended = now / period->length - 1;

    return cfo_timeline_is_due(timeline, period, now) &&
                   cfo_timeline_has(timeline, period, ended - 1)
               ? ended - 1
               : ended;
}
