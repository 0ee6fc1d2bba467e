/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/reloader.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apr_escape.h"
#include "apr_thread_proc.h"

#include "core/live/provenance.h"
#include "core/trust/zone_check.h"
#include "core/base/text.h"
#include "fixture.h"
#include "memory.h"
#include "process.h"

#define FOUR "192.0.2.0/24\n198.51.100.0/24\n203.0.113.0/24\n2001:db8::/32\n"
#define OTHER FOUR "10.0.0.0/8\n"

static int pools; /* how many there are, of those that the core has made */

/* The linker replaces apr_pool_create() and apr_pool_clear() by these. */
apr_status_t __real_apr_pool_create_ex(apr_pool_t **, apr_pool_t *, apr_abortfunc_t,
                                       apr_allocator_t *);
apr_status_t __wrap_apr_pool_create_ex(apr_pool_t **, apr_pool_t *, apr_abortfunc_t,
                                       apr_allocator_t *);
void __real_apr_pool_clear(apr_pool_t *p);
void __wrap_apr_pool_clear(apr_pool_t *p);

static apr_status_t count_down(void *p)
{
    (void)p;
    __atomic_fetch_sub(&pools, 1, __ATOMIC_RELAXED);
    return APR_SUCCESS;
}

static void count_pool(apr_pool_t *p)
{
    __atomic_fetch_add(&pools, 1, __ATOMIC_RELAXED);
    apr_pool_cleanup_register(p, p, count_down, apr_pool_cleanup_null);
}

apr_status_t __wrap_apr_pool_create_ex(apr_pool_t **p, apr_pool_t *parent,
                                       apr_abortfunc_t abort_fn,
                                       apr_allocator_t *allocator)
{
    apr_status_t status = __real_apr_pool_create_ex(p, parent, abort_fn, allocator);

    if (status == APR_SUCCESS)
        count_pool(*p);
    return status;
}

void __wrap_apr_pool_clear(apr_pool_t *p)
{
    __real_apr_pool_clear(p);
    count_pool(p);
}

enum { FILES = 6, STEPS = 300, READERS = 3 };

/* All roles: a range list, a file that only a directive names, and one that is in the
 * folder as well. */
static const setup_t whole = {
    .ranges = "ranges",
    .zones = { { "named.example", "named.pem" }, { "both", "zones/z0.example.pem" } },
    .folder = "zones",
};

static const pki_t *ca[3], *leaf[3]; /* of the running test */

static void make_files(void)
{
    int i;

    for (i = 0; i < 3; i++) {
        ca[i] = pki_ca(apr_psprintf(pool, "CA %d", i));
        leaf[i] = pki_leaf("leaf", ca[i]);
    }
    mkdir(path_to("zones"), 0700);
    put("ranges", FOUR);
    put("named.pem", ca[0]->pem);
    put("zones/z0.example.pem", ca[0]->pem);
    put("zones/z1.example.pem", ca[1]->pem);
}

static process_t *start(void)
{
    make_files();
    return process_start(&whole);
}

static apr_status_t count_up(void *count)
{
    ++*(int *)count;
    return APR_SUCCESS;
}

static void count_ends(const cfo_shared_pool_t *shared_pool, int *ends)
{
    assert_false(shared_pool->is_permanent);
    apr_pool_cleanup_register(shared_pool->pool, ends, count_up, apr_pool_cleanup_null);
}

/* The zones of tables, with what proves them. */
static const char *zones_in(const apr_array_header_t *tables)
{
    const char *text = "";
    int i, j, k;

    for (i = 0; i < tables->nelts; i++) {
        apr_array_header_t *zones =
            cfo_zone_table_list(pool, APR_ARRAY_IDX(tables, i, cfo_zone_table_t *));

        for (j = 0; j < zones->nelts; j++) {
            const cfo_zone_t *zone = APR_ARRAY_IDX(zones, j, cfo_zone_t *);

            text = apr_pstrcat(pool, text, "\n", zone->name, NULL);
            if (zone->error)
                text = apr_pstrcat(pool, text, ": ", zone->error, NULL);
            for (k = 0; k < zone->files->nelts; k++)
                text = apr_pstrcat(
                    pool, text, " ",
                    apr_pescape_hex(
                        pool, APR_ARRAY_IDX(zone->files, k, cfo_parsed_file_t *)->digest,
                        4, 0),
                    NULL);
        }
    }
    return text;
}

