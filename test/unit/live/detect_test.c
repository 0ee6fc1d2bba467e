/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/detect.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/live/journal_compaction.h"
#include "fixture.h"
#include "process.h"

#define UNREADABLE                                                                       \
    "the folder does not exist, or the user that httpd runs as cannot read it"
#define TAKEN(name) "the zone already has another file (" name "); the file is ignored"

static const setup_t folder = { .folder = "zones" };

static const pki_t *ca, *leaf, *other, *other_leaf; /* of the running test */

static const char *moved;        /* pretend that this path is on another file system */
static cfo_reloader_t *ending;   /* its process is told to end when ... */
static const char *ending_there; /* ... this is checked */
static const char *returning[2]; /* a file that is at the second path as soon as ... */
static const char *returning_at; /* ... this is checked */

/* The linker replaces cfo_file_state_get() by these. */
void __real_cfo_file_state_get(apr_pool_t *, const char *, cfo_file_state_t *);
void __wrap_cfo_file_state_get(apr_pool_t *, const char *, cfo_file_state_t *);

void __wrap_cfo_file_state_get(apr_pool_t *p, const char *path, cfo_file_state_t *state)
{
    __real_cfo_file_state_get(p, path, state);
    if (moved && !strcmp(path, moved))
        state->device++;
    if (ending && !strcmp(path, ending_there))
        ending->is_over = 1;
    if (returning_at && !strcmp(path, returning_at)) {
        returning_at = NULL;
        assert_int_equal(rename(returning[0], returning[1]), 0);
    }
}

/* A folder with one zone, a.example, and a process that follows it. */
static process_t *start_with_folder(void)
{
    ca = pki_ca("A");
    leaf = pki_leaf("leaf", ca);
    other = pki_ca("B");
    other_leaf = pki_leaf("leaf", other);
    mkdir(path_to("zones"), 0700);
    put("zones/a.example.pem", ca->pem);
    return process_start(&folder);
}

static void assert_logged(process_t *process, const char *text)
{
    assert_string_equal(look_until_settled(process), text);
    assert_string_equal(look_until_settled(process), "");
}

/* The error of a file with its full path, as in the error of the folder. */
static const char *passed_over(const char *file, const char *why)
{
    return apr_pstrcat(pool, "folder rejected zones: ", path_to(file), ": ", why, NULL);
}

static void nothing_is_logged_about_an_unchanged_folder(void **state)
{
    process_t *process = start_with_folder();

    (void)state;
    assert_string_equal(look(process), "");
    assert_false(process->again);
    touch(path_to("zones"));
    assert_logged(process, "");
    put("zones/README", "nobody reads this");
    assert_logged(process, "");
    now += 1000 * DAY;
    assert_string_equal(look(process), "");
}

static void a_new_file_in_a_folder_is_a_new_zone(void **state)
{
    process_t *process = start_with_folder();

    (void)state;
    assert_int_equal(judge(process, "www.b.example", other_leaf), -1);
    put("zones/B.example.pem", other->pem);
    assert_logged(process, "new zones/B.example.pem");
    assert_int_equal(judge(process, "www.b.example", other_leaf), CFO_CERT_HOLDS);
    assert_int_equal(judge(process, "a.example", leaf), CFO_CERT_HOLDS);
    put("zones/B.example.pem", ca->pem);
    assert_logged(process, "loaded zones/B.example.pem");
    assert_int_equal(judge(process, "b.example", other_leaf), CFO_CERT_UNKNOWN);
}

static void removing_a_file_removes_its_zone(void **state)
{
    process_t *process = start_with_folder();

    (void)state;
    put("zones/example.pem", other->pem);
    assert_logged(process, "new zones/example.pem");
    take_away("zones/a.example.pem");
    assert_string_equal(look(process), ""); /* a script may be replacing it */
    assert_int_equal(judge(process, "a.example", leaf), CFO_CERT_HOLDS);
    assert_logged(process, "removed zones/a.example.pem");
    assert_string_equal(zone_of(process, "a.example")->name, "example");
    assert_null(folder_file(process, "zones/a.example.pem"));
    put("zones/a.example.pem", ca->pem);
    assert_logged(process, "new zones/a.example.pem");
    assert_int_equal(judge(process, "a.example", leaf), CFO_CERT_HOLDS);
}

static void a_file_that_is_replaced_in_two_steps_keeps_its_zone(void **state)
{
    process_t *process = start_with_folder();

    (void)state;
    take_away("zones/a.example.pem");
    assert_string_equal(look(process), "");
    assert_true(process->again);
    put("zones/a.example.pem", other->pem);
    now += SECOND;
    assert_logged(process, "loaded zones/a.example.pem");
    assert_int_equal(judge(process, "a.example", other_leaf), CFO_CERT_HOLDS);
}

