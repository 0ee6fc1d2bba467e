/* SPDX-License-Identifier: Apache-2.0 */
/* What a snapshot was made of, for reports. */
#include "core/live/provenance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apr_hash.h"
#include "apr_strings.h"

#include "core/net/ranges.h"

static apr_time_t builtin_date(void)
{
    apr_time_exp_t date = { .tm_mday = 1 };
    apr_time_t time = 0;

    if (sscanf(CFO_RANGES_BUILTIN_DATE, "%d-%d-%d", &date.tm_year, &date.tm_mon,
               &date.tm_mday) != 3)
        return 0;
    date.tm_year -= 1900;
    date.tm_mon -= 1;
    apr_time_exp_gmt_get(&time, &date);
    return time;
}

static void count(cfo_range_source_t *source, const cfo_range_t *range)
{
    if (range->first.bits == 32)
        source->ipv4++;
    else
        source->ipv6++;
}

static void add_source(cfo_provenance_t *provenance, const cfo_range_source_t *source)
{
    if (source->ipv4 || source->ipv6 || source->file)
        APR_ARRAY_PUSH(provenance->ranges, cfo_range_source_t) = *source;
    provenance->ipv4 += source->ipv4;
    provenance->ipv6 += source->ipv6;
}

static void add_file(apr_pool_t *p, cfo_provenance_t *provenance,
                     const cfo_watched_file_t *file)
{
    cfo_range_source_t source = { "file", apr_pstrdup(p, file->path), 0, 0,
                                  file->state.mtime };

    if (file->content) {
        source.ipv4 = cfo_ranges_count(file->content->ranges, 32);
        source.ipv6 = cfo_ranges_count(file->content->ranges, 128);
    }
    add_source(provenance, &source);
    if (source.timestamp > provenance->timestamp)
        provenance->timestamp = source.timestamp;
}

static void add_builtin_list(apr_pool_t *p, cfo_range_source_t *builtin)
{
    apr_array_header_t *ranges = apr_array_make(p, 32, sizeof(cfo_range_t));
    int i;

    cfo_ranges_add_builtin(ranges);
    for (i = 0; i < ranges->nelts; i++)
        count(builtin, &APR_ARRAY_IDX(ranges, i, cfo_range_t));
}

static void add_edge(apr_pool_t *p, cfo_provenance_t *provenance,
                     const apr_array_header_t *edge)
{
    cfo_range_source_t builtin = { "builtin", NULL, 0, 0, builtin_date() };
    cfo_range_source_t listed = { "listed", NULL, 0, 0, 0 };
    int i;

    if (!edge)
        add_builtin_list(p, &builtin);
    for (i = 0; edge && i < edge->nelts; i++) {
        const cfo_edge_part_t *part = &APR_ARRAY_IDX(edge, i, cfo_edge_part_t);

        if (part->file)
            add_file(p, provenance, part->file);
        else
            count(part->is_builtin ? &builtin : &listed, &part->range);
    }
    add_source(provenance, &builtin);
    add_source(provenance, &listed);
    if (!provenance->timestamp && builtin.ipv4)
        provenance->timestamp = builtin.timestamp;
}

static void add_error(apr_pool_t *p, cfo_provenance_t *provenance,
                      const cfo_path_error_t *error)
{
    cfo_path_error_t *copy = apr_array_push(provenance->errors);

    *copy = *error;
    copy->path = apr_pstrdup(p, error->path);
    copy->zone = apr_pstrdup(p, error->zone);
    copy->text = apr_pstrdup(p, error->text);
}

static void add_file_errors(apr_pool_t *p, cfo_provenance_t *provenance,
                            apr_hash_t *watched)
{
    apr_hash_index_t *i;

    for (i = apr_hash_first(p, watched); i; i = apr_hash_next(i)) {
        const cfo_watched_file_t *file = apr_hash_this_val(i);

        if (file->error.text)
            add_error(p, provenance,
                      &(cfo_path_error_t){ .path = file->path,
                                           .zone = file->zone,
                                           .text = file->error.text,
                                           .is_shut = file->is_shut && !file->content,
                                           .has_content = file->content != NULL });
    }
}

/* The errors of the folders and of their files. */
static void add_folder_errors(apr_pool_t *p, cfo_provenance_t *provenance,
                              const apr_array_header_t *folders)
{
    int i;

    for (i = 0; i < folders->nelts; i++) {
        const cfo_folder_t *folder = APR_ARRAY_IDX(folders, i, cfo_folder_t *);

        if (folder->error.text)
            add_error(p, provenance,
                      &(cfo_path_error_t){ .path = folder->path,
                                           .text = folder->error.text,
                                           .is_folder = 1,
                                           .has_content = 1 });
        add_file_errors(p, provenance, folder->zones);
    }
}

static int by_path(const void *a, const void *b)
{
    const cfo_path_error_t *one = a, *other = b;
    int order = strcmp(one->path, other->path);

    /* One file may have two roles. */
    return order ? order : (one->zone != NULL) - (other->zone != NULL);
}

const cfo_provenance_t *cfo_provenance_make(apr_pool_t *p,
                                            const cfo_watched_files_t *watched,
                                            const apr_array_header_t *edge)
{
    cfo_provenance_t *provenance = apr_pcalloc(p, sizeof *provenance);

    provenance->ranges = apr_array_make(p, 2, sizeof(cfo_range_source_t));
    provenance->errors = apr_array_make(p, 2, sizeof(cfo_path_error_t));
    add_edge(p, provenance, edge);
    add_file_errors(p, provenance, watched->named[CFO_FILE_RANGES]);
    add_file_errors(p, provenance, watched->named[CFO_FILE_PROOFS]);
    add_folder_errors(p, provenance, watched->folders);
    qsort(provenance->errors->elts, provenance->errors->nelts, sizeof(cfo_path_error_t),
          by_path);
    return provenance;
}
