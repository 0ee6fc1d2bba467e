/* SPDX-License-Identifier: Apache-2.0 */
/* Files and folders, and the last good content of each. */
#include "core/live/watched_file.h"

#include <stdlib.h>
#include <string.h>

#include "apr_strings.h"

#include "core/live/input_file.h"

cfo_sources_t *cfo_sources_create(apr_pool_t *p)
{
    cfo_sources_t *sources = apr_pcalloc(p, sizeof *sources);

    sources->pool = p;
    sources->start = cfo_batch_permanent(p);
    sources->named[CFO_CONTENT_RANGES] = apr_hash_make(p);
    sources->named[CFO_CONTENT_PROOFS] = apr_hash_make(p);
    sources->folders = apr_array_make(p, 1, sizeof(cfo_folder_t *));
    return sources;
}

void cfo_sources_move(cfo_sources_t *sources, apr_pool_t *p)
{
    int i;

    sources->pool = p;
    for (i = 0; i < sources->folders->nelts; i++) {
        cfo_folder_t *folder = APR_ARRAY_IDX(sources->folders, i, cfo_folder_t *);

        folder->at_start = folder->zones;
        folder->zones = apr_hash_copy(p, folder->zones);
    }
}

cfo_source_t *cfo_sources_find(const cfo_sources_t *sources, cfo_content_kind_t kind,
                               const char *path)
{
    return apr_hash_get(sources->named[kind], path, APR_HASH_KEY_STRING);
}

static apr_status_t free_text(void *trouble)
{
    free(((cfo_trouble_t *)trouble)->text);
    return APR_SUCCESS;
}

/* The texts outlive a change of pools, but not who has them: httpd restarts in the same
 * process again and again. */
static void free_with(apr_pool_t *p, cfo_trouble_t *trouble)
{
    apr_pool_cleanup_register(p, trouble, free_text, apr_pool_cleanup_null);
}

static cfo_source_t *make_source(cfo_batch_t *batch, cfo_content_kind_t kind,
                                 const char *path)
{
    cfo_source_t *source = apr_pcalloc(batch->pool, sizeof *source);

    source->path = apr_pstrdup(batch->pool, path);
    source->kind = kind;
    source->batch = cfo_batch_hold(batch);
    free_with(batch->pool, &source->trouble);
    return source;
}

cfo_source_t *cfo_sources_add(cfo_sources_t *sources, cfo_content_kind_t kind,
                              const char *path)
{
    cfo_source_t *source = cfo_sources_find(sources, kind, path);

    if (source)
        return source;
    source = make_source(sources->start, kind, path);
    apr_hash_set(sources->named[kind], source->path, APR_HASH_KEY_STRING, source);
    return source;
}

int cfo_sources_count(const cfo_sources_t *sources, cfo_content_kind_t kind)
{
    int i, count = (int)apr_hash_count(sources->named[kind]);

    for (i = 0; kind == CFO_CONTENT_PROOFS && i < sources->folders->nelts; i++)
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

static cfo_folder_t *find_folder(const cfo_sources_t *sources, const char *path,
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

cfo_folder_t *cfo_sources_add_folder(cfo_sources_t *sources, const char *path)
{
    apr_size_t length = length_of(path);
    cfo_folder_t *folder = find_folder(sources, path, length);

    if (folder)
        return folder;
    folder = apr_pcalloc(sources->pool, sizeof *folder);
    folder->path = apr_pstrmemdup(sources->pool, path, length);
    folder->zones = folder->at_start = apr_hash_make(sources->pool);
    free_with(sources->pool, &folder->trouble);
    APR_ARRAY_PUSH(sources->folders, cfo_folder_t *) = folder;
    return folder;
}

cfo_source_t *cfo_folder_put(cfo_folder_t *folder, cfo_batch_t *batch, const char *zone,
                             const char *path)
{
    cfo_source_t *last = apr_hash_get(folder->zones, zone, APR_HASH_KEY_STRING);
    cfo_source_t *source;

    if (last && !strcmp(last->path, path))
        return last;
    source = make_source(batch, CFO_CONTENT_PROOFS, path);
    source->zone = apr_pstrdup(batch->pool, zone);
    if (last) {
        source->is_shut = last->is_shut;
        source->content = last->content ? cfo_content_hold(last->content) : NULL;
        cfo_folder_remove(folder, last);
    }
    apr_hash_set(folder->zones, source->zone, APR_HASH_KEY_STRING, source);
    return source;
}

void cfo_folder_remove(cfo_folder_t *folder, cfo_source_t *source)
{
    apr_hash_set(folder->zones, source->zone, APR_HASH_KEY_STRING, NULL);
    cfo_trouble_set(&source->trouble, NULL, 0);
    if (source->content)
        cfo_content_release(source->content);
    cfo_batch_release(source->batch);
}

const char *cfo_source_load(cfo_sources_t *sources, cfo_source_t *source)
{
    const char *text, *reason;
    apr_size_t length;
    apr_pool_t *scratch;

    if (source->content)
        return NULL;
    apr_pool_create(&scratch, sources->pool);
    /* Before it is read: a change in between is seen as one later. */
    cfo_file_state_get(scratch, source->path, &source->state);
    reason = cfo_input_file_read(scratch, source->path, cfo_content_most(source->kind),
                                 &text, &length);
    if (!reason)
        reason = cfo_content_read(sources->start, source->kind, source->path, text,
                                  length, &source->content);
    if (reason)
        reason = apr_pstrdup(sources->pool, reason);
    apr_pool_destroy(scratch);
    return reason;
}

void cfo_source_replace(cfo_source_t *source, cfo_content_t *content)
{
    if (source->content)
        cfo_content_release(source->content);
    source->content = content;
}

void cfo_trouble_set(cfo_trouble_t *trouble, const char *text, apr_time_t now)
{
    free(trouble->text);
    trouble->text = text ? strdup(text) : NULL;
    trouble->said = now;
    trouble->again = 0;
}