/* The state of a process: what is in force, and all errors. */
static const char *picture_of(process_t *process)
{
    cfo_snapshot_t *snapshot = cfo_snapshots_acquire(process->reloader.snapshots);
    const char *text = is_edge(process, "10.0.0.1") ? "other ranges" : "four ranges";

    text = apr_pstrcat(pool, text, zones_in(snapshot->tables), NULL);
    cfo_snapshot_release(snapshot);
    return text;
}

/* The files that a process knows, with their errors. */
static const char *errors_of(process_t *process)
{
    const cfo_watched_files_t *watched = process->builder->watched;
    const char *text = "";
    int i;

    for (i = 0; i < FILES + 2; i++) {
        const char *name = i < FILES    ? apr_psprintf(pool, "zones/z%d.example.pem", i)
                           : i == FILES ? "ranges"
                                        : "named.pem";
        const cfo_watched_file_t *file =
            i < FILES ? folder_file(process, name) : watched_file(process, name);

        if (file)
            text = apr_psprintf(pool, "%s%s (%s): %s %" APR_TIME_T_FMT "\n", text, name,
                                file->zone ? file->zone : "-",
                                file->error.text ? file->error.text : "good",
                                file->error.text ? file->error.logged_at : 0);
    }
    for (i = 0; i < watched->folders->nelts; i++) {
        const cfo_folder_t *folder = APR_ARRAY_IDX(watched->folders, i, cfo_folder_t *);

        text = apr_pstrcat(pool, text, folder->error.text ? folder->error.text : "good",
                           NULL);
    }
    return text;
}

/* What was made from one version to the next is what would be made of everything. */
static void assert_nothing_missed(process_t *process)
{
    cfo_snapshot_t *snapshot = cfo_snapshots_acquire(process->reloader.snapshots), all;
    cfo_shared_pool_t *shared_pool = cfo_shared_pool_create(pool);
    int i;

    cfo_snapshot_build(process->builder, pool, shared_pool, &all);
    assert_string_equal(zones_in(snapshot->tables), zones_in(all.tables));
    assert_int_equal(snapshot->provenance->errors->nelts, all.provenance->errors->nelts);
    for (i = 0; i < all.tables->nelts; i++)
        cfo_zone_table_release(APR_ARRAY_IDX(all.tables, i, cfo_zone_table_t *));
    cfo_edge_release(all.edge);
    cfo_shared_pool_release(shared_pool);
    cfo_snapshot_release(snapshot);
}

static void assert_alike(process_t *a, process_t *b)
{
    assert_nothing_missed(a);
    assert_nothing_missed(b);
    assert_string_equal(picture_of(a), picture_of(b));
    assert_string_equal(errors_of(a), errors_of(b));
}

static const cfo_provenance_t *provenance_of(process_t *process)
{
    cfo_snapshot_t *snapshot = cfo_snapshots_acquire(process->reloader.snapshots);

    cfo_snapshot_release(snapshot);
    return snapshot->provenance;
}

static void without_new_entries_nothing_is_replaced(void **state)
{
    process_t *process = start();
    const cfo_provenance_t *before = provenance_of(process);

    (void)state;
    catch_up(process);
    touch(path_to("named.pem"));
    assert_string_equal(look_until_settled(process), "");
    assert_ptr_equal(provenance_of(process), before);
    put("named.pem", "bad");
    assert_string_not_equal(look_until_settled(process), "");
    before = provenance_of(process);
    put("named.pem", "bad"); /* and logged already */
    assert_string_equal(look_until_settled(process), "");
    assert_ptr_equal(provenance_of(process), before);
}

static void an_error_is_visible_to_reports_and_changes_nothing_else(void **state)
{
    process_t *process = start();
    cfo_zone_t *zone = zone_of(process, "z0.example");
    const cfo_provenance_t *provenance;

    (void)state;
    assert_int_equal(provenance_of(process)->errors->nelts, 0);
    put("zones/z0.example.pem", "bad");
    put("zones/z2.example.pem", "bad");
    look_until_settled(process);
    provenance = provenance_of(process);
    assert_int_equal(provenance->errors->nelts, 3); /* the first file has two roles */
    assert_null(APR_ARRAY_IDX(provenance->errors, 0, cfo_path_error_t).zone);
    assert_true(APR_ARRAY_IDX(provenance->errors, 0, cfo_path_error_t).has_content);
    assert_true(APR_ARRAY_IDX(provenance->errors, 1, cfo_path_error_t).has_content);
    assert_false(APR_ARRAY_IDX(provenance->errors, 2, cfo_path_error_t).has_content);
    assert_ptr_equal(zone_of(process, "z0.example"), zone);
    assert_null(zone_of(process, "z2.example"));
    put("zones/z0.example.pem", ca[0]->pem);
    take_away("zones/z2.example.pem");
    look_until_settled(process);
    assert_int_equal(provenance_of(process)->errors->nelts, 0);
    rename(path_to("zones"), path_to("moved"));
    look_until_settled(process);
    /* The folder, and the file in it that a directive names. */
    assert_int_equal(provenance_of(process)->errors->nelts, 2);
}

