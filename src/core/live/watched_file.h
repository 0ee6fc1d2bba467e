/* SPDX-License-Identifier: Apache-2.0 */
/* The files and folders that the configuration names, and the last good content of each.
 *
 * A file has one role: the file of a directive, or the file of a zone of a folder. One
 * file in two roles is two watched, each with a content of its own.
 *
 * Everything here belongs to one thread of a process: that which reads the configuration,
 * and after it that which follows the files. */
#ifndef CFO_CORE_LIVE_WATCHED_FILE_H
#define CFO_CORE_LIVE_WATCHED_FILE_H

#include "apr_hash.h"
#include "apr_pools.h"
#include "apr_tables.h"

#include "core/live/file_state.h"
#include "core/net/ranges.h"
#include "core/trust/parsed_file.h"
#include "core/trust/shared_pool.h"

/* A difficulty with a file or folder, said once and repeated daily until it is over. */
typedef struct {
    char *text;           /* from malloc(), freed with the pool; NULL: none */
    apr_time_t logged_at; /* when it was last logged */
    apr_time_t
        retry_at; /* when a file may be better though it is as it was; 0: unknown */
} cfo_file_error_t;

typedef struct {
    const char *path;
    const char *zone; /* the zone of its folder that it is the file of; else NULL */
    cfo_file_kind_t kind;
    cfo_file_state_t state;     /* when it was last read, or could not be */
    cfo_parsed_file_t *content; /* the last good one; NULL: there was never one */
    cfo_file_error_t error;
    int is_shut;               /* it did not load at start, and nothing proves its zone */
    int is_confirmed;          /* the compact journal has it (journal.h) */
    apr_time_t changing_since; /* seen in change, but not settled; 0: not so */
    cfo_shared_pool_t *shared_pool;
} cfo_watched_file_t;

/* What adds to the edge: a file, or a range as it was written. */
typedef struct {
    cfo_watched_file_t *file;
    cfo_range_t range;
    int is_builtin; /* of the built-in list, by its name */
} cfo_edge_part_t;

/* A folder with a file NAME.pem for each zone. */
typedef struct {
    const char *path;
    cfo_file_state_t state;
    apr_hash_t *zones;    /* name of a zone -> cfo_watched_file_t */
    apr_hash_t *at_start; /* likewise, as it was when httpd forked; only for its names */
    int is_loaded;
    int is_due; /* to be listed again, though it seems to be as it was */
    cfo_file_error_t error;
    apr_time_t changing_since; /* as for a file */
    apr_hash_t *arriving; /* path of a new file that is not settled -> apr_time_t: since
                             when; NULL: none */
} cfo_folder_t;

typedef struct {
    apr_pool_t *pool;
    cfo_shared_pool_t *start;    /* what was loaded before httpd forked */
    apr_hash_t *named[2];        /* of directives, for each kind of content: path ->
                                    cfo_watched_file_t */
    apr_array_header_t *folders; /* of cfo_folder_t * */
} cfo_watched_files_t;

cfo_watched_files_t *cfo_watched_files_create(apr_pool_t *p);

/* From now on, what is new is allocated in `p`: a child must leave the pools alone that
 * httpd made before it forked. */
void cfo_watched_files_move(cfo_watched_files_t *watched, apr_pool_t *p);

/* What a directive names by this path; NULL if there is none. */
cfo_watched_file_t *cfo_watched_files_find(const cfo_watched_files_t *watched,
                                           cfo_file_kind_t kind, const char *path);

/* The file of this path for a directive, made if it is new (`path` is copied then). */
cfo_watched_file_t *cfo_watched_files_add(cfo_watched_files_t *watched,
                                          cfo_file_kind_t kind, const char *path);

/* How many there are, in whichever role. */
int cfo_watched_files_count(const cfo_watched_files_t *watched, cfo_file_kind_t kind);

/* The folder of this path (with or without a final slash), made if it is new. */
cfo_folder_t *cfo_watched_files_add_folder(cfo_watched_files_t *watched,
                                           const char *path);

/* The file of a zone of the folder, with `path` for its file: made in `batch`, unless
 * it is as it should be. Where it takes the place of another file, that one's content
 * stays until there is a better one. */
cfo_watched_file_t *cfo_folder_put(cfo_folder_t *folder, cfo_shared_pool_t *shared_pool,
                                   const char *zone, const char *path);

/* Forgets a file of the folder and its content. */
void cfo_folder_remove(cfo_folder_t *folder, cfo_watched_file_t *file);

/* Reads a file for the first time, unless it has been read. NULL, or what is wrong. */
const char *cfo_watched_file_load(cfo_watched_files_t *watched, cfo_watched_file_t *file);

/* Puts `content` (whose use it takes over) in the place of the last. */
void cfo_watched_file_replace(cfo_watched_file_t *file, cfo_parsed_file_t *content);

/* Records a difficulty; NULL: it is over. */
void cfo_file_error_set(cfo_file_error_t *error, const char *text, apr_time_t now);

#endif
