/* SPDX-License-Identifier: Apache-2.0 */
/* The time stamps of logs. */
#ifndef CFO_CTL_LOG_TIME_H
#define CFO_CTL_LOG_TIME_H

#include <stddef.h>

#include "apr_time.h"

/* The hour that was read last, since finding out about the local time zone is slow. Zeros
 * to begin with. */
typedef struct {
    int year, day, hour; /* since 1900, of the year, of the day */
    apr_time_t start;    /* 0: none yet */
} cfo_ctl_hour_t;

/* When a line of a log was written; `front` of its `length` bytes stand before the event.
 * Known are httpd's own stamp, ISO 8601 (also as a value behind the event, if the line is
 * a JSON object), and that of syslog, which has no year: it is the last such day. Without
 * a zone a time is local. Returns 0 if there is none of them. */
apr_time_t cfo_ctl_log_time(cfo_ctl_hour_t *hour, const char *line, size_t front,
                            size_t length);

#endif
