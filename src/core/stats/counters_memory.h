/* SPDX-License-Identifier: Apache-2.0 */
/* How counters lie in shared memory; for counters.c, history.c and log_limit.c.
 *
 * Each thread adds to one of several shards, so that processors do not fight over a cache
 * line; whoever wants a number adds the shards up. Nothing moves or goes away while httpd
 * runs: the processes of an earlier configuration count in the same memory. */
#ifndef CFO_CORE_STATS_COUNTERS_MEMORY_H
#define CFO_CORE_STATS_COUNTERS_MEMORY_H

#include "core/stats/counters.h"
#include "core/stats/timeline.h"

enum { CFO_SHARDS = 16, CFO_CACHE_LINE = 64, CFO_VHOST_NAME = 268 };

#define CFO_ALIGNED __attribute__((aligned(CFO_CACHE_LINE)))

typedef struct {
    apr_uint64_t by_reason[CFO_REASON_COUNT];
} CFO_ALIGNED cfo_requests_t;

/* What is not counted by virtual host. */
typedef struct {
    apr_uint64_t early_drops;
    apr_uint64_t handshakes[CFO_HANDSHAKE_COUNT];
    apr_uint64_t reloads[CFO_RELOAD_COUNT][CFO_RELOAD_RESULT_COUNT];
    apr_uint64_t held_back[CFO_REASON_COUNT];
} CFO_ALIGNED cfo_happenings_t;

/* A virtual host. 32 bits are a million requests a second for an hour. */
typedef struct {
    cfo_requests_t shards[CFO_SHARDS];
    apr_uint64_t at_minute[CFO_REASON_COUNT]; /* when the running one began */
    apr_uint64_t at_hour[CFO_REASON_COUNT];
    apr_uint32_t minutes[CFO_MINUTES][CFO_REASON_COUNT];
    apr_uint32_t hours[CFO_HOURS][CFO_REASON_COUNT];
} CFO_ALIGNED cfo_slot_t;

/* Apart from the slot, so that a virtual host where nothing happens takes no memory that
 * the system would have to find. */
typedef struct {
    int is_used;
    char text[CFO_VHOST_NAME]; /* cut if need be */
} cfo_slot_name_t;

/* Of a reason. */
typedef struct {
    apr_uint64_t written; /* the minute, and how many lines were written in it */
    apr_uint64_t told;    /* lines held back that were told of */
    apr_time_t told_at;
} CFO_ALIGNED cfo_log_limit_t;

struct cfo_counters_t {
    apr_uint64_t layout; /* stays the first one, whatever else changes */
    apr_time_t since;
    int capacity;            /* virtual hosts */
    apr_uint32_t next_shard; /* for the next thread that counts */
    apr_time_t turn_ends;    /* of who writes history, at the latest; 0: nobody does */
    cfo_timeline_t minutes, hours;
    cfo_log_limit_t limits[CFO_REASON_COUNT];
    cfo_happenings_t happenings[CFO_SHARDS];
    cfo_slot_t slots[]; /* the first one: "other"; cfo_slot_name_t follow the last */
};

/* The place of a virtual host's name, which has the slot after that of its number. */
cfo_slot_name_t *cfo_counters_names(cfo_counters_t *counters);

/* What a slot has counted, by reason. Returns all of it together. */
apr_uint64_t cfo_slot_sum(const cfo_slot_t *slot, apr_uint64_t sum[CFO_REASON_COUNT]);

/* Lines of a reason held back so far. */
apr_uint64_t cfo_counters_all_held_back(const cfo_counters_t *counters,
                                        cfo_reason_t reason);

#endif
