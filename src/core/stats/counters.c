/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of the whole server, in memory that all processes share. */
#include "core/stats/counters.h"

#include <stdlib.h>
#include <string.h>

#include "apr_hash.h"
#include "apr_strings.h"

#include "core/stats/counters_memory.h"

/* Increase it when the meaning of the memory changes but its sizes do not. */
enum { LAYOUT = 1 };

/* Differs between versions of the module that cannot share the memory. */
static apr_uint64_t layout(void)
{
    return (apr_uint64_t)LAYOUT << 56 | (apr_uint64_t)CFO_REASON_COUNT << 48 |
           (apr_uint64_t)sizeof(cfo_counters_t) << 24 | sizeof(cfo_slot_t);
}

apr_size_t cfo_counters_size(int capacity)
{
    return CFO_CACHE_LINE + sizeof(cfo_counters_t) +
           ((apr_size_t)capacity + 1) * sizeof(cfo_slot_t) +
           (apr_size_t)capacity * sizeof(cfo_slot_name_t);
}

int cfo_counters_capacity(apr_size_t size)
{
    return (int)((size - cfo_counters_size(0)) /
                 (sizeof(cfo_slot_t) + sizeof(cfo_slot_name_t)));
}

/* APR keeps a size in front of the memory that it gives, which therefore does not begin
 * on a cache line. */
static cfo_counters_t *counters_in(void *memory)
{
    return (cfo_counters_t *)APR_ALIGN((apr_uintptr_t)memory, CFO_CACHE_LINE);
}

static cfo_slot_name_t *names_after(cfo_counters_t *counters, int capacity)
{
    return (cfo_slot_name_t *)(void *)&counters->slots[capacity + 1];
}

cfo_slot_name_t *cfo_counters_names(cfo_counters_t *counters)
{
    return names_after(counters, counters->capacity);
}

cfo_counters_t *cfo_counters_create(void *memory, int capacity, apr_time_t now)
{
    cfo_counters_t *counters = counters_in(memory);

    counters->since = now;
    counters->capacity = capacity;
    cfo_timeline_init(&counters->minutes, &cfo_period_minutes, now);
    cfo_timeline_init(&counters->hours, &cfo_period_hours, now);
    counters->layout = layout();
    return counters;
}

cfo_counters_t *cfo_counters_attach(void *memory, int capacity)
{
    cfo_counters_t *counters = counters_in(memory);

    return counters->layout == layout() && counters->capacity == capacity ? counters
                                                                          : NULL;
}

int cfo_counters_vhost(cfo_counters_t *counters, int capacity, const char *name)
{
    cfo_slot_name_t *names = names_after(counters, capacity);
    apr_ssize_t length = (apr_ssize_t)strlen(name);
    int i, place = (int)(apr_hashfunc_default(name, &length) % (unsigned)capacity);

    for (i = 0; i < capacity; i++) {
        cfo_slot_name_t *at = &names[place];

        if (!at->is_used) {
            apr_cpystrn(at->text, name, sizeof at->text);
            __atomic_store_n(&at->is_used, 1, __ATOMIC_RELEASE);
            return place;
        }
        if (!strncmp(at->text, name, sizeof at->text - 1))
            return place;
        place = (place + 1) % capacity;
    }
    return -1;
}

/* Each thread always uses the same shard. */
static int shard_of(cfo_counters_t *counters)
{
    static __thread int shard = -1;

    if (shard < 0)
        shard = (int)(__atomic_fetch_add(&counters->next_shard, 1, __ATOMIC_RELAXED) %
                      CFO_SHARDS);
    return shard;
}

static cfo_events_t *events_of(cfo_counters_t *counters)
{
    return &counters->events[shard_of(counters)];
}

static void add(apr_uint64_t *count, apr_uint64_t number)
{
    __atomic_fetch_add(count, number, __ATOMIC_RELAXED);
}

void cfo_counters_request(cfo_counters_t *counters, int vhost, cfo_reason_t reason)
{
    int is_vhost = vhost >= 0 && vhost < counters->capacity;
    cfo_slot_t *slot = &counters->slots[is_vhost ? vhost + 1 : 0];

    add(&slot->shards[shard_of(counters)].by_reason[cfo_reason_checked(reason)], 1);
}

void cfo_counters_early_drop(cfo_counters_t *counters)
{
    add(&events_of(counters)->early_drops, 1);
}

void cfo_counters_handshake(cfo_counters_t *counters, cfo_handshake_t reason)
{
    if ((unsigned)reason >= CFO_HANDSHAKE_COUNT)
        reason = CFO_HANDSHAKE_OTHER;
    add(&events_of(counters)->handshakes[reason], 1);
}

