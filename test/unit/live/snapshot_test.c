/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/snapshot.h"

#include "apr_allocator.h"
#include "apr_thread_proc.h"

#include "fixture.h"

/* Includes the code itself, with a hook between finding a snapshot and counting oneself
 * on it: no number of threads would hit that moment reliably. */
static void (*in_between)(void);

static void pause_here(void)
{
    void (*action)(void) = in_between;

    if (!action)
        return;
    in_between = NULL;
    action();
}

#define __atomic_fetch_add(to, number, order)                                            \
    (pause_here(), __atomic_fetch_add(to, number, order))
#include "core/live/snapshot.c"
#undef __atomic_fetch_add

enum { WIDTH = 64, READERS = 4, ROUNDS = 5000, READS = 1000 };

static int alive; /* snapshots whose memory is not freed */

/* The content of a snapshot is overwritten before it is freed, so that a late reader
 * notices even without a sanitizer. */
static apr_status_t spoil(void *data)
{
    cfo_view_t *views = data;
    int i;

    for (i = 0; i < WIDTH; i++)
        views[i].count = -1 - i;
    alive--;
    return APR_SUCCESS;
}

/* A pool that returns memory to malloc() at once, so that AddressSanitizer watches it. */
static apr_pool_t *make_pool(void)
{
    apr_allocator_t *allocator;
    apr_pool_t *p;

    assert_int_equal(apr_allocator_create(&allocator), 0);
    apr_allocator_max_free_set(allocator, 1);
    assert_int_equal(apr_pool_create_ex(&p, NULL, NULL, allocator), 0);
    apr_allocator_owner_set(allocator, p);
    return p;
}

static apr_array_header_t *tables_of(apr_pool_t *p, cfo_zone_t *zone)
{
    apr_array_header_t *tables = apr_array_make(p, 1, sizeof(cfo_zone_table_t *));

    if (zone) {
        APR_ARRAY_PUSH(tables, cfo_zone_table_t *) = cfo_zone_table_create(p);
        cfo_zone_table_put(APR_ARRAY_IDX(tables, 0, cfo_zone_table_t *), zone);
    }
    return tables;
}

/* A snapshot with the same number in every view. */
static void publish(cfo_snapshots_t *snapshots, int number)
{
    apr_pool_t *p = make_pool();
    cfo_view_t *views = apr_palloc(p, WIDTH * sizeof *views);
    cfo_snapshot_t next = { .edge = cfo_edge_make(p, NULL),
                            .tables = tables_of(p, NULL),
                            .views = views,
                            .pool = p };
    int i;

    for (i = 0; i < WIDTH; i++)
        views[i] = (cfo_view_t){ NULL, number };
    apr_pool_cleanup_register(p, views, spoil, apr_pool_cleanup_null);
    alive++;
    cfo_snapshots_publish(snapshots, &next);
}

/* The number in its views; -1 if they are not all the same. */
static int number_of(const cfo_snapshot_t *snapshot)
{
    int i, number = snapshot->views[0].count;

    for (i = 1; i < WIDTH; i++) {
        if (snapshot->views[i].count != number)
            return -1;
    }
    return number;
}

static int number_in_force(cfo_snapshots_t *snapshots)
{
    cfo_snapshot_t *snapshot = cfo_snapshots_acquire(snapshots);
    int number = number_of(snapshot);

    cfo_snapshot_release(snapshot);
    return number;
}

/* Publishes a snapshot without its own memory, like the first one of a server. */
static void publish_permanent(cfo_snapshots_t *snapshots, cfo_zone_t *zone)
{
    cfo_snapshot_t next = { .edge = cfo_edge_make(pool, NULL),
                            .tables = tables_of(pool, zone) };

    cfo_snapshots_publish(snapshots, &next);
    cfo_snapshots_reap(snapshots);
}

static void the_last_published_snapshot_is_in_force(void **state)
{
    cfo_snapshots_t *snapshots = cfo_snapshots_create(pool);
    cfo_snapshot_t *first, *second;

    (void)state;
    publish(snapshots, 1);
    first = cfo_snapshots_acquire(snapshots);
    publish(snapshots, 2);
    second = cfo_snapshots_acquire(snapshots);
    assert_int_equal(number_of(first), 1);
    assert_int_equal(number_of(second), 2);
    assert_int_not_equal(first->serial, second->serial);
    cfo_snapshot_release(first);
    cfo_snapshot_release(second);
    publish_permanent(snapshots, NULL);
    assert_int_equal(alive, 0);
}

