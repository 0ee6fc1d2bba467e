/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: files that httpd reads at the start, as root, but that its
 * children, which look for changes, cannot read as their user. */
#include "httpd/check/checks.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unixd.h"

#include "apr_strings.h"
#include "apr_user.h"

#include "core/base/text.h"

enum { SHOWN_MOST = 5, QUOTE_MOST = 300 };

typedef struct {
    const char *path;
    int mode; /* for access() */
} asset_t;

static void add(apr_array_header_t *assets, const char *path, int mode)
{
    APR_ARRAY_PUSH(assets, asset_t) = (asset_t){ path, mode };
}

static void add_files(apr_array_header_t *assets, apr_hash_t *files)
{
    apr_hash_index_t *i;

    for (i = apr_hash_first(assets->pool, files); i; i = apr_hash_next(i)) {
        const cfo_watched_file_t *file = apr_hash_this_val(i);

        if (file->content)
            add(assets, file->path, R_OK);
    }
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const asset_t *)a)->path, ((const asset_t *)b)->path);
}

/* What the children look at, sorted by path. */
static apr_array_header_t *list_assets(apr_pool_t *p, const cfo_watched_files_t *watched)
{
    apr_array_header_t *assets = apr_array_make(p, 16, sizeof(asset_t));
    int i;

    add_files(assets, watched->named[CFO_FILE_RANGES]);
    add_files(assets, watched->named[CFO_FILE_PROOFS]);
    for (i = 0; i < watched->folders->nelts; i++) {
        const cfo_folder_t *folder = APR_ARRAY_IDX(watched->folders, i, cfo_folder_t *);

        add(assets, folder->path, R_OK | X_OK);
        add_files(assets, folder->zones);
    }
    qsort(assets->elts, assets->nelts, assets->elt_size, by_path);
    return assets;
}

/* In a process of its own: takes the user and groups of a child, as mod_unixd does, and
 * writes a byte for each asset, which is 1 if it may not be read. */
static void try_as_user(const char *user, const apr_array_header_t *assets, int out)
{
    int i;

    if (setgid(ap_unixd_config.group_id) || initgroups(user, ap_unixd_config.group_id) ||
        setuid(ap_unixd_config.user_id))
        return;
    for (i = 0; i < assets->nelts; i++) {
        const asset_t *asset = &APR_ARRAY_IDX(assets, i, asset_t);
        char denied = (char)(access(asset->path, asset->mode) && errno == EACCES);

        if (write(out, &denied, 1) != 1)
            return;
    }
}

/* Returns how many results came. */
static int read_results(int in, char *denied, int count)
{
    int done = 0;
    ssize_t got;

    while (done < count) {
        got = read(in, denied + done, (size_t)(count - done));
        if (got > 0)
            done += (int)got;
        else if (!got || errno != EINTR)
            break;
    }
    return done;
}

/* The results, one for each asset; NULL: it could not be found out. */
static const char *find_denied(apr_pool_t *p, const char *user,
                               const apr_array_header_t *assets)
{
    char *denied = apr_pcalloc(p, (apr_size_t)assets->nelts + 1);
    int ends[2], done = 0;
    pid_t pid;

    if (pipe(ends))
        return NULL;
    pid = fork();
    if (!pid) {
        try_as_user(user, assets, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    if (pid > 0) {
        done = read_results(ends[0], denied, assets->nelts);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    close(ends[0]);
    return done == assets->nelts ? denied : NULL;
}

/* The name of the children's user; NULL: they can read what httpd reads, or see another
 * file system. Those of mpm-itk stay root. */
static const char *child_user(const cfo_checking_t *checking)
{
    char *user;

    if (geteuid() || !ap_unixd_config.user_id || ap_unixd_config.chroot_dir ||
        ap_find_linked_module("mpm_itk.c") ||
        cfo_check_main(checking)->conf->reload == CFO_RELOAD_OFF)
        return NULL;
    return apr_uid_name_get(&user, ap_unixd_config.user_id, checking->pool) ? NULL : user;
}

/* The first few, and how many there are. */
static int list_denied(apr_pool_t *p, const apr_array_header_t *assets,
                       const char *denied, const char **list, const char **first)
{
    int i, count = 0;

    *list = "";
    for (i = 0; i < assets->nelts; i++) {
        const char *path = APR_ARRAY_IDX(assets, i, asset_t).path;

        if (!denied[i] || count++ >= SHOWN_MOST)
            continue;
        if (count == 1)
            *first = path;
        *list = apr_pstrcat(p, *list, count > 1 ? ", " : "",
                            cfo_text_quote(p, path, QUOTE_MOST), NULL);
    }
    if (count > SHOWN_MOST)
        *list = apr_pstrcat(p, *list, " and others", NULL);
    return count;
}

/* The files belong to all servers, and so are looked at once. */
static void check_unreadable(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    apr_pool_t *p = checking->pool;
    const char *user;
    apr_array_header_t *assets;
    const char *denied, *list, *first = NULL;
    int count;

    if (!vhost->is_judged || !cfo_check_is_first(checking, checking->now->code) ||
        !(user = child_user(checking)))
        return;
    assets = list_assets(p, cfo_conf_builder(vhost->s->process->pconf)->watched);
    denied = find_denied(p, user, assets);
    count = denied ? list_denied(p, assets, denied, &list, &first) : 0;
    if (count)
        cfo_check_add_file(
            checking, cfo_check_main(checking), first,
            apr_psprintf(p,
                         "the user that httpd runs as (%s) cannot read %d of the files "
                         "and folders that it looks at for changes: %s. Changes to them "
                         "take effect only after a restart: chmod 0644 the files, and "
                         "0755 the folders that they are in",
                         user, count, list));
}

const cfo_check_t cfo_unreadable_checks[] = {
    { CFO_LEVEL_WARNING, "CFO0262 unreadable", check_unreadable }, { 0 }
};
