/* SPDX-License-Identifier: Apache-2.0 */
/* Files and folders, and the last good content of each. */
#include "source.h"

#include <stdlib.h>
#include <string.h>

#include "apr_strings.h"

#include "input_file.h"

cfo_sources_t *cfo_sources_create(apr_pool_t *p)
{
    cfo_sources_t *sources = apr_pcalloc(p, sizeof *sources);

    sources->pool = p;
    sources->start = cfo_batch_permanent(p);
    sources->by_path[CFO_CONTENT_RANGES] = apr_hash_make(p);
    sources->by_path[CFO_CONTENT_PROOFS] = apr_hash_make(p);
    sources->folders = apr_array_make(p, 1, sizeof(cfo_folder_t *));
    return sources;
}

void cfo_sources_move(cfo_sources_t *sources, apr_pool_t *p)
{
    int i;

    sources->pool = p;
    for (i = 0; i < 2; i++)
        sources->by_path[i] = apr_hash_copy(p, sources->by_path[i]);
    for (i = 0; i < sources->folders->nelts; i++) {
        cfo_folder_t *folder = APR_ARRAY_IDX(sources->folders, i, cfo_folder_t *);

        folder->zones = apr_hash_copy(p, folder->zones);
    }
}

cfo_source_t *cfo_sources_find(const cfo_sources_t *sources, cfo_content_kind_t kind,
                               const char *path)
{
    return apr_hash_get(sources->by_path[kind], path, APR_HASH_KEY_STRING);
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

cfo_source_t *cfo_sources_add(cfo_sources_t *sources, cfo_batch_t *batch,
                              cfo_content_kind_t kind, const char *path)
{
    cfo_source_t *source = cfo_sources_find(sources, kind, path);

    if (source)
        return source;
    source = apr_pcalloc(batch->pool, sizeof *source);
    source->path = apr_pstrdup(batch->pool, path);
    source->kind = kind;
    source->batch = cfo_batch_hold(batch);
    free_with(batch->pool, &source->trouble);
    apr_hash_set(sources->by_path[kind], source->path, APR_HASH_KEY_STRING, source);
    return source;
}

void cfo_sources_remove(cfo_sources_t *sources, cfo_source_t *source)
{
    apr_hash_set(sources->by_path[source->kind], source->path, APR_HASH_KEY_STRING, NULL);
    cfo_trouble_set(&source->trouble, NULL, 0);
    if (source->content)
        cfo_content_release(source->content);
    cfo_batch_release(source->batch);
}

cfo_folder_t *cfo_sources_add_folder(cfo_sources_t *sources, const char *path)
{
    cfo_folder_t *folder;
    int i;

    for (i = 0; i < sources->folders->nelts; i++) {
        folder = APR_ARRAY_IDX(sources->folders, i, cfo_folder_t *);
        if (!strcmp(folder->path, path))
            return folder;
    }
    folder = apr_pcalloc(sources->pool, sizeof *folder);
    folder->path = apr_pstrdup(sources->pool, path);
    folder->zones = apr_hash_make(sources->pool);
    free_with(sources->pool, &folder->trouble);
    APR_ARRAY_PUSH(sources->folders, cfo_folder_t *) = folder;
    return folder;
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
    reason = cfo_input_file_read(scratch, source->path, &text, &length);
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
