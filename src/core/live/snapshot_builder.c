/* SPDX-License-Identifier: Apache-2.0 */
/* Builds snapshots. */
#include "core/live/snapshot_builder.h"

#include <string.h>

#include "apr_strings.h"

#include "core/live/provenance.h"

cfo_snapshot_builder_t *cfo_snapshot_builder_create(apr_pool_t *p)
{
    cfo_snapshot_builder_t *builder = apr_pcalloc(p, sizeof *builder);

    builder->pool = p;
    builder->watched = cfo_watched_files_create(p);
    builder->tables = apr_array_make(p, 4, sizeof(cfo_table_builder_t *));
    builder->views = apr_array_make(p, 4, sizeof(const apr_array_header_t *));
    builder->users = apr_hash_make(p);
    return builder;
}

static cfo_table_builder_t *find_folder(const cfo_snapshot_builder_t *builder,
                                        const cfo_folder_t *folder)
{
    int i;

    for (i = 0; i < builder->tables->nelts; i++) {
        cfo_table_builder_t *table =
            APR_ARRAY_IDX(builder->tables, i, cfo_table_builder_t *);

        if (table->folder == folder)
            return table;
    }
    return NULL;
}

cfo_table_builder_t *cfo_snapshot_builder_add_table(cfo_snapshot_builder_t *builder,
                                                    const char *path)
{
    cfo_folder_t *folder =
        path ? cfo_watched_files_add_folder(builder->watched, path) : NULL;
    cfo_table_builder_t *table = folder ? find_folder(builder, folder) : NULL;

    if (table)
        return table;
    table = apr_pcalloc(builder->pool, sizeof *table);
    table->number = builder->tables->nelts;
    table->folder = folder;
    table->zones = apr_hash_make(builder->pool);
    APR_ARRAY_PUSH(builder->tables, cfo_table_builder_t *) = table;
    return table;
}

/* A zone of a table without a folder. */
typedef struct {
    const cfo_table_builder_t *table;
    const char *name;
} user_t;

enum { KEY_SIZE = sizeof(void *) }; /* the users of a file are found by its address */

static void note_user(cfo_snapshot_builder_t *builder, const cfo_table_builder_t *table,
                      const char *name, const cfo_watched_file_t *file)
{
    apr_array_header_t *users = apr_hash_get(builder->users, &file, KEY_SIZE);

    if (!users) {
        users = apr_array_make(builder->pool, 1, sizeof(user_t));
        apr_hash_set(builder->users, apr_pmemdup(builder->pool, &file, KEY_SIZE),
                     KEY_SIZE, users);
    }
    APR_ARRAY_PUSH(users, user_t) = (user_t){ table, apr_pstrdup(builder->pool, name) };
}

void cfo_table_builder_add(cfo_snapshot_builder_t *builder, cfo_table_builder_t *table,
                           const char *name, const cfo_zone_part_t *part)
{
    apr_array_header_t *parts = apr_hash_get(table->zones, name, APR_HASH_KEY_STRING);

    if (!parts) {
        parts = apr_array_make(builder->pool, 2, sizeof(cfo_zone_part_t));
        apr_hash_set(table->zones, apr_pstrdup(builder->pool, name), APR_HASH_KEY_STRING,
                     parts);
    }
    APR_ARRAY_PUSH(parts, cfo_zone_part_t) = *part;
    if (part->file)
        note_user(builder, table, name, part->file);
}

int cfo_snapshot_builder_add_view(cfo_snapshot_builder_t *builder,
                                  const apr_array_header_t *tables)
{
    APR_ARRAY_PUSH(builder->views, const apr_array_header_t *) =
        apr_array_copy(builder->pool, tables);
    return builder->views->nelts - 1;
}

/* A snapshot that is being built. */
typedef struct {
    const cfo_snapshot_builder_t *builder;
    apr_pool_t *p;
    cfo_shared_pool_t *shared_pool;
    const apr_array_header_t *tables; /* of cfo_zone_table_t * */
} build_t;

