/* SPDX-License-Identifier: Apache-2.0 */
/* Files and folders, and the last good content of each. */
#include "core/live/watched_file.h"

#include <stdlib.h>
#include <string.h>

#include "apr_strings.h"

#include "core/live/input_file.h"

cfo_watched_files_t *cfo_watched_files_create(apr_pool_t *p)
{
    cfo_watched_files_t *sources = apr_pcalloc(p, sizeof *sources);

    sources->pool = p;
    sources->start = cfo_shared_pool_permanent(p);
    sources->named[CFO_FILE_RANGES] = apr_hash_make(p);
    sources->named[CFO_FILE_PROOFS] = apr_hash_make(p);
    sources->folders = apr_array_make(p, 1, sizeof(cfo_folder_t *));
    return sources;
}

void cfo_watched_files_move(cfo_watched_files_t *sources, apr_pool_t *p)
{
    int i;

    sources->pool = p;
    for (i = 0; i < sources->folders->nelts; i++) {
        cfo_folder_t *folder = APR_ARRAY_IDX(sources->folders, i, cfo_folder_t *);

        folder->at_start = folder->zones;
        folder->zones = apr_hash_copy(p, folder->zones);
    }
}

cfo_watched_file_t *cfo_watched_files_find(const cfo_watched_files_t *sources,
                                           cfo_file_kind_t kind, const char *path)
{
    return apr_hash_get(sources->named[kind], path, APR_HASH_KEY_STRING);
}

static apr_status_t free_text(void *error)
{
    free(((cfo_file_error_t *)error)->text);
    return APR_SUCCESS;
}

/* The texts outlive a change of pools, but not who has them: httpd restarts in the same
 * process again and again. */
static void free_with(apr_pool_t *p, cfo_file_error_t *error)
{
    apr_pool_cleanup_register(p, error, free_text, apr_pool_cleanup_null);
}

static cfo_watched_file_t *make_source(cfo_shared_pool_t *shared_pool,
                                       cfo_file_kind_t kind, const char *path)
{
    cfo_watched_file_t *source = apr_pcalloc(shared_pool->pool, sizeof *source);

    source->path = apr_pstrdup(shared_pool->pool, path);
    source->kind = kind;
    source->shared_pool = cfo_shared_pool_hold(shared_pool);
    free_with(shared_pool->pool, &source->error);
    return source;
}

cfo_watched_file_t *cfo_watched_files_add(cfo_watched_files_t *sources,
                                          cfo_file_kind_t kind, const char *path)
{
    cfo_watched_file_t *source = cfo_watched_files_find(sources, kind, path);

    if (source)
        return source;
    source = make_source(sources->start, kind, path);
    apr_hash_set(sources->named[kind], source->path, APR_HASH_KEY_STRING, source);
    return source;
}

int cfo_watched_files_count(const cfo_watched_files_t *sources, cfo_file_kind_t kind)
{
    int i, count = (int)apr_hash_count(sources->named[kind]);

    for (i = 0; kind == CFO_FILE_PROOFS && i < sources->folders->nelts; i++)
        count += (int)apr_hash_count(
            APR_ARRAY_IDX(sources->folders, i, cfo_folder_t *)->zones);
    return count;
}

/* "/etc/zones/" is "/etc/zones". */
static apr_size_t length_of(const char *path)
{
    apr_size_t length = strlen(path);

    while (length > 1 && path[length - 1] == '/')
        length--;
    return length;
}

static cfo_folder_t *find_folder(const cfo_watched_files_t *sources, const char *path,
                                 apr_size_t length)
{
    int i;

    for (i = 0; i < sources->folders->nelts; i++) {
        cfo_folder_t *folder = APR_ARRAY_IDX(sources->folders, i, cfo_folder_t *);

        if (!strncmp(folder->path, path, length) && !folder->path[length])
            return folder;
    }
    return NULL;
}

cfo_folder_t *cfo_watched_files_add_folder(cfo_watched_files_t *sources, const char *path)
{
    apr_size_t length = length_of(path);
    cfo_folder_t *folder = find_folder(sources, path, length);

    if (folder)
        return folder;
    folder = apr_pcalloc(sources->pool, sizeof *folder);
    folder->path = apr_pstrmemdup(sources->pool, path, length);
    folder->zones = folder->at_start = apr_hash_make(sources->pool);
    free_with(sources->pool, &folder->error);
    APR_ARRAY_PUSH(sources->folders, cfo_folder_t *) = folder;
    return folder;
}

cfo_watched_file_t *cfo_folder_put(cfo_folder_t *folder, cfo_shared_pool_t *shared_pool,
                                   const char *zone, const char *path)
{
    cfo_watched_file_t *last = apr_hash_get(folder->zones, zone, APR_HASH_KEY_STRING);
    cfo_watched_file_t *source;

    if (last && !strcmp(last->path, path))
        return last;
    source = make_source(shared_pool, CFO_FILE_PROOFS, path);
    source->zone = apr_pstrdup(shared_pool->pool, zone);
    if (last) {
        source->is_shut = last->is_shut;
        source->content = last->content ? cfo_parsed_file_hold(last->content) : NULL;
        cfo_folder_remove(folder, last);
    }
    apr_hash_set(folder->zones, source->zone, APR_HASH_KEY_STRING, source);
    return source;
}

void cfo_folder_remove(cfo_folder_t *folder, cfo_watched_file_t *source)
{
    apr_hash_set(folder->zones, source->zone, APR_HASH_KEY_STRING, NULL);
    cfo_file_error_set(&source->error, NULL, 0);
    if (source->content)
        cfo_parsed_file_release(source->content);
    cfo_shared_pool_release(source->shared_pool);
}

const char *cfo_watched_file_load(cfo_watched_files_t *sources,
                                  cfo_watched_file_t *source)
{
    const char *text, *reason;
    apr_size_t length;
    apr_pool_t *scratch;

    if (source->content)
        return NULL;
    apr_pool_create(&scratch, sources->pool);
    /* Before it is read: a change in between is seen as one later. */
    cfo_file_state_get(scratch, source->path, &source->state);
    reason = cfo_input_file_read(scratch, source->path,
                                 cfo_parsed_file_most(source->kind), &text, &length);
    if (!reason)
        reason = cfo_parsed_file_read(sources->start, source->kind, source->path, text,
                                      length, &source->content);
    if (reason)
        reason = apr_pstrdup(sources->pool, reason);
    apr_pool_destroy(scratch);
    return reason;
}

void cfo_watched_file_replace(cfo_watched_file_t *source, cfo_parsed_file_t *content)
{
    if (source->content)
        cfo_parsed_file_release(source->content);
    source->content = content;
}

void cfo_file_error_set(cfo_file_error_t *error, const char *text, apr_time_t now)
{
    free(error->text);
    error->text = text ? strdup(text) : NULL;
    error->said = now;
    error->again = 0;
}