/* The folder has been listed without it. */
static void a_file_that_is_back_while_its_folder_is_checked_keeps_its_zone(void **state)
{
    process_t *process = start_with_folder();
    cfo_zone_t *zone;

    (void)state;
    put("zones/b.example.pem", other->pem);
    look_until_settled(process);
    zone = zone_of(process, "a.example");
    returning[0] = path_to("a");
    returning[1] = path_to("zones/a.example.pem");
    assert_int_equal(rename(returning[1], returning[0]), 0);
    touch(path_to("zones"));
    now += 5 * SECOND;
    returning_at = path_to("zones/b.example.pem");
    assert_string_equal(look(process), "");
    assert_null(returning_at);
    assert_true(process->again);
    assert_string_equal(look_until_settled(process), "");
    assert_ptr_equal(zone_of(process, "a.example"), zone);
}

static void a_bad_new_file_changes_nothing_until_it_is_fixed(void **state)
{
    process_t *process = start_with_folder();

    (void)state;
    put("zones/b.a.example.pem", "");
    assert_logged(process, "unused zones/b.a.example.pem: empty");
    assert_string_equal(zone_of(process, "b.a.example")->name, "a.example");
    put("zones/b.a.example.pem", "garbage");
    assert_contains(look_until_settled(process), "unused zones/b.a.example.pem: ");
    now += DAY;
    assert_contains(look_until_settled(process), "unused zones/b.a.example.pem: ");
    assert_string_equal(zone_of(process, "b.a.example")->name, "a.example");
    put("zones/b.a.example.pem", other->pem);
    assert_logged(process, "new zones/b.a.example.pem");
    assert_int_equal(judge(process, "b.a.example", other_leaf), CFO_CERT_HOLDS);
}

static void a_bad_file_leaves_its_zone_as_it_was(void **state)
{
    process_t *process = start_with_folder();
    cfo_zone_t *zone = zone_of(process, "a.example");

    (void)state;
    put("zones/a.example.pem", "");
    assert_logged(process, "rejected zones/a.example.pem: empty");
    assert_ptr_equal(zone_of(process, "a.example"), zone);
    put("zones/a.example.pem", ca->pem);
    assert_logged(process, "loaded zones/a.example.pem");
    assert_ptr_equal(zone_of(process, "a.example"), zone);
}

static void a_zone_that_was_shut_at_start_opens_when_its_file_is_fixed(void **state)
{
    process_t *process;

    (void)state;
    mkdir(path_to("zones"), 0700);
    put("zones/b.example.pem", "");
    process = start_with_folder();
    assert_int_equal(process->errors->nelts, 1);
    assert_string_equal(look_until_settled(process), "");
    assert_int_equal(judge(process, "b.example", other_leaf), CFO_CERT_UNKNOWN);
    assert_string_equal(zone_of(process, "b.example")->error, "empty");
    now += DAY;
    assert_logged(process, "unused zones/b.example.pem: empty");
    assert_int_equal(judge(process, "b.example", other_leaf), CFO_CERT_UNKNOWN);
    put("zones/b.example.pem", other->pem);
    assert_logged(process, "new zones/b.example.pem");
    assert_int_equal(judge(process, "b.example", other_leaf), CFO_CERT_HOLDS);
    assert_null(zone_of(process, "b.example")->error);
}

static void a_file_whose_name_is_not_a_zone_is_logged_once(void **state)
{
    process_t *process = start_with_folder();
    const char *text;

    (void)state;
    put("zones/b..example.pem", other->pem);
    text = look_until_settled(process);
    assert_contains(text, passed_over("zones/b..example.pem", "an empty label"));
    assert_string_equal(look_until_settled(process), "");
    put("zones/README", "the folder changes, and the file is still there");
    assert_string_equal(look_until_settled(process), "");
    now += DAY;
    assert_logged(process, text);
    take_away("zones/b..example.pem");
    assert_logged(process, "folder loaded zones");
}

static void a_file_whose_name_is_not_a_zone_is_not_logged_again_after_start(void **state)
{
    process_t *process;

    (void)state;
    mkdir(path_to("zones"), 0700);
    put("zones/b..example.pem", "");
    process = start_with_folder();
    touch(path_to("zones"));
    assert_logged(process, "");
    take_away("zones/b..example.pem");
    assert_logged(process, "folder loaded zones");
}

static void another_spelling_of_a_zone_does_not_replace_it(void **state)
{
    process_t *process = start_with_folder();
    cfo_zone_t *zone = zone_of(process, "a.example");

    (void)state;
    put("zones/A.example.pem", other->pem);
    assert_logged(process, passed_over("zones/A.example.pem", TAKEN("a.example.pem")));
    assert_false(process->again);
    assert_ptr_equal(zone_of(process, "a.example"), zone);
    put("zones/a.EXAMPLE.pem", other->pem);
    assert_contains(look_until_settled(process), TAKEN("a.example.pem"));
    assert_ptr_equal(zone_of(process, "a.example"), zone);
    put("zones/a.example.pem", other->pem);
    assert_logged(process, "loaded zones/a.example.pem");
}

