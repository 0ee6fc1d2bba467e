/* SPDX-License-Identifier: Apache-2.0 */
#include "core/stats/history.h"

#include "core/stats/counters_memory.h"
#include "fixture.h"
#include "shared_memory.h"

#define SECOND APR_USEC_PER_SEC
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

enum { REPORTS = 300 };

static int number_of(cfo_counters_t *counters, const char *name)
{
    return cfo_counters_vhost(counters, counters->capacity, name);
}

static const apr_time_t noon = APR_TIME_C(1700049600) * APR_USEC_PER_SEC;

static cfo_counters_t *counters;
static int a, b; /* virtual hosts */

static void create(apr_time_t now)
{
    counters = cfo_counters_create(shared_memory(cfo_counters_size(4)), 4, now);
    a = number_of(counters, "a:443");
    b = number_of(counters, "b:443");
}

static void count(int vhost, cfo_reason_t reason, int requests)
{
    while (requests--)
        cfo_counters_request(counters, vhost, reason);
}

static const cfo_totals_t *total_with(apr_pool_t *p, apr_time_t now, const char *vhost)
{
    cfo_totals_t *totals = cfo_counters_total(p, counters);

    cfo_history_read(p, counters, now, vhost, totals);
    return totals;
}

/* With the history of both virtual hosts, which are read one after the other. */
static const cfo_totals_t *total(apr_time_t now)
{
    const cfo_totals_t *totals = total_with(pool, now, "A:443");
    const cfo_totals_t *other = total_with(pool, now, "b:443");

    assert_null(APR_ARRAY_IDX(totals->vhosts, 1, cfo_vhost_totals_t *)->minutes);
    assert_null(APR_ARRAY_IDX(other->vhosts, 0, cfo_vhost_totals_t *)->hours);
    APR_ARRAY_IDX(totals->vhosts, 1, cfo_vhost_totals_t *) =
        APR_ARRAY_IDX(other->vhosts, 1, cfo_vhost_totals_t *);
    return totals;
}

static const cfo_vhost_totals_t *vhost_in(const cfo_totals_t *totals, int i)
{
    return APR_ARRAY_IDX(totals->vhosts, i, const cfo_vhost_totals_t *);
}

static void assert_sample(const cfo_sample_t *sample, apr_time_t start,
                          cfo_reason_t reason, int requests)
{
    assert_true(sample->start == start);
    assert_int_equal(sample->requests[reason], requests);
}

static void assert_unknown(const cfo_sample_t *sample)
{
    static const cfo_sample_t unknown;

    assert_memory_equal(sample, &unknown, sizeof unknown);
}

static void a_minute_has_what_was_counted_in_it(void **state)
{
    const cfo_totals_t *totals;

    (void)state;
    create(noon);
    count(a, CFO_REASON_VERIFIED, 3);
    count(b, CFO_REASON_VERIFIED, 4);
    count(b, CFO_REASON_CERT_MISSING, 5);
    cfo_history_turn(counters, noon + MINUTE);
    count(a, CFO_REASON_VERIFIED, 100);
    totals = total(noon + MINUTE + SECOND);
    assert_sample(&totals->minutes[0], noon, CFO_REASON_VERIFIED, 7);
    assert_sample(&totals->minutes[0], noon, CFO_REASON_CERT_MISSING, 5);
    assert_sample(&vhost_in(totals, 0)->minutes[0], noon, CFO_REASON_VERIFIED, 3);
    assert_sample(&vhost_in(totals, 0)->minutes[0], noon, CFO_REASON_CERT_MISSING, 0);
    assert_sample(&vhost_in(totals, 1)->minutes[0], noon, CFO_REASON_VERIFIED, 4);
    assert_unknown(&totals->minutes[1]);
    assert_unknown(&vhost_in(totals, 0)->minutes[1]);
}

