/* SPDX-License-Identifier: Apache-2.0 */
/* What was counted in each minute of an hour and in each hour of a week. */
#include "history.h"

#include <string.h>

#include "counters_memory.h"

/* Far longer than it takes. */
static const apr_interval_time_t turn_most = 10 * APR_USEC_PER_SEC;

int cfo_history_is_due(const cfo_counters_t *counters, apr_time_t now)
{
    return cfo_timeline_is_due(&counters->minutes, &cfo_period_minutes, now);
}

static apr_uint32_t cut(apr_uint64_t count)
{
    return count < APR_UINT32_MAX ? (apr_uint32_t)count : APR_UINT32_MAX;
}

/* `from` is when the row began, and becomes when the next one begins. */
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

/* The rows of a virtual host that never had a request are zeros, and are not touched. */
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

/* Processes of two configurations have no lock in common, but this. Who is killed in his
 * turn must not leave it locked. */
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

/* A reading of minutes or of hours. */
typedef struct {
    const cfo_counters_t *counters;
    const int *slots;
    cfo_totals_t *totals;
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

static cfo_sample_t *sample_of(const reading_t *reading, int vhost, int age)
{
    cfo_vhost_totals_t *totals = vhost_at(reading, vhost);

    return is_of_hours(reading) ? &totals->hours[age] : &totals->minutes[age];
}

static cfo_sample_t *sample_of_all(const reading_t *reading, int age)
{
    return is_of_hours(reading) ? &reading->totals->hours[age]
                                : &reading->totals->minutes[age];
}

static int has_requests(const cfo_vhost_totals_t *totals)
{
    int i;

    for (i = 0; i < CFO_REASON_COUNT; i++) {
        if (totals->requests[i])
            return 1;
    }
    return 0;
}

/* Adds a virtual host's row to `all` as well. */
static void read_row(const reading_t *reading, int vhost, int row, cfo_sample_t *sample,
                     cfo_sample_t *all)
{
    const cfo_slot_t *slot = &reading->counters->slots[reading->slots[vhost] + 1];
    const apr_uint32_t *counts =
        is_of_hours(reading) ? slot->hours[row] : slot->minutes[row];
    int i;

    for (i = 0; i < CFO_REASON_COUNT; i++) {
        sample->requests[i] = __atomic_load_n(&counts[i], __ATOMIC_ACQUIRE);
        all->requests[i] += sample->requests[i];
    }
}

/* The row of that number, for all virtual hosts; nothing of it, if it is not known, or
 * written over meanwhile. */
static void read_rows(const reading_t *reading, apr_int64_t number, int age)
{
    const cfo_period_t *period = reading->period;
    cfo_sample_t *all = sample_of_all(reading, age);
    int i, count = reading->totals->vhosts->nelts;

    if (!cfo_timeline_has(reading->timeline, period, number))
        return;
    all->start = number * period->length;
    for (i = 0; i < count; i++) {
        sample_of(reading, i, age)->start = all->start;
        if (has_requests(vhost_at(reading, i)))
            read_row(reading, i, cfo_timeline_row(period, number),
                     sample_of(reading, i, age), all);
    }
    if (cfo_timeline_has(reading->timeline, period, number))
        return;
    memset(all, 0, sizeof *all);
    for (i = 0; i < count; i++)
        memset(sample_of(reading, i, age), 0, sizeof(cfo_sample_t));
}

static void read_all(const reading_t *reading, apr_time_t now)
{
    apr_int64_t last = cfo_timeline_last(reading->timeline, reading->period, now);
    int age;

    for (age = 0; age < reading->period->rows; age++)
        read_rows(reading, last - age, age);
}

void cfo_history_read(const cfo_counters_t *counters, apr_time_t now, const int *slots,
                      cfo_totals_t *totals)
{
    const reading_t minutes = { counters, slots, totals, &cfo_period_minutes,
                                &counters->minutes };
    const reading_t hours = { counters, slots, totals, &cfo_period_hours,
                              &counters->hours };

    read_all(&minutes, now);
    read_all(&hours, now);
}
