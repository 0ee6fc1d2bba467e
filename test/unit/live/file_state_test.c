/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/file_state.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"

#define SECOND apr_time_from_sec(1)

static cfo_file_state_t state_of(const char *path)
{
    cfo_file_state_t state;

    memset(&state, 0xa5, sizeof state);
    cfo_file_state_get(pool, path, &state);
    return state;
}

static const char *write_text(const char *name, const char *text)
{
    return fixture_write(name, text, strlen(text));
}

/* The clock of a file system is coarse, and a test is faster. */
static void set_mtime(const char *path, time_t seconds)
{
    struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = seconds } };

    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static const char *link_to(const char *name, const char *target)
{
    const char *path = apr_pstrcat(pool, fixture_folder(), "/", name, NULL);
    const char *next = apr_pstrcat(pool, path, ".next", NULL);

    assert_int_equal(symlink(target, next), 0);
    assert_int_equal(rename(next, path), 0);
    return path;
}

static void assert_changed(cfo_file_state_t *last, const char *path)
{
    cfo_file_state_t now = state_of(path);

    assert_false(cfo_file_state_equal(last, &now));
    assert_false(cfo_file_state_equal(&now, last));
    *last = now;
}

static void a_file_that_is_left_alone_has_not_changed(void **state)
{
    const char *path = write_text("file", "text");
    cfo_file_state_t first = state_of(path), second;
    struct stat info;

    (void)state;
    fclose(fopen(path, "rb"));
    second = state_of(path);
    assert_true(cfo_file_state_equal(&first, &second));
    assert_memory_equal(&first, &second,
                        sizeof first); /* the bytes are written to the journal */
    assert_int_equal(stat(path, &info), 0);
    assert_true(first.status == APR_SUCCESS);
    assert_true(first.inode == info.st_ino && first.device == info.st_dev);
    assert_true(first.size == 4);
    assert_true(first.ctime ==
                apr_time_from_sec(info.st_ctim.tv_sec) + info.st_ctim.tv_nsec / 1000);
}

static void any_operation_on_a_file_is_a_change(void **state)
{
    const char *path = write_text("file", "text"), *other;
    cfo_file_state_t last = state_of(path);

    (void)state;
    write_text("file", "longer text");
    assert_changed(&last, path);
    set_mtime(path, 1000);
    assert_changed(&last, path);
    other = write_text("other", "longer text");
    set_mtime(other, 1000);
    assert_int_equal(rename(other, path), 0);
    assert_changed(&last, path);
    assert_int_equal(unlink(path), 0);
    assert_changed(&last, path);
    write_text("file", "longer text");
    assert_changed(&last, path);
}

/* Each field alone: sizes, times and inode numbers may come back. */
static void every_part_of_a_state_counts(void **state)
{
    cfo_file_state_t a = state_of(write_text("file", "text"));
    apr_int64_t *parts = (apr_int64_t *)(void *)&a;
    cfo_file_state_t b = a;
    int i;

    (void)state;
    for (i = 0; i < (int)(sizeof a / sizeof *parts); i++) {
        parts[i]++;
        assert_false(cfo_file_state_equal(&a, &b));
        parts[i]--;
    }
    assert_true(cfo_file_state_equal(&a, &b));
}

static void a_link_has_the_state_of_its_target(void **state)
{
    const char *first = write_text("first", "text"),
               *second = write_text("second", "text");
    const char *path = link_to("link", first);
    cfo_file_state_t last = state_of(path), target = state_of(first);

    (void)state;
    assert_true(cfo_file_state_equal(&last, &target));
    link_to("link", second);
    assert_changed(&last, path);
    set_mtime(second, 1000);
    assert_changed(&last, path);
    link_to("link", "nowhere");
    assert_changed(&last, path);
}

static void a_missing_file_has_only_a_status(void **state)
{
    const char *none = apr_pstrcat(pool, fixture_folder(), "/none", NULL);
    const char *file = write_text("file", "");
    cfo_file_state_t gone = state_of(none), again = state_of(none), below;

    (void)state;
    assert_true(APR_STATUS_IS_ENOENT(gone.status));
    assert_true(gone.inode == 0 && gone.size == 0 && gone.ctime == 0);
    assert_true(cfo_file_state_equal(&gone, &again));
    below = state_of(apr_pstrcat(pool, file, "/none", NULL));
    assert_true(APR_STATUS_IS_ENOTDIR(below.status));
    assert_false(cfo_file_state_equal(&gone, &below));
}

static void a_file_is_settled_a_second_after_its_last_change(void **state)
{
    cfo_file_state_t file = { .ctime = 1000 * SECOND };

    (void)state;
    assert_false(cfo_file_state_is_settled(&file, file.ctime));
    assert_false(cfo_file_state_is_settled(&file, file.ctime + SECOND));
    assert_true(cfo_file_state_is_settled(&file, file.ctime + SECOND + 1));
    file.mtime = 1001 * SECOND; /* which any program can set */
    assert_true(cfo_file_state_is_settled(&file, file.ctime + SECOND + 1));
}

/* It was touched while other files were checked, or the clock of a file server is
 * ahead. */
static void a_file_from_the_future_is_not_settled(void **state)
{
    cfo_file_state_t file = { .ctime = 1000 * SECOND };

    (void)state;
    assert_false(cfo_file_state_is_settled(&file, file.ctime - 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_that_is_left_alone_has_not_changed),
        TEST(any_operation_on_a_file_is_a_change),
        TEST(every_part_of_a_state_counts),
        TEST(a_link_has_the_state_of_its_target),
        TEST(a_missing_file_has_only_a_status),
        TEST(a_file_is_settled_a_second_after_its_last_change),
        TEST(a_file_from_the_future_is_not_settled),
    };

    return RUN(tests);
}
