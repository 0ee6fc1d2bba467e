/* SPDX-License-Identifier: Apache-2.0 */
/* One call of cf-originctl edge at a time changes a zone. */
#include "ctl/change/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apr_strings.h"

#include "core/base/text.h"
#include "ctl/edge/crew.h"

static const char *failed(apr_pool_t *p, const char *path, const char *what)
{
    char text[120];
    apr_status_t status = errno;

    return apr_psprintf(p, "%s cannot be %s: %s", path, what,
                        apr_strerror(status, text, sizeof text));
}

static const char *make_parents(apr_pool_t *p, const char *folder)
{
    char *path = apr_pstrdup(p, folder), *slash = path;

    while ((slash = strchr(slash + 1, '/'))) {
        *slash = '\0';
        if (mkdir(path, 0755) && errno != EEXIST)
            return failed(p, path, "made");
        *slash = '/';
    }
    return NULL;
}

const char *cfo_lock_folder(apr_pool_t *p, const char *folder)
{
    struct stat info;
    const char *wrong = NULL;

    if (stat(folder, &info) && errno == ENOENT) {
        wrong = make_parents(p, folder);
        if (!wrong && mkdir(folder, 0700) && errno != EEXIST)
            wrong = failed(p, folder, "made");
    }
    if (wrong)
        return wrong;
    if (stat(folder, &info))
        return failed(p, folder, "read");
    if (!S_ISDIR(info.st_mode))
        return apr_psprintf(p, "%s is no folder", folder);
    if ((info.st_uid && info.st_uid != geteuid()) || (info.st_mode & 022))
        return apr_psprintf(p,
                            "others can write to the folder %s: let it belong to the "
                            "one who runs this command, with mode 0700",
                            folder);
    return NULL;
}

static apr_status_t close_lock(void *fd)
{
    close((int)(intptr_t)fd);
    return APR_SUCCESS;
}

/* Says in the file who has the lock. It is not read by the command but for a message. */
static void sign(apr_pool_t *p, int fd)
{
    const char *text = apr_psprintf(p, "process %ld since %s\n", (long)getpid(),
                                    cfo_text_time(p, apr_time_now()));

    if (!ftruncate(fd, 0) && pwrite(fd, text, strlen(text), 0) < 0)
        errno = 0;
}

static const char *say_who(apr_pool_t *p, int fd, const char *path)
{
    char text[100];
    ssize_t length = pread(fd, text, sizeof text - 1, 0);

    text[length > 0 ? length : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return apr_psprintf(p, "another call works on it (%s, lock %s)",
                        *text ? cfo_text_quote(p, text, sizeof text) : "unknown", path);
}

const char *cfo_lock_take(apr_pool_t *p, const char *folder, const char *name,
                          apr_interval_time_t wait, int *is_taken)
{
    const char *path = apr_pstrcat(p, folder, "/", name, ".lock", NULL);
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    const apr_interval_time_t pause = apr_time_from_msec(50);

    *is_taken = 0;
    if (fd < 0)
        return failed(p, path, "opened");
    apr_pool_cleanup_register(p, (void *)(intptr_t)fd, close_lock, apr_pool_cleanup_null);
    while (flock(fd, LOCK_EX | LOCK_NB)) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return failed(p, path, "locked");
        if (wait <= 0) {
            *is_taken = 1;
            return say_who(p, fd, path);
        }
        if (!cfo_crew_wait(pause))
            return "stopped by a signal, while another call worked on it";
        wait -= pause;
    }
    sign(p, fd);
    return NULL;
}
