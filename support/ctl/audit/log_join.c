/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl audit: refusals of other modules, and the requests that they belong to. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem() */
#endif
#include "ctl/audit/log_join.h"

#include <string.h>

#include "ctl/audit/uri_path.h"

/* The end of a request follows its refusal at once, unless the client is slow. */
enum { MOST_APART = 5 };

void cfo_ctl_join_keep(cfo_ctl_join_t *join, const cfo_ctl_denial_t *denial,
                       const char *line, apr_time_t time)
{
    cfo_ctl_waiting_t *waiting = &join->waiting[join->next];

    join->alone += waiting->is_used;
    join->used += !waiting->is_used;
    waiting->denial = *denial;
    waiting->time = time;
    waiting->is_used = 1;
    waiting->front_length =
        denial->front < sizeof waiting->front ? denial->front : sizeof waiting->front;
    memcpy(waiting->front, line, waiting->front_length);
    join->next = (join->next + 1) % CFO_JOIN_WAITING;
}

static int is_near(apr_time_t a, apr_time_t b)
{
    return !a || !b || (b >= a && b - a <= apr_time_from_sec(MOST_APART));
}

/* "/a/b?c" leads to "/var/www/a/b" and to "proxy:http://127.0.0.1:8080/a/b". */
static int leads_to(const char *uri, const char *file)
{
    char path[256];
    size_t length = cfo_ctl_uri_path(uri, path, sizeof path), size = strlen(file);

    if (!length)
        return 0;
    if (length > 1 && path[length - 1] == '/')
        length--;
    if (length > 1 && size && file[size - 1] == '/')
        size--;
    return size >= length && !memcmp(file + size - length, path, length);
}

static int is_same(const cfo_ctl_waiting_t *waiting, const cfo_event_t *event,
                   const cfo_ctl_line_front_t *front)
{
    const cfo_ctl_line_front_t *of = &waiting->denial.of;
    int leads = event->uri && leads_to(event->uri, waiting->denial.what);

    if (event->ray &&
        memmem(waiting->front, waiting->front_length, event->ray, strlen(event->ray)))
        return 1;
    if (strcmp(of->process, front->process) || strcmp(of->client, front->client))
        return 0;
    return leads || (*of->process && !strcmp(of->thread, front->thread));
}

int cfo_ctl_join_take(cfo_ctl_join_t *join, const cfo_event_t *event, const char *line,
                      size_t length, apr_time_t time)
{
    cfo_ctl_line_front_t front;
    int i, found = 0;

    if (!join->used)
        return 0;
    cfo_ctl_line_front(line, length, &front);
    for (i = 0; i < CFO_JOIN_WAITING; i++) {
        cfo_ctl_waiting_t *waiting = &join->waiting[i];

        if (!waiting->is_used || !is_near(waiting->time, time) ||
            !is_same(waiting, event, &front))
            continue;
        waiting->is_used = 0;
        join->used--;
        found = 1;
    }
    return found;
}

apr_uint64_t cfo_ctl_join_alone(const cfo_ctl_join_t *join)
{
    return join->alone + (apr_uint64_t)join->used;
}
