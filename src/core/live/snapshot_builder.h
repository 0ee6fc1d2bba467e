/* SPDX-License-Identifier: Apache-2.0 */
/* Builds snapshots from what the configuration names. */
#ifndef CFO_CORE_LIVE_SNAPSHOT_BUILDER_H
#define CFO_CORE_LIVE_SNAPSHOT_BUILDER_H

#include "apr_hash.h"
#include "apr_pools.h"
#include "apr_tables.h"

#include "core/trust/shared_pool.h"
#include "core/trust/proof.h"
#include "core/live/snapshot.h"
#include "core/live/watched_file.h"

/* The zones of one server (CFOriginPullZone), or those of a folder. */
typedef struct {
    int number;           /* index in the tables of a snapshot */
    cfo_folder_t *folder; /* NULL: zones are listed one by one ... */
    apr_hash_t *zones;    /* ... here: name -> array of cfo_zone_part_t */
} cfo_table_builder_t;

/* What may have changed since the last snapshot. */
typedef struct {
    const cfo_folder_t *folder; /* a zone of this folder, ... */
    const char *zone;           /* ... by name; or, if both are NULL, ... */
    const cfo_watched_file_t
        *file; /* ... all that a file that a directive names proves */
} cfo_changed_t;

/* What proves a zone: a file or a pin. */
typedef struct {
    cfo_watched_file_t *file;
    const cfo_proof_t *pin;
} cfo_zone_part_t;

/* Made while the configuration is read, and constant after that, except for the content
 * of the files. Lives in the pool of the configuration. */
typedef struct {
    apr_pool_t *pool;
    cfo_watched_files_t *watched;
    apr_array_header_t *tables; /* of cfo_table_builder_t * */
    apr_array_header_t
        *views;        /* of const apr_array_header_t * (of cfo_table_builder_t *) */
    apr_hash_t *users; /* cfo_watched_file_t * -> array of the zones, in tables without a
                          folder, that it proves */
    const apr_array_header_t *edge; /* of cfo_edge_part_t; NULL: the built-in list */
} cfo_snapshot_builder_t;

cfo_snapshot_builder_t *cfo_snapshot_builder_create(apr_pool_t *p);

/* Returns a table for the zones of the folder `path` (one table, however often the folder
 * is named), or a new empty table if `path` is NULL. */
cfo_table_builder_t *cfo_snapshot_builder_add_table(cfo_snapshot_builder_t *builder,
                                                    const char *path);

/* Adds a proof to the zone `name`, which cfo_zone_name_read() has returned. */
void cfo_table_builder_add(cfo_snapshot_builder_t *builder, cfo_table_builder_t *table,
                           const char *name, const cfo_zone_part_t *part);

/* Adds a view: tables (of cfo_table_builder_t *) that are searched together, in this
 * order. Returns the number of the view. */
int cfo_snapshot_builder_add_view(cfo_snapshot_builder_t *builder,
                                  const apr_array_header_t *tables);

/* Makes the first snapshot in `p` from the present content of the files. Zones are made
 * in `shared_pool`. To be published once, which takes over what the snapshot holds. */
void cfo_snapshot_build(const cfo_snapshot_builder_t *builder, apr_pool_t *p,
                        cfo_shared_pool_t *shared_pool, cfo_snapshot_t *snapshot);

/* The same for the snapshot that follows `last`. Only what is in `changed` (of
 * cfo_changed_t) is looked at: all other zones are shared with `last`, with their caches,
 * so the costs do not depend on their number. */
void cfo_snapshot_build_next(const cfo_snapshot_builder_t *builder, apr_pool_t *p,
                             cfo_shared_pool_t *shared_pool, const cfo_snapshot_t *last,
                             const apr_array_header_t *changed, cfo_snapshot_t *snapshot);

#endif
