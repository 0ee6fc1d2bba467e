/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/detect_file.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "process.h"

#define FOUR "192.0.2.0/24\n198.51.100.0/24\n203.0.113.0/24\n2001:db8::/32\n"
#define OTHER FOUR "10.0.0.0/8\n"
#define GONE "No such file or directory"
#define KEY "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"

static const setup_t ranges = { .ranges = "ranges" };

static process_t *start_with_ranges(void)
{
    put("ranges", FOUR);
    return process_start(&ranges);
}

/* The first process notices what the test does, and logs it. */
static void assert_logged(process_t *process, const char *text)
{
    assert_string_equal(look_until_settled(process), text);
    assert_string_equal(look_until_settled(process), "");
}

static void rename_to(const char *from, const char *to)
{
    assert_int_equal(rename(path_to(from), path_to(to)), 0);
}

static void link_to(const char *name, const char *target)
{
    assert_int_equal(symlink(target, path_to(".next")), 0);
    rename_to(".next", name);
}

static const char *written_while_read; /* NULL: no file */

/* The linker replaces cfo_input_file_read() by these. */
const char *__real_cfo_input_file_read(apr_pool_t *, const char *, apr_size_t,
                                       const char **, apr_size_t *);
const char *__wrap_cfo_input_file_read(apr_pool_t *, const char *, apr_size_t,
                                       const char **, apr_size_t *);

const char *__wrap_cfo_input_file_read(apr_pool_t *p, const char *path, apr_size_t most,
                                       const char **text, apr_size_t *length)
{
    const char *reason = __real_cfo_input_file_read(p, path, most, text, length);

    if (written_while_read)
        put("ranges", written_while_read);
    written_while_read = NULL;
    return reason;
}

static void nothing_is_logged_about_unchanged_files(void **state)
{
    process_t *process = start_with_ranges();

    (void)state;
    assert_string_equal(look(process), "");
    assert_false(process->again);
    now += 1000 * DAY;
    assert_string_equal(look(process), "");
}

/* The text that was read is valid, but only half of what was meant. */
static void a_file_that_is_written_while_it_is_read_is_read_again(void **state)
{
    process_t *process = start_with_ranges();

    (void)state;
    put("ranges", FOUR "10.0.0.0/8\n");
    written_while_read = FOUR "10.0.0.0/8\n11.0.0.0/8\n";
    assert_string_equal(look(process), "");
    assert_true(process->again);
    assert_false(is_edge(process, "10.0.0.1"));
    assert_string_equal(look_until_settled(process), "loaded ranges");
    assert_true(is_edge(process, "11.0.0.1"));
}

static void an_edited_file_is_loaded_and_logged_once(void **state)
{
    process_t *process = start_with_ranges();

    (void)state;
    assert_false(is_edge(process, "10.0.0.1"));
    put("ranges", OTHER);
    assert_string_equal(look(process), "loaded ranges");
    assert_true(is_edge(process, "10.0.0.1"));
    assert_true(is_edge(process, "192.0.2.1"));
    assert_string_equal(look(process), "");
    put("ranges", FOUR);
    assert_logged(process, "loaded ranges");
    assert_false(is_edge(process, "10.0.0.1"));
}

static void a_file_that_is_replaced_by_a_rename_is_loaded(void **state)
{
    process_t *process = start_with_ranges();

    (void)state;
    put("new", OTHER);
    rename_to("new", "ranges");
    assert_logged(process, "loaded ranges");
    assert_true(is_edge(process, "10.0.0.1"));
}

static void a_link_that_points_to_another_file_now_is_loaded(void **state)
{
    process_t *process;

    (void)state;
    put("one", FOUR);
    put("two", OTHER);
    link_to("ranges", "one");
    process = process_start(&ranges);
    link_to("ranges", "two");
    assert_logged(process, "loaded ranges");
    assert_true(is_edge(process, "10.0.0.1"));
    put("two", FOUR);
    assert_logged(process, "loaded ranges");
    assert_false(is_edge(process, "10.0.0.1"));
}