static void minutes_are_sorted_newest_first(void **state)
{
    const cfo_totals_t *totals;
    int i;

    (void)state;
    create(noon);
    for (i = 1; i <= 75; i++) {
        count(a, CFO_REASON_VERIFIED, i);
        cfo_history_turn(counters, noon + i * MINUTE);
    }
    totals = total(noon + 75 * MINUTE);
    for (i = 0; i < CFO_MINUTES; i++)
        assert_sample(&vhost_in(totals, 0)->minutes[i], noon + (74 - i) * MINUTE,
                      CFO_REASON_VERIFIED, 75 - i);
}

static void a_minute_without_requests_has_data(void **state)
{
    const cfo_totals_t *totals;

    (void)state;
    create(noon);
    count(a, CFO_REASON_VERIFIED, 1);
    cfo_history_turn(counters, noon + MINUTE);
    cfo_history_turn(counters, noon + 2 * MINUTE);
    totals = total(noon + 2 * MINUTE);
    assert_sample(&vhost_in(totals, 0)->minutes[0], noon + MINUTE, CFO_REASON_VERIFIED,
                  0);
    assert_sample(&vhost_in(totals, 0)->minutes[1], noon, CFO_REASON_VERIFIED, 1);
    assert_sample(&vhost_in(totals, 1)->minutes[0], noon + MINUTE, CFO_REASON_VERIFIED,
                  0);
}

static void requests_of_a_gap_are_in_no_minute(void **state)
{
    const cfo_totals_t *totals;

    (void)state;
    create(noon);
    count(a, CFO_REASON_VERIFIED, 1);
    cfo_history_turn(counters, noon + MINUTE);
    count(a, CFO_REASON_VERIFIED, 1000);
    cfo_history_turn(counters, noon + 5 * MINUTE);
    count(a, CFO_REASON_VERIFIED, 2);
    cfo_history_turn(counters, noon + 6 * MINUTE);
    totals = total(noon + 6 * MINUTE);
    assert_sample(&totals->minutes[0], noon + 5 * MINUTE, CFO_REASON_VERIFIED, 2);
    assert_unknown(&totals->minutes[1]);
    assert_unknown(&totals->minutes[4]);
    assert_sample(&totals->minutes[5], noon, CFO_REASON_VERIFIED, 1);
    assert_int_equal(vhost_in(totals, 0)->requests[CFO_REASON_VERIFIED], 1003);
}

/* Like httpd: every second, for some hours. */
static void an_hour_is_the_sum_of_its_minutes(void **state)
{
    const cfo_totals_t *totals;
    apr_uint64_t sum = 0;
    apr_time_t now;
    int i;

    (void)state;
    create(noon + 30 * MINUTE);
    for (now = noon + 30 * MINUTE; now < noon + 3 * HOUR + MINUTE; now += SECOND) {
        if (cfo_history_is_due(counters, now))
            cfo_history_turn(counters, now);
        count((int)(now / SECOND % 2) ? a : b, CFO_REASON_VERIFIED,
              (int)(now / SECOND % 7));
    }
    totals = total(now);
    for (i = 0; i < CFO_MINUTES; i++)
        sum += totals->minutes[i + (totals->minutes[0].start == noon + 3 * HOUR)]
                   .requests[CFO_REASON_VERIFIED];
    assert_sample(&totals->hours[0], noon + 2 * HOUR, CFO_REASON_VERIFIED, (int)sum);
    assert_true(totals->hours[1].start == noon + HOUR);
    assert_true(totals->hours[2].start == noon); /* its second half */
    assert_unknown(&totals->hours[3]);
    assert_true(totals->hours[2].requests[CFO_REASON_VERIFIED] >
                totals->hours[1].requests[CFO_REASON_VERIFIED] / 3);
}

