/* SPDX-License-Identifier: Apache-2.0 */
#include "core/stats/counters.h"

#include "core/stats/counters_memory.h"

#include "fixture.h"
#include "shared_memory.h"

enum { PROCESSES = 6, THREADS = 4, WORKERS = PROCESSES * THREADS, ROUNDS = 4000 };

static const apr_time_t noon = APR_TIME_C(1700049600) * APR_USEC_PER_SEC;

static cfo_counters_t *create(int capacity)
{
    return cfo_counters_create(shared_memory(cfo_counters_size(capacity)), capacity,
                               noon);
}

static int number_of(cfo_counters_t *counters, const char *name)
{
    return cfo_counters_vhost(counters, counters->capacity, name);
}

static const cfo_totals_t *total(cfo_counters_t *counters)
{
    return cfo_counters_total(pool, counters);
}

static const cfo_vhost_totals_t *vhost_at(const cfo_totals_t *totals, int i)
{
    return APR_ARRAY_IDX(totals->vhosts, i, const cfo_vhost_totals_t *);
}

/* NULL: there is none. */
static const cfo_vhost_totals_t *find(const cfo_totals_t *totals, const char *name)
{
    int i;

    for (i = 0; i < totals->vhosts->nelts; i++) {
        if (!strcmp(vhost_at(totals, i)->name, name))
            return vhost_at(totals, i);
    }
    return NULL;
}

static apr_uint64_t verified(cfo_counters_t *counters, const char *name)
{
    return find(total(counters), name)->requests[CFO_REASON_VERIFIED];
}

static void a_virtual_host_takes_17_kilobytes(void **state)
{
    (void)state;
    assert_in_range(cfo_counters_size(1001) - cfo_counters_size(1), 16000 * 1000,
                    17 * 1024 * 1000);
}

static void a_request_counts_for_its_virtual_host_and_its_reason(void **state)
{
    cfo_counters_t *counters = create(8);
    int a = number_of(counters, "a.test:443");
    int b = number_of(counters, "b.test:443");
    const cfo_totals_t *totals;

    (void)state;
    cfo_counters_request(counters, a, CFO_REASON_VERIFIED);
    cfo_counters_request(counters, a, CFO_REASON_VERIFIED);
    cfo_counters_request(counters, b, CFO_REASON_VERIFIED);
    cfo_counters_request(counters, b, CFO_REASON_WORKER_FOREIGN);
    cfo_counters_request(counters, b, CFO_REASON_UNJUDGED);
    totals = total(counters);
    assert_int_equal(totals->vhosts->nelts, 2);
    assert_int_equal(vhost_at(totals, 0)->requests[CFO_REASON_VERIFIED], 2);
    assert_int_equal(vhost_at(totals, 0)->requests[CFO_REASON_WORKER_FOREIGN], 0);
    assert_int_equal(vhost_at(totals, 1)->requests[CFO_REASON_VERIFIED], 1);
    assert_int_equal(vhost_at(totals, 1)->requests[CFO_REASON_WORKER_FOREIGN], 1);
    assert_int_equal(vhost_at(totals, 1)->requests[CFO_REASON_UNJUDGED], 1);
    assert_true(totals->since == noon);
}

static void each_kind_of_event_is_counted_separately(void **state)
{
    cfo_counters_t *counters = create(8);
    const cfo_totals_t *totals;

    (void)state;
    cfo_counters_early_drop(counters);
    cfo_counters_early_drop(counters);
    cfo_counters_handshake(counters, CFO_HANDSHAKE_CERT_MISSING);
    cfo_counters_handshake(counters, CFO_HANDSHAKE_OTHER);
    cfo_counters_reload(counters, CFO_RELOAD_FOLDER, CFO_RELOAD_REMOVED);
    cfo_counters_reload(counters, CFO_RELOAD_RANGES, CFO_RELOAD_LOADED);
    cfo_counters_held_back(counters, CFO_REASON_CERT_MISSING, 1000000);
    totals = total(counters);
    assert_int_equal(totals->early_drops, 2);
    assert_int_equal(totals->handshakes[CFO_HANDSHAKE_CERT_MISSING], 1);
    assert_int_equal(totals->handshakes[CFO_HANDSHAKE_CERT_EXPIRED], 0);
    assert_int_equal(totals->handshakes[CFO_HANDSHAKE_OTHER], 1);
    assert_int_equal(totals->reloads[CFO_RELOAD_FOLDER][CFO_RELOAD_REMOVED], 1);
    assert_int_equal(totals->reloads[CFO_RELOAD_RANGES][CFO_RELOAD_LOADED], 1);
    assert_int_equal(totals->reloads[CFO_RELOAD_RANGES][CFO_RELOAD_REMOVED], 0);
    assert_int_equal(totals->held_back[CFO_REASON_CERT_MISSING], 1000000);
    assert_int_equal(totals->held_back[CFO_REASON_CERT_UNKNOWN], 0);
}

