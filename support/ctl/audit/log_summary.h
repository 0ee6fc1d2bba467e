/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of the requests and handshakes in error logs. */
#ifndef CFO_CTL_AUDIT_LOG_SUMMARY_H
#define CFO_CTL_AUDIT_LOG_SUMMARY_H

#include "core/log/event_line.h"
#include "core/net/ranges.h"
#include "ctl/audit/log_join.h"
#include "ctl/audit/log_time.h"
#include "ctl/audit/breakdown.h"
#include "ctl/audit/own_traffic.h"

/* A filter. */
typedef struct {
    apr_time_t since, until; /* from (inclusive) and to (exclusive); 0: no limit */
    const char *vhost;       /* name, or name:port; NULL: all */
} cfo_ctl_wanted_t;

typedef struct {
    cfo_ctl_wanted_t wanted;
    cfo_ctl_row_t total;
    cfo_ctl_breakdown_t *reasons, *vhosts, *zones, *certificates;
    cfo_ctl_breakdown_t *networks;   /* of edge addresses: /24 or /48 */
    cfo_ctl_breakdown_t *sites;      /* "vhost zone", where there is a zone */
    cfo_ctl_breakdown_t *handshakes; /* that failed, by reason */
    cfo_ctl_breakdown_t *denied; /* proved, then answered 403 by another rule: paths */
    cfo_ctl_breakdown_t *misdirected; /* answered 421: "SNI Host" */
    cfo_ctl_own_t *own;
    cfo_ctl_join_t join;
    apr_uint64_t unrehearsed; /* admitted, with the peer's address (client_ip=off) */
    apr_uint64_t events;      /* lines counted */
    apr_uint64_t cut;     /* of them: incomplete, counted as far as they can be read */
    apr_uint64_t untimed; /* lines without a readable time */
    apr_uint64_t failed_at_edge; /* failed handshakes from Cloudflare's addresses */
    apr_time_t failed_last;      /* the last of them; 0: not known */
    cfo_ranges_t *published;     /* Cloudflare's addresses */
    cfo_ctl_hours_t hours;
    cfo_event_line_t line;
} cfo_ctl_summary_t;

/* `own` has the options about own traffic. */
cfo_ctl_summary_t *cfo_ctl_summary_create(apr_pool_t *p, const cfo_ctl_wanted_t *wanted,
                                          cfo_ctl_own_t *own);

/* To be called before a report: which networks are Cloudflare's may have been learned
 * after their requests with status 421. */
void cfo_ctl_summary_settle(cfo_ctl_summary_t *summary);

/* Adds a line of a log to the summary `baton`, if it has an event, or a refusal of
 * another module, that the filter admits (a cfo_ctl_take_line_t). A filter by time admits
 * no line without a time. */
void cfo_ctl_summary_add(void *baton, const char *text, size_t length);

#endif