/* It is in the lines about refused requests. */
static void a_zone_that_is_shut_has_the_error_that_its_file_has_now(void **state)
{
    process_t *process;

    (void)state;
    make_files();
    put("zones/z5.example.pem", "bad");
    process = process_start(&whole);
    assert_string_not_equal(zone_of(process, "z5.example")->error, "empty");
    put("zones/z5.example.pem", "");
    look_until_settled(process);
    assert_string_equal(zone_of(process, "z5.example")->error, "empty");
    assert_nothing_missed(process);
    put("zones/z5.example.pem", ca[2]->pem);
    look_until_settled(process);
    assert_null(zone_of(process, "z5.example")->error);
    assert_int_equal(judge(process, "z5.example", leaf[2]), CFO_CERT_HOLDS);
    assert_nothing_missed(process);
}

static void touching_a_range_list_updates_its_date(void **state)
{
    process_t *process = start();
    apr_time_t before = provenance_of(process)->timestamp;

    (void)state;
    touch(path_to("ranges"));
    look_until_settled(process);
    assert_true(provenance_of(process)->timestamp > before);
}

static void every_process_applies_what_one_has_found(void **state)
{
    process_t *first = start(), *second = process_start(&whole);

    (void)state;
    put("ranges", OTHER);
    put("zones/z1.example.pem", ca[2]->pem);
    put("zones/z2.example.pem", ca[2]->pem);
    assert_string_equal(look_until_settled(first),
                        "loaded ranges; loaded zones/z1.example.pem; "
                        "new zones/z2.example.pem");
    assert_false(is_edge(second, "10.0.0.1"));
    catch_up(second);
    assert_true(is_edge(second, "10.0.0.1"));
    assert_int_equal(judge(second, "z1.example", leaf[2]), CFO_CERT_HOLDS);
    assert_int_equal(judge(second, "z2.example", leaf[2]), CFO_CERT_HOLDS);
    assert_alike(first, second);
    assert_string_equal(look_until_settled(second),
                        ""); /* it would find the same, if it were new */
    take_away("zones/z1.example.pem");
    assert_string_equal(look_until_settled(second), "removed zones/z1.example.pem");
    assert_int_equal(judge(first, "z1.example", leaf[2]), CFO_CERT_HOLDS);
    catch_up(first);
    assert_int_equal(judge(first, "z1.example", leaf[2]), -1);
}

/* Otherwise the next wait would be over before it begins. */
static void a_file_that_another_process_has_read_is_not_waited_for(void **state)
{
    process_t *first = start(), *second = process_start(&whole);

    (void)state;
    take_away("zones/z1.example.pem");
    rename(path_to("ranges"), path_to("away"));
    assert_string_equal(look(first), "");
    assert_true(first->again);
    assert_string_equal(look_until_settled(second),
                        "rejected ranges: No such file or directory; "
                        "removed zones/z1.example.pem");
    rename(path_to("away"), path_to("ranges"));
    assert_string_equal(look_until_settled(second), "loaded ranges");
    catch_up(first);
    take_away("ranges");
    assert_string_equal(look(first), "");
    assert_true(first->again);
    assert_string_equal(look_until_settled(first),
                        "rejected ranges: No such file or directory");
}

static void a_folder_that_another_process_has_listed_is_not_waited_for(void **state)
{
    process_t *first = start(), *second = process_start(&whole);
    static const char gone[] = "folder rejected zones: the folder does not exist";

    (void)state;
    rename(path_to("zones"), path_to("away"));
    assert_string_equal(look(first), "");
    assert_true(first->again);
    assert_contains(look_until_settled(second), gone);
    rename(path_to("away"), path_to("zones"));
    assert_contains(look_until_settled(second), "folder loaded zones");
    catch_up(first);
    rename(path_to("zones"), path_to("away"));
    assert_string_equal(look(first), "");
    assert_true(first->again);
    assert_contains(look_until_settled(first), gone);
}

