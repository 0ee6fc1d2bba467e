/* SPDX-License-Identifier: Apache-2.0 */
/* What happened, counted for the whole server in memory that all processes share, and
 * what of it happened in each minute of the last hour and in each hour of the last week.
 */
#ifndef CFO_CORE_STATS_COUNTERS_H
#define CFO_CORE_STATS_COUNTERS_H

#include "apr_pools.h"
#include "apr_tables.h"
#include "apr_time.h"

#include "core/stats/handshake_reason.h"
#include "core/verdict/verdict.h"

enum { CFO_MINUTES = 60, CFO_HOURS = 168, CFO_LATELY = 10 };

/* What was loaded while httpd ran, and what came of it. */
typedef enum {
    CFO_RELOAD_RANGES,
    CFO_RELOAD_ZONE,
    CFO_RELOAD_FOLDER,
    CFO_RELOAD_COUNT
} cfo_reload_what_t;
typedef enum {
    CFO_RELOAD_LOADED,
    CFO_RELOAD_REJECTED,
    CFO_RELOAD_REMOVED,
    CFO_RELOAD_RESULT_COUNT
} cfo_reload_result_t;
const char *cfo_reload_what_name(cfo_reload_what_t what);       /* "ranges" ... */
const char *cfo_reload_result_name(cfo_reload_result_t result); /* "loaded" ... */

/* The requests that ended in a minute or an hour, by reason. */
typedef struct {
    apr_time_t start; /* of the minute or hour; 0: nothing is known of it */
    apr_uint64_t requests[CFO_REASON_COUNT];
} cfo_sample_t;

/* There may be thousands of virtual hosts: each minute and hour is there for the one that
 * is asked for. */
typedef struct {
    const char *name;                        /* "shop.example.com:443" */
    apr_uint64_t requests[CFO_REASON_COUNT]; /* since httpd was started */
    apr_uint64_t lately[CFO_REASON_COUNT];   /* in the last CFO_LATELY minutes */
    apr_uint64_t hour[CFO_REASON_COUNT];     /* in the last CFO_MINUTES */
    apr_uint64_t week[CFO_REASON_COUNT];     /* in the last CFO_HOURS */
    cfo_sample_t *minutes; /* the last one first; not the running one; may be NULL */
    cfo_sample_t *hours;   /* likewise */
} cfo_vhost_totals_t;

/* A copy of all that was counted, at one time. */
typedef struct {
    apr_time_t since;                  /* when counting began */
    apr_array_header_t *vhosts;        /* of cfo_vhost_totals_t *, by name */
    cfo_sample_t minutes[CFO_MINUTES]; /* of all virtual hosts together */
    cfo_sample_t hours[CFO_HOURS];
    apr_uint64_t early_drops;
    apr_uint64_t handshakes[CFO_HANDSHAKE_COUNT];
    apr_uint64_t reloads[CFO_RELOAD_COUNT][CFO_RELOAD_RESULT_COUNT];
    apr_uint64_t held_back[CFO_REASON_COUNT]; /* log lines, by reason */
} cfo_totals_t;

typedef struct cfo_counters_t cfo_counters_t;

/* Bytes of memory for so many virtual hosts: 17 KB each. */
apr_size_t cfo_counters_size(int capacity);

/* Begins to count in `memory`, which is full of zeros, of cfo_counters_size(capacity)
 * bytes, and shared by all processes. */
cfo_counters_t *cfo_counters_create(void *memory, int capacity, apr_time_t now);

/* Goes on in the memory that cfo_counters_create() was given, maybe by another version of
 * this module while processes of that version still count there. NULL: they count in
 * another way. */
cfo_counters_t *cfo_counters_attach(void *memory);

/* The number under which a virtual host is counted; the same whenever it is asked for, as
 * long as the memory lives. -1: there is no room for another one. One process at a time.
 */
int cfo_counters_vhost(cfo_counters_t *counters, const char *name);

/* Adds it all up, in `p`, with the minutes and hours as they are at `now`; those of a
 * virtual host, if it is the one of that name (in whatever case; NULL: of none). Any
 * thread, any process; what is counted meanwhile is in it or not, and nothing is ever
 * half in it. */
const cfo_totals_t *cfo_counters_total(apr_pool_t *p, cfo_counters_t *counters,
                                       apr_time_t now, const char *vhost);

/* Counts. Any thread, any process; takes no lock. `vhost` is the number that
 * cfo_counters_vhost() gave; -1 counts under "other". A number or reason that is none, as
 * it comes of a mistake, is counted with "other" or as unjudged: nobody writes outside.
 */
void cfo_counters_request(cfo_counters_t *counters, int vhost, cfo_reason_t reason);
void cfo_counters_early_drop(cfo_counters_t *counters);
void cfo_counters_handshake(cfo_counters_t *counters, cfo_handshake_t reason);
void cfo_counters_reload(cfo_counters_t *counters, cfo_reload_what_t what,
                         cfo_reload_result_t result);
void cfo_counters_held_back(cfo_counters_t *counters, cfo_reason_t reason,
                            apr_uint64_t lines);

#endif
