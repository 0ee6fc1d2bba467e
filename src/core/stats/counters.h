/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of the whole server, in memory that all processes share. */
#ifndef CFO_CORE_STATS_COUNTERS_H
#define CFO_CORE_STATS_COUNTERS_H

#include "apr_pools.h"
#include "apr_tables.h"
#include "apr_time.h"

#include "core/stats/handshake_reason.h"
#include "core/stats/reload_outcome.h"
#include "core/stats/timeline.h"
#include "core/verdict/reason.h"

enum { CFO_LATELY = 10 }; /* minutes */

/* The requests that ended in a minute or an hour, by reason. */
typedef struct {
    apr_time_t start; /* of the minute or hour; 0: there is no data for it */
    apr_uint64_t requests[CFO_REASON_COUNT];
} cfo_sample_t;

/* There may be thousands of virtual hosts, so only one has its minutes and hours. */
typedef struct {
    const char *name;                        /* "shop.example.com:443" */
    int number;                              /* as of cfo_counters_vhost() */
    apr_uint64_t requests[CFO_REASON_COUNT]; /* since httpd was started */
    /* Set by cfo_history_read(). */
    apr_uint64_t lately[CFO_REASON_COUNT]; /* in the last CFO_LATELY minutes */
    apr_uint64_t hour[CFO_REASON_COUNT];   /* in the last CFO_MINUTES */
    apr_uint64_t week[CFO_REASON_COUNT];   /* in the last CFO_HOURS */
    cfo_sample_t *minutes; /* newest first, without the current one; may be NULL */
    cfo_sample_t *hours;   /* likewise */
} cfo_vhost_totals_t;

/* A copy of all counters at one time. */
typedef struct {
    apr_time_t since;                  /* when counting began */
    apr_array_header_t *vhosts;        /* of cfo_vhost_totals_t *, by name */
    cfo_sample_t minutes[CFO_MINUTES]; /* of all virtual hosts; by cfo_history_read() */
    cfo_sample_t hours[CFO_HOURS];
    apr_uint64_t early_drops;
    apr_uint64_t handshakes[CFO_HANDSHAKE_COUNT];
    apr_uint64_t reloads[CFO_RELOAD_COUNT][CFO_RELOAD_RESULT_COUNT];
    apr_uint64_t held_back[CFO_REASON_COUNT]; /* log lines, by reason */
} cfo_totals_t;

/* Whether one of the numbers, by reason, is not 0. */
int cfo_counters_any(const apr_uint64_t numbers[CFO_REASON_COUNT]);

typedef struct cfo_counters_t cfo_counters_t;

/* The size in bytes for this number of virtual hosts: 17 KB each. */
apr_size_t cfo_counters_size(int capacity);

/* The number of virtual hosts that memory of such a size has room for. */
int cfo_counters_capacity(apr_size_t size);

/* Starts counting in `memory`: cfo_counters_size(capacity) bytes, all zero, shared by all
 * processes. */
cfo_counters_t *cfo_counters_create(void *memory, int capacity, apr_time_t now);

/* Continues in memory that cfo_counters_create() was given, possibly by another version
 * of this module whose processes still count there. NULL: that version has another
 * layout, or the memory is damaged. */
cfo_counters_t *cfo_counters_attach(void *memory, int capacity);

/* The number of a virtual host among the counters: always the same as long as the memory
 * exists. -1: there is no room for another one. One process at a time. It is given the
 * capacity and does not look it up in the memory, where processes with fewer rights than
 * this one, httpd's parent, can write. */
int cfo_counters_vhost(cfo_counters_t *counters, int capacity, const char *name);

/* Adds up all counters, in `p`, without the history. Any thread, any process; an event
 * that is counted at the same time is either in it or not. */
cfo_totals_t *cfo_counters_total(apr_pool_t *p, cfo_counters_t *counters);

/* Count an event. Any thread, any process; no locks. `vhost` is the number from
 * cfo_counters_vhost(); any other number counts under "other", and an unknown reason as
 * unjudged (or other), so that a mistake never writes outside the memory. */
void cfo_counters_request(cfo_counters_t *counters, int vhost, cfo_reason_t reason);
void cfo_counters_early_drop(cfo_counters_t *counters);
void cfo_counters_handshake(cfo_counters_t *counters, cfo_handshake_t reason);
void cfo_counters_reload(cfo_counters_t *counters, cfo_reload_what_t what,
                         cfo_reload_result_t result);
void cfo_counters_held_back(cfo_counters_t *counters, cfo_reason_t reason,
                            apr_uint64_t lines);

#endif
