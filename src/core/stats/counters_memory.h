/* SPDX-License-Identifier: Apache-2.0 */
/* The layout of the counters in shared memory, for counters.c, history.c and log_limit.c.
 *
 * Each thread adds to one of several shards, so that processors do not compete for a
 * cache line; readers add the shards up. Nothing moves or is freed while httpd runs:
 * processes of an earlier configuration count in the same memory. */
#ifndef CFO_CORE_STATS_COUNTERS_MEMORY_H
#define CFO_CORE_STATS_COUNTERS_MEMORY_H

#include "apr.h"
#include "apr_time.h"

#include "core/stats/handshake_reason.h"
#include "core/stats/reload_outcome.h"
#include "core/stats/timeline.h"
#include "core/verdict/reason.h"

enum { CFO_SHARDS = 16, CFO_CACHE_LINE = 64, CFO_VHOST_NAME = 268 };

#define CFO_ALIGNED __attribute__((aligned(CFO_CACHE_LINE)))

typedef struct {
    apr_uint64_t by_reason[CFO_REASON_COUNT];
} CFO_ALIGNED cfo_requests_t;

/* Events that are not counted by virtual host. */
typedef struct {
    apr_uint64_t early_drops;
    apr_uint64_t handshakes[CFO_HANDSHAKE_COUNT];
    apr_uint64_t reloads[CFO_RELOAD_COUNT][CFO_RELOAD_RESULT_COUNT];
    apr_uint64_t held_back[CFO_REASON_COUNT];
} CFO_ALIGNED cfo_events_t;

/* A virtual host. 32 bits are enough for a million requests a second for an hour. */
typedef struct {
    cfo_requests_t shards[CFO_SHARDS];
    apr_uint64_t at_minute[CFO_REASON_COUNT]; /* the sum when the current minute began */
    apr_uint64_t at_hour[CFO_REASON_COUNT];
    apr_uint32_t minutes[CFO_MINUTES][CFO_REASON_COUNT];
    apr_uint32_t hours[CFO_HOURS][CFO_REASON_COUNT];
} CFO_ALIGNED cfo_slot_t;

/* Apart from the slot, so that the pages of a virtual host without requests are never
 * touched. */
typedef struct {
    int is_used;
    char text[CFO_VHOST_NAME]; /* cut to this size */
} cfo_slot_name_t;

/* The log limit of a reason. */
typedef struct {
    apr_uint64_t written;   /* the minute, and the number of lines in it */
    apr_uint64_t reported;  /* lines held back that CFO0004 has reported */
    apr_time_t reported_at; /* the last time */
} CFO_ALIGNED cfo_log_limit_t;

struct cfo_counters_t {
    apr_uint64_t layout; /* must stay the first field in all versions */
    apr_time_t since;
    int capacity;            /* virtual hosts */
    apr_uint32_t next_shard; /* for the next thread that counts */
    apr_time_t turn_ends;    /* latest end of the current writer of history; 0: none */
    cfo_timeline_t minutes, hours;
    cfo_log_limit_t limits[CFO_REASON_COUNT];
    cfo_events_t events[CFO_SHARDS];
    cfo_slot_t slots[]; /* the first is "other"; after the last follow the names */
};

/* The names of the virtual hosts, by number; the slot of number i is slots[i + 1]. */
cfo_slot_name_t *cfo_counters_names(struct cfo_counters_t *counters);

/* Sums up a slot by reason, and returns the total. */
apr_uint64_t cfo_slot_sum(const cfo_slot_t *slot, apr_uint64_t sum[CFO_REASON_COUNT]);

/* Lines of a reason held back so far. */
apr_uint64_t cfo_counters_all_held_back(const struct cfo_counters_t *counters,
                                        cfo_reason_t reason);

#endif