/* A child starts with what the parent read at startup, however old that is. */
static void a_late_process_gets_the_same_result_though_the_files_are_bad_by_then(
    void **state)
{
    process_t *first = start(), *late = process_load(&whole);

    (void)state;
    put("ranges", OTHER);
    put("named.pem", ca[1]->pem);
    put("zones/z1.example.pem", ca[2]->pem);
    put("zones/z2.example.pem", ca[2]->pem);
    put("zones/z3.example.pem", ca[2]->pem);
    look_until_settled(first);
    take_away("zones/z3.example.pem");
    look_until_settled(first);
    put("ranges", "<html>");
    put("named.pem", "");
    put("zones/z1.example.pem", "");
    take_away("zones/z0.example.pem");
    put("zones/..pem", "");
    assert_string_not_equal(look_until_settled(first), "");
    process_begin(late);
    assert_alike(first, late);
    assert_true(is_edge(late, "10.0.0.1"));
    assert_int_equal(judge(late, "named.example", leaf[1]), CFO_CERT_HOLDS);
    assert_int_equal(judge(late, "z1.example", leaf[2]), CFO_CERT_HOLDS);
    assert_int_equal(judge(late, "z2.example", leaf[2]), CFO_CERT_HOLDS);
    assert_int_equal(judge(late, "z3.example", leaf[2]), -1);
    assert_int_equal(judge(late, "z0.example", leaf[0]), -1);
    assert_int_equal(judge(late, "both", leaf[0]), CFO_CERT_HOLDS);
    assert_string_equal(look_until_settled(late), ""); /* all of it was logged */
}

/* Any operation on a file. */
static void do_something(int file)
{
    const char *name = apr_psprintf(pool, "zones/z%d.example.pem", file);

    switch (fixture_random(8)) {
    case 0:
        if (!access(path_to(name), F_OK))
            take_away(name);
        break;
    case 1:
        put(name, fixture_random(2) ? "" : "garbage");
        break;
    case 2:
        put("ranges", fixture_random(2) ? FOUR : OTHER);
        break;
    case 3:
        put("ranges", fixture_random(2) ? "" : "10.0.0.0/8");
        break;
    case 4:
        put("named.pem", fixture_random(4) ? ca[fixture_random(3)]->pem : "");
        break;
    default:
        put(name, ca[fixture_random(3)]->pem);
    }
}

static void processes_agree_whatever_happens(void **state)
{
    process_t *processes[] = { start(), process_start(&whole), process_load(&whole) };
    process_t *late[3];
    int i;

    (void)state;
    process_begin(processes[2]);
    for (i = 0; i < 3; i++)
        late[i] = process_load(&whole);
    for (i = 0; i < STEPS; i++) {
        process_t *finder = processes[fixture_random(3)];
        process_t *other = processes[fixture_random(3)];

        if (i % (STEPS / 2) == 0)
            process_begin(late[i / (STEPS / 2)]);
        do_something((int)fixture_random(FILES));
        if (fixture_random(3))
            continue;
        look_until_settled(finder);
        catch_up(other);
        assert_alike(finder, other);
        assert_string_equal(look_until_settled(other), "");
        now += fixture_random(3600) * SECOND;
    }
    look_until_settled(processes[0]);
    process_begin(late[2]);
    catch_up(processes[1]);
    assert_alike(processes[0], processes[1]);
    for (i = 0; i < 3; i++) {
        catch_up(late[i]);
        assert_alike(processes[0], late[i]);
    }
    for (i = 0; i < 3; i++) {
        assert_parent_untouched(processes[i]);
        assert_parent_untouched(late[i]);
    }
}

static void replaced_content_is_freed_with_its_last_reader(void **state)
{
    process_t *process = start();
    cfo_snapshot_t *held;
    int zone_ends = 0, content_ends = 0;

    (void)state;
    put("zones/z1.example.pem", ca[2]->pem);
    look_until_settled(process);
    count_ends(zone_of(process, "z1.example")->shared_pool, &zone_ends);
    count_ends(folder_file(process, "zones/z1.example.pem")->content->shared_pool,
               &content_ends);
    held = cfo_snapshots_acquire(process->reloader.snapshots);
    put("zones/z1.example.pem", ca[0]->pem);
    assert_string_equal(look_until_settled(process), "loaded zones/z1.example.pem");
    assert_int_equal(zone_ends + content_ends, 0);
    catch_up(process);
    assert_int_equal(zone_ends + content_ends, 0);
    cfo_snapshot_release(held);
    catch_up(process);
    assert_int_equal(zone_ends, 1);
    assert_int_equal(content_ends, 1);
}

