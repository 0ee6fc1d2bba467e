/* SPDX-License-Identifier: Apache-2.0 */
/* The requests of each minute of the last hour and of each hour of the last week. */
#ifndef CFO_CORE_STATS_HISTORY_H
#define CFO_CORE_STATS_HISTORY_H

#include "core/stats/counters.h"

/* Whether a minute has ended that is not in the history yet. Any process. */
int cfo_history_is_due(const cfo_counters_t *counters, apr_time_t now);

/* Adds the minute and the hour that have ended, if any. Called about every second, by any
 * process; does nothing while another process does it. */
void cfo_history_turn(cfo_counters_t *counters, apr_time_t now);

/* Completes `totals` with the history at `now`: the minutes and hours of all virtual
 * hosts together, the sums of each, and the minutes and hours of `vhost` (in any case;
 * NULL: of none), which are allocated in `p`. Any thread. */
void cfo_history_read(apr_pool_t *p, const cfo_counters_t *counters, apr_time_t now,
                      const char *vhost, cfo_totals_t *totals);

#endif
