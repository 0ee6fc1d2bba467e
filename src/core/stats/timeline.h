/* SPDX-License-Identifier: Apache-2.0 */
/* Minutes and hours, as a ring of rows in shared memory: which row is which, and when a
 * new one begins.
 *
 * A row is known only if somebody was there when it began and when it ended. Where nobody
 * was (httpd had stopped, or the machine was busy), it is without data. */
#ifndef CFO_CORE_STATS_TIMELINE_H
#define CFO_CORE_STATS_TIMELINE_H

#include "apr_time.h"

#include "core/stats/counters.h"

/* Rows of the same length. */
typedef struct {
    apr_interval_time_t length;
    apr_interval_time_t patience; /* how late its begin may be noticed */
    int rows;
} cfo_period_t;

extern const cfo_period_t cfo_period_minutes, cfo_period_hours;

/* In shared memory. What is in the rows is kept elsewhere. */
typedef struct {
    apr_int64_t running;          /* number of the row that is not yet there */
    int is_whole;                 /* its begin was noticed in time */
    apr_time_t starts[CFO_HOURS]; /* 0: the row is being written, or empty */
} cfo_timeline_t;

/* The first row begins now, and counts as whole: before, there was nothing. */
void cfo_timeline_init(cfo_timeline_t *timeline, const cfo_period_t *period,
                       apr_time_t now);

/* Whether another row is the running one by now. Any process. */
int cfo_timeline_is_due(const cfo_timeline_t *timeline, const cfo_period_t *period,
                        apr_time_t now);

/* When it is due: one process at a time takes a turn from begin to end, and writes the
 * row in between, with release stores. Returns the row, or -1 if what ran until now is
 * not to be known. Whoever is killed between the two leaves that behind. */
int cfo_timeline_begin(cfo_timeline_t *timeline, const cfo_period_t *period,
                       apr_time_t now);
void cfo_timeline_end(cfo_timeline_t *timeline, const cfo_period_t *period, int row,
                      apr_time_t now);

/* The number of the row that is the last one at `now`: the one that has just ended, or,
 * if nobody has come to write that yet, the one before. */
apr_int64_t cfo_timeline_last(const cfo_timeline_t *timeline, const cfo_period_t *period,
                              apr_time_t now);

/* Where the row of a number is. */
int cfo_timeline_row(const cfo_period_t *period, apr_int64_t number);

/* Whether the row of that number is known. To be asked before and after it is read, with
 * acquire loads: only if it is known both times, what was read is of one piece. */
int cfo_timeline_has(const cfo_timeline_t *timeline, const cfo_period_t *period,
                     apr_int64_t number);

#endif
