/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/journal_compaction.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "process.h"

static const setup_t whole = {
    .ranges = "ranges",
    .zones = { { "named.example", "named.pem" } },
    .folder = "zones",
};

static const pki_t *ca, *leaf, *other, *other_leaf; /* of the running test */

static process_t *start(void)
{
    ca = pki_ca("A");
    leaf = pki_leaf("leaf", ca);
    other = pki_ca("B");
    other_leaf = pki_leaf("leaf", other);
    mkdir(path_to("zones"), 0700);
    put("ranges", "192.0.2.0/24\n");
    put("named.pem", ca->pem);
    put("zones/a.example.pem", ca->pem);
    put("zones/b.example.pem", "bad");
    return process_start(&whole);
}

static apr_status_t compact(process_t *process)
{
    apr_status_t status;
    apr_pool_t *p;

    apr_pool_create(&p, pool);
    status = cfo_journal_compact(p, process->reloader.journal, process->builder->watched);
    apr_pool_destroy(p);
    return status;
}

static apr_uint64_t size(void)
{
    return *process_committed() & 0xffffffffff;
}

static void assert_all_is_there(process_t *process)
{
    assert_int_equal(judge(process, "named.example", leaf), CFO_CERT_UNKNOWN);
    assert_int_equal(judge(process, "named.example", other_leaf), CFO_CERT_HOLDS);
    assert_int_equal(judge(process, "a.example", leaf), -1);
    assert_int_equal(judge(process, "b.example", leaf), CFO_CERT_UNKNOWN);
    assert_int_equal(judge(process, "c.example", other_leaf), CFO_CERT_HOLDS);
    assert_string_equal(folder_file(process, "zones/c.example.pem")->error.text, "empty");
    assert_int_equal(judge(process, "d.example", leaf), -1);
    assert_true(is_edge(process, "198.51.100.1"));
}

/* All types of changes of a file. */
static void change_all(process_t *process)
{
    put("named.pem", other->pem);
    put("ranges", "192.0.2.0/24\n198.51.100.0/24\n");
    put("zones/c.example.pem", other->pem);
    put("zones/d.example.pem", ca->pem);
    put("zones/b.example.pem", "bad again");
    look_until_settled(process);
    take_away("zones/a.example.pem");
    take_away("zones/d.example.pem");
    put("zones/c.example.pem", "");
    look_until_settled(process);
    put("zones/..pem", "");
    look_until_settled(process);
}

static void every_reader_of_a_compacted_journal_gets_the_same_result(void **state)
{
    process_t *process = start(), *behind = process_start(&whole);
    process_t *late = process_load(&whole), *later = process_load(&whole);
    int i;

    (void)state;
    put("zones/d.example.pem", ca->pem);
    look_until_settled(process);
    catch_up(behind); /* it has a zone that is removed in the part it has not read */
    take_away("zones/d.example.pem");
    look_until_settled(process);
    change_all(process);
    for (i = 0; i < 3; i++) {
        assert_int_equal(compact(process), APR_SUCCESS);
        assert_string_equal(look_until_settled(process), "");
    }
    assert_all_is_there(process);
    catch_up(behind);
    assert_all_is_there(behind);
    process_begin(late);
    assert_all_is_there(late);
    put("zones/a.example.pem", other->pem);
    assert_string_equal(look_until_settled(process), "new zones/a.example.pem");
    assert_int_equal(compact(process), APR_SUCCESS);
    process_begin(later);
    assert_int_equal(judge(later, "a.example", leaf), CFO_CERT_UNKNOWN);
    assert_int_equal(judge(later, "a.example", other_leaf), CFO_CERT_HOLDS);
    assert_string_equal(look_until_settled(later), "");
}

/* A file that is bad when it comes back: its content at start must not come back. */
static void a_zone_that_came_back_bad_stays_out(void **state)
{
    process_t *process = start(), *late = process_load(&whole);

    (void)state;
    take_away("zones/a.example.pem");
    look_until_settled(process);
    put("zones/a.example.pem", "");
    look_until_settled(process);
    assert_int_equal(compact(process), APR_SUCCESS);
    process_begin(late);
    assert_int_equal(judge(late, "a.example", leaf), -1);
    catch_up(process);
    assert_int_equal(judge(process, "a.example", leaf), -1);
}

static void superseded_entries_and_removed_files_are_dropped(void **state)
{
    process_t *process = start();
    apr_uint64_t before;
    int i;

    (void)state;
    assert_int_equal(compact(process), APR_SUCCESS);
    catch_up(process);
    before = size();
    for (i = 0; i < 20; i++) {
        const char *name = apr_psprintf(pool, "zones/n%d.example.pem", i);

        put(name, ca->pem);
        look_until_settled(process);
        take_away(name);
        look_until_settled(process);
    }
    assert_true(size() > 4 * before);
    assert_int_equal(compact(process), APR_SUCCESS);
    catch_up(process);
    assert_in_range(size(), before, before + 200); /* the state of the folder */
}