static void a_held_snapshot_stays_valid_until_its_last_release(void **state)
{
    cfo_snapshots_t *snapshots = cfo_snapshots_create(pool);
    cfo_snapshot_t *held[2];
    int i;

    (void)state;
    publish(snapshots, 1000);
    held[0] = cfo_snapshots_acquire(snapshots);
    held[1] = cfo_snapshots_acquire(snapshots);
    assert_ptr_equal(held[0], held[1]);
    for (i = 0; i < 100; i++) {
        publish(snapshots, i);
        cfo_snapshots_reap(snapshots);
        assert_int_equal(number_of(held[0]), 1000);
        assert_int_equal(number_in_force(snapshots), i);
        assert_int_equal(alive, 2);
        if (i == 50)
            cfo_snapshot_release(held[1]);
    }
    cfo_snapshot_release(held[0]);
    assert_int_equal(alive, 2);
    cfo_snapshots_reap(snapshots);
    assert_int_equal(alive, 1);
    publish_permanent(snapshots, NULL);
    assert_int_equal(alive, 0);
}

static void of_many_retired_snapshots_only_held_ones_stay(void **state)
{
    cfo_snapshots_t *snapshots = cfo_snapshots_create(pool);
    cfo_snapshot_t *held[4];
    int i;

    (void)state;
    for (i = 0; i < 12; i++) {
        publish(snapshots, i);
        if (i % 3 == 1)
            held[i / 3] = cfo_snapshots_acquire(snapshots);
    }
    assert_int_equal(alive, 12);
    cfo_snapshots_reap(snapshots);
    assert_int_equal(alive, 5); /* and the one in force */
    for (i = 0; i < 4; i++) {
        assert_int_equal(number_of(held[i]), 3 * i + 1);
        cfo_snapshot_release(held[i]);
        cfo_snapshots_reap(snapshots);
        assert_int_equal(alive, 4 - i);
    }
    assert_int_equal(number_in_force(snapshots), 11);
    publish_permanent(snapshots, NULL);
}

static void records_are_reused(void **state)
{
    cfo_snapshots_t *snapshots = cfo_snapshots_create(pool);
    const cfo_snapshot_t *seen[3] = { NULL, NULL, NULL };
    int i, j;

    (void)state;
    for (i = 0; i < 1000; i++) {
        cfo_snapshot_t *snapshot;

        publish(snapshots, i);
        snapshot = cfo_snapshots_acquire(snapshots);
        assert_int_equal(number_of(snapshot), i);
        for (j = 0; seen[j] && seen[j] != snapshot; j++)
            ;
        assert_in_range(j, 0, 1);
        seen[j] = snapshot;
        cfo_snapshot_release(snapshot);
        cfo_snapshots_reap(snapshots);
    }
    assert_int_equal(alive, 1);
    publish_permanent(snapshots, NULL);
}

static apr_status_t count_up(void *count)
{
    ++*(int *)count;
    return APR_SUCCESS;
}

static void zones_are_freed_with_the_last_snapshot_that_holds_them(void **state)
{
    cfo_snapshots_t *snapshots = cfo_snapshots_create(pool);
    cfo_shared_pool_t *shared_pool = cfo_shared_pool_create(pool);
    cfo_zone_t *zone = cfo_zone_create(shared_pool, "example.com");
    cfo_snapshot_t *held;
    int ends = 0;

    (void)state;
    apr_pool_cleanup_register(shared_pool->pool, &ends, count_up, apr_pool_cleanup_null);
    cfo_shared_pool_release(shared_pool);
    publish_permanent(snapshots, zone);
    held = cfo_snapshots_acquire(snapshots);
    publish_permanent(snapshots, cfo_zone_hold(zone));
    publish_permanent(snapshots, NULL);
    assert_int_equal(zone->uses, 1);
    cfo_snapshot_release(held);
    assert_int_equal(ends, 0);
    cfo_snapshots_reap(snapshots);
    assert_int_equal(ends, 1);
}

/* A child must not use the pools of its parent. */
static void after_a_move_records_come_from_the_new_pool(void **state)
{
    cfo_snapshots_t *snapshots = cfo_snapshots_create(pool);
    const char *before, *after, *record;
    apr_pool_t *p = make_pool();

    (void)state;
    publish_permanent(snapshots, NULL);
    cfo_snapshots_move(snapshots, p);
    before = apr_palloc(p, 8);
    publish_permanent(snapshots, NULL);
    after = apr_palloc(p, 8);
    record = (const char *)cfo_snapshots_acquire(snapshots);
    assert_true(before < record && record < after);
    apr_pool_destroy(p);
}

static cfo_snapshots_t *door; /* the snapshots that change in the hook */

static void publish_and_reap(void)
{
    publish(door, 2);
    cfo_snapshots_reap(door);
}

/* So that the same record is in force again, with other content. */
static void publish_until_it_is_used_again(void)
{
    publish_and_reap();
    publish(door, 3);
    cfo_snapshots_reap(door);
}