/* The error of a file that has no content for its zone; NULL: every file has content. */
static const char *error_of(const apr_array_header_t *parts)
{
    const char *error = NULL;
    int i;

    for (i = 0; i < parts->nelts; i++) {
        const cfo_watched_file_t *file = APR_ARRAY_IDX(parts, i, cfo_zone_part_t).file;

        if (file && !file->content && file->error.text)
            error = file->error.text;
    }
    return error;
}

static int is_made_of(const cfo_zone_t *zone, const apr_array_header_t *parts)
{
    const char *error = error_of(parts);
    int i, count = 0;

    for (i = 0; i < parts->nelts; i++) {
        const cfo_watched_file_t *file = APR_ARRAY_IDX(parts, i, cfo_zone_part_t).file;

        if (!file || !file->content)
            continue;
        if (count == zone->files->nelts ||
            APR_ARRAY_IDX(zone->files, count++, cfo_parsed_file_t *) != file->content)
            return 0;
    }
    return count == zone->files->nelts && !error == !zone->error &&
           (!error || !strcmp(error, zone->error));
}

static cfo_zone_t *make_zone(const build_t *build, const char *name,
                             const apr_array_header_t *parts)
{
    cfo_zone_t *zone = cfo_zone_create(build->shared_pool, name);
    int i;

    for (i = 0; i < parts->nelts; i++) {
        const cfo_zone_part_t *part = &APR_ARRAY_IDX(parts, i, cfo_zone_part_t);

        if (part->pin)
            APR_ARRAY_PUSH(zone->proofs, const cfo_proof_t *) = part->pin;
        else if (part->file->content)
            cfo_zone_add_file(zone, part->file->content);
    }
    zone->error = apr_pstrdup(build->shared_pool->pool, error_of(parts));
    return zone;
}

/* A file that was added to a folder later, and has never been good, has no effect. */
static int is_in_force(const cfo_watched_file_t *file)
{
    return file->content || file->is_shut;
}

/* What proves a zone now; empty: there is no such zone. `one` is for the file of a
 * folder. */
static const apr_array_header_t *parts_of(const cfo_table_builder_t *table,
                                          const char *name, apr_array_header_t *one)
{
    cfo_watched_file_t *file;

    if (!table->folder)
        return apr_hash_get(table->zones, name, APR_HASH_KEY_STRING);
    file = apr_hash_get(table->folder->zones, name, APR_HASH_KEY_STRING);
    apr_array_clear(one);
    if (file && is_in_force(file))
        APR_ARRAY_PUSH(one, cfo_zone_part_t) = (cfo_zone_part_t){ file, NULL };
    return one;
}

/* Makes a zone what it is now, unless it is that already. */
static void update_zone(const build_t *build, const cfo_table_builder_t *builder,
                        const char *name, apr_array_header_t *one)
{
    cfo_zone_table_t *table =
        APR_ARRAY_IDX(build->tables, builder->number, cfo_zone_table_t *);
    cfo_zone_t *zone = cfo_zone_table_get(table, name);
    const apr_array_header_t *parts = parts_of(builder, name, one);

    if (zone && parts->nelts && is_made_of(zone, parts))
        return;
    if (zone)
        cfo_zone_table_remove(table, zone);
    if (parts->nelts)
        cfo_zone_table_put(table, make_zone(build, name, parts));
}

static void add_zones(const build_t *build, const cfo_table_builder_t *table)
{
    apr_array_header_t *one = apr_array_make(build->p, 1, sizeof(cfo_zone_part_t));
    apr_hash_t *zones = table->folder ? table->folder->zones : table->zones;
    apr_hash_index_t *i;

    for (i = apr_hash_first(build->p, zones); i; i = apr_hash_next(i))
        update_zone(build, table, apr_hash_this_key(i), one);
}

