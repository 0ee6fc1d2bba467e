/* SPDX-License-Identifier: Apache-2.0 */
#include "core/stats/log_limit.h"

#include "core/stats/counters_memory.h"

#include "fixture.h"
#include "shared_memory.h"

#define SECOND APR_USEC_PER_SEC
#define MINUTE (60 * SECOND)

enum { LIMIT = 60, PROCESSES = 4, THREADS = 4, MINUTES = 40, LINES = 100 };

static const apr_time_t noon = APR_TIME_C(1700049600) * APR_USEC_PER_SEC;
static const cfo_reason_t reason = CFO_REASON_CERT_MISSING;

static cfo_counters_t *counters;
static cfo_held_back_t held; /* what the last line reported of */

static void create(void)
{
    counters = cfo_counters_create(shared_memory(cfo_counters_size(1)), 1, noon);
}

static int admits(apr_time_t now)
{
    return cfo_log_limit_admits(counters, LIMIT, reason, now, &held);
}

/* Asks for so many lines; returns how many were admitted. */
static int log_lines(int lines, apr_time_t now)
{
    int i, admitted = 0;

    for (i = 0; i < lines; i++)
        admitted += admits(now);
    return admitted;
}

static void assert_reported(cfo_held_back_t reported, int lines, int seconds)
{
    assert_int_equal(reported.lines, lines);
    if (lines)
        assert_int_equal(reported.seconds, seconds);
}

static void no_more_lines_than_the_limit_are_written_in_a_minute(void **state)
{
    (void)state;
    create();
    assert_int_equal(log_lines(LIMIT, noon), LIMIT);
    assert_int_equal(log_lines(10, noon + MINUTE - 1), 0);
    assert_int_equal(log_lines(LIMIT + 1, noon + MINUTE), LIMIT);
}

static void each_reason_has_a_limit_of_its_own(void **state)
{
    (void)state;
    create();
    log_lines(LIMIT + 5, noon);
    assert_true(cfo_log_limit_admits(counters, LIMIT, CFO_REASON_NOT_TLS, noon, &held));
    assert_int_equal(
        cfo_log_limit_report(counters, CFO_REASON_NOT_TLS, noon + MINUTE, 0).lines, 0);
}

static void held_back_lines_are_reported_when_the_minute_is_over(void **state)
{
    (void)state;
    create();
    log_lines(LIMIT + 7, noon + SECOND);
    assert_reported(cfo_log_limit_report(counters, reason, noon + MINUTE - 1, 0), 0, 0);
    assert_reported(cfo_log_limit_report(counters, reason, noon + MINUTE, 0), 7, 60);
    assert_reported(cfo_log_limit_report(counters, reason, noon + 2 * MINUTE, 0), 0, 0);
}

static void the_first_line_of_a_later_minute_reports_them(void **state)
{
    (void)state;
    create();
    log_lines(LIMIT + 7, noon);
    assert_true(admits(noon + 500 * MINUTE));
    assert_reported(held, 7, 60);
    assert_true(admits(noon + 500 * MINUTE));
    assert_reported(held, 0, 0);
}

static void held_back_lines_are_reported_only_once(void **state)
{
    (void)state;
    create();
    log_lines(LIMIT + 7, noon);
    cfo_log_limit_report(counters, reason, noon + MINUTE, 0);
    assert_true(admits(noon + MINUTE));
    assert_reported(held, 0, 0);
}

static void at_the_end_a_minute_that_is_not_over_is_reported(void **state)
{
    (void)state;
    create();
    log_lines(LIMIT + 7, noon);
    assert_reported(cfo_log_limit_report(counters, reason, noon + 20 * SECOND, 1), 7, 20);
    /* A graceful restart does not end the minute. */
    assert_int_equal(log_lines(3, noon + 30 * SECOND), 0);
    assert_reported(cfo_log_limit_report(counters, reason, noon + MINUTE, 0), 3, 40);
}

static void the_reported_time_is_at_least_one_second(void **state)
{
    (void)state;
    create();
    log_lines(LIMIT + 1, noon);
    assert_reported(cfo_log_limit_report(counters, reason, noon + 1, 1), 1, 1);
}

/* Other processes may write into the memory what they like. */
static void a_minute_that_nobody_can_have_written_is_now(void **state)
{
    (void)state;
    create();
    log_lines(LIMIT + 1, noon);
    counters->limits[reason].written = ~APR_UINT64_C(0);
    assert_reported(cfo_log_limit_report(counters, reason, noon + 20 * SECOND, 1), 1, 20);
}

static void lines_that_are_held_back_are_counted(void **state)
{
    (void)state;
    create();
    log_lines(LIMIT + 7, noon);
    log_lines(LIMIT + 4, noon + MINUTE);
    assert_int_equal(cfo_counters_total(pool, counters)->held_back[reason], 11);
}

static void a_number_that_is_not_a_reason_uses_the_limit_of_unjudged(void **state)
{
    cfo_reason_t none = (cfo_reason_t)0x78787878;

    (void)state;
    create();
    assert_true(cfo_log_limit_admits(counters, 1, none, noon, &held));
    assert_false(cfo_log_limit_admits(counters, 1, CFO_REASON_UNJUDGED, noon, &held));
    assert_reported(cfo_log_limit_report(counters, none, noon + 1, 1), 1, 1);
}