void cfo_counters_reload(cfo_counters_t *counters, cfo_reload_what_t what,
                         cfo_reload_result_t result)
{
    add(&events_of(counters)->reloads[what][result], 1);
}

void cfo_counters_held_back(cfo_counters_t *counters, cfo_reason_t reason,
                            apr_uint64_t lines)
{
    add(&events_of(counters)->held_back[cfo_reason_checked(reason)], lines);
}

static apr_uint64_t value_of(const apr_uint64_t *count)
{
    return __atomic_load_n(count, __ATOMIC_RELAXED);
}

apr_uint64_t cfo_counters_all_held_back(const cfo_counters_t *counters,
                                        cfo_reason_t reason)
{
    apr_uint64_t sum = 0;
    int i;

    for (i = 0; i < CFO_SHARDS; i++)
        sum += value_of(&counters->events[i].held_back[cfo_reason_checked(reason)]);
    return sum;
}

apr_uint64_t cfo_slot_sum(const cfo_slot_t *slot, apr_uint64_t sum[CFO_REASON_COUNT])
{
    apr_uint64_t all = 0;
    int i, reason;

    for (reason = 0; reason < CFO_REASON_COUNT; reason++) {
        sum[reason] = 0;
        for (i = 0; i < CFO_SHARDS; i++)
            sum[reason] += value_of(&slot->shards[i].by_reason[reason]);
        all += sum[reason];
    }
    return all;
}

int cfo_counters_any(const apr_uint64_t numbers[CFO_REASON_COUNT])
{
    int i;

    for (i = 0; i < CFO_REASON_COUNT; i++) {
        if (numbers[i])
            return 1;
    }
    return 0;
}

static void add_events(const cfo_events_t *from, cfo_totals_t *totals)
{
    int i, j;

    totals->early_drops += value_of(&from->early_drops);
    for (i = 0; i < CFO_HANDSHAKE_COUNT; i++)
        totals->handshakes[i] += value_of(&from->handshakes[i]);
    for (i = 0; i < CFO_RELOAD_COUNT; i++) {
        for (j = 0; j < CFO_RELOAD_RESULT_COUNT; j++)
            totals->reloads[i][j] += value_of(&from->reloads[i][j]);
    }
    for (i = 0; i < CFO_REASON_COUNT; i++)
        totals->held_back[i] += value_of(&from->held_back[i]);
}

/* A virtual host and its number; "other" has -1. */
typedef struct {
    const char *name;
    int number;
} entry_t;

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const entry_t *)a)->name, ((const entry_t *)b)->name);
}

/* All virtual hosts since the start, by name (of entry_t). */
static apr_array_header_t *list(apr_pool_t *p, cfo_counters_t *counters)
{
    apr_array_header_t *entries = apr_array_make(p, 16, sizeof(entry_t));
    const cfo_slot_name_t *names = cfo_counters_names(counters);
    apr_uint64_t sum[CFO_REASON_COUNT];
    int i;

    for (i = 0; i < counters->capacity; i++) {
        if (__atomic_load_n(&names[i].is_used, __ATOMIC_ACQUIRE))
            APR_ARRAY_PUSH(entries, entry_t) =
                (entry_t){ apr_pstrndup(p, names[i].text, sizeof names[i].text - 1), i };
    }
    if (cfo_slot_sum(&counters->slots[0], sum))
        APR_ARRAY_PUSH(entries, entry_t) = (entry_t){ "other", -1 };
    qsort(entries->elts, (size_t)entries->nelts, sizeof(entry_t), compare_names);
    return entries;
}

static void total_vhosts(apr_pool_t *p, cfo_counters_t *counters, cfo_totals_t *totals)
{
    apr_array_header_t *entries = list(p, counters);
    int i;

    totals->vhosts = apr_array_make(p, entries->nelts, sizeof(cfo_vhost_totals_t *));
    for (i = 0; i < entries->nelts; i++) {
        const entry_t *entry = &APR_ARRAY_IDX(entries, i, entry_t);
        cfo_vhost_totals_t *vhost = apr_pcalloc(p, sizeof *vhost);

        vhost->name = entry->name;
        vhost->number = entry->number;
        cfo_slot_sum(&counters->slots[entry->number + 1], vhost->requests);
        APR_ARRAY_PUSH(totals->vhosts, cfo_vhost_totals_t *) = vhost;
    }
}

cfo_totals_t *cfo_counters_total(apr_pool_t *p, cfo_counters_t *counters)
{
    cfo_totals_t *totals = apr_pcalloc(p, sizeof *totals);
    int i;

    totals->since = counters->since > 0 ? counters->since : 0;
    for (i = 0; i < CFO_SHARDS; i++)
        add_events(&counters->events[i], totals);
    total_vhosts(p, counters, totals);
    return totals;
}
