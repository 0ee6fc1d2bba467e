/* SPDX-License-Identifier: Apache-2.0 */
/* Joins the refusals of other modules with the requests that this module judged. A
 * request that was admitted and that an access rule refuses has two lines: first that of
 * the rule, then, when the request ends, CFO0003. */
#ifndef CFO_CTL_AUDIT_LOG_JOIN_H
#define CFO_CTL_AUDIT_LOG_JOIN_H

#include "apr_time.h"

#include "core/log/event_line.h"
#include "ctl/audit/log_denial.h"

/* So many requests may be between the two lines; of more, the oldest are given up. */
enum { CFO_JOIN_WAITING = 128 };

typedef struct {
    cfo_ctl_denial_t denial;
    apr_time_t time; /* 0: not known */
    int is_used;
    size_t front_length;
    char front[256]; /* of its line, which may contain the ray: CFOriginPullLogID */
} cfo_ctl_waiting_t;

/* All zeros at first. */
typedef struct {
    cfo_ctl_waiting_t waiting[CFO_JOIN_WAITING];
    int used;           /* of `waiting` */
    int next;           /* the place for the next one */
    apr_uint64_t alone; /* given up: no request was found */
} cfo_ctl_join_t;

/* Keeps a refusal with status 403, whose line begins at `line`. */
void cfo_ctl_join_keep(cfo_ctl_join_t *join, const cfo_ctl_denial_t *denial,
                       const char *line, apr_time_t time);

/* Whether a refusal belongs to the request of this event, whose line begins at `line` and
 * has `length` bytes before the event. Lines of one request have the same ray (with
 * CFOriginPullLogID), or the same process and client, and, as HTTP/2 changes the thread,
 * the same thread or a file that the path of the request leads to. Forgets it. */
int cfo_ctl_join_take(cfo_ctl_join_t *join, const cfo_event_t *event, const char *line,
                      size_t length, apr_time_t time);

/* Refusals that no request was found for until now. */
apr_uint64_t cfo_ctl_join_alone(const cfo_ctl_join_t *join);

#endif