static void a_zone_that_is_removed_is_freed(void **state)
{
    process_t *process = start();
    int ends = 0;

    (void)state;
    put("zones/z2.example.pem", ca[2]->pem);
    look_until_settled(process);
    judge(process, "z2.example", leaf[2]); /* something is in its cache */
    count_ends(folder_file(process, "zones/z2.example.pem")->shared_pool, &ends);
    take_away("zones/z2.example.pem");
    look_until_settled(process);
    assert_int_equal(ends, 1);
}

/* A zone that was loaded with it stays, and the list must not stay with it. */
static void a_range_list_that_is_replaced_is_freed_with_its_last_reader(void **state)
{
    cfo_address_t address = { 32, 0, 0x0a000001 };
    process_t *process = start();
    cfo_snapshot_t *held;
    int ends = 0;

    (void)state;
    put("ranges", OTHER);
    put("zones/z1.example.pem", ca[2]->pem);
    assert_string_equal(look_until_settled(process),
                        "loaded ranges; loaded zones/z1.example.pem");
    count_ends(watched_file(process, "ranges")->content->shared_pool, &ends);
    held = cfo_snapshots_acquire(process->reloader.snapshots);
    put("ranges", FOUR);
    look_until_settled(process);
    catch_up(process);
    assert_int_equal(ends, 0);
    assert_true(cfo_edge_contains(held->edge, &address));
    assert_false(is_edge(process, "10.0.0.1"));
    cfo_snapshot_release(held);
    catch_up(process);
    assert_int_equal(ends, 1);
    assert_int_equal(judge(process, "z1.example", leaf[2]), CFO_CERT_HOLDS);
}

/* Each change is a megabyte in the journal, which is compacted several times. */
static void the_journal_stays_short_however_often_a_file_changes(void **state)
{
    process_t *process = start(), *sibling = process_start(&whole);
    process_t *late = process_load(&whole);
    char *comment = apr_palloc(pool, 1000 * 1000);
    const int rounds = fixture_rounds(20, 300);
    const char *texts[2];
    int i;

    (void)state;
    memset(comment, '#', 1000 * 1000 - 1);
    comment[1000 * 1000 - 1] = '\0';
    for (i = 0; i < 2; i++)
        texts[i] = apr_pstrcat(pool, comment, "\n", ca[i]->pem, NULL);
    for (i = 0; i < rounds; i++) {
        put("zones/z1.example.pem", texts[i % 2]);
        now += 5 * SECOND;
        assert_string_equal(look(process), "loaded zones/z1.example.pem");
        assert_in_range(process_journal_size(), 0, 12 * 1000 * 1000);
    }
    catch_up(sibling);
    process_begin(late);
    assert_alike(process, late);
    assert_alike(process, sibling);
    assert_int_equal(judge(late, "z1.example", leaf[1]), CFO_CERT_HOLDS);
}

static apr_status_t detection(process_t *process)
{
    apr_array_header_t *changes = apr_array_make(pool, 1, sizeof(cfo_change_t));
    apr_status_t status;

    now += 5 * SECOND;
    catch_up(process);
    status = cfo_detect_changes(&process->reloader, pool, now, changes, &process->again);
    catch_up(process);
    return status;
}

/* Although the journal is still short. */
static void a_full_disk_is_solved_by_compaction(void **state)
{
    process_t *process = start();
    char *comment = apr_palloc(pool, 100 * 1000);
    apr_status_t status[2];
    struct rlimit limit;
    int i;

    (void)state;
    memset(comment, '#', 100 * 1000 - 1);
    comment[100 * 1000 - 1] = '\0';
    for (i = 0; i < 5; i++) {
        put("zones/z1.example.pem",
            apr_pstrcat(pool, comment, "\n", ca[i % 2]->pem, NULL));
        assert_int_equal(detection(process), APR_SUCCESS);
    }
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = 550 * 1000;
    signal(SIGXFSZ, SIG_IGN);
    put("zones/z1.example.pem", apr_pstrcat(pool, comment, "\n", ca[2]->pem, NULL));
    setrlimit(RLIMIT_FSIZE, &limit);
    status[0] = detection(process);
    process->reloader.has_failed = 1; /* as the caller does after it logged the failure */
    status[1] = detection(process);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
    assert_int_equal(status[0], EFBIG);
    assert_int_equal(status[1], APR_SUCCESS);
    assert_int_equal(judge(process, "z1.example", leaf[2]), CFO_CERT_HOLDS);
}

