/* SPDX-License-Identifier: Apache-2.0 */
/* CFOriginPullLogLimit: at most so many lines a minute for each reason, in all processes
 * together. The others are held back, and CFO0004 reports their number. */
#ifndef CFO_CORE_STATS_LOG_LIMIT_H
#define CFO_CORE_STATS_LOG_LIMIT_H

#include "apr_time.h"

#include "core/stats/counters.h"

enum { CFO_LOG_LIMIT_OFF = 0, CFO_LOG_LIMIT_MOST = 1000000 };

/* The content of CFO0004; `lines` 0: there is nothing to report. */
typedef struct {
    apr_uint64_t lines;
    int seconds; /* in which they were held back: a minute, or the part of it that is over
                  */
} cfo_held_back_t;

/* Whether a line may be written at `now`; otherwise it is counted as held back. For the
 * first line of a minute, `held` has what was held back earlier and is not reported yet:
 * log that before the line. Any thread, any process; no locks. */
int cfo_log_limit_admits(cfo_counters_t *counters, int limit, cfo_reason_t reason,
                         apr_time_t now, cfo_held_back_t *held);

/* What was held back until the end of the last minute; with `is_end`, until now. Each
 * line is reported once, to the first caller. */
cfo_held_back_t cfo_log_limit_report(cfo_counters_t *counters, cfo_reason_t reason,
                                     apr_time_t now, int is_end);

#endif
