/* SPDX-License-Identifier: Apache-2.0 */
/* CFOriginPullLogLimit: so many lines a minute for each reason, over all processes; the
 * others are held back, and told of by number. */
#ifndef CFO_CORE_STATS_LOG_LIMIT_H
#define CFO_CORE_STATS_LOG_LIMIT_H

#include "apr_time.h"

#include "core/stats/counters.h"

enum { CFO_LOG_LIMIT_OFF = 0, CFO_LOG_LIMIT_MOST = 1000000 };

/* What CFO0004 says; `lines` 0: there is nothing to say. */
typedef struct {
    apr_uint64_t lines;
    int seconds; /* in which they were held back: a minute, or what has gone by of it */
} cfo_held_back_t;

/* Whether a line may be written at `now`. If not, it is counted as held back. The first
 * line of a minute also tells, in `held`, what was held back in an earlier one and that
 * nobody has told of yet; what `held` says belongs before that line. Any thread, any
 * process; takes no lock. */
int cfo_log_limit_admits(cfo_counters_t *counters, int limit, cfo_reason_t reason,
                         apr_time_t now, cfo_held_back_t *held);

/* What was held back until the end of the last minute; with `is_end`, until now. Each
 * line is told of once, to whoever asks first. */
cfo_held_back_t cfo_log_limit_tell(cfo_counters_t *counters, cfo_reason_t reason,
                                   apr_time_t now, int is_end);

#endif
