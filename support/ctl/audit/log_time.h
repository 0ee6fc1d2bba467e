/* SPDX-License-Identifier: Apache-2.0 */
/* Time stamps in logs. */
#ifndef CFO_CTL_AUDIT_LOG_TIME_H
#define CFO_CTL_AUDIT_LOG_TIME_H

#include <stddef.h>

#include "apr_time.h"

/* A cache of the last local hour, because time zone lookups are slow. All zeros at first.
 */
typedef struct {
    int year, day, hour; /* since 1900, of the year, of the day */
    apr_time_t start;    /* 0: none yet */
} cfo_ctl_hour_t;

/* When a line was written; the first `front` of its `length` bytes are before the event.
 * Known formats: httpd's default, ISO 8601 (in a JSON object also after the event), and
 * syslog, which has no year, so the last such day is taken. A time without a zone is
 * local. Returns 0 if there is no such time. */
apr_time_t cfo_ctl_log_time(cfo_ctl_hour_t *hour, const char *line, size_t front,
                            size_t length);

#endif