static void another_spelling_is_used_when_the_first_is_gone(void **state)
{
    process_t *process = start_with_folder();

    (void)state;
    put("zones/A.example.pem", other->pem);
    assert_logged(process, passed_over("zones/A.example.pem", TAKEN("a.example.pem")));
    take_away("zones/a.example.pem");
    assert_logged(process, "folder loaded zones; new zones/A.example.pem; "
                           "removed zones/a.example.pem");
    assert_int_equal(judge(process, "a.example", other_leaf), CFO_CERT_HOLDS);
}

/* It was logged at start. */
static void files_that_were_ignored_at_start_are_not_logged_again(void **state)
{
    process_t *process;

    (void)state;
    start_with_folder();
    put("zones/A.example.pem", other->pem);
    put("zones/..pem", other->pem);
    process = process_start(&folder);
    now = apr_time_now() + 2 * SECOND;
    put("zones/b.example.pem", other->pem);
    now = apr_time_now() + 2 * SECOND;
    assert_logged(process, "new zones/b.example.pem");
}

static void a_file_may_be_renamed_to_another_spelling(void **state)
{
    process_t *process = start_with_folder();

    (void)state;
    rename(path_to("zones/a.example.pem"), path_to("zones/A.example.pem"));
    touch(path_to("zones"));
    assert_logged(process, "new zones/A.example.pem; removed zones/a.example.pem");
    assert_int_equal(judge(process, "a.example", leaf), CFO_CERT_HOLDS);
}

/* All of it or nothing, for the zone would be gone until somebody else looks. */
static void a_process_that_ends_during_a_check_keeps_the_zone(void **state)
{
    process_t *process = start_with_folder(), *other_one = process_start(&folder);

    (void)state;
    rename(path_to("zones/a.example.pem"), path_to("zones/A.example.pem"));
    touch(path_to("zones"));
    assert_string_equal(look(process), "");
    now += SECOND;
    ending_there = path_to("zones/A.example.pem");
    ending = &process->reloader;
    assert_string_equal(look(process), "");
    ending = NULL;
    assert_true(process->reloader.is_over);
    catch_up(other_one);
    assert_int_equal(judge(other_one, "a.example", leaf), CFO_CERT_HOLDS);
    assert_logged(other_one, "new zones/A.example.pem; removed zones/a.example.pem");
    assert_int_equal(judge(other_one, "a.example", leaf), CFO_CERT_HOLDS);
}

static void a_folder_that_is_gone_keeps_its_zones_and_may_come_back(void **state)
{
    process_t *process = start_with_folder();
    cfo_zone_t *zone = zone_of(process, "a.example");

    (void)state;
    rename(path_to("zones"), path_to("away"));
    assert_logged(process, "folder rejected zones: " UNREADABLE);
    assert_ptr_equal(zone_of(process, "a.example"), zone);
    now += DAY;
    assert_logged(process, "folder rejected zones: " UNREADABLE);
    rename(path_to("away"), path_to("zones"));
    assert_logged(process, "folder loaded zones");
    assert_ptr_equal(zone_of(process, "a.example"), zone);
    put("zones/b.example.pem", other->pem);
    assert_logged(process, "new zones/b.example.pem");
    rename(path_to("zones"), path_to("away"));
    put("away/a.example.pem", other->pem);
    unlink(path_to("away/b.example.pem"));
    put("away/c.example.pem", other->pem);
    assert_logged(process, "folder rejected zones: " UNREADABLE);
    assert_int_equal(judge(process, "b.example", other_leaf), CFO_CERT_HOLDS);
    rename(path_to("away"), path_to("zones"));
    assert_logged(process, "loaded zones/a.example.pem; new zones/c.example.pem; "
                           "folder loaded zones; removed zones/b.example.pem");
}

static void a_folder_that_is_not_mounted_keeps_its_zones(void **state)
{
    process_t *process = start_with_folder();
    cfo_zone_t *zone = zone_of(process, "a.example");

    (void)state;
    rename(path_to("zones"), path_to("away"));
    mkdir(path_to("zones"), 0755);
    moved = path_to("zones");
    assert_logged(
        process,
        "folder rejected zones: the folder is on another file system than before "
        "and has none of its files, as if the right one were not mounted; a "
        "restart accepts it");
    assert_ptr_equal(zone_of(process, "a.example"), zone);
    rmdir(path_to("zones"));
    rename(path_to("away"), path_to("zones"));
    moved = NULL;
    assert_logged(process, "folder loaded zones");
    assert_ptr_equal(zone_of(process, "a.example"), zone);
}

/* A link that points to a folder elsewhere now. */
static void a_folder_on_another_file_system_with_some_of_its_files_is_reloaded(
    void **state)
{
    process_t *process = start_with_folder();

    (void)state;
    put("zones/b.example.pem", other->pem);
    assert_logged(process, "new zones/b.example.pem");
    moved = path_to("zones");
    take_away("zones/b.example.pem");
    assert_logged(process, "removed zones/b.example.pem");
    assert_non_null(zone_of(process, "a.example"));
    moved = NULL;
}

