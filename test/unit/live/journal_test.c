/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/journal.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apr_portable.h"

#include "fixture.h"

enum { WRITERS = 4, ENTRIES = 250 };

static apr_file_t *files[2];
static apr_uint64_t *shared; /* [0]: committed; [1]: the writer whose turn it is */

/* Made by httpd's parent before it forks. */
static void make_file(void)
{
    int i;

    for (i = 0; i < 2; i++) {
        char *name = apr_pstrcat(pool, fixture_folder(), "/journal.XXXXXX", NULL);

        assert_int_equal(apr_file_mktemp(&files[i], name, 0, pool), 0);
        assert_int_equal(apr_file_remove(name, pool), 0);
    }
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(shared, MAP_FAILED);
}

static cfo_journal_t *open_journal(void)
{
    if (!files[0])
        make_file();
    return cfo_journal_create(pool, files, shared);
}

static int close_journal(void **state)
{
    if (files[0])
        munmap(shared, 4096);
    files[0] = NULL;
    return fixture_close(state);
}

#define JOURNAL_TEST(name)                                                               \
    cmocka_unit_test_setup_teardown(name, fixture_open, close_journal)

static cfo_entry_t entry_of(const char *path, const char *text)
{
    return (cfo_entry_t){ CFO_ENTRY_LOADED, 1, path, "", { 0 }, 0, text, strlen(text) };
}

static apr_status_t append(cfo_journal_t *journal, const char *path, const char *text)
{
    cfo_entry_t entry = entry_of(path, text);
    apr_status_t status = cfo_journal_append(journal, pool, &entry);

    cfo_journal_commit(journal);
    return status;
}

/* The next entry is this one. */
static void assert_next(cfo_journal_t *journal, const char *path, const char *text)
{
    cfo_entry_t entry;

    assert_true(cfo_journal_has_unread(journal));
    assert_int_equal(cfo_journal_next(journal, pool, &entry), APR_SUCCESS);
    assert_string_equal(entry.path, path);
    assert_int_equal(entry.length, strlen(text));
    assert_string_equal(entry.text, text);
}

static void assert_next_kind(cfo_journal_t *journal, cfo_entry_kind_t kind)
{
    cfo_entry_t entry;

    assert_int_equal(cfo_journal_next(journal, pool, &entry), APR_SUCCESS);
    assert_int_equal(entry.kind, kind);
}

static void assert_end(cfo_journal_t *journal)
{
    cfo_entry_t entry;

    assert_false(cfo_journal_has_unread(journal));
    assert_int_equal(cfo_journal_next(journal, pool, &entry), APR_EOF);
}

static void a_new_journal_is_empty(void **state)
{
    (void)state;
    assert_end(open_journal());
}

static void every_field_of_an_entry_is_read_back(void **state)
{
    cfo_journal_t *writer = open_journal(), *reader = open_journal();
    cfo_entry_t entry = { CFO_ENTRY_REJECTED,
                          CFO_ENTRY_FOLDER,
                          "/etc/zones/a.pem",
                          "/etc/zones",
                          { 1, 2, 3, 4, 5, 6 },
                          7,
                          "why",
                          3 };
    cfo_entry_t found;

    (void)state;
    assert_int_equal(cfo_journal_append(writer, pool, &entry), APR_SUCCESS);
    assert_end(reader);
    cfo_journal_commit(writer);
    assert_int_equal(cfo_journal_next(reader, pool, &found), APR_SUCCESS);
    assert_int_equal(found.kind, CFO_ENTRY_REJECTED);
    assert_int_equal(found.file_kind, CFO_ENTRY_FOLDER);
    assert_string_equal(found.path, "/etc/zones/a.pem");
    assert_string_equal(found.folder, "/etc/zones");
    assert_memory_equal(&found.state, &entry.state, sizeof entry.state);
    assert_true(found.when == 7);
    assert_string_equal(found.text, "why");
    assert_int_equal(found.length, 3);
    assert_end(reader);
}

static void a_late_reader_reads_everything_from_the_start(void **state)
{
    cfo_journal_t *writer = open_journal(), *early = open_journal(), *late;

    (void)state;
    assert_int_equal(append(writer, "a", "first"), APR_SUCCESS);
    assert_next(early, "a", "first");
    assert_int_equal(append(writer, "b", "second"), APR_SUCCESS);
    late = open_journal();
    assert_next(early, "b", "second");
    assert_end(early);
    assert_next(late, "a", "first");
    assert_next(late, "b", "second");
    assert_end(late);
    assert_next(writer, "a", "first"); /* a writer reads its own entries too */
}

