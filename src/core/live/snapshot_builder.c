/* SPDX-License-Identifier: Apache-2.0 */
/* What snapshots are to be made of, and how they are made. */
#include "core/live/snapshot_builder.h"

#include <string.h>

#include "apr_strings.h"

#include "core/live/provenance.h"

cfo_plan_t *cfo_plan_create(apr_pool_t *p)
{
    cfo_plan_t *plan = apr_pcalloc(p, sizeof *plan);

    plan->pool = p;
    plan->sources = cfo_sources_create(p);
    plan->tables = apr_array_make(p, 4, sizeof(cfo_table_plan_t *));
    plan->views = apr_array_make(p, 4, sizeof(const apr_array_header_t *));
    return plan;
}

static cfo_table_plan_t *find_folder(const cfo_plan_t *plan, const cfo_folder_t *folder)
{
    int i;

    for (i = 0; i < plan->tables->nelts; i++) {
        cfo_table_plan_t *table = APR_ARRAY_IDX(plan->tables, i, cfo_table_plan_t *);

        if (table->folder == folder)
            return table;
    }
    return NULL;
}

cfo_table_plan_t *cfo_plan_add_table(cfo_plan_t *plan, const char *path)
{
    cfo_folder_t *folder = path ? cfo_sources_add_folder(plan->sources, path) : NULL;
    cfo_table_plan_t *table = folder ? find_folder(plan, folder) : NULL;

    if (table)
        return table;
    table = apr_pcalloc(plan->pool, sizeof *table);
    table->number = plan->tables->nelts;
    table->folder = folder;
    table->zones = apr_hash_make(plan->pool);
    APR_ARRAY_PUSH(plan->tables, cfo_table_plan_t *) = table;
    return table;
}

void cfo_table_plan_add(cfo_plan_t *plan, cfo_table_plan_t *table, const char *name,
                        const cfo_zone_part_t *part)
{
    apr_array_header_t *parts = apr_hash_get(table->zones, name, APR_HASH_KEY_STRING);

    if (!parts) {
        parts = apr_array_make(plan->pool, 2, sizeof(cfo_zone_part_t));
        apr_hash_set(table->zones, apr_pstrdup(plan->pool, name), APR_HASH_KEY_STRING,
                     parts);
    }
    APR_ARRAY_PUSH(parts, cfo_zone_part_t) = *part;
}

int cfo_plan_add_view(cfo_plan_t *plan, const apr_array_header_t *tables)
{
    APR_ARRAY_PUSH(plan->views, const apr_array_header_t *) =
        apr_array_copy(plan->pool, tables);
    return plan->views->nelts - 1;
}

/* A snapshot in the making. */
typedef struct {
    apr_pool_t *p;
    cfo_batch_t *batch;
    cfo_zone_table_t *table;      /* that is being filled */
    const cfo_zone_table_t *last; /* the same one in the last snapshot; NULL: none */
} build_t;

/* Why a file has nothing for its zone; NULL: each has something. */
static const char *problem_with(const apr_array_header_t *parts)
{
    const char *problem = NULL;
    int i;

    for (i = 0; i < parts->nelts; i++) {
        const cfo_source_t *source = APR_ARRAY_IDX(parts, i, cfo_zone_part_t).source;

        if (source && !source->content && source->trouble.text)
            problem = source->trouble.text;
    }
    return problem;
}

static int is_made_of(const cfo_zone_t *zone, const apr_array_header_t *parts)
{
    const char *problem = problem_with(parts);
    int i, count = 0;

    for (i = 0; i < parts->nelts; i++) {
        const cfo_source_t *source = APR_ARRAY_IDX(parts, i, cfo_zone_part_t).source;

        if (!source || !source->content)
            continue;
        if (count == zone->contents->nelts ||
            APR_ARRAY_IDX(zone->contents, count++, cfo_content_t *) != source->content)
            return 0;
    }
    return count == zone->contents->nelts && !problem == !zone->problem &&
           (!problem || !strcmp(problem, zone->problem));
}