static void a_folder_that_is_gone_for_a_moment_is_not_logged(void **state)
{
    process_t *process = start_with_folder();

    (void)state;
    rename(path_to("zones"), path_to("away"));
    assert_string_equal(look(process), "");
    assert_true(process->again);
    rename(path_to("away"), path_to("zones"));
    now += SECOND;
    assert_logged(process, "");
}

static void limit_files(int is_on)
{
    struct rlimit files;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = is_on ? 0 : files.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
}

static void a_folder_that_cannot_be_listed_is_tried_again(void **state)
{
    process_t *process = start_with_folder();
    const char *logged[2];
    apr_uint64_t entries;

    (void)state;
    put("zones/b.example.pem", other->pem);
    limit_files(1);
    logged[0] = look_until_settled(process);
    entries = *process_committed();
    logged[1] = look_until_settled(process);
    limit_files(0);
    assert_string_equal(logged[0], "folder rejected zones: Too many open files");
    assert_string_equal(logged[1], "");
    assert_true(entries == *process_committed());
    assert_int_equal(judge(process, "a.example", leaf), CFO_CERT_HOLDS);
    assert_logged(process, "folder loaded zones; new zones/b.example.pem");
}

static void link_to(const char *name, const char *target)
{
    assert_int_equal(symlink(target, path_to(".next")), 0);
    assert_int_equal(rename(path_to(".next"), path_to(name)), 0);
    touch(path_to("zones"));
}

/* The link exists, but does not load. */
static void a_dangling_link_is_a_bad_file_not_a_missing_one(void **state)
{
    process_t *process = start_with_folder();

    (void)state;
    link_to("zones/b.example.pem", "nowhere");
    assert_logged(process, "unused zones/b.example.pem: No such file or directory");
    assert_false(process->again);
    link_to("zones/a.example.pem", "nowhere");
    assert_logged(process, "rejected zones/a.example.pem: No such file or directory");
    assert_int_equal(judge(process, "a.example", leaf), CFO_CERT_HOLDS);
    put("zones/nowhere", other->pem);
    assert_logged(process, "loaded zones/a.example.pem; new zones/b.example.pem");
    take_away("zones/b.example.pem");
    assert_logged(process, "removed zones/b.example.pem");
}

static void a_zone_that_a_dangling_link_shuts_stays_shut(void **state)
{
    process_t *process;

    (void)state;
    mkdir(path_to("zones"), 0700);
    link_to("zones/b.a.example.pem", "nowhere");
    process = start_with_folder();
    assert_int_equal(judge(process, "b.a.example", leaf), CFO_CERT_UNKNOWN);
    now += DAY;
    assert_logged(process, "unused zones/b.a.example.pem: No such file or directory");
    assert_int_equal(judge(process, "b.a.example", leaf), CFO_CERT_UNKNOWN);
}

static void go_to_change_of(const char *name)
{
    cfo_file_state_t file;

    cfo_file_state_get(pool, path_to(name), &file);
    now = file.ctime;
}

static void a_new_file_that_is_being_written_is_waited_for(void **state)
{
    process_t *process = start_with_folder();

    (void)state;
    put("zones/b.example.pem", "-----BEGIN");
    go_to_change_of("zones/b.example.pem");
    assert_string_equal(look(process), "");
    assert_true(process->again);
    put("zones/b.example.pem", other->pem);
    go_to_change_of("zones/b.example.pem");
    assert_string_equal(look(process), "");
    assert_true(process->again);
    now += SECOND + 1;
    assert_string_equal(look(process), "new zones/b.example.pem");
}

/* A change within the same tick of its clock would be missed. */
static void a_folder_that_is_being_changed_is_listed_once_more(void **state)
{
    process_t *process = start_with_folder();

    (void)state;
    put("zones/README", "");
    go_to_change_of("zones");
    assert_string_equal(look(process), "");
    assert_true(process->again);
    now += SECOND + 1;
    assert_string_equal(look(process), "");
    assert_false(process->again);
}

static void a_new_file_that_changes_all_the_time_is_read_in_the_end(void **state)
{
    process_t *process = start_with_folder();
    cfo_folder_t *zones =
        cfo_watched_files_add_folder(process->builder->watched, path_to("zones"));
    apr_time_t *since;

    (void)state;
    put("zones/b.example.pem", other->pem);
    go_to_change_of("zones/b.example.pem");
    assert_string_equal(look(process), "");
    assert_string_equal(look(process), "");
    since = apr_hash_get(zones->arriving, path_to("zones/b.example.pem"),
                         APR_HASH_KEY_STRING);
    assert_true(*since == now);
    *since -= 10 * SECOND + 1;
    assert_string_equal(look(process), "new zones/b.example.pem");
    assert_null(zones->arriving);
}

