/* SPDX-License-Identifier: Apache-2.0 */
/* Minutes and hours, as a ring of rows in shared memory: which row is which, and when a
 * new one begins.
 *
 * A row is known only if a process noticed both its begin and its end in time. If none
 * did (httpd was stopped, or the machine was busy), the row has no data. */
#ifndef CFO_CORE_STATS_TIMELINE_H
#define CFO_CORE_STATS_TIMELINE_H

#include "apr_time.h"

enum { CFO_MINUTES = 60, CFO_HOURS = 168 }; /* rows that are kept */

/* Rows of the same length. */
typedef struct {
    apr_interval_time_t length;
    apr_interval_time_t patience; /* how late the begin of a row may be noticed */
    int rows;
} cfo_period_t;

extern const cfo_period_t cfo_period_minutes, cfo_period_hours;

/* In shared memory. The content of the rows is kept elsewhere. */
typedef struct {
    apr_int64_t running; /* number of the current row, which is not written yet */
    int is_whole;        /* the begin of the current row was noticed in time */
    apr_time_t starts[CFO_HOURS]; /* 0: the row is being written, or empty */
} cfo_timeline_t;

/* Starts the first row now. It counts as whole, because nothing was counted before. */
void cfo_timeline_init(cfo_timeline_t *timeline, const cfo_period_t *period,
                       apr_time_t now);

/* Whether the current row has ended. Any process. */
int cfo_timeline_is_due(const cfo_timeline_t *timeline, const cfo_period_t *period,
                        apr_time_t now);

/* When it is due, one process at a time calls begin, writes the row with release stores,
 * and calls end. Begin returns the row, or -1 if the row that ended has no data. A
 * process that is killed in between leaves a row without data. */
int cfo_timeline_begin(cfo_timeline_t *timeline, const cfo_period_t *period,
                       apr_time_t now);
void cfo_timeline_end(cfo_timeline_t *timeline, const cfo_period_t *period, int row,
                      apr_time_t now);

/* The number of the newest row at `now`: the one that has just ended, or the one before
 * if that is not written yet. */
apr_int64_t cfo_timeline_last(const cfo_timeline_t *timeline, const cfo_period_t *period,
                              apr_time_t now);

/* The place of the row with this number. */
int cfo_timeline_row(const cfo_period_t *period, apr_int64_t number);

/* Whether the row with this number is known. Call it before and after reading the row
 * with acquire loads: what was read is consistent only if the row is known both times. */
int cfo_timeline_has(const cfo_timeline_t *timeline, const cfo_period_t *period,
                     apr_int64_t number);

#endif