static void off_holds_nothing_back(void **state)
{
    int i;

    (void)state;
    create();
    for (i = 0; i < 10 * LIMIT; i++)
        assert_true(
            cfo_log_limit_admits(counters, CFO_LOG_LIMIT_OFF, reason, noon, &held));
    assert_reported(cfo_log_limit_report(counters, reason, noon + MINUTE, 1), 0, 0);
}

static void the_highest_limit_can_be_reached(void **state)
{
    int i;

    (void)state;
    create();
    for (i = 0; i < CFO_LOG_LIMIT_MOST; i++)
        assert_true(
            cfo_log_limit_admits(counters, CFO_LOG_LIMIT_MOST, reason, noon, &held));
    assert_false(cfo_log_limit_admits(counters, CFO_LOG_LIMIT_MOST, reason, noon, &held));
}

static void a_lower_limit_counts_within_the_minute(void **state)
{
    (void)state;
    create();
    log_lines(10, noon);
    assert_false(cfo_log_limit_admits(counters, 5, reason, noon, &held));
    assert_true(cfo_log_limit_admits(counters, 11, reason, noon, &held));
}

/* Processors differ by microseconds on when a minute begins. */
static void a_late_line_of_the_last_minute_does_not_restart_it(void **state)
{
    (void)state;
    create();
    log_lines(LIMIT, noon - 1);
    assert_int_equal(log_lines(LIMIT, noon), LIMIT);
    assert_false(admits(noon - 1));
    assert_false(admits(noon));
}

static void lines_are_written_after_the_clock_is_set_back(void **state)
{
    (void)state;
    create();
    log_lines(LIMIT + 7, noon);
    assert_int_equal(log_lines(LIMIT + 2, noon - 60 * MINUTE), LIMIT);
    assert_reported(cfo_log_limit_report(counters, reason, noon - 59 * MINUTE, 0), 2, 60);
}

/* The lines that all together have written in each minute, and reported. */
typedef struct {
    unsigned written[MINUTES];
    apr_uint64_t reported;
} book_t;

static book_t *book;

static void report_lines(cfo_held_back_t reported)
{
    __atomic_fetch_add(&book->reported, reported.lines, __ATOMIC_RELAXED);
}

/* One thread of each process reports held-back lines, like the watchdog; the others
 * write. */
static int write_lines(void *data, int number)
{
    cfo_held_back_t mine;
    int i, j;

    (void)data;
    for (i = 0; i < MINUTES; i++) {
        for (j = 0; j < LINES; j++) {
            if (number % THREADS == 0)
                report_lines(
                    cfo_log_limit_report(counters, reason, noon + i * MINUTE, 0));
            else if (cfo_log_limit_admits(counters, LIMIT, reason, noon + i * MINUTE,
                                          &mine)) {
                report_lines(mine);
                __atomic_fetch_add(&book->written[i], 1, __ATOMIC_RELAXED);
            }
        }
    }
    return 1;
}

static void processes_share_one_limit_and_report_each_line_once(void **state)
{
    const unsigned lines = PROCESSES * (THREADS - 1) * MINUTES * LINES;
    apr_uint64_t all = 0;
    int i;

    (void)state;
    create();
    book = shared_memory(sizeof *book);
    run_in_all(PROCESSES, THREADS, write_lines, NULL);
    report_lines(cfo_log_limit_report(counters, reason, noon + MINUTES * MINUTE, 0));
    for (i = 0; i < MINUTES; i++)
        all += book->written[i];
    assert_int_equal(all + book->reported, lines);
    assert_int_equal(book->reported,
                     cfo_counters_total(pool, counters)->held_back[reason]);
    assert_true(book->reported > 0);
}

static int write_at_noon(void *data, int number)
{
    cfo_held_back_t mine;
    int i;

    (void)data, (void)number;
    for (i = 0; i < LINES; i++) {
        __atomic_fetch_add(&book->written[0],
                           cfo_log_limit_admits(counters, LIMIT, reason, noon, &mine),
                           __ATOMIC_RELAXED);
        report_lines(mine); /* the first line, if others were held back meanwhile */
    }
    return 1;
}

static void concurrent_writers_never_exceed_the_limit(void **state)
{
    (void)state;
    create();
    book = shared_memory(sizeof *book);
    run_in_all(PROCESSES, THREADS, write_at_noon, NULL);
    assert_int_equal(book->written[0], LIMIT);
    report_lines(cfo_log_limit_report(counters, reason, noon + MINUTE, 0));
    assert_int_equal(book->reported, PROCESSES * THREADS * LINES - LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_more_lines_than_the_limit_are_written_in_a_minute),
        TEST(each_reason_has_a_limit_of_its_own),
        TEST(held_back_lines_are_reported_when_the_minute_is_over),
        TEST(the_first_line_of_a_later_minute_reports_them),
        TEST(held_back_lines_are_reported_only_once),
        TEST(at_the_end_a_minute_that_is_not_over_is_reported),
        TEST(the_reported_time_is_at_least_one_second),
        TEST(a_minute_that_nobody_can_have_written_is_now),
        TEST(lines_that_are_held_back_are_counted),
        TEST(a_number_that_is_not_a_reason_uses_the_limit_of_unjudged),
        TEST(off_holds_nothing_back),
        TEST(the_highest_limit_can_be_reached),
        TEST(a_lower_limit_counts_within_the_minute),
        TEST(a_late_line_of_the_last_minute_does_not_restart_it),
        TEST(lines_are_written_after_the_clock_is_set_back),
        TEST(processes_share_one_limit_and_report_each_line_once),
        TEST(concurrent_writers_never_exceed_the_limit),
    };

    return RUN(tests);
}