static void a_new_file_that_is_gone_before_it_is_read_is_forgotten(void **state)
{
    process_t *process = start_with_folder();
    cfo_folder_t *zones =
        cfo_watched_files_add_folder(process->builder->watched, path_to("zones"));

    (void)state;
    put("zones/b.example.pem", other->pem);
    go_to_change_of("zones/b.example.pem");
    assert_string_equal(look(process), "");
    assert_int_equal(apr_hash_count(zones->arriving), 1);
    take_away("zones/b.example.pem");
    assert_logged(process, "");
    assert_null(zones->arriving);
}

static void unchanged_zones_are_kept_with_their_caches(void **state)
{
    process_t *process = start_with_folder();
    cfo_zone_t *zone = zone_of(process, "a.example");
    cfo_match_t matches[CFO_MATCH_CACHE_MATCHES];

    (void)state;
    assert_int_equal(judge(process, "a.example", leaf), CFO_CERT_HOLDS);
    put("zones/b.example.pem", other->pem);
    assert_logged(process, "new zones/b.example.pem");
    put("zones/b.example.pem", ca->pem);
    assert_logged(process, "loaded zones/b.example.pem");
    take_away("zones/b.example.pem");
    assert_logged(process, "removed zones/b.example.pem");
    assert_ptr_equal(zone_of(process, "a.example"), zone);
    assert_int_equal(cfo_match_cache_find(process->cert_cache, &zone->match_cache,
                                          leaf->certificate, matches),
                     1);
}

static void the_cache_of_a_zone_is_gone_with_its_file(void **state)
{
    process_t *process = start_with_folder();
    int round;

    (void)state;
    for (round = 0; round < 3; round++) {
        assert_int_equal(judge(process, "a.example", leaf), CFO_CERT_HOLDS);
        put("zones/a.example.pem", other->pem);
        assert_logged(process, "loaded zones/a.example.pem");
        assert_int_equal(judge(process, "a.example", leaf), CFO_CERT_UNKNOWN);
        assert_int_equal(judge(process, "a.example", other_leaf), CFO_CERT_HOLDS);
        put("zones/a.example.pem", ca->pem);
        assert_logged(process, "loaded zones/a.example.pem");
        assert_int_equal(judge(process, "a.example", other_leaf), CFO_CERT_UNKNOWN);
    }
}

/* CFOriginPullZone names a file of CFOriginPullZoneDir, for another zone. */
static process_t *start_with_both(void)
{
    static const setup_t both = { .zones = { { "www.named", "zones/a.example.pem" } },
                                  .folder = "zones" };

    start_with_folder();
    return process_start(&both);
}

static void a_file_with_two_roles_is_reloaded_and_logged_in_each(void **state)
{
    process_t *process = start_with_both();

    (void)state;
    put("zones/a.example.pem", other->pem);
    assert_logged(process, "loaded zones/a.example.pem; loaded zones/a.example.pem");
    assert_int_equal(judge(process, "www.named", other_leaf), CFO_CERT_HOLDS);
    assert_int_equal(judge(process, "a.example", other_leaf), CFO_CERT_HOLDS);
    put("zones/a.example.pem", "");
    assert_logged(process, "rejected zones/a.example.pem: empty; "
                           "rejected zones/a.example.pem: empty");
    put("zones/a.example.pem", other->pem);
    assert_logged(process, "loaded zones/a.example.pem; loaded zones/a.example.pem");
}

/* The content in one role must not be used in the other. */
static void a_removed_zone_is_not_restored_by_a_directive_that_names_its_file(
    void **state)
{
    process_t *process = start_with_both();
    int round;

    (void)state;
    for (round = 0; round < 3; round++) {
        take_away("zones/a.example.pem");
        assert_string_equal(look(process), "");
        assert_logged(process, "rejected zones/a.example.pem: No such file or directory; "
                               "removed zones/a.example.pem");
        assert_int_equal(judge(process, "www.named", leaf), CFO_CERT_HOLDS);
        assert_int_equal(judge(process, "a.example", leaf), -1);
        put("zones/a.example.pem", "");
        assert_logged(process, "rejected zones/a.example.pem: empty; "
                               "unused zones/a.example.pem: empty");
        assert_int_equal(judge(process, "www.named", leaf), CFO_CERT_HOLDS);
        assert_int_equal(judge(process, "a.example", leaf), -1);
        put("zones/b.example.pem", round ? ca->pem : other->pem);
        look_until_settled(process); /* and the memory of the file is reused */
        put("zones/a.example.pem", ca->pem);
        assert_logged(process, "loaded zones/a.example.pem; new zones/a.example.pem");
        assert_int_equal(judge(process, "www.named", leaf), CFO_CERT_HOLDS);
        assert_int_equal(judge(process, "a.example", leaf), CFO_CERT_HOLDS);
    }
    assert_parent_untouched(process);
}

