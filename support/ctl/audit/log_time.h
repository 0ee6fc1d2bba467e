/* SPDX-License-Identifier: Apache-2.0 */
/* Time stamps in logs. */
#ifndef CFO_CTL_AUDIT_LOG_TIME_H
#define CFO_CTL_AUDIT_LOG_TIME_H

#include <stddef.h>

#include "apr_time.h"

enum { CFO_CTL_HOURS = 1024 };

typedef struct {
    int number;       /* different for each hour */
    apr_time_t start; /* 0: none yet */
} cfo_ctl_hour_t;

/* A cache of local hours, because time zone lookups are slow. All zeros at first. */
typedef struct {
    cfo_ctl_hour_t hour[CFO_CTL_HOURS];
    apr_time_t second; /* when the year was looked up */
    int year;
} cfo_ctl_hours_t;

/* When a line was written; the first `front` of its `length` bytes are before the event.
 * Known formats: httpd's default, ISO 8601 (in a JSON object also after the event), and
 * syslog, which has no year, so the last such day is taken. A time without a zone is
 * local. Returns 0 if there is no such time. */
apr_time_t cfo_ctl_log_time(cfo_ctl_hours_t *hours, const char *line, size_t front,
                            size_t length);

#endif