/* As in Kubernetes: the link itself never changes, but another one in its path does. */
static void a_link_in_the_path_that_points_elsewhere_now_is_followed(void **state)
{
    const pki_t *a = pki_ca("A"), *b = pki_ca("B");
    const setup_t setup = { .ranges = "ranges", .folder = "zones" };
    process_t *process;
    cfo_zone_t *kept;

    (void)state;
    mkdir(path_to("zones"), 0700);
    mkdir(path_to("zones/..1"), 0700);
    mkdir(path_to("zones/..2"), 0700);
    put("zones/..1/ranges", FOUR);
    put("zones/..2/ranges", OTHER);
    put("zones/..1/a.example.pem", a->pem);
    put("zones/..2/a.example.pem", b->pem);
    put("zones/..1/b.example.pem", a->pem);
    put("zones/..2/b.example.pem", a->pem);
    link_to("zones/..data", "..1");
    link_to("ranges", "zones/..data/ranges");
    link_to("zones/a.example.pem", "..data/a.example.pem");
    link_to("zones/b.example.pem", "..data/b.example.pem");
    process = process_start(&setup);
    kept = zone_of(process, "b.example");
    link_to("zones/..data", "..2");
    assert_logged(process, "loaded ranges; loaded zones/a.example.pem");
    assert_true(is_edge(process, "10.0.0.1"));
    assert_int_equal(judge(process, "a.example", pki_leaf("leaf", b)), CFO_CERT_HOLDS);
    assert_int_equal(judge(process, "a.example", pki_leaf("leaf", a)), CFO_CERT_UNKNOWN);
    assert_ptr_equal(zone_of(process, "b.example"), kept);
}

/* Its text is not written to the journal either. */
static void touching_a_file_does_not_load_it(void **state)
{
    const char *text = apr_psprintf(pool, FOUR "#%4000s\n", "");
    const cfo_parsed_file_t *content;
    process_t *process;

    (void)state;
    put("ranges", text);
    process = process_start(&ranges);
    content = watched_file(process, "ranges")->content;
    touch(path_to("ranges"));
    assert_logged(process, "");
    put("ranges", text);
    assert_logged(process, "");
    put("new", text);
    rename_to("new", "ranges");
    assert_logged(process, "");
    assert_ptr_equal(watched_file(process, "ranges")->content, content);
    assert_in_range(*process_committed(), 1, 2000);
}

static void a_file_that_is_gone_stays_in_force_and_may_come_back(void **state)
{
    process_t *process = start_with_ranges();

    (void)state;
    take_away("ranges");
    assert_logged(process, "rejected ranges: " GONE);
    assert_true(is_edge(process, "192.0.2.1"));
    assert_string_equal(look(process), "");
    assert_false(process->again);
    put("ranges", FOUR);
    assert_logged(process, "loaded ranges"); /* the error is over */
    take_away("ranges");
    assert_logged(process, "rejected ranges: " GONE);
    put("ranges", OTHER);
    assert_logged(process, "loaded ranges");
    assert_true(is_edge(process, "10.0.0.1"));
}

/* mv a b; cp c a: for a moment the file is missing. */
static void a_file_that_is_replaced_in_two_steps_is_waited_for(void **state)
{
    process_t *process = start_with_ranges();

    (void)state;
    take_away("ranges");
    assert_string_equal(look(process), "");
    assert_true(process->again);
    now += SECOND / 2;
    assert_string_equal(look(process), "");
    assert_true(process->again);
    put("ranges", OTHER);
    now += SECOND;
    assert_string_equal(look(process), "loaded ranges");
    assert_false(process->again);
    take_away("ranges"); /* the next time it is waited for again */
    assert_string_equal(look(process), "");
    assert_true(process->again);
}

