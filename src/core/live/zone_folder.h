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
    const char *zone;  /* its zone; NULL if the file is not used for any */
    const char *error; /* why the file is not used; NULL: it is */
} cfo_zone_file_t;

/* Lists the files NAME.pem (in `files`, of cfo_zone_file_t), sorted by name. If several
 * files are for the same zone, the one with the canonical name (lower case, no final dot)
 * is used, or else the first by name; the others are not used. So the result depends only
 * on the files in the folder. Files with other names are ignored. Returns NULL, or why
 * the folder cannot be read. */
const char *cfo_zone_folder_list(apr_pool_t *p, const char *folder,
                                 apr_array_header_t *files);

/* Returns the zone of a file that was listed with a zone, in the form that
 * cfo_zone_name_read() gives. */
const char *cfo_zone_folder_zone(apr_pool_t *p, const char *path);

/* One text about all files that are not used; names the first few. NULL: there are
 * none. */
const char *cfo_zone_folder_error(apr_pool_t *p, const apr_array_header_t *files);

/* Reads a folder when httpd starts: adds a watched file and a zone for each file. If a
 * file does not load, nothing proves its zone. Adds all files that cannot be used to
 * `errors` (of cfo_zone_file_t). Does nothing if the folder has been read before. Returns
 * NULL, or why the folder cannot be read. */
const char *cfo_zone_folder_load(apr_pool_t *p, cfo_watched_files_t *watched,
                                 cfo_folder_t *folder, apr_array_header_t *errors);

#endif
