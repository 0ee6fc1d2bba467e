/* SPDX-License-Identifier: Apache-2.0 */
/* The requests of each minute of the last hour and of each hour of the last week. */
#include "core/stats/history.h"

#include <strings.h>

#include "apr_strings.h"

#include "core/stats/counters_memory.h"

/* Much longer than it takes. */
static const apr_interval_time_t turn_most = 10 * APR_USEC_PER_SEC;

int cfo_history_is_due(const cfo_counters_t *counters, apr_time_t now)
{
    return cfo_timeline_is_due(&counters->minutes, &cfo_period_minutes, now);
}

static apr_uint32_t cut(apr_uint64_t count)
{
    return count < APR_UINT32_MAX ? (apr_uint32_t)count : APR_UINT32_MAX;
}

/* `from` has the sums at the begin of this row, and is set to those at the begin of the
 * next. */
static void write_row(const apr_uint64_t *sum, apr_uint64_t *from, apr_uint32_t *row)
{
    int i;

    for (i = 0; i < CFO_REASON_COUNT; i++) {
        if (row)
            __atomic_store_n(&row[i], cut(sum[i] - from[i]), __ATOMIC_RELEASE);
        from[i] = sum[i];
    }
}

typedef void (*write_fn)(cfo_slot_t *slot, const apr_uint64_t *sum, int row);

static void write_minute(cfo_slot_t *slot, const apr_uint64_t *sum, int row)
{
    write_row(sum, slot->at_minute, row < 0 ? NULL : slot->minutes[row]);
}

static void write_hour(cfo_slot_t *slot, const apr_uint64_t *sum, int row)
{
    write_row(sum, slot->at_hour, row < 0 ? NULL : slot->hours[row]);
}

/* A virtual host that never had a request keeps its rows of zeros. */
static void write_slots(cfo_counters_t *counters, write_fn write, int row)
{
    const cfo_slot_name_t *names = cfo_counters_names(counters);
    apr_uint64_t sum[CFO_REASON_COUNT];
    int i;

    for (i = 0; i <= counters->capacity; i++) {
        cfo_slot_t *slot = &counters->slots[i];

        if ((!i || names[i - 1].is_used) && cfo_slot_sum(slot, sum))
            write(slot, sum, row);
    }
}

static void turn(cfo_counters_t *counters, cfo_timeline_t *timeline,
                 const cfo_period_t *period, write_fn write, apr_time_t now)
{
    int row;

    if (!cfo_timeline_is_due(timeline, period, now))
        return;
    row = cfo_timeline_begin(timeline, period, now);
    write_slots(counters, write, row);
    cfo_timeline_end(timeline, period, row, now);
}

/* The only lock that processes of two configurations share. It expires, so that a process
 * that is killed does not leave it locked. */