static void a_bad_file_changes_nothing_until_it_is_fixed(void **state)
{
    static const struct {
        const char *text, *reason;
    } rows[] = {
        { "", "" },
        { "<!DOCTYPE html>\n<html><body>503</body></html>\n", "line 1" },
        { "192.0.2.0/24\n198.51.100.0/24\n203.0.113.0/24\n2001:db", "line 4" },
        { "192.0.2.0/24\n0.0.0.0/0\n", "line 2" },
        { "\xff\xfe\x31", "line 1" },
        { "# no range at all\n", "" },
        { "10.0.0.0/8\n", "more than half of the 4 ranges in force are missing" },
        { "192.0.2.0/24\n", "more than half of the 4 ranges in force are missing" },
    };
    process_t *process = start_with_ranges();
    const cfo_parsed_file_t *content = watched_file(process, "ranges")->content;
    int i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        const char *logged;

        put("ranges", rows[i].text);
        logged = look_until_settled(process);
        assert_contains(logged, "rejected ranges: ");
        assert_contains(logged, rows[i].reason);
        assert_string_equal(look_until_settled(process), "");
        assert_true(is_edge(process, "203.0.113.1"));
        assert_false(is_edge(process, "10.0.0.1"));
        put("ranges", FOUR);
        assert_logged(process, "loaded ranges");
        assert_ptr_equal(watched_file(process, "ranges")->content, content);
    }
    put("ranges", "");
    assert_string_not_equal(look_until_settled(process), "");
    put("ranges", OTHER);
    assert_logged(process, "loaded ranges");
    assert_true(is_edge(process, "10.0.0.1"));
}

static void a_list_with_half_of_its_ranges_left_is_loaded(void **state)
{
    process_t *process = start_with_ranges();

    (void)state;
    put("ranges", "192.0.2.0/24\n198.51.100.0/24\n");
    assert_logged(process, "loaded ranges");
    assert_false(is_edge(process, "203.0.113.1"));
}

static void a_bad_file_of_certificates_leaves_the_last_good_one(void **state)
{
    const setup_t setup = { .zones = { { "example.com", "zone.pem" } } };
    const pki_t *ca = pki_ca("A"), *leaf = pki_leaf("leaf", ca), *other = pki_ca("B");
    const struct {
        const char *text, *reason;
    } rows[] = {
        { "", "empty" },
        { "garbage", "" },
        { "<html></html>", "" },
        { apr_pstrmemdup(pool, ca->pem, strlen(ca->pem) / 2), "damaged" },
        { apr_pstrcat(pool, other->pem, KEY, NULL), "a private key" },
        { apr_pstrcat(pool, other->pem, "-----BEGIN CERTIFICATE-----\n", NULL),
          "damaged" },
    };
    process_t *process;
    cfo_zone_t *zone;
    int i;

    (void)state;
    put("zone.pem", ca->pem);
    process = process_start(&setup);
    zone = zone_of(process, "www.example.com");
    for (i = 0; i < COUNT(rows); i++) {
        const char *logged;

        put("zone.pem", rows[i].text);
        logged = look_until_settled(process);
        assert_contains(logged, "rejected zone.pem: ");
        assert_contains(logged, rows[i].reason);
        assert_string_equal(look_until_settled(process), "");
        assert_int_equal(judge(process, "example.com", leaf), CFO_CERT_HOLDS);
        put("zone.pem", ca->pem);
        assert_logged(process, "loaded zone.pem");
        assert_ptr_equal(zone_of(process, "example.com"), zone);
    }
    put("zone.pem", other->pem);
    assert_logged(process, "loaded zone.pem");
    assert_int_equal(judge(process, "example.com", leaf), CFO_CERT_UNKNOWN);
}

static void a_path_that_is_not_a_file_is_refused_at_once(void **state)
{
    process_t *process = start_with_ranges();

    (void)state;
    take_away("ranges");
    mkdir(path_to("ranges"), 0700);
    assert_logged(process, "rejected ranges: a directory, not a file");
    rmdir(path_to("ranges"));
    mkfifo(path_to("ranges"), 0600);
    assert_logged(process, "rejected ranges: not a regular file");
    unlink(path_to("ranges"));
    put("ranges", "");
    assert_int_equal(truncate(path_to("ranges"), (16 << 20) + 1), 0);
    assert_logged(process, "rejected ranges: larger than 16777216 bytes");
    assert_true(is_edge(process, "192.0.2.1"));
}