static void a_text_may_be_empty(void **state)
{
    cfo_journal_t *journal = open_journal();

    (void)state;
    assert_int_equal(append(journal, "", ""), APR_SUCCESS);
    assert_int_equal(append(journal, "a", "b"), APR_SUCCESS);
    assert_next(journal, "", "");
    assert_next(journal, "a", "b");
    assert_end(journal);
}

static void a_text_may_have_any_bytes(void **state)
{
    static const char text[] = "\0a\0\xff\n\0";
    cfo_journal_t *journal = open_journal();
    cfo_entry_t entry = entry_of("a", ""), found;

    (void)state;
    entry.text = text;
    entry.length = sizeof text - 1;
    assert_int_equal(cfo_journal_append(journal, pool, &entry), APR_SUCCESS);
    cfo_journal_commit(journal);
    assert_int_equal(append(journal, "b", "next"), APR_SUCCESS);
    assert_int_equal(cfo_journal_next(journal, pool, &found), APR_SUCCESS);
    assert_int_equal(found.length, sizeof text - 1);
    assert_memory_equal(found.text, text, sizeof text); /* ends in a NUL */
    assert_next(journal, "b", "next");
}

/* No byte after it is read, so it need not end in a NUL. */
static void only_the_given_length_of_a_text_is_written(void **state)
{
    cfo_journal_t *journal = open_journal();
    cfo_entry_t entry = entry_of("a", "");
    char *text = malloc(5);

    (void)state;
    memcpy(text, "hello", 5);
    entry.text = text;
    entry.length = 5;
    assert_int_equal(cfo_journal_append(journal, pool, &entry), APR_SUCCESS);
    cfo_journal_commit(journal);
    free(text);
    assert_next(journal, "a", "hello");
}

static void a_text_may_be_as_large_as_a_file(void **state)
{
    cfo_journal_t *journal = open_journal();
    size_t size = 16 << 20;
    char *text = apr_palloc(pool, size + 1);

    (void)state;
    memset(text, 'x', size);
    text[0] = 'a';
    text[size - 1] = 'z';
    text[size] = '\0';
    assert_int_equal(append(journal, "big", text), APR_SUCCESS);
    assert_int_equal(append(journal, "small", "text"), APR_SUCCESS);
    assert_next(journal, "big", text);
    assert_next(journal, "small", "text");
}

/* Limits the growth of the file to this many bytes. */
static void limit_size(apr_uint64_t size)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size ? *shared + size : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, size ? SIG_IGN : SIG_DFL);
}

static void an_entry_that_does_not_fit_leaves_nothing_to_read(void **state)
{
    cfo_journal_t *journal = open_journal();
    apr_uint64_t before;
    apr_status_t status[2];
    apr_finfo_t info;

    (void)state;
    assert_int_equal(append(journal, "a", "first"), APR_SUCCESS);
    before = *shared;
    limit_size(100); /* only the start of the entry is written */
    status[0] = append(journal, "b", "second, which is too long");
    status[1] = append(journal, "c", "third");
    limit_size(0);
    assert_int_equal(status[0], EFBIG);
    assert_int_equal(status[1], EFBIG);
    assert_true(*shared == before);
    assert_int_equal(apr_file_info_get(&info, APR_FINFO_SIZE, files[0]), 0);
    assert_true((apr_uint64_t)info.size == before);
    assert_next(journal, "a", "first");
    assert_end(journal);
    assert_int_equal(append(journal, "d", "fourth"), APR_SUCCESS);
    assert_next(journal, "d", "fourth");
    assert_end(journal);
}

static void a_full_disk_is_an_error(void **state)
{
    apr_uint64_t committed = 0;
    cfo_journal_t *journal;
    apr_file_t *full[2];

    (void)state;
    assert_int_equal(apr_file_open(&full[0], "/dev/full",
                                   APR_FOPEN_WRITE | APR_FOPEN_READ, APR_FPROT_OS_DEFAULT,
                                   pool),
                     0);
    full[1] = full[0];
    journal = cfo_journal_create(pool, full, &committed);
    assert_int_equal(append(journal, "a", "text"), ENOSPC);
    assert_true(committed == 0);
    assert_end(journal);
}