/* APR keeps its own data before the memory that it gives. */
static void an_invalid_number_never_writes_outside_the_memory(void **state)
{
    static const int numbers[] = { -1, -2, -1000000, 2, 2000000000 };
    cfo_counters_t *counters = create(2);
    int vhost = number_of(counters, "a.test:443"), i;

    (void)state;
    for (i = 0; i < COUNT(numbers); i++)
        cfo_counters_request(counters, numbers[i], CFO_REASON_TUNNEL);
    assert_int_equal(find(total(counters), "other")->requests[CFO_REASON_TUNNEL],
                     COUNT(numbers));
    for (i = 0; i < COUNT(numbers); i++) {
        unsigned reason = CFO_REASON_COUNT + (unsigned)i * 0x10000000;

        cfo_counters_request(counters, vhost, (cfo_reason_t)reason);
        cfo_counters_held_back(counters, (cfo_reason_t)reason, 1);
        cfo_counters_handshake(counters, (cfo_handshake_t)reason);
    }
    assert_int_equal(find(total(counters), "a.test:443")->requests[CFO_REASON_UNJUDGED],
                     COUNT(numbers));
    assert_int_equal(total(counters)->held_back[CFO_REASON_UNJUDGED], COUNT(numbers));
    assert_int_equal(total(counters)->handshakes[CFO_HANDSHAKE_OTHER], COUNT(numbers));
}

static void the_memory_need_not_begin_at_a_cache_line(void **state)
{
    char *memory = shared_memory(cfo_counters_size(1) + 8);
    cfo_counters_t *counters = cfo_counters_create(memory + 8, 1, noon);

    (void)state;
    cfo_counters_request(counters, number_of(counters, "a:443"), CFO_REASON_VERIFIED);
    assert_int_equal(verified(cfo_counters_attach(memory + 8, 1), "a:443"), 1);
}

typedef struct {
    cfo_counters_t *counters;
    int vhosts[2];
} world_t;

/* Counts each reason equally often, on the two virtual hosts in turn. */
static int count(void *data, int number)
{
    world_t *world = data;
    int i;

    (void)number;
    for (i = 0; i < ROUNDS * CFO_REASON_COUNT; i++) {
        cfo_counters_request(world->counters, world->vhosts[i / CFO_REASON_COUNT % 2],
                             (cfo_reason_t)(i % CFO_REASON_COUNT));
        cfo_counters_early_drop(world->counters);
        cfo_counters_held_back(world->counters, CFO_REASON_TUNNEL, 3);
    }
    return 1;
}

static void no_count_is_lost_when_processes_and_threads_count_at_once(void **state)
{
    world_t world = { create(8), { 0, 0 } };
    const cfo_totals_t *totals;
    int i;

    (void)state;
    world.vhosts[0] = number_of(world.counters, "a:443");
    world.vhosts[1] = number_of(world.counters, "b:443");
    run_in_all(PROCESSES, THREADS, count, &world);
    totals = total(world.counters);
    for (i = 0; i < CFO_REASON_COUNT; i++) {
        assert_int_equal(vhost_at(totals, 0)->requests[i], WORKERS * ROUNDS / 2);
        assert_int_equal(vhost_at(totals, 1)->requests[i], WORKERS * ROUNDS / 2);
    }
    assert_int_equal(totals->early_drops, WORKERS * ROUNDS * CFO_REASON_COUNT);
    assert_int_equal(totals->held_back[CFO_REASON_TUNNEL],
                     3 * WORKERS * ROUNDS * CFO_REASON_COUNT);
}

