/* SPDX-License-Identifier: Apache-2.0 */
/* Follows the files while httpd runs: carries out what the journal has. */
#include "follow.h"

#include <string.h>

#include "apr_hash.h"

#include "zone_folder.h"

enum { BATCH_MOST = 64 }; /* entries */

static cfo_source_t *source_of(cfo_follower_t *follower, cfo_batch_t *batch,
                               const cfo_entry_t *entry)
{
    cfo_sources_t *sources = follower->plan->sources;
    cfo_content_kind_t kind = (cfo_content_kind_t)entry->source_kind;
    cfo_source_t *source = cfo_sources_find(sources, kind, entry->path);

    if (!source)
        source = cfo_sources_add(sources, batch, kind, entry->path);
    return source;
}

/* Makes a file that appeared in a folder the file of its zone, whose name lives as long
 * as the source does; one from before httpd forked has no pool that may be used now.
 * Whether that changes anything, which it does if another names the file, too. */
static int enlist(cfo_follower_t *follower, const cfo_entry_t *entry,
                  cfo_source_t *source)
{
    cfo_batch_t *batch = source->batch;
    cfo_folder_t *folder;

    if (!*entry->folder || source->zone)
        return 0;
    folder = cfo_sources_add_folder(follower->plan->sources, entry->folder);
    source->zone = cfo_zone_folder_zone(
        batch->is_permanent ? follower->pool : batch->pool, source->path);
    apr_hash_set(folder->zones, source->zone, APR_HASH_KEY_STRING, source);
    return source->content != NULL;
}

static void dismiss(cfo_follower_t *follower, const cfo_entry_t *entry,
                    cfo_source_t *source)
{
    cfo_folder_t *folder = cfo_sources_add_folder(follower->plan->sources, entry->folder);

    if (source->zone)
        apr_hash_set(folder->zones, source->zone, APR_HASH_KEY_STRING, NULL);
    source->zone = NULL;
    if (!source->is_named)
        cfo_sources_remove(follower->plan->sources, source);
}

/* The text was found good by who wrote it; should it not be so here, what is in force
 * stays. */
static int load(cfo_batch_t *batch, const cfo_entry_t *entry, cfo_source_t *source)
{
    cfo_content_t *content;

    if (cfo_content_read(batch, source->kind, source->path, entry->text, entry->length,
                         &content))
        return 0;
    cfo_source_replace(source, content);
    return 1;
}

/* Whether that is news, which reports have to know of. */
static int set_trouble(cfo_trouble_t *trouble, const cfo_entry_t *entry)
{
    const char *text = entry->kind == CFO_ENTRY_REJECTED ? entry->text : NULL;
    int is_same =
        text && trouble->text ? !strcmp(text, trouble->text) : text == trouble->text;

    cfo_trouble_set(trouble, text, entry->when);
    return !is_same;
}

static int carry_out_folder(cfo_follower_t *follower, const cfo_entry_t *entry)
{
    cfo_folder_t *folder = cfo_sources_add_folder(follower->plan->sources, entry->path);

    folder->state = entry->state;
    folder->changing_since = 0;
    return set_trouble(&folder->trouble, entry);
}

/* Whether it changes anything that requests are judged by, or that reports tell of: the
 * age of a range list is what tells that it is being kept up to date. */
static int carry_out(cfo_follower_t *follower, cfo_batch_t *batch,
                     const cfo_entry_t *entry)
{
    cfo_source_t *source;
    int is_changed;

    if (entry->source_kind == CFO_ENTRY_FOLDER)
        return carry_out_folder(follower, entry);
    source = source_of(follower, batch, entry);
    source->state = entry->state;
    source->changing_since = 0;
    if (entry->kind == CFO_ENTRY_REMOVED) {
        dismiss(follower, entry, source);
        return 1;
    }
    is_changed = enlist(follower, entry, source) | (source->kind == CFO_CONTENT_RANGES);
    is_changed |= set_trouble(&source->trouble, entry);
    if (entry->kind == CFO_ENTRY_LOADED)
        is_changed |= load(batch, entry, source);
    return is_changed;
}

static void renew(cfo_follower_t *follower, cfo_batch_t *batch)
{
    cfo_snapshot_t *last = cfo_snapshots_acquire(follower->snapshots), next;
    apr_pool_t *p;

    apr_pool_create(&p, follower->pool);
    cfo_plan_build(follower->plan, p, batch, last, &next);
    next.pool = p;
    cfo_snapshots_publish(follower->snapshots, &next);
    cfo_snapshot_release(last);
}

int cfo_follower_is_over(const cfo_follower_t *follower)
{
    return __atomic_load_n(&follower->is_over, __ATOMIC_ACQUIRE);
}

apr_status_t cfo_follower_catch_up(cfo_follower_t *follower)
{
    apr_status_t status = APR_EOF;
    cfo_batch_t *batch;
    cfo_entry_t entry;
    apr_pool_t *scratch;
    int is_changed = 0, count = 0;

    cfo_snapshots_reap(follower->snapshots);
    if (!cfo_journal_has_news(follower->journal))
        return APR_SUCCESS;
    batch = cfo_batch_create(follower->pool);
    apr_pool_create(&scratch, follower->pool);
    while (!cfo_follower_is_over(follower) &&
           (status = cfo_journal_next(follower->journal, scratch, &entry)) ==
               APR_SUCCESS) {
        /* A child that starts late reads all that ever was: what is long replaced must
         * not be kept for what is not. */
        if (++count % BATCH_MOST == 0) {
            cfo_batch_release(batch);
            batch = cfo_batch_create(follower->pool);
        }
        is_changed |= carry_out(follower, batch, &entry);
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
    if (is_changed && !cfo_follower_is_over(follower))
        renew(follower, batch);
    cfo_batch_release(batch);
    cfo_snapshots_reap(follower->snapshots);
    return status == APR_EOF ? APR_SUCCESS : status;
}
