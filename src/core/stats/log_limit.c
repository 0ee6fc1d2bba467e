/* SPDX-License-Identifier: Apache-2.0 */
/* CFOriginPullLogLimit: at most so many lines a minute for each reason. */
#include "core/stats/log_limit.h"

#include "core/stats/counters_memory.h"

/* The minute, and the lines in it, in one number, so that they change together. */
enum { LINE_BITS = 24 };

static const apr_uint64_t line_mask = ((apr_uint64_t)1 << LINE_BITS) - 1;
static const apr_time_t minute = APR_TIME_C(60) * APR_USEC_PER_SEC;

static apr_int64_t minute_of(apr_uint64_t written)
{
    return (apr_int64_t)(written >> LINE_BITS);
}

/* Processors may differ a little on when a minute begins. A clock that is set back by
 * more begins a new minute, so that lines are not held back until the old one comes
 * again. */
static int is_over(apr_uint64_t written, apr_int64_t current)
{
    return minute_of(written) < current || minute_of(written) > current + 1;
}

/* Since the minute began, or since the last report. */
static int seconds_in(const cfo_log_limit_t *state, apr_int64_t number, apr_time_t now)
{
    apr_time_t reported_at = __atomic_load_n(&state->reported_at, __ATOMIC_RELAXED);
    apr_time_t begin, end;

    if (number < 0 || number > now / minute + 1) /* somebody has damaged the memory */
        number = now / minute;
    begin = number * minute;
    end = begin + minute;
    if (reported_at > begin && reported_at < end)
        begin = reported_at;
    if (now < begin || now > end)
        now = end;
    return (int)apr_time_sec(now - begin + APR_USEC_PER_SEC - 1);
}

/* Everything that was held back and not reported yet. */
static cfo_held_back_t take(cfo_counters_t *counters, cfo_reason_t reason,
                            apr_int64_t number, apr_time_t now)
{
    cfo_log_limit_t *state = &counters->limits[cfo_reason_checked(reason)];
    apr_uint64_t reported = __atomic_load_n(&state->reported, __ATOMIC_ACQUIRE);
    apr_uint64_t all = cfo_counters_all_held_back(counters, reason);
    cfo_held_back_t held = { 0, 0 };

    if (all <= reported ||
        !__atomic_compare_exchange_n(&state->reported, &reported, all, 0,
                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return held;
    held.lines = all - reported;
    held.seconds = seconds_in(state, number, now);
    __atomic_store_n(&state->reported_at, now, __ATOMIC_RELAXED);
    return held;
}

int cfo_log_limit_admits(cfo_counters_t *counters, int limit, cfo_reason_t reason,
                         apr_time_t now, cfo_held_back_t *held)
{
    apr_uint64_t *written = &counters->limits[cfo_reason_checked(reason)].written;
    apr_uint64_t old = __atomic_load_n(written, __ATOMIC_ACQUIRE), next;
    apr_int64_t current = now / minute;

    held->lines = 0;
    if (limit == CFO_LOG_LIMIT_OFF)
        return 1;
    do {
        if (is_over(old, current))
            next = (apr_uint64_t)current << LINE_BITS | 1;
        else if ((old & line_mask) < (apr_uint64_t)limit)
            next = old + 1;
        else {
            cfo_counters_held_back(counters, reason, 1);
            return 0;
        }
    } while (!__atomic_compare_exchange_n(written, &old, next, 1, __ATOMIC_ACQ_REL,
                                          __ATOMIC_ACQUIRE));
    if (is_over(old, current))
        *held = take(counters, reason, minute_of(old), now);
    return 1;
}

cfo_held_back_t cfo_log_limit_report(cfo_counters_t *counters, cfo_reason_t reason,
                                     apr_time_t now, int is_end)
{
    apr_uint64_t written = __atomic_load_n(
        &counters->limits[cfo_reason_checked(reason)].written, __ATOMIC_ACQUIRE);

    if (!is_end && !is_over(written, now / minute))
        return (cfo_held_back_t){ 0, 0 };
    return take(counters, reason, minute_of(written), now);
}