static void a_reader_that_comes_too_late_takes_the_next_snapshot(void **state)
{
    cfo_snapshot_t *snapshot;

    (void)state;
    door = cfo_snapshots_create(pool);
    publish(door, 1);
    in_between = publish_and_reap;
    snapshot = cfo_snapshots_acquire(door);
    assert_int_equal(number_of(snapshot), 2);
    publish(door, 4);
    cfo_snapshots_reap(door);
    assert_int_equal(number_of(snapshot), 2); /* it is held */
    assert_int_equal(alive, 2);
    cfo_snapshot_release(snapshot);
    cfo_snapshots_reap(door);
    assert_int_equal(alive, 1); /* and nothing else is */
    publish_permanent(door, NULL);
}

static void a_record_that_was_reused_meanwhile_is_valid(void **state)
{
    cfo_snapshot_t *found, *snapshot;

    (void)state;
    door = cfo_snapshots_create(pool);
    publish(door, 1);
    found = cfo_snapshots_acquire(door);
    cfo_snapshot_release(found);
    in_between = publish_until_it_is_used_again;
    snapshot = cfo_snapshots_acquire(door);
    assert_ptr_equal(snapshot, found);
    assert_int_equal(number_of(snapshot), 3);
    assert_int_equal(snapshot->readers, 1);
    publish_permanent(door, NULL);
    assert_int_equal(number_of(snapshot), 3);
    cfo_snapshot_release(snapshot);
    cfo_snapshots_reap(door);
    assert_int_equal(alive, 0);
}

/* Readers while snapshots are published and freed; cmocka must not be used in these
 * threads. */
typedef struct {
    cfo_snapshots_t *snapshots;
    int stop;
    int reads[READERS];
    int errors[READERS];
} race_t;

typedef struct {
    race_t *race;
    int number;
} reader_t;

/* Reads one, and, while it is held, the one in force by then. */
static int look_twice(cfo_snapshots_t *snapshots, int *last)
{
    cfo_snapshot_t *first = cfo_snapshots_acquire(snapshots), *second;
    int number = number_of(first), later;

    second = cfo_snapshots_acquire(snapshots);
    later = number_of(second);
    cfo_snapshot_release(second);
    if (number < *last || later < number || number_of(first) != number) {
        cfo_snapshot_release(first);
        return 1;
    }
    cfo_snapshot_release(first);
    *last = later;
    return 0;
}

static void *APR_THREAD_FUNC read_on(apr_thread_t *thread, void *data)
{
    const reader_t *reader = data;
    race_t *race = reader->race;
    int last = 0;

    (void)thread;
    while (!__atomic_load_n(&race->stop, __ATOMIC_RELAXED)) {
        race->errors[reader->number] += look_twice(race->snapshots, &last);
        __atomic_add_fetch(&race->reads[reader->number], 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static int have_all_read(race_t *race)
{
    int i, all = 1;

    for (i = 0; i < READERS; i++)
        all &= __atomic_load_n(&race->reads[i], __ATOMIC_RELAXED) >= READS;
    return all;
}

static void threads_always_find_a_complete_snapshot(void **state)
{
    race_t race = { cfo_snapshots_create(pool) };
    reader_t readers[READERS];
    apr_thread_t *threads[READERS];
    int i;

    (void)state;
    publish(race.snapshots, 0);
    for (i = 0; i < READERS; i++) {
        readers[i] = (reader_t){ &race, i };
        assert_int_equal(apr_thread_create(&threads[i], NULL, read_on, &readers[i], pool),
                         0);
    }
    for (i = 1; i < ROUNDS || !have_all_read(&race); i++) {
        publish(race.snapshots, i);
        cfo_snapshots_reap(race.snapshots);
    }
    __atomic_store_n(&race.stop, 1, __ATOMIC_RELAXED);
    for (i = 0; i < READERS; i++) {
        apr_status_t status;

        assert_int_equal(apr_thread_join(&status, threads[i]), 0);
        assert_int_equal(race.errors[i], 0);
    }
    publish_permanent(race.snapshots, NULL);
    assert_int_equal(alive, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_last_published_snapshot_is_in_force),
        TEST(a_held_snapshot_stays_valid_until_its_last_release),
        TEST(of_many_retired_snapshots_only_held_ones_stay),
        TEST(records_are_reused),
        TEST(zones_are_freed_with_the_last_snapshot_that_holds_them),
        TEST(after_a_move_records_come_from_the_new_pool),
        TEST(a_reader_that_comes_too_late_takes_the_next_snapshot),
        TEST(a_record_that_was_reused_meanwhile_is_valid),
        TEST(threads_always_find_a_complete_snapshot),
    };

    return RUN(tests);
}
