/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/input_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apr_file_io.h"

#include "fixture.h"

enum { MOST = 1000 * 1000 };

static const char *read_file(const char *path, const char **text, apr_size_t *length)
{
    *text = NULL;
    *length = 0;
    return cfo_input_file_read(pool, path, MOST, text, length);
}

static void a_file_is_read_completely_and_a_nul_is_added(void **state)
{
    const char *path = fixture_write("a", "one\0two\n", 8), *text;
    apr_size_t length;

    (void)state;
    assert_null(read_file(path, &text, &length));
    assert_int_equal(length, 8);
    assert_memory_equal(text, "one\0two\n", 9);
}

static void an_empty_file_is_an_empty_text(void **state)
{
    const char *path = fixture_write("a", "", 0), *text;
    apr_size_t length = 1;

    (void)state;
    assert_null(read_file(path, &text, &length));
    assert_int_equal(length, 0);
    assert_string_equal(text, "");
}

static void links_are_followed(void **state)
{
    const char *path = fixture_write("a", "text", 4), *text;
    const char *link = apr_pstrcat(pool, path, "-link", NULL);
    apr_size_t length;

    (void)state;
    assert_int_equal(symlink(path, link), 0);
    assert_null(read_file(link, &text, &length));
    assert_string_equal(text, "text");
}

static void a_missing_file_is_reported_in_the_words_of_the_system(void **state)
{
    const char *path = apr_pstrcat(pool, fixture_folder(), "/none", NULL), *text;
    apr_size_t length;

    (void)state;
    assert_contains(read_file(path, &text, &length), "No such file");
    assert_null(text);
}

static void a_folder_is_not_a_file(void **state)
{
    const char *text;
    apr_size_t length;

    (void)state;
    assert_contains(read_file(fixture_folder(), &text, &length), "a directory");
}

/* Opening it for reading would block. */
static void a_fifo_is_refused_without_being_opened(void **state)
{
    const char *path = apr_pstrcat(pool, fixture_folder(), "/fifo", NULL), *text;
    apr_size_t length;

    (void)state;
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(5);
    assert_contains(read_file(path, &text, &length), "not a regular file");
    alarm(0);
}

/* Puts a file and a FIFO at the path in turn, until it is killed, or a minute is over. */
static pid_t start_swapping(const char *path)
{
    const char *file = apr_pstrcat(pool, path, "-file", NULL);
    const char *fifo = apr_pstrcat(pool, path, "-fifo", NULL);
    const char *regular = fixture_write("regular", "x", 1);
    pid_t child = fork();

    if (!child)
        alarm(60);
    while (!child) {
        unlink(file);
        unlink(fifo);
        if (link(regular, file) || rename(file, path) || mkfifo(fifo, 0600) ||
            rename(fifo, path))
            _exit(1);
    }
    return child;
}

/* It may become one after it was looked at, and nobody may ever write to it. */
static void a_fifo_that_takes_the_place_of_a_file_is_not_waited_for(void **state)
{
    const char *path = apr_pstrcat(pool, fixture_folder(), "/swapped", NULL), *text;
    pid_t child = start_swapping(path);
    int files = 0, fifos = 0, status;
    apr_size_t length;

    (void)state;
    assert_true(child > 0);
    alarm(60);
    while (files < fixture_rounds(5000, 50000) || fifos < files / 10) {
        const char *reason = read_file(path, &text, &length);

        files += !reason;
        fifos += reason && strstr(reason, "not a regular file");
    }
    alarm(0);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
}

static void a_device_is_refused(void **state)
{
    const char *text;
    apr_size_t length;

    (void)state;
    assert_contains(read_file("/dev/zero", &text, &length), "not a regular file");
}

static void a_file_above_the_limit_is_refused_and_one_at_the_limit_is_read(void **state)
{
    const char *path = fixture_write("a", "", 0), *text;
    apr_size_t length;

    (void)state;
    assert_int_equal(truncate(path, MOST + 1), 0);
    assert_contains(read_file(path, &text, &length), "larger than 1000000 bytes");
    assert_int_equal(truncate(path, MOST), 0);
    assert_null(read_file(path, &text, &length));
    assert_int_equal(length, MOST);
}

static void an_unreadable_file_is_reported(void **state)
{
    const char *path = fixture_write("a", "x", 1), *text, *reason;
    uid_t user = geteuid();
    apr_size_t length;

    (void)state;
    assert_int_equal(chmod(path, 0), 0);
    /* root can read everything, so use another user id for a moment */
    assert_int_equal(user == 0 ? seteuid(65534) : 0, 0);
    reason = read_file(path, &text, &length);
    assert_int_equal(seteuid(user), 0);
    assert_contains(reason, "Permission denied");
}

static const char *shrinking; /* is empty as soon as its size was read */

apr_status_t __real_apr_file_info_get(apr_finfo_t *info, apr_int32_t wanted,
                                      apr_file_t *file);
apr_status_t __wrap_apr_file_info_get(apr_finfo_t *info, apr_int32_t wanted,
                                      apr_file_t *file);

apr_status_t __wrap_apr_file_info_get(apr_finfo_t *info, apr_int32_t wanted,
                                      apr_file_t *file)
{
    apr_status_t status = __real_apr_file_info_get(info, wanted, file);

    if (shrinking)
        assert_int_equal(truncate(shrinking, 2), 0);
    return status;
}

/* Its state has changed by then, so it is read again. */
static void of_a_file_that_becomes_shorter_meanwhile_the_rest_is_read(void **state)
{
    const char *path = fixture_write("a", "text", 4), *text;
    apr_size_t length;

    (void)state;
    shrinking = path;
    assert_null(read_file(path, &text, &length));
    shrinking = NULL;
    assert_int_equal(length, 2);
    assert_string_equal(text, "te");
}

static int count_open_files(void)
{
    int fd, count = 0;

    for (fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) != -1;
    return count;
}

static void no_file_stays_open(void **state)
{
    const char *path = fixture_write("a", "x", 1), *text;
    apr_size_t length;
    int before = count_open_files();

    (void)state;
    read_file(path, &text, &length);
    assert_int_equal(truncate(path, MOST + 1), 0);
    read_file(path, &text, &length);
    assert_int_equal(count_open_files(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_read_completely_and_a_nul_is_added),
        TEST(an_empty_file_is_an_empty_text),
        TEST(links_are_followed),
        TEST(a_missing_file_is_reported_in_the_words_of_the_system),
        TEST(a_folder_is_not_a_file),
        TEST(a_fifo_is_refused_without_being_opened),
        TEST(a_fifo_that_takes_the_place_of_a_file_is_not_waited_for),
        TEST(a_device_is_refused),
        TEST(a_file_above_the_limit_is_refused_and_one_at_the_limit_is_read),
        TEST(an_unreadable_file_is_reported),
        TEST(of_a_file_that_becomes_shorter_meanwhile_the_rest_is_read),
        TEST(no_file_stays_open),
    };

    return RUN(tests);
}
