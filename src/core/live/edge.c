/* SPDX-License-Identifier: Apache-2.0 */
/* The edge. */
#include "core/live/edge.h"

#include "core/live/watched_file.h"
#include "core/net/ranges.h"

static void add_set(const cfo_edge_t *edge, const cfo_ranges_t *set)
{
    APR_ARRAY_PUSH(edge->sets, const cfo_ranges_t *) = set;
}

static void add_file(const cfo_edge_t *edge, const cfo_watched_file_t *file)
{
    if (!file->content)
        return;
    APR_ARRAY_PUSH(edge->files, cfo_parsed_file_t *) =
        cfo_parsed_file_hold(file->content);
    add_set(edge, file->content->ranges);
}

const cfo_edge_t *cfo_edge_make(apr_pool_t *p, const apr_array_header_t *parts)
{
    apr_array_header_t *listed = apr_array_make(p, 32, sizeof(cfo_range_t));
    cfo_edge_t *edge = apr_palloc(p, sizeof *edge);
    int i;

    edge->sets = apr_array_make(p, 2, sizeof(const cfo_ranges_t *));
    edge->files = apr_array_make(p, 1, sizeof(cfo_parsed_file_t *));
    if (!parts)
        cfo_ranges_add_builtin(listed);
    for (i = 0; parts && i < parts->nelts; i++) {
        const cfo_edge_part_t *part = &APR_ARRAY_IDX(parts, i, cfo_edge_part_t);

        if (part->file)
            add_file(edge, part->file);
        else
            APR_ARRAY_PUSH(listed, cfo_range_t) = part->range;
    }
    if (listed->nelts)
        add_set(edge, cfo_ranges_build(p, listed));
    return edge;
}

void cfo_edge_release(const cfo_edge_t *edge)
{
    int i;

    for (i = 0; i < edge->files->nelts; i++)
        cfo_parsed_file_release(APR_ARRAY_IDX(edge->files, i, cfo_parsed_file_t *));
}

int cfo_edge_contains(const cfo_edge_t *edge, const cfo_address_t *address)
{
    int i;

    for (i = 0; i < edge->sets->nelts; i++) {
        if (cfo_ranges_contain(APR_ARRAY_IDX(edge->sets, i, const cfo_ranges_t *),
                               address))
            return 1;
    }
    return 0;
}

int cfo_edge_overlaps(const cfo_edge_t *edge, const cfo_range_t *range)
{
    int i;

    for (i = 0; i < edge->sets->nelts; i++) {
        if (cfo_ranges_overlap(APR_ARRAY_IDX(edge->sets, i, const cfo_ranges_t *), range))
            return 1;
    }
    return 0;
}