static void of_two_spellings_the_canonical_one_is_used_as_soon_as_it_exists(void **state)
{
    process_t *process;

    (void)state;
    start_with_folder();
    rename(path_to("zones/a.example.pem"), path_to("zones/A.example.pem"));
    process = process_start(&folder);
    assert_int_equal(judge(process, "a.example", leaf), CFO_CERT_HOLDS);
    put("zones/a.example.pem", "garbage");
    assert_contains(look_until_settled(process), "rejected zones/a.example.pem: ");
    assert_int_equal(judge(process, "a.example", leaf), CFO_CERT_HOLDS);
    put("zones/a.example.pem", other->pem);
    assert_logged(process, "loaded zones/a.example.pem");
    assert_int_equal(judge(process, "a.example", other_leaf), CFO_CERT_HOLDS);
    assert_int_equal(judge(process_start(&folder), "a.example", other_leaf),
                     CFO_CERT_HOLDS);
    take_away("zones/a.example.pem");
    assert_logged(process, "folder loaded zones; new zones/A.example.pem; "
                           "removed zones/a.example.pem");
    assert_int_equal(judge(process, "a.example", leaf), CFO_CERT_HOLDS);
}

/* Removing the file of a zone removes the zone, whatever other files there are. */
static void a_bad_file_of_another_spelling_does_not_keep_the_zone(void **state)
{
    process_t *process = start_with_folder();

    (void)state;
    put("zones/A.example.pem", "");
    look_until_settled(process);
    assert_int_equal(judge(process, "a.example", leaf), CFO_CERT_HOLDS);
    take_away("zones/a.example.pem");
    assert_logged(process, "folder loaded zones; removed zones/a.example.pem; "
                           "unused zones/A.example.pem: empty");
    assert_int_equal(judge(process, "a.example", leaf), -1);
}

static void a_file_that_is_renamed_to_another_spelling_keeps_its_zone(void **state)
{
    process_t *process = start_with_folder(), *sibling = process_start(&folder);

    (void)state;
    rename(path_to("zones/a.example.pem"), path_to("zones/a.example..pem"));
    touch(path_to("zones"));
    touch(path_to("zones/a.example..pem"));
    assert_string_equal(look(process), "");
    assert_logged(process, "new zones/a.example..pem; removed zones/a.example.pem");
    catch_up(sibling);
    assert_int_equal(judge(sibling, "a.example", leaf), CFO_CERT_HOLDS);
    assert_non_null(folder_file(sibling, "zones/a.example..pem"));
}

/* It would find and log again what others have logged. */
static void a_process_that_cannot_read_the_journal_checks_nothing(void **state)
{
    process_t *process = start_with_folder();
    apr_array_header_t *changes = apr_array_make(pool, 1, sizeof(cfo_change_t));
    apr_uint64_t *committed = process_committed();

    (void)state;
    put("zones/b.example.pem", other->pem);
    *committed += 10; /* no such entry exists */
    process->again = 1;
    assert_int_not_equal(
        cfo_detect_changes(&process->reloader, pool, now, changes, &process->again),
        APR_SUCCESS);
    assert_int_equal(changes->nelts, 0);
    assert_int_equal(process->again, 0);
    assert_true(*committed == 10);
    *committed = 0;
    assert_logged(process, "new zones/b.example.pem");
}

static const char *name_of(int number)
{
    return apr_psprintf(pool, "zones/z%d.example.pem", number);
}

static void of_many_files_only_the_changed_one_is_read(void **state)
{
    const int files = fixture_rounds(300, 10000);
    cfo_parsed_file_t **before = apr_palloc(pool, files * sizeof *before);
    process_t *process;
    int i, changed = 0;

    (void)state;
    mkdir(path_to("zones"), 0700);
    ca = pki_ca("A");
    for (i = 0; i < files; i++)
        fixture_write(name_of(i), ca->pem, strlen(ca->pem));
    process = start_with_folder();
    assert_int_equal(process->errors->nelts, 0);
    for (i = 0; i < files; i++)
        before[i] = folder_file(process, name_of(i))->content;
    put(name_of(147), other->pem);
    assert_logged(process, "loaded zones/z147.example.pem");
    for (i = 0; i < files; i++)
        changed += folder_file(process, name_of(i))->content != before[i];
    assert_int_equal(changed, 1);
    assert_int_equal(judge(process, "z147.example", other_leaf), CFO_CERT_HOLDS);
    assert_int_equal(judge(process, "z148.example", other_leaf), CFO_CERT_UNKNOWN);
}

/* A model of the contract for the zones of a folder and for a file that a directive
 * names. It depends only on the files at each look, and is compared with what is in
 * force. */
enum { MODEL_ZONES = 2, SPELLINGS = 4, AUTHORITIES = 3, RESTARTS = 20 };

/* In order of preference. */
static const char *const spellings[MODEL_ZONES][SPELLINGS] = {
    { "z0.test", "Z0.test.", "Z0.test", "z0.test." },
    { "z1.test", "Z1.TEST.", "Z1.TEST", "z1.test." },
};

enum { GONE = -3, BAD = -2, NOTHING = -1 }; /* or the index of an authority */

typedef struct {
    int file;    /* the spelling that is used; GONE: none */
    int content; /* what is in force; NOTHING: no zone; BAD: nothing proves it */
} model_zone_t;