static apr_status_t append(process_t *process, const cfo_entry_t *entry)
{
    apr_status_t status = cfo_journal_append(process->reloader.journal, pool, entry);

    cfo_journal_commit(process->reloader.journal);
    return status;
}

/* Nothing came or went, so there is nothing to publish. */
static void the_marks_of_a_compaction_replace_nothing(void **state)
{
    process_t *process = start();
    const cfo_provenance_t *before = provenance_of(process);
    cfo_entry_t mark = {
        CFO_ENTRY_COMPACT_BEGIN, CFO_ENTRY_FOLDER, "", "", { 0 }, 0, "", 0
    };

    (void)state;
    assert_int_equal(append(process, &mark), APR_SUCCESS);
    mark.kind = CFO_ENTRY_COMPACT_END;
    assert_int_equal(append(process, &mark), APR_SUCCESS);
    catch_up(process);
    assert_ptr_equal(provenance_of(process), before);
}

/* What was loaded ends when it is replaced, and what a reload needs when it is over. */
static void reloads_leave_no_pools(void **state)
{
    process_t *process = start();
    int i, before = 0;

    (void)state;
    for (i = 0; i < 10; i++) {
        if (i == 4)
            before = __atomic_load_n(&pools, __ATOMIC_RELAXED);
        put("zones/z1.example.pem", ca[i % 2]->pem);
        look_until_settled(process);
    }
    assert_true(before > 0);
    assert_int_equal(__atomic_load_n(&pools, __ATOMIC_RELAXED), before);
}

/* A child that ends stops as soon as possible, and other processes do the work. */
static void a_process_that_ends_leaves_its_work_to_others(void **state)
{
    process_t *first = start(), *second = process_start(&whole);

    (void)state;
    put("ranges", OTHER);
    put("zones/z2.example.pem", ca[2]->pem);
    take_away("zones/z1.example.pem");
    first->reloader.is_over = 1;
    assert_string_equal(look_until_settled(first), "");
    assert_false(cfo_journal_has_unread(second->reloader.journal));
    assert_string_equal(look_until_settled(second),
                        "loaded ranges; new zones/z2.example.pem; "
                        "removed zones/z1.example.pem");
    catch_up(first);
    assert_false(is_edge(first, "10.0.0.1"));
    first->reloader.is_over = 0;
    catch_up(first);
    assert_alike(first, second);
}

/* As long as it cannot: most likely it has no memory. What follows is applied. */
static void a_text_that_this_process_cannot_parse_changes_nothing(void **state)
{
    process_t *process = start();
    cfo_zone_t *zone = zone_of(process, "named.example");
    cfo_entry_t entry = { CFO_ENTRY_LOADED,
                          CFO_FILE_PROOFS,
                          path_to("named.pem"),
                          "",
                          { 0 },
                          now,
                          "garbage",
                          7 };
    cfo_entry_t good = {
        CFO_ENTRY_LOADED, CFO_FILE_RANGES, path_to("ranges"), "", { 0 }, now, OTHER,
        strlen(OTHER)
    };
    int i;

    (void)state;
    assert_int_equal(append(process, &entry), APR_SUCCESS);
    assert_int_equal(append(process, &good), APR_SUCCESS);
    for (i = 0; i < 25; i++) {
        assert_int_equal(cfo_reloader_catch_up(&process->reloader),
                         i % 10 ? APR_SUCCESS : APR_ENOMEM);
        assert_ptr_equal(zone_of(process, "named.example"), zone);
        assert_int_equal(judge(process, "named.example", leaf[0]), CFO_CERT_HOLDS);
        assert_true(is_edge(process, "10.0.0.1"));
    }
}

/* The zone gets another file that is bad, so that the content of the last one, which this
 * process still lacks, stays in force. */
static void a_text_is_tried_again_whatever_becomes_of_the_name_of_its_file(void **state)
{
    process_t *process = start();
    cfo_entry_t entry = { CFO_ENTRY_LOADED,
                          CFO_FILE_PROOFS,
                          path_to("zones/z1.example.pem"),
                          path_to("zones"),
                          { 0 },
                          now,
                          "garbage",
                          7 };
    int i;

    (void)state;
    assert_int_equal(append(process, &entry), APR_SUCCESS);
    entry.kind = CFO_ENTRY_REJECTED;
    entry.path = path_to("zones/Z1.example.pem");
    assert_int_equal(append(process, &entry), APR_SUCCESS);
    for (i = 0; i < 25; i++) {
        assert_int_equal(cfo_reloader_catch_up(&process->reloader),
                         i % 10 ? APR_SUCCESS : APR_ENOMEM);
        assert_int_equal(judge(process, "z1.example", leaf[1]), CFO_CERT_HOLDS);
    }
}