/* Like processes of the prefork MPM whose parent has counted before it forked. */
static void no_count_is_lost_if_all_use_the_same_shard(void **state)
{
    world_t world = { create(8), { 0, 0 } };

    (void)state;
    world.vhosts[0] = number_of(world.counters, "a:443");
    world.vhosts[1] = number_of(world.counters, "b:443");
    cfo_counters_request(world.counters, world.vhosts[0], CFO_REASON_VERIFIED);
    run_in_all(PROCESSES, 1, count, &world);
    assert_int_equal(verified(world.counters, "a:443"), 1 + PROCESSES * ROUNDS / 2);
    assert_int_equal(total(world.counters)->early_drops,
                     PROCESSES * ROUNDS * CFO_REASON_COUNT);
}

/* One thread of each process reads while the others count; counts never decrease. */
static int count_or_read(void *data, int number)
{
    world_t *world = data;
    apr_uint64_t last = 0;
    apr_pool_t *p;
    int i;

    if (number % THREADS)
        return count(data, number);
    for (i = 0; i < 50; i++) {
        const cfo_totals_t *totals;

        apr_pool_create(&p, NULL);
        totals = cfo_counters_total(p, world->counters);
        if (vhost_at(totals, 0)->requests[CFO_REASON_VERIFIED] < last)
            return 0;
        last = vhost_at(totals, 0)->requests[CFO_REASON_VERIFIED];
        apr_pool_destroy(p);
    }
    return 1;
}

static void a_concurrent_reader_sees_growing_numbers(void **state)
{
    world_t world = { create(8), { 0, 0 } };

    (void)state;
    world.vhosts[0] = number_of(world.counters, "a:443");
    world.vhosts[1] = number_of(world.counters, "b:443");
    run_in_all(2, THREADS, count_or_read, &world);
    assert_int_equal(verified(world.counters, "a:443"), 2 * (THREADS - 1) * ROUNDS / 2);
}

static void counting_continues_after_a_graceful_restart(void **state)
{
    void *memory = shared_memory(cfo_counters_size(64));
    cfo_counters_t *before = cfo_counters_create(memory, 64, noon), *after;
    int a = number_of(before, "a:443"), gone = number_of(before, "gone:443");
    int b = number_of(before, "b:443"), added;

    (void)state;
    cfo_counters_request(before, a, CFO_REASON_VERIFIED);
    cfo_counters_request(before, gone, CFO_REASON_VERIFIED);
    after = cfo_counters_attach(memory, 64);
    assert_int_equal(number_of(after, "b:443"), b);
    added = number_of(after, "a:8443");
    assert_int_equal(number_of(after, "a:443"), a);
    cfo_counters_request(after, a, CFO_REASON_VERIFIED);
    cfo_counters_request(after, added, CFO_REASON_VERIFIED);
    /* A process of the former configuration still counts. */
    cfo_counters_request(before, a, CFO_REASON_VERIFIED);
    cfo_counters_request(before, gone, CFO_REASON_VERIFIED);
    assert_int_equal(verified(after, "a:443"), 3);
    assert_int_equal(verified(after, "a:8443"), 1);
    assert_int_equal(verified(after, "b:443"), 0);
    assert_int_equal(verified(after, "gone:443"), 2);
    assert_true(total(after)->since == noon);
}

static void a_virtual_host_that_is_configured_again_has_its_old_counts(void **state)
{
    cfo_counters_t *counters = create(8);
    int number = number_of(counters, "a:443");

    (void)state;
    cfo_counters_request(counters, number, CFO_REASON_VERIFIED);
    number_of(counters, "b:443");
    assert_int_equal(number_of(counters, "a:443"), number);
}

static void memory_of_another_layout_is_not_used(void **state)
{
    void *memory = shared_memory(cfo_counters_size(8));

    (void)state;
    cfo_counters_create(memory, 8, noon);
    ++*(apr_uint64_t *)memory; /* the layout: another size of something */
    assert_null(cfo_counters_attach(memory, 8));
}

