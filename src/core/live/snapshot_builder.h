/* SPDX-License-Identifier: Apache-2.0 */
/* What the configuration says that snapshots are to be made of. */
#ifndef CFO_CORE_LIVE_SNAPSHOT_BUILDER_H
#define CFO_CORE_LIVE_SNAPSHOT_BUILDER_H

#include "apr_hash.h"
#include "apr_pools.h"
#include "apr_tables.h"

#include "core/trust/shared_pool.h"
#include "core/trust/proof.h"
#include "core/net/ranges.h"
#include "core/live/snapshot.h"
#include "core/live/watched_file.h"

/* The zones of one server (CFOriginPullZone), or those of a folder. */
typedef struct {
    int number;           /* place in the tables of a snapshot */
    cfo_folder_t *folder; /* NULL: zones are listed one by one ... */
    apr_hash_t *zones;    /* ... here: name -> array of cfo_zone_part_t */
} cfo_table_builder_t;

/* What proves a zone: a file or a pin. */
typedef struct {
    cfo_watched_file_t *file;
    const cfo_proof_t *pin;
} cfo_zone_part_t;

/* Made while the configuration is read, and not changed after that, but for what is in
 * the files. Lives in the pool of the configuration. */
typedef struct {
    apr_pool_t *pool;
    cfo_watched_files_t *watched;
    apr_array_header_t *tables;     /* of cfo_table_builder_t * */
    apr_array_header_t *views;      /* of const apr_array_header_t * of table plans */
    const apr_array_header_t *edge; /* of cfo_edge_part_t; NULL: the built-in list */
} cfo_snapshot_builder_t;

cfo_snapshot_builder_t *cfo_snapshot_builder_create(apr_pool_t *p);

/* A table for the zones of the folder `path` (one for all who name it), or (`path` is
 * NULL) a new one that is empty. */
cfo_table_builder_t *cfo_snapshot_builder_add_table(cfo_snapshot_builder_t *builder,
                                                    const char *path);

/* Adds a proof to the zone `name`, as cfo_zone_name_read() gives it. */
void cfo_table_builder_add(cfo_snapshot_builder_t *builder, cfo_table_builder_t *table,
                           const char *name, const cfo_zone_part_t *part);

/* Tables (of cfo_table_builder_t *) that are searched together, in this order. Returns
 * the number of the view. */
int cfo_snapshot_builder_add_view(cfo_snapshot_builder_t *builder,
                                  const apr_array_header_t *tables);

/* Makes a snapshot in `p` of what the files hold now. Zones that are as they were in
 * `last` (NULL: none) are taken from there, with all they have recognised; others are
 * made in `batch`. Publishing it takes over what it holds. */
void cfo_snapshot_build(const cfo_snapshot_builder_t *builder, apr_pool_t *p,
                        cfo_shared_pool_t *shared_pool, const cfo_snapshot_t *last,
                        cfo_snapshot_t *snapshot);

#endif
