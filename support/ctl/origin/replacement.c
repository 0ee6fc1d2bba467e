/* SPDX-License-Identifier: Apache-2.0 */
/* Replaces a file as a whole. */
#include "ctl/origin/replacement.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "apr_lib.h"
#include "apr_strings.h"
#include "apr_time.h"

#include "ctl/command/ctl.h"
#include "ctl/origin/file_labels.h"

enum { PATIENCE = 100 };  /* tenths of a second */
enum { NAME_MOST = 200 }; /* of a file, in the name of its draft */

static const char *failure(apr_pool_t *p, const char *what)
{
    apr_status_t status = errno;

    return apr_psprintf(p, "%s: %pm", what, &status);
}

static int is_same(const struct stat *one, const struct stat *other)
{
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

static const char *real_path(apr_pool_t *p, const char *path)
{
    char *real = realpath(path, NULL);
    const char *copy = real ? apr_pstrdup(p, real) : NULL;

    free(real);
    return copy;
}

/* The file that a link leads to, or a missing file in a folder that is there; else NULL
 * and *reason. */
static const char *resolve(apr_pool_t *p, const char *path, const char **reason)
{
    const char *name = apr_filepath_name_get(path), *real = real_path(p, path);
    struct stat info;

    *reason = NULL;
    if (!real && errno == ENOENT && *name && lstat(path, &info)) {
        real = real_path(p, name == path ? "." : apr_pstrmemdup(p, path, name - path));
        real = real ? apr_pstrcat(p, real, "/", name, NULL) : NULL;
    }
    if (!real)
        *reason = failure(p, "it cannot be found");
    return real;
}

/* Kubernetes shows a ConfigMap or Secret as links to a folder ..2026_11_30_..., and
 * replaces that. */
static const char *check_place(apr_pool_t *p, const char *path)
{
    if (strstr(path, "/..20"))
        return apr_psprintf(p, "%s is part of a mounted ConfigMap or Secret: change that",
                            cfo_ctl_shown(p, path));
    return NULL;
}

static const char *open_folder(cfo_replacement_t *r)
{
    const char *folder = apr_pstrmemdup(r->p, r->path, r->name - r->path);

    r->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return r->folder < 0 ? failure(r->p, "its folder cannot be read") : NULL;
}

static int is_in_place(const cfo_replacement_t *r, int file)
{
    struct stat own, named;

    return !fstat(file, &own) &&
           !fstatat(r->folder, r->draft, &named, AT_SYMLINK_NOFOLLOW) &&
           is_same(&own, &named);
}

/* Removes the draft of a call that does not run any more: nobody has its lock. */
static void remove_leftover(const cfo_replacement_t *r)
{
    int file =
        openat(r->folder, r->draft, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (file < 0)
        return;
    if (!flock(file, LOCK_EX | LOCK_NB) && is_in_place(r, file))
        unlinkat(r->folder, r->draft, 0);
    close(file);
}

/* Makes the draft, whose lock is that of the file. 0: somebody else has it, or errno. */
static int make_draft(cfo_replacement_t *r)
{
    r->file = openat(r->folder, r->draft,
                     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (r->file < 0)
        return 0;
    if (!flock(r->file, LOCK_EX | LOCK_NB) && is_in_place(r, r->file))
        return 1;
    close(r->file);
    r->file = -1;
    errno = EEXIST;
    return 0;
}

static const char *lock(cfo_replacement_t *r)
{
    int i;

    for (i = 0; !make_draft(r); i++) {
        if (errno == EROFS)
            return "its file system is read-only: change the file where it is made";
        if (errno != EEXIST)
            return failure(r->p, "no file can be made in its folder");
        if (i == PATIENCE)
            return apr_psprintf(r->p, "another call is changing it, or %s is in the way",
                                cfo_ctl_shown(r->p, r->draft));
        remove_leftover(r);
        if (i)
            apr_sleep(apr_time_from_msec(100));
    }
    return NULL;
}

static const char *check_old(const cfo_replacement_t *r, apr_size_t most)
{
    if (!S_ISREG(r->was.st_mode))
        return "not a regular file";
    if (r->was.st_nlink > 1)
        return "it has several names (hard links), of which only this one would change: "
               "make links of the others (ln -s)";
    return r->was.st_size > (off_t)most ? "it is too large" : NULL;
}

static const char *read_bytes(cfo_replacement_t *r, int file)
{
    apr_size_t size = (apr_size_t)r->was.st_size;
    char *text = apr_palloc(r->p, size + 1);
    ssize_t more = 1;

    for (r->length = 0; r->length < size && more > 0; r->length += (apr_size_t)more) {
        more = read(file, text + r->length, size - r->length);
        if (more < 0)
            return failure(r->p, "it cannot be read");
    }
    text[r->length] = '\0';
    r->text = text;
    return NULL;
}

static const char *read_old(cfo_replacement_t *r, apr_size_t most)
{
    int file = openat(r->folder, r->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    const char *reason;

    r->text = "";
    if (file < 0 && errno == ENOENT)
        return NULL;
    if (file < 0 || fstat(file, &r->was)) {
        reason = failure(r->p, "it cannot be read");
        if (file >= 0)
            close(file);
        return reason;
    }
    r->exists = 1;
    reason = check_old(r, most);
    if (!reason)
        reason = read_bytes(r, file);
    close(file);
    return reason;
}

const char *cfo_replacement_begin(apr_pool_t *p, const char *path, apr_size_t most,
                                  cfo_replacement_t *r)
{
    const char *reason;

    *r = (cfo_replacement_t){ .p = p, .folder = -1, .file = -1 };
    r->path = resolve(p, path, &reason);
    if (!reason)
        reason = check_place(p, r->path);
    if (reason)
        return reason;
    r->name = apr_filepath_name_get(r->path);
    r->draft =
        apr_pstrcat(p, ".", apr_pstrndup(p, r->name, NAME_MOST), ".cf-originctl", NULL);
    reason = open_folder(r);
    if (!reason)
        reason = lock(r);
    if (!reason)
        reason = read_old(r, most);
    if (reason)
        cfo_replacement_end(r);
    return reason;
}

static const char *write_bytes(cfo_replacement_t *r, const char *text, apr_size_t length)
{
    while (length) {
        ssize_t written = write(r->file, text, length);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return failure(r->p, "the new file cannot be written");
        text += written;
        length -= (apr_size_t)written;
    }
    return NULL;
}

/* The new file is as open as the old one was, or as httpd's children need it. */
static const char *set_rights(const cfo_replacement_t *r)
{
    struct stat now;

    if (!r->exists)
        return fchmod(r->file, 0644) ? failure(r->p, "its mode cannot be set") : NULL;
    if (fstat(r->file, &now))
        return failure(r->p, "the new file cannot be read");
    if ((now.st_uid != r->was.st_uid || now.st_gid != r->was.st_gid) &&
        fchown(r->file, r->was.st_uid, r->was.st_gid))
        return failure(r->p, "the new file cannot be given to the owner of the old one");
    cfo_file_labels_copy(r->path, r->file);
    return fchmod(r->file, r->was.st_mode & 07777)
               ? failure(r->p, "the new file cannot get the mode of the old one")
               : NULL;
}

/* Whether the old file is still the one that was read. */
static int is_unchanged(const cfo_replacement_t *r)
{
    struct stat now;

    if (fstatat(r->folder, r->name, &now, AT_SYMLINK_NOFOLLOW))
        return !r->exists && errno == ENOENT;
    return r->exists && is_same(&now, &r->was) && now.st_size == r->was.st_size &&
           !memcmp(&now.st_mtim, &r->was.st_mtim, sizeof now.st_mtim) &&
           !memcmp(&now.st_ctim, &r->was.st_ctim, sizeof now.st_ctim);
}

const char *cfo_replacement_commit(cfo_replacement_t *r, const char *text,
                                   apr_size_t length)
{
    const char *reason = write_bytes(r, text, length);

    if (!reason)
        reason = set_rights(r);
    if (!reason && fsync(r->file))
        reason = failure(r->p, "the new file cannot be written");
    if (!reason && !is_unchanged(r))
        reason = "somebody else has just changed it";
    if (!reason && renameat(r->folder, r->draft, r->folder, r->name))
        reason = failure(r->p, "the new file cannot be put in its place");
    if (reason)
        return reason;
    r->draft = NULL;
    /* It has its place, and is there after a crash or is not. */
    (void)fsync(r->folder);
    return NULL;
}

const char *cfo_replacement_remove(cfo_replacement_t *r)
{
    if (!is_unchanged(r))
        return "somebody else has just changed it";
    if (unlinkat(r->folder, r->name, 0))
        return failure(r->p, "it cannot be removed");
    (void)fsync(r->folder);
    return NULL;
}

void cfo_replacement_end(cfo_replacement_t *r)
{
    if (r->file >= 0) {
        if (r->draft && is_in_place(r, r->file))
            unlinkat(r->folder, r->draft, 0);
        close(r->file);
    }
    if (r->folder >= 0)
        close(r->folder);
    r->file = r->folder = -1;
}
