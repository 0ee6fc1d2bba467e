/* SPDX-License-Identifier: Apache-2.0 */
/* What a snapshot was made of, for reports: watched files belong to the one thread that
 * reloads them, and other threads make the reports. */
#ifndef CFO_CORE_LIVE_PROVENANCE_H
#define CFO_CORE_LIVE_PROVENANCE_H

#include "apr_pools.h"
#include "apr_tables.h"
#include "apr_time.h"

#include "core/live/watched_file.h"

/* A source of edge ranges: the built-in list, a file, or the configuration. */
typedef struct {
    const char *kind; /* "builtin", "file", "listed" */
    const char *file; /* NULL: none */
    int ipv4, ipv6;
    apr_time_t timestamp; /* of the file or list; 0: it has none */
} cfo_range_source_t;

/* A file or folder that cannot be used. */
typedef struct {
    const char *path;
    const char *zone; /* of a file of a folder; else NULL */
    const char *text; /* why it cannot be used */
    int is_folder;
    int is_shut;     /* because of it nothing proves its zone */
    int has_content; /* its last content stays in force */
} cfo_path_error_t;

typedef struct cfo_provenance_t {
    apr_array_header_t *ranges; /* of cfo_range_source_t */
    apr_array_header_t *errors; /* of cfo_path_error_t, sorted by path */
    int ipv4, ipv6;             /* ranges as written, before they are merged */
    apr_time_t
        timestamp; /* of the newest file, or else of the built-in list; 0: unknown */
} cfo_provenance_t;

/* Copies everything that it needs into `p`. `edge` is of cfo_edge_part_t; NULL: the
 * built-in list. */
const cfo_provenance_t *cfo_provenance_make(apr_pool_t *p,
                                            const cfo_watched_files_t *watched,
                                            const apr_array_header_t *edge);

#endif