static void update_changed(const build_t *build, const cfo_changed_t *changed,
                           apr_array_header_t *one)
{
    const apr_array_header_t *users =
        apr_hash_get(build->builder->users, &changed->file, KEY_SIZE);
    int i;

    if (changed->folder) {
        update_zone(build, find_folder(build->builder, changed->folder), changed->zone,
                    one);
        return;
    }
    for (i = 0; users && i < users->nelts; i++) {
        const user_t *user = &APR_ARRAY_IDX(users, i, user_t);

        update_zone(build, user->table, user->name, one);
    }
}

static cfo_view_t make_view(apr_pool_t *p, const apr_array_header_t *builders,
                            const apr_array_header_t *tables)
{
    cfo_view_t view = { apr_palloc(p, builders->nelts * sizeof(cfo_zone_table_t *)),
                        builders->nelts };
    int i;

    for (i = 0; i < builders->nelts; i++) {
        const cfo_table_builder_t *builder =
            APR_ARRAY_IDX(builders, i, cfo_table_builder_t *);

        view.tables[i] = APR_ARRAY_IDX(tables, builder->number, cfo_zone_table_t *);
    }
    return view;
}

/* Everything but what is in the tables. */
static void begin(build_t *build, cfo_snapshot_t *snapshot)
{
    const cfo_snapshot_builder_t *builder = build->builder;

    memset(snapshot, 0, sizeof *snapshot);
    snapshot->edge = cfo_edge_make(build->p, builder->edge);
    snapshot->provenance = cfo_provenance_make(build->p, builder->watched, builder->edge);
    snapshot->tables = apr_array_make(build->p, builder->tables->nelts, sizeof(void *));
    build->tables = snapshot->tables;
}

static void add_views(const build_t *build, cfo_snapshot_t *snapshot)
{
    const apr_array_header_t *builders = build->builder->views;
    cfo_view_t *views = apr_palloc(build->p, builders->nelts * sizeof *views);
    int i;

    for (i = 0; i < builders->nelts; i++)
        views[i] =
            make_view(build->p, APR_ARRAY_IDX(builders, i, const apr_array_header_t *),
                      snapshot->tables);
    snapshot->views = views;
}

void cfo_snapshot_build(const cfo_snapshot_builder_t *builder, apr_pool_t *p,
                        cfo_shared_pool_t *shared_pool, cfo_snapshot_t *snapshot)
{
    build_t build = { builder, p, shared_pool, NULL };
    int i;

    begin(&build, snapshot);
    for (i = 0; i < builder->tables->nelts; i++)
        APR_ARRAY_PUSH(snapshot->tables, cfo_zone_table_t *) = cfo_zone_table_create(p);
    for (i = 0; i < builder->tables->nelts; i++)
        add_zones(&build, APR_ARRAY_IDX(builder->tables, i, cfo_table_builder_t *));
    add_views(&build, snapshot);
}

void cfo_snapshot_build_next(const cfo_snapshot_builder_t *builder, apr_pool_t *p,
                             cfo_shared_pool_t *shared_pool, const cfo_snapshot_t *last,
                             const apr_array_header_t *changed, cfo_snapshot_t *snapshot)
{
    apr_array_header_t *one = apr_array_make(p, 1, sizeof(cfo_zone_part_t));
    build_t build = { builder, p, shared_pool, NULL };
    int i;

    begin(&build, snapshot);
    for (i = 0; i < last->tables->nelts; i++)
        APR_ARRAY_PUSH(snapshot->tables, cfo_zone_table_t *) =
            cfo_zone_table_copy(p, APR_ARRAY_IDX(last->tables, i, cfo_zone_table_t *));
    for (i = 0; i < changed->nelts; i++)
        update_changed(&build, &APR_ARRAY_IDX(changed, i, cfo_changed_t), one);
    add_views(&build, snapshot);
}