static int take_turn(cfo_counters_t *counters, apr_time_t now)
{
    apr_time_t ends = __atomic_load_n(&counters->turn_ends, __ATOMIC_ACQUIRE);

    return (now >= ends || now < ends - turn_most) &&
           __atomic_compare_exchange_n(&counters->turn_ends, &ends, now + turn_most, 0,
                                       __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

void cfo_history_turn(cfo_counters_t *counters, apr_time_t now)
{
    if (!take_turn(counters, now))
        return;
    turn(counters, &counters->hours, &cfo_period_hours, write_hour, now);
    turn(counters, &counters->minutes, &cfo_period_minutes, write_minute, now);
    __atomic_store_n(&counters->turn_ends, 0, __ATOMIC_RELEASE);
}

/* A pass over the minutes or the hours. */
typedef struct {
    const cfo_counters_t *counters;
    cfo_totals_t *totals;
    apr_uint32_t (*row)[CFO_REASON_COUNT]; /* of each virtual host */
    const cfo_period_t *period;
    const cfo_timeline_t *timeline;
} reading_t;

static cfo_vhost_totals_t *vhost_at(const reading_t *reading, int i)
{
    return APR_ARRAY_IDX(reading->totals->vhosts, i, cfo_vhost_totals_t *);
}

static int is_of_hours(const reading_t *reading)
{
    return reading->period == &cfo_period_hours;
}

static void read_row(const reading_t *reading, int vhost, int row)
{
    const cfo_slot_t *slot =
        &reading->counters->slots[vhost_at(reading, vhost)->number + 1];
    const apr_uint32_t *counts =
        is_of_hours(reading) ? slot->hours[row] : slot->minutes[row];
    int i;

    for (i = 0; i < CFO_REASON_COUNT; i++)
        reading->row[vhost][i] = __atomic_load_n(&counts[i], __ATOMIC_ACQUIRE);
}

static void add_to(apr_uint64_t *sum, const apr_uint32_t *row)
{
    int i;

    for (i = 0; i < CFO_REASON_COUNT; i++)
        sum[i] += row[i];
}

static void add_to_vhost(const reading_t *reading, int vhost, int age)
{
    cfo_vhost_totals_t *totals = vhost_at(reading, vhost);
    const apr_uint32_t *row = reading->row[vhost];

    if (is_of_hours(reading)) {
        add_to(totals->week, row);
        return;
    }
    add_to(totals->hour, row);
    if (age < CFO_LATELY)
        add_to(totals->lately, row);
}

static void keep_row(const reading_t *reading, int vhost, int age, apr_time_t start)
{
    const cfo_vhost_totals_t *totals = vhost_at(reading, vhost);
    cfo_sample_t *samples = is_of_hours(reading) ? totals->hours : totals->minutes;

    if (!samples)
        return;
    samples[age].start = start;
    if (cfo_counters_any(totals->requests))
        add_to(samples[age].requests, reading->row[vhost]);
}

/* Reads the row with this number for all virtual hosts; nothing, if the row is not known
 * or is overwritten at the same time. */
static void read_rows(const reading_t *reading, apr_int64_t number, int age)
{
    const cfo_period_t *period = reading->period;
    cfo_sample_t *all = is_of_hours(reading) ? &reading->totals->hours[age]
                                             : &reading->totals->minutes[age];
    int i, count = reading->totals->vhosts->nelts;

    if (!cfo_timeline_has(reading->timeline, period, number))
        return;
    for (i = 0; i < count; i++) {
        if (cfo_counters_any(vhost_at(reading, i)->requests))
            read_row(reading, i, cfo_timeline_row(period, number));
    }
    if (!cfo_timeline_has(reading->timeline, period, number))
        return;
    all->start = number * period->length;
    for (i = 0; i < count; i++) {
        keep_row(reading, i, age, all->start);
        if (!cfo_counters_any(vhost_at(reading, i)->requests))
            continue;
        add_to_vhost(reading, i, age);
        add_to(all->requests, reading->row[i]);
    }
}

static void read_all(const reading_t *reading, apr_time_t now)
{
    apr_int64_t last = cfo_timeline_last(reading->timeline, reading->period, now);
    int age;

    for (age = 0; age < reading->period->rows; age++)
        read_rows(reading, last - age, age);
}

static void prepare_samples(apr_pool_t *p, const reading_t *reading, const char *wanted)
{
    int i;

    for (i = 0; wanted && i < reading->totals->vhosts->nelts; i++) {
        cfo_vhost_totals_t *vhost = vhost_at(reading, i);

        if (strcasecmp(wanted, vhost->name))
            continue;
        vhost->minutes = apr_pcalloc(p, CFO_MINUTES * sizeof(cfo_sample_t));
        vhost->hours = apr_pcalloc(p, CFO_HOURS * sizeof(cfo_sample_t));
    }
}

void cfo_history_read(apr_pool_t *p, const cfo_counters_t *counters, apr_time_t now,
                      const char *vhost, cfo_totals_t *totals)
{
    reading_t reading = { .counters = counters, .totals = totals };

    prepare_samples(p, &reading, vhost);
    reading.row = apr_palloc(p, (apr_size_t)totals->vhosts->nelts * sizeof *reading.row);
    reading.period = &cfo_period_minutes;
    reading.timeline = &counters->minutes;
    read_all(&reading, now);
    reading.period = &cfo_period_hours;
    reading.timeline = &counters->hours;
    read_all(&reading, now);
}