static void an_error_that_persists_is_logged_again_after_a_day(void **state)
{
    process_t *process = start_with_ranges();

    (void)state;
    put("ranges", "bad");
    assert_contains(look_until_settled(process), "rejected ranges: line 1");
    now += DAY - SECOND;
    put("ranges", "bad"); /* this changes nothing about the time */
    assert_string_equal(look_until_settled(process), "");
    now += 2 * SECOND;
    assert_contains(look_until_settled(process), "rejected ranges: line 1");
    assert_string_equal(look_until_settled(process), "");
    now += DAY - SECOND;
    assert_string_equal(look_until_settled(process), "");
    now += 2 * SECOND;
    assert_contains(look_until_settled(process), "rejected ranges: line 1");
}

static void a_new_error_is_logged_at_once(void **state)
{
    process_t *process = start_with_ranges();

    (void)state;
    put("ranges", "bad");
    assert_contains(look_until_settled(process), "bad");
    put("ranges", "worse");
    assert_contains(look_until_settled(process), "worse");
    take_away("ranges");
    assert_logged(process, "rejected ranges: " GONE);
    put("ranges", "worse");
    assert_contains(look_until_settled(process), "worse");
}

/* Sets the clock to the time of the last change of the file. */
static void go_to_change_of(const char *name)
{
    cfo_file_state_t file;

    cfo_file_state_get(pool, path_to(name), &file);
    now = file.ctime;
}

static void a_file_that_is_being_written_is_waited_for(void **state)
{
    process_t *process = start_with_ranges();

    (void)state;
    put("ranges", "192.0.2.0/24\n198.51");
    go_to_change_of("ranges");
    assert_string_equal(look(process), "");
    assert_true(process->again);
    assert_string_equal(look(process), "");
    put("ranges", OTHER);
    go_to_change_of("ranges");
    assert_string_equal(look(process), "");
    assert_true(process->again);
    now += SECOND + 1;
    assert_string_equal(look(process), "loaded ranges");
    assert_false(process->again);
}

static void a_file_that_changes_all_the_time_is_read_in_the_end(void **state)
{
    process_t *process = start_with_ranges();

    (void)state;
    put("ranges", OTHER);
    go_to_change_of("ranges");
    assert_string_equal(look(process), "");
    /* The time of a change cannot be set, so let the wait have started earlier. */
    watched_file(process, "ranges")->changing_since -= 10 * SECOND;
    assert_string_equal(look(process), "");
    watched_file(process, "ranges")->changing_since--;
    assert_string_equal(look(process), "loaded ranges");
    assert_false(process->again);
}

/* With the same state as before: its folder was renamed for a while. */
static void a_file_that_is_missing_again_is_waited_for_again(void **state)
{
    static const setup_t setup = { .ranges = "folder/ranges" };
    process_t *process;
    int i;

    (void)state;
    mkdir(path_to("folder"), 0700);
    put("folder/ranges", FOUR);
    process = process_start(&setup);
    for (i = 0; i < 3; i++) {
        rename_to("folder", "away");
        assert_string_equal(look(process), "");
        assert_true(process->again);
        rename_to("away", "folder");
        now += SECOND;
        assert_string_equal(look(process), "");
        assert_false(process->again);
    }
}

/* The wait is over: another process has found the change, or it was undone. */
static void an_old_wait_does_not_count(void **state)
{
    process_t *process = start_with_ranges();

    (void)state;
    watched_file(process, "ranges")->changing_since = now - 3600 * SECOND;
    take_away("ranges");
    assert_string_equal(look(process), "");
    assert_true(process->again);
    now += SECOND;
    assert_string_equal(look(process), "rejected ranges: " GONE);
    put("ranges", FOUR);
    look_until_settled(process);
    take_away("ranges");
    watched_file(process, "ranges")->changing_since =
        now + 3600 * SECOND; /* the clock was set back */
    assert_string_equal(look(process), "");
    now += SECOND;
    assert_string_equal(look(process), "rejected ranges: " GONE);
}