/* Content that is in force is not parsed again, so the caches of the zones stay. */
static void content_in_force_is_not_read_again(void **state)
{
    process_t *process = start();
    cfo_zone_t *zone;

    (void)state;
    change_all(process);
    zone = zone_of(process, "c.example");
    assert_int_equal(compact(process), APR_SUCCESS);
    catch_up(process);
    assert_ptr_equal(zone_of(process, "c.example"), zone);
}

static void a_full_disk_changes_nothing(void **state)
{
    process_t *process = start(), *late = process_load(&whole);
    apr_uint64_t before;
    apr_status_t status;
    struct rlimit limit;

    (void)state;
    change_all(process);
    before = *process_committed();
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = 1000;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    status = compact(process);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(status, EFBIG);
    assert_true(*process_committed() == before);
    assert_int_equal(process_spare_size(), 0); /* on that disk it is missing */
    process_begin(late);
    assert_all_is_there(late);
}

/* Compacts and appends all the time, until it is killed. */
static void work_for_ever(cfo_journal_t *journal, cfo_watched_files_t *watched)
{
    cfo_entry_t entry = { CFO_ENTRY_LOADED, 1, "a", "", { 0 }, 0, "", 0 };
    apr_pool_t *p;

    apr_pool_create(&p, pool);
    for (;;) {
        cfo_entry_t read;

        while (cfo_journal_next(journal, p, &read) == APR_SUCCESS)
            ;
        entry.text = apr_psprintf(p, "%*d", (int)(entry.when % 5000), 1);
        entry.length = strlen(entry.text);
        entry.when++;
        if (cfo_journal_append(journal, p, &entry) != APR_SUCCESS)
            _exit(1);
        cfo_journal_commit(journal);
        while (cfo_journal_next(journal, p, &read) == APR_SUCCESS)
            ;
        if (cfo_journal_compact(p, journal, watched) != APR_SUCCESS)
            _exit(2);
        apr_pool_clear(p);
    }
}

/* The texts of the file get longer, and are complete. */
static apr_time_t read_on(cfo_journal_t *journal, apr_time_t last)
{
    apr_status_t status;
    cfo_entry_t entry;

    while ((status = cfo_journal_next(journal, pool, &entry)) == APR_SUCCESS) {
        if (entry.kind != CFO_ENTRY_LOADED)
            continue;
        assert_true(entry.when >= last);
        assert_int_equal(entry.length, strlen(entry.text));
        last = entry.when;
    }
    assert_int_equal(status, APR_EOF);
    return last;
}

static apr_file_t *open_file(void)
{
    char *name = apr_pstrcat(pool, fixture_folder(), "/journal.XXXXXX", NULL);
    apr_file_t *file;

    assert_int_equal(apr_file_mktemp(&file, name, 0, pool), 0);
    return file;
}

static void a_process_killed_during_compaction_damages_nothing(void **state)
{
    apr_file_t *files[2] = { open_file(), open_file() };
    cfo_watched_files_t *watched = cfo_watched_files_create(pool);
    apr_uint64_t *shared =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cfo_journal_t *early = cfo_journal_create(pool, files, shared);
    apr_time_t seen = 0;
    int i, status;

    (void)state;
    for (i = 0; i < 20; i++) {
        apr_uint64_t before = __atomic_load_n(shared, __ATOMIC_ACQUIRE);
        apr_time_t from = seen;
        pid_t pid = fork();

        if (!pid) {
            alarm(60);
            work_for_ever(cfo_journal_create(pool, files, shared), watched);
        }
        do
            seen = read_on(early, from); /* while the other process is working */
        while (__atomic_load_n(shared, __ATOMIC_ACQUIRE) <
               before + (APR_UINT64_C(9) << 40));
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        read_on(early, 0);
        read_on(cfo_journal_create(pool, files, shared), 0);
        seen = 0; /* the next process starts with its first text */
    }
    munmap(shared, 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_reader_of_a_compacted_journal_gets_the_same_result),
        TEST(a_zone_that_came_back_bad_stays_out),
        TEST(superseded_entries_and_removed_files_are_dropped),
        TEST(content_in_force_is_not_read_again),
        TEST(a_full_disk_changes_nothing),
        TEST(a_process_killed_during_compaction_damages_nothing),
    };

    return RUN(tests);
}
