/* SPDX-License-Identifier: Apache-2.0 */
/* What a snapshot was made of, for reports: watched themselves belong to the one thread
 * that follows the files, and reports are made by others. */
#ifndef CFO_CORE_LIVE_PROVENANCE_H
#define CFO_CORE_LIVE_PROVENANCE_H

#include "apr_pools.h"
#include "apr_tables.h"
#include "apr_time.h"

#include "core/live/watched_file.h"

/* Where edge ranges come from: the built-in list, a file, or the configuration. */
typedef struct {
    const char *kind; /* "builtin", "file", "listed" */
    const char *file; /* NULL: none */
    int ipv4, ipv6;
    apr_time_t timestamp; /* of the file or list; 0: it has none */
} cfo_range_source_t;

/* A file or folder with which something is wrong. */
typedef struct {
    const char *path;
    const char *zone; /* of a file of a folder; else NULL */
    const char *text; /* why it cannot be used */
    int is_folder;
    int is_shut;     /* nothing proves its zone because of it */
    int has_content; /* an older content stays in force */
} cfo_path_error_t;

typedef struct cfo_provenance_t {
    apr_array_header_t *ranges; /* of cfo_range_source_t */
    apr_array_header_t *errors; /* of cfo_path_error_t, by path */
    int ipv4, ipv6;             /* ranges as they stand in the watched */
    apr_time_t timestamp;       /* of the newest file, or else of the built-in list; 0 */
} cfo_provenance_t;

/* Copies what is to be known into `p`. `edge`: of cfo_edge_part_t; NULL: the built-in
 * list. */
const cfo_provenance_t *cfo_provenance_make(apr_pool_t *p,
                                            const cfo_watched_files_t *watched,
                                            const apr_array_header_t *edge);

#endif
