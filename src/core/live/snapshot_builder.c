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
    apr_pool_t *p;
    cfo_shared_pool_t *shared_pool;
    cfo_zone_table_t *table;      /* being filled */
    const cfo_zone_table_t *last; /* the same table in the last snapshot; NULL: none */
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

static void add_zone(const build_t *build, const char *name,
                     const apr_array_header_t *parts)
{
    cfo_zone_t *last = build->last ? cfo_zone_table_get(build->last, name) : NULL;

    if (last && is_made_of(last, parts))
        cfo_zone_table_put(build->table, cfo_zone_hold(last));
    else
        cfo_zone_table_put(build->table, make_zone(build, name, parts));
}

/* A file that was added to a folder later, and has never been good, has no effect. */
static int is_in_force(const cfo_watched_file_t *file)
{
    return file->content || file->is_shut;
}

static void add_zones(const build_t *build, const cfo_table_builder_t *builder)
{
    apr_array_header_t *one = apr_array_make(build->p, 1, sizeof(cfo_zone_part_t));
    apr_hash_t *zones = builder->folder ? builder->folder->zones : builder->zones;
    apr_hash_index_t *i;
    const void *name;
    void *value;

    for (i = apr_hash_first(build->p, zones); i; i = apr_hash_next(i)) {
        apr_hash_this(i, &name, NULL, &value);
        if (!builder->folder)
            add_zone(build, name, value);
        else if (is_in_force(value)) {
            apr_array_clear(one);
            APR_ARRAY_PUSH(one, cfo_zone_part_t) = (cfo_zone_part_t){ value, NULL };
            add_zone(build, name, one);
        }
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

void cfo_snapshot_build(const cfo_snapshot_builder_t *builder, apr_pool_t *p,
                        cfo_shared_pool_t *shared_pool, const cfo_snapshot_t *last,
                        cfo_snapshot_t *snapshot)
{
    cfo_view_t *views = apr_palloc(p, builder->views->nelts * sizeof *views);
    int i;

    memset(snapshot, 0, sizeof *snapshot);
    snapshot->edge = cfo_edge_make(p, builder->edge);
    snapshot->provenance = cfo_provenance_make(p, builder->watched, builder->edge);
    snapshot->tables = apr_array_make(p, builder->tables->nelts, sizeof(void *));
    for (i = 0; i < builder->tables->nelts; i++) {
        build_t build = { p, shared_pool, cfo_zone_table_create(p), NULL };

        if (last)
            build.last = APR_ARRAY_IDX(last->tables, i, cfo_zone_table_t *);
        add_zones(&build, APR_ARRAY_IDX(builder->tables, i, cfo_table_builder_t *));
        APR_ARRAY_PUSH(snapshot->tables, cfo_zone_table_t *) = build.table;
    }
    for (i = 0; i < builder->views->nelts; i++)
        views[i] =
            make_view(p, APR_ARRAY_IDX(builder->views, i, const apr_array_header_t *),
                      snapshot->tables);
    snapshot->views = views;
}