static void every_virtual_host_has_a_number_of_its_own(void **state)
{
    cfo_counters_t *counters = create(1000);
    const cfo_totals_t *totals;
    int i, number;

    (void)state;
    for (i = 0; i < 1000; i++) {
        number = number_of(counters, apr_psprintf(pool, "host-%d.test:443", i));
        assert_in_range(number, 0, 999);
        cfo_counters_request(counters, number, CFO_REASON_VERIFIED);
    }
    totals = total(counters);
    assert_int_equal(totals->vhosts->nelts, 1000);
    for (i = 0; i < 1000; i++)
        assert_int_equal(vhost_at(totals, i)->requests[CFO_REASON_VERIFIED], 1);
}

static void virtual_hosts_without_room_count_as_other(void **state)
{
    cfo_counters_t *counters = create(2);
    int a = number_of(counters, "a:443");

    (void)state;
    assert_true(number_of(counters, "b:443") >= 0);
    assert_null(find(total(counters), "other"));
    assert_int_equal(number_of(counters, "c:443"), -1);
    assert_int_equal(number_of(counters, "a:443"), a);
    cfo_counters_request(counters, -1, CFO_REASON_VERIFIED);
    cfo_counters_request(counters, a, CFO_REASON_CERT_MISSING);
    assert_int_equal(verified(counters, "other"), 1);
    assert_int_equal(total(counters)->vhosts->nelts, 3);
}

static void virtual_hosts_are_sorted_by_name(void **state)
{
    static const char *const names[] = { "z:443", "m:443", "a:443", "a:80" };
    static const char *const sorted[] = { "a:443", "a:80", "m:443", "z:443" };
    cfo_counters_t *counters = create(8);
    int i;

    (void)state;
    for (i = 0; i < COUNT(names); i++)
        number_of(counters, names[i]);
    for (i = 0; i < COUNT(sorted); i++)
        assert_string_equal(vhost_at(total(counters), i)->name, sorted[i]);
}

static void a_name_that_is_too_long_is_cut_and_still_found(void **state)
{
    cfo_counters_t *counters = create(8);
    char name[400];
    int number;

    (void)state;
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    number = number_of(counters, name);
    assert_int_equal(number_of(counters, name), number);
    assert_int_equal(total(counters)->vhosts->nelts, 1);
    assert_in_range(strlen(vhost_at(total(counters), 0)->name), 255, 300);
}

/* Processes with fewer rights than httpd's parent write there. */
static void what_is_damaged_in_the_memory_leads_nobody_out_of_it(void **state)
{
    void *memory = shared_memory(cfo_counters_size(8));
    cfo_counters_t *counters = cfo_counters_create(memory, 8, noon);
    int number = cfo_counters_vhost(counters, 8, "a:443");
    cfo_slot_name_t *names = cfo_counters_names(counters);

    (void)state;
    assert_int_equal(cfo_counters_capacity(cfo_counters_size(8)), 8);
    memset(names[number].text, 'x', sizeof names[number].text);
    assert_int_equal(strlen(vhost_at(total(counters), 0)->name), CFO_VHOST_NAME - 1);
    counters->since = INT64_MIN;
    assert_true(total(counters)->since == 0);
    counters->capacity = 1 << 30;
    assert_int_equal(names[cfo_counters_vhost(counters, 8, "b:443")].text[0], 'b');
    assert_null(cfo_counters_attach(memory, 8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_virtual_host_takes_17_kilobytes),
        TEST(a_request_counts_for_its_virtual_host_and_its_reason),
        TEST(each_kind_of_event_is_counted_separately),
        TEST(an_invalid_number_never_writes_outside_the_memory),
        TEST(the_memory_need_not_begin_at_a_cache_line),
        TEST(no_count_is_lost_when_processes_and_threads_count_at_once),
        TEST(no_count_is_lost_if_all_use_the_same_shard),
        TEST(a_concurrent_reader_sees_growing_numbers),
        TEST(counting_continues_after_a_graceful_restart),
        TEST(a_virtual_host_that_is_configured_again_has_its_old_counts),
        TEST(memory_of_another_layout_is_not_used),
        TEST(every_virtual_host_has_a_number_of_its_own),
        TEST(virtual_hosts_without_room_count_as_other),
        TEST(virtual_hosts_are_sorted_by_name),
        TEST(a_name_that_is_too_long_is_cut_and_still_found),
        TEST(what_is_damaged_in_the_memory_leads_nobody_out_of_it),
    };

    return RUN(tests);
}
