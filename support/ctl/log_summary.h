/* SPDX-License-Identifier: Apache-2.0 */
/* What logs have about requests, added up. */
#ifndef CFO_CTL_LOG_SUMMARY_H
#define CFO_CTL_LOG_SUMMARY_H

#include "core/log/event_line.h"
#include "core/net/ranges.h"
#include "log_time.h"
#include "breakdown.h"

/* What is wanted. */
typedef struct {
    apr_time_t since, until; /* from, and before; 0: always */
    const char *vhost;       /* name, or name:port; NULL: all */
} cfo_ctl_wanted_t;

typedef struct {
    cfo_ctl_wanted_t wanted;
    cfo_ctl_row_t total;
    cfo_ctl_breakdown_t *reasons, *vhosts, *zones, *certificates;
    cfo_ctl_breakdown_t *networks;   /* edge addresses by /24 or /48 */
    cfo_ctl_breakdown_t *sites;      /* "vhost zone", where there is a zone */
    cfo_ctl_breakdown_t *handshakes; /* that failed, by reason */
    apr_uint64_t events;             /* lines that count */
    apr_uint64_t cut;            /* of them: not whole, and counted as far as they go */
    apr_uint64_t untimed;        /* when they were written is not known */
    apr_uint64_t failed_at_edge; /* handshakes with Cloudflare's addresses */
    cfo_ranges_t *published;     /* which are those */
    cfo_ctl_hour_t hour;
    cfo_event_line_t line;
} cfo_ctl_summary_t;

cfo_ctl_summary_t *cfo_ctl_summary_create(apr_pool_t *p, const cfo_ctl_wanted_t *wanted);

/* Adds a line of a log to the summary that is `baton`, if it has an event that is wanted
 * (cfo_ctl_take_line_t). A line without a time is not, where times are. */
void cfo_ctl_summary_add(void *baton, const char *text, size_t length);

#endif
