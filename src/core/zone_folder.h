/* SPDX-License-Identifier: Apache-2.0 */
/* A folder with a file NAME.pem for each zone. */
#ifndef CFO_CORE_ZONE_FOLDER_H
#define CFO_CORE_ZONE_FOLDER_H

#include "apr_pools.h"
#include "apr_tables.h"

#include "zones.h"

/* What is to be told about one file of the folder. */
typedef struct {
    const char *file;   /* its path */
    const char *zone;   /* the zone that it shuts; NULL if it is no zone's file */
    const char *reason; /* what is wrong with it */
} cfo_zone_problem_t;

/* Adds a zone to `table` for each NAME.pem in the folder. A file that does not load makes
 * a zone without proofs, which nothing proves, and an entry in `problems` (of
 * cfo_zone_problem_t). Files with other names are passed over. Returns NULL, or why the
 * folder cannot be read. */
const char *cfo_zone_folder_read(apr_pool_t *p, const char *folder,
                                 cfo_zone_table_t *table, apr_array_header_t *problems);

#endif
