/* SPDX-License-Identifier: Apache-2.0 */
#include "core/stats/timeline.h"

#include "fixture.h"

#define SECOND APR_USEC_PER_SEC
#define MINUTE (60 * SECOND)

static const apr_time_t noon = APR_TIME_C(1700049600) * APR_USEC_PER_SEC;
static const cfo_period_t *const minutes = &cfo_period_minutes;

static cfo_timeline_t timeline;

static void begin(apr_time_t now)
{
    memset(&timeline, 0, sizeof timeline);
    cfo_timeline_init(&timeline, minutes, now);
}

/* Begins and ends a row; returns whether it has data. */
static int turn(apr_time_t now)
{
    int row = cfo_timeline_begin(&timeline, minutes, now);

    cfo_timeline_end(&timeline, minutes, row, now);
    return row >= 0;
}

/* Whether the minute that began at `start` is known. */
static int is_known(apr_time_t start)
{
    return cfo_timeline_has(&timeline, minutes, start / MINUTE);
}

static void a_turn_is_due_when_a_minute_has_ended(void **state)
{
    (void)state;
    begin(noon + 10 * SECOND);
    assert_false(cfo_timeline_is_due(&timeline, minutes, noon + MINUTE - 1));
    assert_true(cfo_timeline_is_due(&timeline, minutes, noon + MINUTE));
    assert_true(turn(noon + MINUTE));
    assert_false(cfo_timeline_is_due(&timeline, minutes, noon + MINUTE));
}

static void a_minute_is_known_once_it_has_ended(void **state)
{
    (void)state;
    begin(noon);
    assert_false(is_known(noon));
    turn(noon + MINUTE + 5 * SECOND);
    assert_true(is_known(noon));
    assert_false(is_known(noon + MINUTE));
    assert_false(is_known(noon - MINUTE));
}

static void the_first_minute_counts_although_it_is_shorter(void **state)
{
    (void)state;
    begin(noon + 59 * SECOND);
    assert_true(turn(noon + MINUTE));
    assert_true(is_known(noon));
}

static void a_minute_without_a_timely_end_is_unknown_and_so_is_the_next(void **state)
{
    (void)state;
    begin(noon);
    assert_false(turn(noon + MINUTE + 6 * SECOND));
    assert_false(turn(noon + 2 * MINUTE));
    assert_true(turn(noon + 3 * MINUTE));
    assert_false(is_known(noon));
    assert_false(is_known(noon + MINUTE));
    assert_true(is_known(noon + 2 * MINUTE));
}

static void minutes_that_no_process_noticed_are_unknown(void **state)
{
    (void)state;
    begin(noon);
    assert_true(turn(noon + MINUTE));
    assert_false(turn(noon + 10 * MINUTE));
    assert_true(turn(noon + 11 * MINUTE));
    assert_true(is_known(noon));
    assert_false(is_known(noon + MINUTE));
    assert_false(is_known(noon + 9 * MINUTE));
    assert_true(is_known(noon + 10 * MINUTE));
}

static void after_an_hour_a_row_is_another_minute(void **state)
{
    int i;

    (void)state;
    begin(noon);
    for (i = 1; i <= 60; i++)
        turn(noon + i * MINUTE);
    assert_true(is_known(noon));
    turn(noon + 61 * MINUTE);
    assert_false(is_known(noon));
    assert_true(is_known(noon + MINUTE));
    assert_true(is_known(noon + 60 * MINUTE));
}

static void a_row_that_is_being_written_is_not_known(void **state)
{
    int i, row;

    (void)state;
    begin(noon);
    for (i = 1; i <= 60; i++)
        turn(noon + i * MINUTE);
    row = cfo_timeline_begin(&timeline, minutes, noon + 61 * MINUTE);
    assert_int_equal(row, cfo_timeline_row(minutes, noon / MINUTE));
    assert_false(is_known(noon));
    assert_false(is_known(noon + 60 * MINUTE));
    cfo_timeline_end(&timeline, minutes, row, noon + 61 * MINUTE);
    assert_true(is_known(noon + 60 * MINUTE));
}

static void a_writer_that_is_killed_leaves_one_minute_unknown(void **state)
{
    (void)state;
    begin(noon);
    assert_true(cfo_timeline_begin(&timeline, minutes, noon + MINUTE) >= 0);
    assert_true(cfo_timeline_is_due(&timeline, minutes, noon + MINUTE + SECOND));
    assert_false(turn(noon + MINUTE + SECOND));
    assert_true(turn(noon + 2 * MINUTE));
    assert_false(is_known(noon));
    assert_true(is_known(noon + MINUTE));
}

static void a_clock_that_is_set_back_leaves_a_hole(void **state)
{
    (void)state;
    begin(noon);
    turn(noon + MINUTE);
    assert_true(cfo_timeline_is_due(&timeline, minutes, noon - 30 * MINUTE));
    assert_false(turn(noon - 30 * MINUTE));
    assert_true(turn(noon - 29 * MINUTE));
    assert_true(is_known(noon - 30 * MINUTE));
}

static void the_newest_row_is_the_one_before_until_the_last_is_written(void **state)
{
    (void)state;
    begin(noon);
    turn(noon + MINUTE);
    assert_int_equal(cfo_timeline_last(&timeline, minutes, noon + MINUTE), noon / MINUTE);
    assert_int_equal(cfo_timeline_last(&timeline, minutes, noon + 2 * MINUTE),
                     noon / MINUTE);
    turn(noon + 2 * MINUTE);
    assert_int_equal(cfo_timeline_last(&timeline, minutes, noon + 2 * MINUTE),
                     noon / MINUTE + 1);
    /* No process continues. */
    assert_int_equal(cfo_timeline_last(&timeline, minutes, noon + 9 * MINUTE),
                     noon / MINUTE + 8);
}

static void an_hour_may_be_noticed_later_than_a_minute(void **state)
{
    int row;

    (void)state;
    memset(&timeline, 0, sizeof timeline);
    cfo_timeline_init(&timeline, &cfo_period_hours, noon);
    row = cfo_timeline_begin(&timeline, &cfo_period_hours, noon + 61 * MINUTE);
    assert_true(row >= 0);
    cfo_timeline_end(&timeline, &cfo_period_hours, row, noon + 61 * MINUTE);
    assert_true(cfo_timeline_has(&timeline, &cfo_period_hours, noon / (60 * MINUTE)));
}

/* Other processes may write into the memory what they like. */
static void every_number_has_a_row(void **state)
{
    static const apr_int64_t numbers[] = { -1, INT64_MIN, INT64_MAX };
    int i;

    (void)state;
    for (i = 0; i < COUNT(numbers); i++)
        assert_in_range(cfo_timeline_row(minutes, numbers[i]), 0, CFO_MINUTES - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_number_has_a_row),
        TEST(a_turn_is_due_when_a_minute_has_ended),
        TEST(a_minute_is_known_once_it_has_ended),
        TEST(the_first_minute_counts_although_it_is_shorter),
        TEST(a_minute_without_a_timely_end_is_unknown_and_so_is_the_next),
        TEST(minutes_that_no_process_noticed_are_unknown),
        TEST(after_an_hour_a_row_is_another_minute),
        TEST(a_row_that_is_being_written_is_not_known),
        TEST(a_writer_that_is_killed_leaves_one_minute_unknown),
        TEST(a_clock_that_is_set_back_leaves_a_hole),
        TEST(the_newest_row_is_the_one_before_until_the_last_is_written),
        TEST(an_hour_may_be_noticed_later_than_a_minute),
    };

    return RUN(tests);
}