typedef struct {
    model_zone_t zones[MODEL_ZONES];
    int named; /* content of the file that the directive names */
} model_t;

static const pki_t *authorities[AUTHORITIES];

static const char *spelled(int zone, int spelling)
{
    return apr_pstrcat(pool, "zones/", spellings[zone][spelling], ".pem", NULL);
}

static int found_in(const char *name)
{
    char text[8192];
    struct stat info;
    FILE *file;
    int i;

    if (lstat(path_to(name), &info))
        return GONE;
    file = fopen(path_to(name), "r");
    if (!file)
        return BAD;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    for (i = 0; i < AUTHORITIES; i++)
        if (!strcmp(text, authorities[i]->pem))
            return i;
    return BAD;
}

static int winner_of(int zone)
{
    int i;

    for (i = 0; i < SPELLINGS; i++)
        if (found_in(spelled(zone, i)) != GONE)
            return i;
    return GONE;
}

static void model_look(model_t *model, int is_start)
{
    int i, found;

    for (i = 0; i < MODEL_ZONES; i++) {
        model_zone_t *zone = &model->zones[i];

        if (is_start || zone->file == GONE || found_in(spelled(i, zone->file)) == GONE)
            zone->content = NOTHING; /* removing the file removes the zone */
        zone->file = winner_of(i);
        found = zone->file == GONE ? GONE : found_in(spelled(i, zone->file));
        if (found >= 0 || (found == BAD && is_start))
            zone->content = found;
    }
    found = found_in(spelled(0, 0));
    if (found >= 0)
        model->named = found;
}

/* The content in force of a zone in a table of the snapshot. */
static int in_force(process_t *process, int table, const char *name)
{
    cfo_snapshot_t *snapshot = cfo_snapshots_acquire(process->reloader.snapshots);
    const cfo_zone_t *zone = cfo_zone_table_get(
        APR_ARRAY_IDX(snapshot->tables, table, cfo_zone_table_t *), name);
    int i, content = zone ? BAD : NOTHING;

    for (i = 0; zone && zone->proofs->nelts && i < AUTHORITIES; i++)
        if (!strcmp(
                APR_ARRAY_IDX(zone->proofs, 0, const cfo_proof_t *)->certificate->subject,
                authorities[i]->certificate->subject))
            content = i;
    cfo_snapshot_release(snapshot);
    return content;
}

static void assert_as_modelled(process_t *process, const model_t *model)
{
    int i;

    for (i = 0; i < MODEL_ZONES; i++) {
        const cfo_watched_file_t *file;

        assert_int_equal(in_force(process, 1, spellings[i][0]), model->zones[i].content);
        assert_int_equal(in_force(process, 2, spellings[i][0]), model->zones[i].content);
        if (model->zones[i].file == GONE)
            continue;
        file = folder_file(process, spelled(i, model->zones[i].file));
        assert_non_null(file);
        if (file->content)
            assert_true(file->error.text || !strcmp(file->content->path, file->path));
    }
    assert_int_equal(in_force(process, 0, "named"), model->named);
}

/* If no bad file is involved, a restart must give the same result. */
static void assert_as_after_a_restart(process_t *process, const setup_t *setup)
{
    process_t *fresh;
    int i;

    if (found_in(spelled(0, 0)) < 0)
        return;
    fresh = process_load(setup);
    for (i = 0; i < MODEL_ZONES; i++) {
        int file = winner_of(i);

        if (file == GONE || found_in(spelled(i, file)) >= 0)
            assert_int_equal(in_force(process, 1, spellings[i][0]),
                             in_force(fresh, 1, spellings[i][0]));
    }
}

static void change_something(void)
{
    const char *name =
        spelled((int)fixture_random(MODEL_ZONES), (int)fixture_random(SPELLINGS));
    const char *other_name =
        spelled((int)fixture_random(MODEL_ZONES), (int)fixture_random(SPELLINGS));
    const char *store =
        apr_psprintf(pool, "../store/%d", (int)fixture_random(AUTHORITIES));
    const char *stored = path_to(store + 3);

    switch (fixture_random(9)) {
    case 0:
        rename(path_to(name), path_to(other_name));
        break;
    case 1:
        unlink(path_to(name));
        assert_int_equal(symlink(store, path_to(name)), 0);
        break;
    case 2:
        unlink(path_to(name));
        assert_int_equal(link(stored, path_to(name)), 0);
        break;
    case 3:
        unlink(path_to(name));
        assert_int_equal(symlink("nowhere", path_to(name)), 0);
        break;
    case 4:
    case 5:
        unlink(path_to(name));
        break;
    case 6:
        unlink(path_to(name));
        put(name, fixture_random(2) ? "" : "garbage");
        break;
    default:
        unlink(path_to(name));
        put(name, authorities[fixture_random(AUTHORITIES)]->pem);
    }
    touch(path_to("zones"));
}