/* Runs as the user nobody if it can: root may read everything. */
static int run_without_rights(process_t *process, int (*action)(process_t *))
{
    pid_t pid = fork();
    int status;

    if (!pid) {
        alarm(60);
        if (!geteuid() && (setgid(65534) || setuid(65534)))
            _exit(2);
        _exit(action(process));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static int find_it_denied(process_t *process)
{
    const char *logged = look_until_settled(process);

    return strncmp(logged, "rejected ranges: the user that httpd runs as", 44) ||
           *look_until_settled(process) || !is_edge(process, "192.0.2.1");
}

static void a_file_that_httpd_cannot_read_is_logged_once(void **state)
{
    process_t *process = start_with_ranges();

    (void)state;
    chmod(fixture_folder(), 0755);
    chmod(path_to("ranges"), 0);
    assert_int_equal(run_without_rights(process, find_it_denied), 0);
}

/* Root has read it. It has not changed, but httpd would not notice a change. */
static void a_file_that_only_root_can_read_is_logged_at_start(void **state)
{
    process_t *process = start_with_ranges();

    (void)state;
    chmod(fixture_folder(), 0755);
    chmod(path_to("ranges"), 0);
    cfo_file_state_get(pool, path_to("ranges"), &watched_file(process, "ranges")->state);
    assert_int_equal(run_without_rights(process, find_it_denied), 0);
}

/* No file can be opened; it is checked again without a change. */
static void limit_files(int limit)
{
    struct rlimit files;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = limit ? 0 : files.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
}

static void a_file_that_cannot_be_read_is_tried_again(void **state)
{
    process_t *process = start_with_ranges();
    const char *logged[3];
    apr_uint64_t entries;

    (void)state;
    put("ranges", OTHER);
    limit_files(1);
    logged[0] = look_until_settled(process);
    entries = *process_committed();
    logged[1] = look_until_settled(process);
    logged[2] = look_until_settled(process);
    limit_files(0);
    assert_string_equal(logged[0], "rejected ranges: Too many open files");
    assert_string_equal(logged[1], "");
    assert_string_equal(logged[2], "");
    assert_true(entries ==
                *process_committed()); /* the same error is not written again */
    assert_logged(process, "loaded ranges");
    assert_true(is_edge(process, "10.0.0.1"));
}

/* A check of all files in which the journal may fail. */
static apr_status_t detection(process_t *process, int *count)
{
    apr_array_header_t *changes = apr_array_make(pool, 1, sizeof(cfo_change_t));
    apr_status_t status =
        cfo_detect_changes(&process->reloader, pool, now, changes, &process->again);

    *count = changes->nelts;
    return status;
}

/* Even a small entry that would fit: otherwise the big one might never be written. */
static void a_change_that_cannot_be_written_is_neither_logged_nor_applied(void **state)
{
    const setup_t setup = { .ranges = "ranges", .zones = { { "z", "zone.pem" } } };
    process_t *process;
    struct rlimit size;
    apr_status_t status;
    int count;

    (void)state;
    put("ranges", FOUR);
    put("zone.pem", pki_ca("A")->pem);
    process = process_start(&setup);
    put("ranges", apr_psprintf(pool, OTHER "#%4000s\n", ""));
    put("zone.pem", pki_ca("B")->pem);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &size), 0);
    size.rlim_cur = 3000;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &size), 0);
    status = detection(process, &count);
    size.rlim_cur = size.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &size), 0);
    assert_int_equal(status, EFBIG);
    assert_int_equal(count, 0);
    assert_true(*process_committed() == 0);
    catch_up(process);
    assert_false(is_edge(process, "10.0.0.1"));
    assert_logged(process, "loaded ranges; loaded zone.pem");
    assert_true(is_edge(process, "10.0.0.1"));
}

/* In days from NOW. */
static const pki_t *ca_valid(const char *name, int from, int until)
{
    return pki_make(&(pki_order_t){ .name = name,
                                    .extensions = CA_EXTENSIONS,
                                    .from = apr_time_now() + from * DAY,
                                    .until = apr_time_now() + until * DAY });
}

static const pki_t *leaf_valid(const pki_t *ca)
{
    return pki_make(
        &(pki_order_t){ .name = "leaf", .extensions = LEAF_EXTENSIONS, .issuer = ca });
}