static void a_week_of_hours_is_kept(void **state)
{
    const cfo_totals_t *totals;
    int i;

    (void)state;
    create(noon);
    for (i = 1; i <= 200; i++) {
        count(b, CFO_REASON_TUNNEL, i);
        cfo_history_turn(counters, noon + i * HOUR);
    }
    totals = total(noon + 200 * HOUR);
    for (i = 0; i < CFO_HOURS; i++)
        assert_sample(&vhost_in(totals, 1)->hours[i], noon + (199 - i) * HOUR,
                      CFO_REASON_TUNNEL, 200 - i);
}

static void assert_sums(const cfo_vhost_totals_t *vhost, int lately, int hour, int week)
{
    assert_int_equal(vhost->lately[CFO_REASON_TUNNEL], lately);
    assert_int_equal(vhost->hour[CFO_REASON_TUNNEL], hour);
    assert_int_equal(vhost->week[CFO_REASON_TUNNEL], week);
}

static void each_virtual_host_has_sums_of_its_history(void **state)
{
    const cfo_totals_t *totals;
    int i;

    (void)state;
    create(noon);
    for (i = 1; i <= 3 * 60; i++) {
        count(b, CFO_REASON_TUNNEL, 2);
        cfo_history_turn(counters, noon + i * MINUTE);
    }
    totals = total_with(pool, noon + 3 * HOUR, NULL);
    assert_sums(vhost_in(totals, 0), 0, 0, 0);
    assert_sums(vhost_in(totals, 1), 2 * 10, 2 * 60, 2 * 180);
    assert_null(vhost_in(totals, 1)->minutes);
}

/* A status request must not need megabytes for a thousand virtual hosts. */
static void the_totals_of_a_virtual_host_are_small(void **state)
{
    (void)state;
    assert_true(sizeof(cfo_vhost_totals_t) < 1024);
}

static void requests_counted_as_other_are_in_the_history(void **state)
{
    (void)state;
    create(noon);
    count(-1, CFO_REASON_VERIFIED, 3);
    cfo_history_turn(counters, noon + MINUTE);
    assert_sample(&total(noon + MINUTE)->minutes[0], noon, CFO_REASON_VERIFIED, 3);
}

static void a_writer_that_is_killed_spoils_one_minute_only(void **state)
{
    const cfo_totals_t *totals;

    (void)state;
    create(noon);
    count(a, CFO_REASON_VERIFIED, 5);
    cfo_timeline_begin(&counters->minutes, &cfo_period_minutes, noon + MINUTE);
    counters->slots[a + 1].at_minute[CFO_REASON_VERIFIED] = 5;
    assert_true(cfo_history_is_due(counters, noon + MINUTE + SECOND));
    cfo_history_turn(counters, noon + MINUTE + SECOND);
    count(a, CFO_REASON_VERIFIED, 6);
    cfo_history_turn(counters, noon + 2 * MINUTE);
    totals = total(noon + 2 * MINUTE);
    assert_sample(&totals->minutes[0], noon + MINUTE, CFO_REASON_VERIFIED, 6);
    assert_unknown(&totals->minutes[1]);
}

static void only_one_process_writes_history_at_a_time(void **state)
{
    (void)state;
    create(noon);
    count(a, CFO_REASON_VERIFIED, 5);
    counters->turn_ends = noon + MINUTE + SECOND;
    cfo_history_turn(counters, noon + MINUTE);
    assert_true(cfo_history_is_due(counters, noon + MINUTE));
    assert_unknown(&total(noon + MINUTE)->minutes[0]);
    cfo_history_turn(counters, noon + MINUTE + SECOND);
    assert_sample(&total(noon + MINUTE + SECOND)->minutes[0], noon, CFO_REASON_VERIFIED,
                  5);
    assert_false(cfo_history_is_due(counters, noon + MINUTE + SECOND));
}

static void history_continues_after_the_clock_is_set_back(void **state)
{
    (void)state;
    create(noon);
    counters->turn_ends = noon + HOUR;
    cfo_history_turn(counters, noon + MINUTE);
    assert_sample(&total(noon + MINUTE)->minutes[0], noon, CFO_REASON_VERIFIED, 0);
}

