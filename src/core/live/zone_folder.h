/* SPDX-License-Identifier: Apache-2.0 */
/* A folder with a file NAME.pem for each zone. */
#ifndef CFO_CORE_LIVE_ZONE_FOLDER_H
#define CFO_CORE_LIVE_ZONE_FOLDER_H

#include "apr_pools.h"
#include "apr_tables.h"

#include "core/live/watched_file.h"

/* A file of the folder. */
typedef struct {
    const char *path;
    const char *zone;  /* the zone that it is for; NULL if it is no zone's file */
    const char *error; /* what is wrong with it; NULL: nothing */
} cfo_zone_file_t;

/* Lists the files NAME.pem (in `files`, of cfo_zone_file_t), in the order of their names.
 * Of several that are for the same zone the one counts whose name is canonical (lower
 * case, no final dot), or else the first; the others are no zone's files. So it depends
 * on nothing but what is in the folder. Files with other names are passed over. Returns
 * NULL, or why the folder cannot be read. */
const char *cfo_zone_folder_list(apr_pool_t *p, const char *folder,
                                 apr_array_header_t *files);

/* The zone of a file that was listed as one's, as cfo_zone_name_read() gives it. */
const char *cfo_zone_folder_zone(apr_pool_t *p, const char *path);

/* What is to be said about the files that are no zone's, the first of them by name; NULL:
 * nothing. */
const char *cfo_zone_folder_error(apr_pool_t *p, const apr_array_header_t *files);

/* Reads a folder when httpd starts: a source and a zone for each file. A file that does
 * not load makes a zone that nothing proves. Adds all files with a problem to `errors`.
 * Does nothing if the folder has been read. Result as above. */
const char *cfo_zone_folder_load(apr_pool_t *p, cfo_watched_files_t *watched,
                                 cfo_folder_t *folder, apr_array_header_t *errors);

#endif
