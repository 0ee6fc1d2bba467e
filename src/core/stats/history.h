/* SPDX-License-Identifier: Apache-2.0 */
/* What was counted in each minute of an hour and in each hour of a week. */
#ifndef CFO_CORE_STATS_HISTORY_H
#define CFO_CORE_STATS_HISTORY_H

#include "core/stats/counters.h"

/* Whether a minute or hour has ended that is not in the history yet. Any process. */
int cfo_history_is_due(const cfo_counters_t *counters, apr_time_t now);

/* Adds the minute and the hour that have ended, if they have. To be called every second
 * or so, by any process: if another one is at it, does nothing. */
void cfo_history_turn(cfo_counters_t *counters, apr_time_t now);

/* Fills in the minutes and hours of `totals`, whose virtual hosts are those of `slots`
 * (numbers as of cfo_counters_vhost()), the sums of each of them, and the minutes and
 * hours of those that have room for them. Any thread; `p` is for temporary use. */
void cfo_history_read(apr_pool_t *p, const cfo_counters_t *counters, apr_time_t now,
                      const int *slots, cfo_totals_t *totals);

#endif