/* Logged once, and again a day later; loaded as soon as it is valid. */
static void a_file_that_is_not_valid_yet_is_loaded_when_it_is(void **state)
{
    const pki_t *old = ca_valid("old", -1, 50);
    const pki_t *next = ca_valid("next", 5, 90);
    const setup_t setup = { .zones = { { "a.test", "a.pem" } } };
    const pki_t *leaf = leaf_valid(old);
    process_t *one, *two;

    (void)state;
    put("a.pem", old->pem);
    one = process_start(&setup);
    two = process_start(&setup);
    put("a.pem", next->pem);
    assert_string_equal(
        look_until_settled(one),
        "rejected a.pem: no certificate in it can prove the zone, while one "
        "in force can; \"CN=next\": it is not valid yet");
    assert_string_equal(look_until_settled(one), "");
    assert_string_equal(look_until_settled(two), "");
    assert_int_not_equal(judge(one, "a.test", leaf), CFO_CERT_UNKNOWN);
    now += 5 * DAY + SECOND;
    assert_string_equal(look_until_settled(two), "loaded a.pem");
    assert_string_equal(look_until_settled(one), "");
    assert_int_equal(judge(one, "a.test", leaf), CFO_CERT_UNKNOWN);
    assert_int_not_equal(judge(one, "a.test", leaf_valid(next)), CFO_CERT_UNKNOWN);
}

static void a_file_that_proves_nothing_replaces_one_that_proves_nothing_any_more(
    void **state)
{
    const pki_t *old = ca_valid("old", -1, 5);
    const pki_t *over = ca_valid("over", -9, -1);
    const setup_t setup = { .folder = "zones" };
    process_t *process;

    (void)state;
    mkdir(path_to("zones"), 0700);
    put("zones/a.test.pem", old->pem);
    process = process_start(&setup);
    put("zones/a.test.pem", over->pem);
    assert_string_equal(
        look_until_settled(process),
        "rejected zones/a.test.pem: no certificate in it can prove the zone, "
        "while one in force can; \"CN=over\": it has expired");
    now += 5 * DAY + 2 * SECOND;
    assert_string_equal(look_until_settled(process), "loaded zones/a.test.pem");
    put("zones/a.test.pem", ca_valid("third", -1, 1)->pem);
    assert_string_equal(look_until_settled(process), "loaded zones/a.test.pem");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_logged_about_unchanged_files),
        TEST(a_file_that_is_written_while_it_is_read_is_read_again),
        TEST(an_edited_file_is_loaded_and_logged_once),
        TEST(a_file_that_is_replaced_by_a_rename_is_loaded),
        TEST(a_link_that_points_to_another_file_now_is_loaded),
        TEST(a_link_in_the_path_that_points_elsewhere_now_is_followed),
        TEST(touching_a_file_does_not_load_it),
        TEST(a_file_that_is_gone_stays_in_force_and_may_come_back),
        TEST(a_file_that_is_replaced_in_two_steps_is_waited_for),
        TEST(a_bad_file_changes_nothing_until_it_is_fixed),
        TEST(a_list_with_half_of_its_ranges_left_is_loaded),
        TEST(a_bad_file_of_certificates_leaves_the_last_good_one),
        TEST(a_path_that_is_not_a_file_is_refused_at_once),
        TEST(an_error_that_persists_is_logged_again_after_a_day),
        TEST(a_new_error_is_logged_at_once),
        TEST(a_file_that_is_being_written_is_waited_for),
        TEST(a_file_that_changes_all_the_time_is_read_in_the_end),
        TEST(a_file_that_is_missing_again_is_waited_for_again),
        TEST(an_old_wait_does_not_count),
        TEST(a_file_that_httpd_cannot_read_is_logged_once),
        TEST(a_file_that_only_root_can_read_is_logged_at_start),
        TEST(a_file_that_cannot_be_read_is_tried_again),
        TEST(a_change_that_cannot_be_written_is_neither_logged_nor_applied),
        TEST(a_file_that_is_not_valid_yet_is_loaded_when_it_is),
        TEST(a_file_that_proves_nothing_replaces_one_that_proves_nothing_any_more),
    };

    return RUN(tests);
}