/* Two processes; there is no memory for OpenSSL while one looks and both apply. */
typedef struct {
    process_t *finder, *other;
    const pki_t *next; /* CA in the file now */
} shortage_t;

static void reload_in_shortage(void *data)
{
    shortage_t *shortage = data;
    apr_array_header_t *changes = apr_array_make(pool, 1, sizeof(cfo_change_t));

    cfo_detect_changes(&shortage->finder->reloader, pool, now, changes,
                       &shortage->finder->again);
    cfo_reloader_catch_up(&shortage->finder->reloader);
    cfo_reloader_catch_up(&shortage->other->reloader);
}

/* Which of the first two leaves proves the zone. */
static int holder(process_t *process)
{
    int first = judge(process, "named.example", leaf[0]) == CFO_CERT_HOLDS;
    int second = judge(process, "named.example", leaf[1]) == CFO_CERT_HOLDS;

    assert_int_equal(first + second, 1);
    return second;
}

static void catch_up_in_the_end(process_t *process)
{
    int i;

    for (i = 0; i < 10; i++)
        cfo_reloader_catch_up(&process->reloader);
    catch_up(process);
}

/* One of the two CAs is in force in each process; with memory, the new one soon is. */
static void assert_reloaded_in_the_end(void *data)
{
    shortage_t *shortage = data;
    const int next = shortage->next == ca[1];

    holder(shortage->finder);
    holder(shortage->other);
    catch_up_in_the_end(shortage->finder);
    now += 120 * SECOND;
    look_until_settled(shortage->finder);
    catch_up_in_the_end(shortage->other);
    assert_int_equal(holder(shortage->finder), next);
    assert_int_equal(holder(shortage->other), next);
    assert_null(watched_file(shortage->other, "named.pem")->error.text);
    shortage->next = next ? ca[0] : ca[1];
    put("named.pem", shortage->next->pem);
}

static void without_memory_the_last_good_content_stays_until_there_is_some(void **state)
{
    shortage_t shortage = { start(), process_start(&whole), ca[1] };

    (void)state;
    put("named.pem", ca[1]->pem);
    assert_true(memory_fail_each(307, reload_in_shortage, assert_reloaded_in_the_end,
                                 &shortage) > 2);
}

static void catch_up_ten_times(void *process)
{
    int i;

    for (i = 0; i < 10; i++)
        cfo_reloader_catch_up(&((process_t *)process)->reloader);
}

static void assert_the_second_still_holds(void *process)
{
    assert_int_equal(holder(process), 1);
}

/* Nor does a zone vanish that was removed once, and is there again. */
static void an_older_content_does_not_return_while_an_entry_is_tried_again(void **state)
{
    process_t *process = start();
    const cfo_entry_t bad = {
        CFO_ENTRY_LOADED, CFO_FILE_RANGES, path_to("ranges"), "", { 0 }, now, "garbage", 7
    };
    cfo_zone_t *zone;
    int i;

    (void)state;
    for (i = 0; i < 4; i++) {
        put("named.pem", ca[i % 2]->pem);
        take_away("zones/z1.example.pem");
        look_until_settled(process);
        put("zones/z1.example.pem", ca[i % 2]->pem);
        look_until_settled(process);
    }
    assert_int_equal(append(process, &bad), APR_SUCCESS);
    zone = zone_of(process, "z1.example");
    memory_fail_each(7, catch_up_ten_times, assert_the_second_still_holds, process);
    assert_ptr_equal(zone_of(process, "z1.example"), zone);
    assert_int_equal(judge(process, "z1.example", leaf[1]), CFO_CERT_HOLDS);
}

static void entries_read_before_the_journal_fails_are_applied(void **state)
{
    process_t *process = start(), *late = process_start(&whole);
    apr_uint64_t *committed = process_committed();

    (void)state;
    put("ranges", OTHER);
    look_until_settled(process);
    *committed += 10; /* no such entry exists */
    assert_int_not_equal(cfo_reloader_catch_up(&late->reloader), APR_SUCCESS);
    assert_true(is_edge(late, "10.0.0.1"));
    assert_int_not_equal(cfo_reloader_catch_up(&late->reloader), APR_SUCCESS);
    *committed -= 10;
    catch_up(late);
}