static cfo_zone_t *make_zone(const build_t *build, const char *name,
                             const apr_array_header_t *parts)
{
    cfo_zone_t *zone = cfo_zone_create(build->batch, name);
    int i;

    for (i = 0; i < parts->nelts; i++) {
        const cfo_zone_part_t *part = &APR_ARRAY_IDX(parts, i, cfo_zone_part_t);

        if (part->pin)
            APR_ARRAY_PUSH(zone->proofs, const cfo_proof_t *) = part->pin;
        else if (part->source->content)
            cfo_zone_add_content(zone, part->source->content);
    }
    zone->problem = apr_pstrdup(build->batch->pool, problem_with(parts));
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

/* A file that came into a folder later, and has never been good, changes nothing. */
static int is_in_force(const cfo_source_t *source)
{
    return source->content || source->is_shut;
}

static void add_zones(const build_t *build, const cfo_table_plan_t *plan)
{
    apr_array_header_t *one = apr_array_make(build->p, 1, sizeof(cfo_zone_part_t));
    apr_hash_t *zones = plan->folder ? plan->folder->zones : plan->zones;
    apr_hash_index_t *i;
    const void *name;
    void *value;

    for (i = apr_hash_first(build->p, zones); i; i = apr_hash_next(i)) {
        apr_hash_this(i, &name, NULL, &value);
        if (!plan->folder)
            add_zone(build, name, value);
        else if (is_in_force(value)) {
            apr_array_clear(one);
            APR_ARRAY_PUSH(one, cfo_zone_part_t) = (cfo_zone_part_t){ value, NULL };
            add_zone(build, name, one);
        }
    }
}

static cfo_view_t make_view(apr_pool_t *p, const apr_array_header_t *plans,
                            const apr_array_header_t *tables)
{
    cfo_view_t view = { apr_palloc(p, plans->nelts * sizeof(cfo_zone_table_t *)),
                        plans->nelts };
    int i;

    for (i = 0; i < plans->nelts; i++) {
        const cfo_table_plan_t *plan = APR_ARRAY_IDX(plans, i, cfo_table_plan_t *);

        view.tables[i] = APR_ARRAY_IDX(tables, plan->number, cfo_zone_table_t *);
    }
    return view;
}

static const cfo_ranges_t *build_edge(apr_pool_t *p, const apr_array_header_t *parts)
{
    apr_array_header_t *ranges = apr_array_make(p, 32, sizeof(cfo_range_t));
    int i;

    if (!parts)
        cfo_ranges_add_builtin(ranges);
    for (i = 0; parts && i < parts->nelts; i++) {
        const cfo_edge_part_t *part = &APR_ARRAY_IDX(parts, i, cfo_edge_part_t);

        if (!part->source)
            APR_ARRAY_PUSH(ranges, cfo_range_t) = part->range;
        else if (part->source->content)
            apr_array_cat(ranges, part->source->content->items);
    }
    return cfo_ranges_build(p, ranges);
}

void cfo_plan_build(const cfo_plan_t *plan, apr_pool_t *p, cfo_batch_t *batch,
                    const cfo_snapshot_t *last, cfo_snapshot_t *snapshot)
{
    cfo_view_t *views = apr_palloc(p, plan->views->nelts * sizeof *views);
    int i;

    memset(snapshot, 0, sizeof *snapshot);
    snapshot->edge = build_edge(p, plan->edge);
    snapshot->inventory = cfo_inventory_make(p, plan->sources, plan->edge);
    snapshot->tables = apr_array_make(p, plan->tables->nelts, sizeof(void *));
    for (i = 0; i < plan->tables->nelts; i++) {
        build_t build = { p, batch, cfo_zone_table_create(p), NULL };

        if (last)
            build.last = APR_ARRAY_IDX(last->tables, i, cfo_zone_table_t *);
        add_zones(&build, APR_ARRAY_IDX(plan->tables, i, cfo_table_plan_t *));
        APR_ARRAY_PUSH(snapshot->tables, cfo_zone_table_t *) = build.table;
    }
    for (i = 0; i < plan->views->nelts; i++)
        views[i] = make_view(p, APR_ARRAY_IDX(plan->views, i, const apr_array_header_t *),
                             snapshot->tables);
    snapshot->views = views;
}