static void make_compact(process_t *process)
{
    apr_pool_t *p;

    apr_pool_create(&p, pool);
    assert_int_equal(
        cfo_journal_compact(p, process->reloader.journal, process->builder->watched), 0);
    apr_pool_destroy(p);
    catch_up(process);
}

/* All processes must agree with the model, whenever they read the journal or were
 * started. */
static void follow_model(const setup_t *setup, int steps)
{
    model_t model = { .named = NOTHING };
    process_t *processes[3], *late = process_load(setup);
    int i, j;

    model_look(&model, 1);
    for (i = 0; i < COUNT(processes); i++)
        processes[i] = process_start(setup);
    for (i = 0; i < steps; i++) {
        process_t *process = processes[fixture_random(COUNT(processes))];

        for (j = (int)fixture_random(4); j >= 0; j--)
            change_something();
        look_until_settled(process);
        model_look(&model, 0);
        assert_as_modelled(process, &model);
        assert_as_after_a_restart(process, setup);
        assert_string_equal(look_until_settled(process), "");
        if (!fixture_random(6))
            make_compact(process);
    }
    for (i = 0; i < COUNT(processes); i++) {
        catch_up(processes[i]);
        assert_as_modelled(processes[i], &model);
    }
    process_begin(late);
    assert_as_modelled(late, &model);
    assert_parent_untouched(late);
}

static void the_model_of_the_contract_agrees_whatever_happens(void **state)
{
    static const setup_t setup = { .zones = { { "named", "zones/z0.test.pem" } },
                                   .folder = "zones",
                                   .other_folder = "link" };
    int i;

    (void)state;
    mkdir(path_to("zones"), 0700);
    mkdir(path_to("store"), 0700);
    assert_int_equal(symlink("zones", path_to("link")), 0);
    for (i = 0; i < AUTHORITIES; i++) {
        authorities[i] = pki_ca(apr_psprintf(pool, "CA %d", i));
        put(apr_psprintf(pool, "store/%d", i), authorities[i]->pem);
    }
    for (i = 0; i < RESTARTS; i++) { /* with whatever files there are */
        unlink(path_to(spelled(0, 0)));
        put(spelled(0, 0), authorities[0]->pem);
        process_forget();
        follow_model(&setup, fixture_rounds(5, 20));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_logged_about_an_unchanged_folder),
        TEST(a_new_file_in_a_folder_is_a_new_zone),
        TEST(removing_a_file_removes_its_zone),
        TEST(a_file_that_is_replaced_in_two_steps_keeps_its_zone),
        TEST(a_file_that_is_back_while_its_folder_is_checked_keeps_its_zone),
        TEST(a_bad_new_file_changes_nothing_until_it_is_fixed),
        TEST(a_bad_file_leaves_its_zone_as_it_was),
        TEST(a_zone_that_was_shut_at_start_opens_when_its_file_is_fixed),
        TEST(a_file_whose_name_is_not_a_zone_is_logged_once),
        TEST(a_file_whose_name_is_not_a_zone_is_not_logged_again_after_start),
        TEST(another_spelling_of_a_zone_does_not_replace_it),
        TEST(another_spelling_is_used_when_the_first_is_gone),
        TEST(files_that_were_ignored_at_start_are_not_logged_again),
        TEST(a_file_may_be_renamed_to_another_spelling),
        TEST(a_process_that_ends_during_a_check_keeps_the_zone),
        TEST(a_folder_that_is_gone_keeps_its_zones_and_may_come_back),
        TEST(a_folder_that_is_not_mounted_keeps_its_zones),
        TEST(a_folder_on_another_file_system_with_some_of_its_files_is_reloaded),
        TEST(a_folder_that_is_gone_for_a_moment_is_not_logged),
        TEST(a_folder_that_cannot_be_listed_is_tried_again),
        TEST(a_dangling_link_is_a_bad_file_not_a_missing_one),
        TEST(a_zone_that_a_dangling_link_shuts_stays_shut),
        TEST(a_new_file_that_is_being_written_is_waited_for),
        TEST(a_folder_that_is_being_changed_is_listed_once_more),
        TEST(a_new_file_that_changes_all_the_time_is_read_in_the_end),
        TEST(a_new_file_that_is_gone_before_it_is_read_is_forgotten),
        TEST(unchanged_zones_are_kept_with_their_caches),
        TEST(the_cache_of_a_zone_is_gone_with_its_file),
        TEST(a_file_with_two_roles_is_reloaded_and_logged_in_each),
        TEST(a_removed_zone_is_not_restored_by_a_directive_that_names_its_file),
        TEST(of_two_spellings_the_canonical_one_is_used_as_soon_as_it_exists),
        TEST(a_bad_file_of_another_spelling_does_not_keep_the_zone),
        TEST(a_file_that_is_renamed_to_another_spelling_keeps_its_zone),
        TEST(a_process_that_cannot_read_the_journal_checks_nothing),
        TEST(the_model_of_the_contract_agrees_whatever_happens),
        TEST(of_many_files_only_the_changed_one_is_read),
    };

    return RUN(tests);
}