/* Requests while files change; cmocka must not be used in these threads. */
typedef struct {
    process_t *process;
    const pki_t *leaves[2];
    int stop, errors;
    int seen[2]; /* admitted requests with each leaf */
} requests_t;

/* The zone has one of two proofs, so exactly one of the leaves must hold. */
static int is_judged_well(requests_t *requests, apr_pool_t *p)
{
    process_t *process = requests->process;
    cfo_snapshot_t *snapshot = cfo_snapshots_acquire(process->reloader.snapshots);
    const cfo_view_t *view = &snapshot->views[process->view];
    cfo_zone_t *zone = cfo_zones_find(view->tables, view->count, "www.z1.example");
    int i, holds = 0;

    for (i = 0; zone && i < 2; i++) {
        const pki_t *one = requests->leaves[i];
        cfo_match_t match;
        const char *why;

        if (cfo_zone_check(p, process->cert_cache, zone, pki_credential(p, one), NOW,
                           &match, &why) == CFO_CERT_HOLDS) {
            holds++;
            __atomic_fetch_add(&requests->seen[i], 1, __ATOMIC_RELAXED);
        }
    }
    cfo_snapshot_release(snapshot);
    return holds == 1;
}

static void *APR_THREAD_FUNC ask(apr_thread_t *thread, void *data)
{
    requests_t *requests = data;
    apr_pool_t *p;

    (void)thread;
    apr_pool_create(&p, NULL);
    while (!__atomic_load_n(&requests->stop, __ATOMIC_RELAXED)) {
        if (!is_judged_well(requests, p))
            __atomic_fetch_add(&requests->errors, 1, __ATOMIC_RELAXED);
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    return NULL;
}

static int have_both_been_seen(requests_t *requests)
{
    return __atomic_load_n(&requests->seen[0], __ATOMIC_RELAXED) > 0 &&
           __atomic_load_n(&requests->seen[1], __ATOMIC_RELAXED) > 0;
}

static void requests_see_a_complete_snapshot_while_files_change(void **state)
{
    process_t *process = start();
    requests_t requests = { process, { leaf[1], leaf[2] } };
    const int rounds = fixture_rounds(12, 150);
    apr_thread_t *threads[READERS];
    apr_status_t status;
    int i;

    (void)state;
    for (i = 0; i < READERS; i++)
        assert_int_equal(apr_thread_create(&threads[i], NULL, ask, &requests, pool), 0);
    for (i = 0; i < rounds || !have_both_been_seen(&requests); i++) {
        put("zones/z1.example.pem", ca[i % 2 ? 1 : 2]->pem);
        look_until_settled(process);
    }
    __atomic_store_n(&requests.stop, 1, __ATOMIC_RELAXED);
    for (i = 0; i < READERS; i++)
        assert_int_equal(apr_thread_join(&status, threads[i]), 0);
    assert_int_equal(requests.errors, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_new_entries_nothing_is_replaced),
        TEST(an_error_is_visible_to_reports_and_changes_nothing_else),
        TEST(a_zone_that_is_shut_has_the_error_that_its_file_has_now),
        TEST(touching_a_range_list_updates_its_date),
        TEST(every_process_applies_what_one_has_found),
        TEST(a_file_that_another_process_has_read_is_not_waited_for),
        TEST(a_folder_that_another_process_has_listed_is_not_waited_for),
        TEST(a_late_process_gets_the_same_result_though_the_files_are_bad_by_then),
        TEST(processes_agree_whatever_happens),
        TEST(replaced_content_is_freed_with_its_last_reader),
        TEST(a_zone_that_is_removed_is_freed),
        TEST(a_range_list_that_is_replaced_is_freed_with_its_last_reader),
        TEST(the_journal_stays_short_however_often_a_file_changes),
        TEST(a_full_disk_is_solved_by_compaction),
        TEST(the_marks_of_a_compaction_replace_nothing),
        TEST(reloads_leave_no_pools),
        TEST(a_process_that_ends_leaves_its_work_to_others),
        TEST(a_text_that_this_process_cannot_parse_changes_nothing),
        TEST(a_text_is_tried_again_whatever_becomes_of_the_name_of_its_file),
        TEST(without_memory_the_last_good_content_stays_until_there_is_some),
        TEST(an_older_content_does_not_return_while_an_entry_is_tried_again),
        TEST(entries_read_before_the_journal_fails_are_applied),
        TEST(requests_see_a_complete_snapshot_while_files_change),
    };

    return RUN(tests);
}
