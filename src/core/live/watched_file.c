/* SPDX-License-Identifier: Apache-2.0 */
/* Files and folders, and the last good content of each. */
#include "core/live/watched_file.h"

#include <stdlib.h>
#include <string.h>

#include "apr_strings.h"

#include "core/base/scratch.h"
#include "core/live/input_file.h"

cfo_watched_files_t *cfo_watched_files_create(apr_pool_t *p)
{
    cfo_watched_files_t *watched = apr_pcalloc(p, sizeof *watched);

    watched->pool = p;
    watched->start = cfo_shared_pool_permanent(p);
    watched->named[CFO_FILE_RANGES] = apr_hash_make(p);
    watched->named[CFO_FILE_PROOFS] = apr_hash_make(p);
    watched->folders = apr_array_make(p, 1, sizeof(cfo_folder_t *));
    return watched;
}

void cfo_watched_files_move(cfo_watched_files_t *watched, apr_pool_t *p)
{
    int i;

    watched->pool = p;
    for (i = 0; i < watched->folders->nelts; i++) {
        cfo_folder_t *folder = APR_ARRAY_IDX(watched->folders, i, cfo_folder_t *);

        folder->at_start = folder->zones;
        folder->zones = apr_hash_copy(p, folder->zones);
    }
}

cfo_watched_file_t *cfo_watched_files_find(const cfo_watched_files_t *watched,
                                           cfo_file_kind_t kind, const char *path)
{
    return apr_hash_get(watched->named[kind], path, APR_HASH_KEY_STRING);
}

/* Instead of an error for whose text there is no memory: the file is not good either. */
static char no_memory[] = "out of memory";

static void forget_text(cfo_file_error_t *error)
{
    if (error->text != no_memory)
        free(error->text);
    error->text = NULL;
}

static apr_status_t free_text(void *error)
{
    forget_text(error);
    return APR_SUCCESS;
}

/* The texts survive a change of pools, but not the configuration: httpd restarts again
 * and again in the same process. */
static void free_with(apr_pool_t *p, cfo_file_error_t *error)
{
    apr_pool_cleanup_register(p, error, free_text, apr_pool_cleanup_null);
}

static cfo_watched_file_t *make_file(cfo_shared_pool_t *shared_pool, cfo_file_kind_t kind,
                                     const char *path)
{
    cfo_watched_file_t *file = apr_pcalloc(shared_pool->pool, sizeof *file);

    file->path = apr_pstrdup(shared_pool->pool, path);
    file->kind = kind;
    file->shared_pool = cfo_shared_pool_hold(shared_pool);
    free_with(shared_pool->pool, &file->error);
    return file;
}

cfo_watched_file_t *cfo_watched_files_add(cfo_watched_files_t *watched,
                                          cfo_file_kind_t kind, const char *path)
{
    cfo_watched_file_t *file = cfo_watched_files_find(watched, kind, path);

    if (file)
        return file;
    file = make_file(watched->start, kind, path);
    apr_hash_set(watched->named[kind], file->path, APR_HASH_KEY_STRING, file);
    return file;
}

int cfo_watched_files_count(const cfo_watched_files_t *watched, cfo_file_kind_t kind)
{
    int i, count = (int)apr_hash_count(watched->named[kind]);

    for (i = 0; kind == CFO_FILE_PROOFS && i < watched->folders->nelts; i++)
        count += (int)apr_hash_count(
            APR_ARRAY_IDX(watched->folders, i, cfo_folder_t *)->zones);
    return count;
}

/* "/etc/zones/" is the same folder as "/etc/zones". */
static apr_size_t length_of(const char *path)
{
    apr_size_t length = strlen(path);

    while (length > 1 && path[length - 1] == '/')
        length--;
    return length;
}

static cfo_folder_t *find_folder(const cfo_watched_files_t *watched, const char *path,
                                 apr_size_t length)
{
    int i;

    for (i = 0; i < watched->folders->nelts; i++) {
        cfo_folder_t *folder = APR_ARRAY_IDX(watched->folders, i, cfo_folder_t *);

        if (!strncmp(folder->path, path, length) && !folder->path[length])
            return folder;
    }
    return NULL;
}

cfo_folder_t *cfo_watched_files_add_folder(cfo_watched_files_t *watched, const char *path)
{
    apr_size_t length = length_of(path);
    cfo_folder_t *folder = find_folder(watched, path, length);

    if (folder)
        return folder;
    folder = apr_pcalloc(watched->pool, sizeof *folder);
    folder->path = apr_pstrmemdup(watched->pool, path, length);
    folder->zones = folder->at_start = apr_hash_make(watched->pool);
    free_with(watched->pool, &folder->error);
    APR_ARRAY_PUSH(watched->folders, cfo_folder_t *) = folder;
    return folder;
}

cfo_watched_file_t *cfo_folder_put(cfo_folder_t *folder, cfo_shared_pool_t *shared_pool,
                                   const char *zone, const char *path)
{
    cfo_watched_file_t *last = apr_hash_get(folder->zones, zone, APR_HASH_KEY_STRING);
    cfo_watched_file_t *file;

    if (last && !strcmp(last->path, path))
        return last;
    file = make_file(shared_pool, CFO_FILE_PROOFS, path);
    file->zone = apr_pstrdup(shared_pool->pool, zone);
    if (last) {
        file->is_shut = last->is_shut;
        file->missing = last->missing;
        file->content = last->content ? cfo_parsed_file_hold(last->content) : NULL;
        cfo_folder_remove(folder, last);
    }
    apr_hash_set(folder->zones, file->zone, APR_HASH_KEY_STRING, file);
    return file;
}

void cfo_folder_remove(cfo_folder_t *folder, cfo_watched_file_t *file)
{
    apr_hash_set(folder->zones, file->zone, APR_HASH_KEY_STRING, NULL);
    cfo_file_error_set(&file->error, NULL, 0);
    cfo_watched_file_replace(file, NULL);
    cfo_shared_pool_release(file->shared_pool);
}

const char *cfo_watched_file_load(cfo_watched_files_t *watched, cfo_watched_file_t *file)
{
    const char *text, *error;
    apr_size_t length;
    apr_pool_t *scratch;

    if (file->content)
        return NULL;
    scratch = cfo_scratch_create(watched->pool);
    /* Before it is read: a change in between is found later. */
    cfo_file_state_get(scratch, file->path, &file->state);
    error = cfo_input_file_read(scratch, file->path, cfo_parsed_file_most(file->kind),
                                &text, &length);
    if (!error)
        error = cfo_parsed_file_read(watched->start, file->kind, file->path, text, length,
                                     &file->content);
    error = apr_pstrdup(watched->pool, error);
    apr_pool_destroy(scratch);
    return error;
}

int cfo_watched_file_has_text(const cfo_watched_file_t *file, const char *text,
                              apr_size_t length)
{
    const cfo_parsed_file_t *content = file->content;
    unsigned char digest[CFO_DIGEST_SIZE];

    if (!content || strcmp(content->path, file->path))
        return 0;
    return cfo_parsed_file_digest(text, length, digest) &&
           !memcmp(digest, content->digest, CFO_DIGEST_SIZE);
}

void cfo_watched_file_replace(cfo_watched_file_t *file, cfo_parsed_file_t *content)
{
    if (file->content)
        cfo_parsed_file_release(file->content);
    file->content = content;
}

void cfo_file_error_set(cfo_file_error_t *error, const char *text, apr_time_t now)
{
    forget_text(error);
    if (text)
        error->text = strdup(text);
    if (text && !error->text)
        error->text = no_memory;
    error->logged_at = now;
    error->retry_at = 0;
}