static void an_unreadable_entry_is_an_error_and_is_read_again(void **state)
{
    cfo_journal_t *writer = open_journal(), *reader = open_journal();
    cfo_entry_t entry;
    apr_status_t status[2];

    (void)state;
    assert_int_equal(append(writer, "a", "first"), APR_SUCCESS);
    assert_int_equal(append(writer, "b", "second"), APR_SUCCESS);
    assert_next(reader, "a", "first");
    assert_int_equal(apr_file_trunc(files[0], (apr_off_t)*shared - 1), 0);
    status[0] = cfo_journal_next(reader, pool, &entry);
    status[1] = cfo_journal_next(reader, pool, &entry);
    assert_int_not_equal(status[0], APR_SUCCESS);
    assert_int_not_equal(status[0], APR_EOF);
    assert_int_equal(status[1], status[0]);
    assert_int_equal(apr_file_trunc(files[0], (apr_off_t)*shared), 0); /* a NUL again */
    assert_next(reader, "b", "second");
    assert_end(reader);
}

/* A process that dies while it writes. */
static void uncommitted_entries_are_overwritten(void **state)
{
    cfo_journal_t *journal = open_journal();
    char rest[4096];
    apr_os_file_t descriptor;

    (void)state;
    assert_int_equal(append(journal, "a", "first"), APR_SUCCESS);
    memset(rest, 'x', sizeof rest);
    apr_os_file_get(&descriptor, files[0]);
    assert_int_equal(pwrite(descriptor, rest, sizeof rest, (off_t)*shared), sizeof rest);
    assert_next(journal, "a", "first");
    assert_end(journal);
    assert_int_equal(append(journal, "b", "second"), APR_SUCCESS);
    assert_next(journal, "b", "second");
    assert_end(journal);
}

static cfo_journal_t *replace(cfo_journal_t *journal, const char *path, const char *text)
{
    cfo_journal_t *draft = cfo_journal_draft(pool, journal);

    assert_int_equal(append(draft, path, text), APR_SUCCESS);
    cfo_journal_replace(journal, draft);
    return draft;
}

static void every_reader_continues_in_the_new_file(void **state)
{
    cfo_journal_t *writer = open_journal(), *behind = open_journal();
    cfo_journal_t *early = open_journal();
    apr_finfo_t info;
    int i;

    (void)state;
    assert_int_equal(append(writer, "a", "first"), APR_SUCCESS);
    assert_int_equal(append(writer, "a", "second"), APR_SUCCESS);
    assert_next(behind, "a", "first");
    assert_next(early, "a", "first");
    assert_next(early, "a", "second");
    assert_next(writer, "a", "first");
    assert_next(writer, "a", "second");
    for (i = 0; i < 3; i++) {
        replace(writer, "a", "second");
        assert_next(early, "a", "second");
        assert_end(early);
        assert_next(writer, "a", "second");
        assert_int_equal(append(writer, "b", "third"), APR_SUCCESS);
        assert_next(writer, "b", "third");
        assert_next(early, "b", "third");
        assert_int_equal(apr_file_info_get(&info, APR_FINFO_SIZE, files[i & 1]), 0);
        assert_int_equal(info.size, 0); /* the old file is empty */
    }
    assert_next(behind, "a", "second");
    assert_next(behind, "b", "third");
    assert_end(behind);
    assert_next(cfo_journal_reader(pool, behind), "a", "second");
}

static void a_journal_may_be_replaced_any_number_of_times(void **state)
{
    cfo_journal_t *journal = open_journal(), *reader = open_journal();
    cfo_entry_t entry;

    (void)state;
    *shared = APR_UINT64_C(0xffffff) << 40;
    assert_int_equal(cfo_journal_next(journal, pool, &entry), APR_EOF);
    replace(journal, "a", "first");
    assert_true(*shared >> 40 == 0 && *shared > 0);
    assert_next(reader, "a", "first");
    assert_next(journal, "a", "first");
    assert_int_equal(append(journal, "b", "second"), APR_SUCCESS);
    assert_next(reader, "b", "second");
    assert_end(reader);
}

static void an_abandoned_draft_changes_nothing(void **state)
{
    cfo_journal_t *journal = open_journal();

    (void)state;
    assert_int_equal(append(journal, "a", "first"), APR_SUCCESS);
    assert_next(journal, "a", "first");
    assert_int_equal(append(cfo_journal_draft(pool, journal), "b", "no"), APR_SUCCESS);
    assert_end(journal);
    replace(journal, "c", "second");
    assert_next(journal, "c", "second");
    assert_end(journal);
}