static void a_count_that_is_too_large_is_capped(void **state)
{
    const apr_uint64_t many = APR_UINT64_C(1) << 40;
    const cfo_totals_t *totals;

    (void)state;
    create(noon);
    counters->slots[a + 1].shards[0].by_reason[CFO_REASON_VERIFIED] = many;
    cfo_history_turn(counters, noon + MINUTE);
    totals = total(noon + MINUTE);
    assert_true(totals->minutes[0].requests[CFO_REASON_VERIFIED] == APR_UINT32_MAX);
    assert_true(vhost_in(totals, 0)->requests[CFO_REASON_VERIFIED] == many);
}

static apr_int64_t *minutes_gone; /* of the writer, for the readers */

/* In each minute, all virtual hosts have equally many requests of each reason. */
static int write_minutes(void)
{
    apr_int64_t i, number;
    int j;

    for (i = 1; !__atomic_load_n(&minutes_gone[1], __ATOMIC_RELAXED); i++) {
        number = i % 50;
        while (number--) {
            for (j = 0; j < CFO_REASON_COUNT; j++) {
                cfo_counters_request(counters, a, (cfo_reason_t)j);
                cfo_counters_request(counters, b, (cfo_reason_t)j);
            }
        }
        cfo_history_turn(counters, noon + i * MINUTE);
        __atomic_store_n(&minutes_gone[0], i, __ATOMIC_RELEASE);
    }
    return 1;
}

/* Whether all counts are of the same minute. */
static int is_whole(const cfo_sample_t *sample, int share)
{
    int i;
    apr_uint64_t expected =
        sample->start ? (apr_uint64_t)((sample->start - noon) / MINUTE + 1) % 50 : 0;

    for (i = 0; i < CFO_REASON_COUNT; i++) {
        if (sample->requests[i] != expected * (apr_uint64_t)share)
            return 0;
    }
    return 1;
}

static int read_minutes(void)
{
    int i, j, are_whole = 1, known = 0;

    for (i = 0; i < REPORTS || !known; i++) {
        apr_pool_t *p;
        const cfo_totals_t *totals;

        apr_pool_create(&p, NULL);
        totals = total_with(
            p, noon + __atomic_load_n(&minutes_gone[0], __ATOMIC_ACQUIRE) * MINUTE,
            "b:443");
        for (j = 0; j < CFO_MINUTES; j++) {
            are_whole &= is_whole(&totals->minutes[j], 2) &&
                         is_whole(&vhost_in(totals, 1)->minutes[j], 1);
            known += totals->minutes[j].start != 0;
        }
        apr_pool_destroy(p);
    }
    __atomic_store_n(&minutes_gone[1], 1, __ATOMIC_RELAXED);
    return are_whole;
}

static int read_or_write(void *data, int number)
{
    (void)data;
    return number ? read_minutes() : write_minutes();
}

static void a_concurrent_reader_sees_a_minute_completely_or_not_at_all(void **state)
{
    (void)state;
    create(noon);
    minutes_gone = shared_memory(2 * sizeof *minutes_gone);
    run_in_all(1, 3, read_or_write, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_minute_has_what_was_counted_in_it),
        TEST(minutes_are_sorted_newest_first),
        TEST(a_minute_without_requests_has_data),
        TEST(requests_of_a_gap_are_in_no_minute),
        TEST(an_hour_is_the_sum_of_its_minutes),
        TEST(a_week_of_hours_is_kept),
        TEST(each_virtual_host_has_sums_of_its_history),
        TEST(the_totals_of_a_virtual_host_are_small),
        TEST(requests_counted_as_other_are_in_the_history),
        TEST(a_writer_that_is_killed_spoils_one_minute_only),
        TEST(only_one_process_writes_history_at_a_time),
        TEST(history_continues_after_the_clock_is_set_back),
        TEST(a_count_that_is_too_large_is_capped),
        TEST(a_concurrent_reader_sees_a_minute_completely_or_not_at_all),
    };

    return RUN(tests);
}