static void compaction_is_needed_at_several_times_the_compacted_size(void **state)
{
    const cfo_entry_t whole = {
        CFO_ENTRY_COMPACT_END, CFO_ENTRY_FOLDER, "", "", { 0 }, 0, "", 0
    };
    cfo_journal_t *journal = open_journal(), *draft;
    char *text = apr_palloc(pool, (5 << 20) + 1);

    (void)state;
    memset(text, 'x', 5 << 20);
    text[5 << 20] = '\0';
    assert_false(cfo_journal_needs_compaction(journal));
    assert_int_equal(append(journal, "a", text), APR_SUCCESS);
    assert_true(cfo_journal_needs_compaction(journal));
    assert_next(journal, "a", text);
    draft = cfo_journal_draft(pool, journal);
    assert_int_equal(append(draft, "a", text), APR_SUCCESS);
    assert_int_equal(cfo_journal_append(draft, pool, &whole), APR_SUCCESS);
    cfo_journal_commit(draft);
    cfo_journal_replace(journal, draft);
    assert_next(journal, "a", text);
    assert_next_kind(journal, CFO_ENTRY_COMPACT_END);
    assert_false(cfo_journal_needs_compaction(journal));
    text[4 << 20] = '\0';
    assert_int_equal(append(journal, "a", text), APR_SUCCESS);
    assert_false(cfo_journal_needs_compaction(journal));
    assert_int_equal(append(journal, "a", text), APR_SUCCESS);
    assert_int_equal(append(journal, "a", text), APR_SUCCESS);
    assert_true(cfo_journal_needs_compaction(journal));
    cfo_journal_defer_compaction(journal);
    assert_false(cfo_journal_needs_compaction(journal));
}

/* Reads until every entry of every writer has arrived, in its order. */
static int read_all(cfo_journal_t *journal)
{
    int seen[WRITERS] = { 0 }, count = 0;
    cfo_entry_t entry;

    while (count < WRITERS * ENTRIES) {
        apr_status_t status = cfo_journal_next(journal, pool, &entry);
        int writer;

        if (status == APR_EOF) {
            sched_yield();
            continue;
        }
        writer = atoi(entry.path);
        if (status != APR_SUCCESS || atoi(entry.text) != seen[writer]++ ||
            entry.length != strlen(entry.text))
            return 1;
        count++;
    }
    return cfo_journal_has_unread(journal);
}

/* Writers take turns, as under a lock: each reads first what the others wrote. */
static int write_all(cfo_journal_t *journal, int number)
{
    cfo_entry_t entry;
    int i;

    for (i = 0; i < ENTRIES; i++) {
        const char *text = apr_psprintf(pool, "%d %*s", i, i * 7, "");

        while (__atomic_load_n(&shared[1], __ATOMIC_ACQUIRE) % WRITERS !=
               (apr_uint64_t)number)
            sched_yield();
        while (cfo_journal_next(journal, pool, &entry) == APR_SUCCESS)
            ;
        if (append(journal, apr_itoa(pool, number), text) != APR_SUCCESS)
            return 1;
        __atomic_add_fetch(&shared[1], 1, __ATOMIC_RELEASE);
    }
    return 0;
}

/* In its own process, which shares descriptor and memory like httpd's children. */
static pid_t start(int number)
{
    cfo_journal_t *journal = open_journal();
    pid_t pid = fork();

    if (pid)
        return pid;
    alarm(60);
    _exit(number < WRITERS ? write_all(journal, number) : read_all(journal));
}

static void processes_read_the_entries_of_others_completely_and_in_order(void **state)
{
    pid_t children[WRITERS + 2];
    int i, status;

    (void)state;
    make_file();
    for (i = 0; i < COUNT(children); i++)
        children[i] = start(i);
    assert_int_equal(read_all(open_journal()), 0);
    for (i = 0; i < COUNT(children); i++) {
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(read_all(open_journal()), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        JOURNAL_TEST(a_new_journal_is_empty),
        JOURNAL_TEST(every_field_of_an_entry_is_read_back),
        JOURNAL_TEST(a_late_reader_reads_everything_from_the_start),
        JOURNAL_TEST(a_text_may_be_empty),
        JOURNAL_TEST(a_text_may_have_any_bytes),
        JOURNAL_TEST(only_the_given_length_of_a_text_is_written),
        JOURNAL_TEST(a_text_may_be_as_large_as_a_file),
        JOURNAL_TEST(an_entry_that_does_not_fit_leaves_nothing_to_read),
        JOURNAL_TEST(a_full_disk_is_an_error),
        JOURNAL_TEST(an_unreadable_entry_is_an_error_and_is_read_again),
        JOURNAL_TEST(uncommitted_entries_are_overwritten),
        JOURNAL_TEST(every_reader_continues_in_the_new_file),
        JOURNAL_TEST(a_journal_may_be_replaced_any_number_of_times),
        JOURNAL_TEST(an_abandoned_draft_changes_nothing),
        JOURNAL_TEST(compaction_is_needed_at_several_times_the_compacted_size),
        JOURNAL_TEST(processes_read_the_entries_of_others_completely_and_in_order),
    };

    return RUN(tests);
}
