/* SPDX-License-Identifier: Apache-2.0 */
/* The files and folders that the configuration names, and the last good content of each.
 *
 * A watched file has one role: a directive names it, or it is the file of a zone in a
 * folder. A file on disk that has both roles is two watched files, each with its own
 * content.
 *
 * Everything here belongs to one thread of a process: first the one that reads the
 * configuration, then the one that reloads the files. */
#ifndef CFO_CORE_LIVE_WATCHED_FILE_H
#define CFO_CORE_LIVE_WATCHED_FILE_H

#include "apr_hash.h"
#include "apr_pools.h"
#include "apr_tables.h"

#include "core/live/file_state.h"
#include "core/net/ranges.h"
#include "core/trust/parsed_file.h"
#include "core/trust/shared_pool.h"

/* Why a file or folder cannot be used. Logged once, and again every day until it is
 * solved. */
typedef struct {
    char *text;           /* freed with the pool; NULL: none */
    apr_time_t logged_at; /* last */
    apr_time_t retry_at;  /* when to read the unchanged file again; 0: at once */
    int *count;           /* of the errors in a folder; NULL: they are not counted */
} cfo_file_error_t;

typedef struct {
    const char *path;
    const char *zone; /* zone of a file in a folder; else NULL */
    cfo_file_kind_t kind;
    cfo_file_state_t state;     /* at the last attempt to read it */
    cfo_parsed_file_t *content; /* no content was ever good */
    cfo_file_error_t error;
    int is_shut;          /* it did not load at start, so nothing proves its zone */
    int is_confirmed;     /* the compact journal has it (journal.h) */
    apr_uint64_t missing; /* place in the journal of newer content that this process could
                             not apply; 0: none */
    apr_time_t changing_since; /* first seen while it was being changed; 0: it is not */
    cfo_shared_pool_t *shared_pool;
} cfo_watched_file_t;

/* A part of the edge: a file, or a range as it was written in the configuration. */
typedef struct {
    cfo_watched_file_t *file;
    cfo_range_t range;
    int is_builtin; /* from the built-in list */
} cfo_edge_part_t;

/* A folder with a file NAME.pem for each zone. */
typedef struct {
    const char *path;
    cfo_file_state_t state;
    apr_hash_t *zones;    /* name of a zone -> cfo_watched_file_t */
    apr_hash_t *at_start; /* the same when httpd forked; only its names are used */
    int is_loaded;
    int is_due; /* list it again, even if its state is the same */
    cfo_file_error_t error;
    int failed;                /* files with an error */
    apr_time_t changing_since; /* as for a file */
    apr_hash_t *arriving; /* path of a new file that is not settled -> apr_time_t when it
                             was first seen; NULL: none */
} cfo_folder_t;

typedef struct {
    apr_pool_t *pool;
    cfo_shared_pool_t *start; /* holds what was loaded before httpd forked */
    apr_hash_t *named[2]; /* named by directives, by kind: path -> cfo_watched_file_t */
    apr_array_header_t *folders; /* of cfo_folder_t * */
} cfo_watched_files_t;

cfo_watched_files_t *cfo_watched_files_create(apr_pool_t *p);

/* New files and folders are allocated in `p` from now on: a child must not use the pools
 * that httpd made before it forked. */
void cfo_watched_files_move(cfo_watched_files_t *watched, apr_pool_t *p);

/* Finds the file that a directive names by this path; NULL if there is none. */
cfo_watched_file_t *cfo_watched_files_find(const cfo_watched_files_t *watched,
                                           cfo_file_kind_t kind, const char *path);

/* Returns the file of this path for a directive. Adds it if it is new; `path` is copied
 * then. */
cfo_watched_file_t *cfo_watched_files_add(cfo_watched_files_t *watched,
                                          cfo_file_kind_t kind, const char *path);

/* Counts the files of this kind in both roles. */
int cfo_watched_files_count(const cfo_watched_files_t *watched, cfo_file_kind_t kind);

/* Returns the folder of this path (with or without a final slash). Adds it if it is
 * new. */
cfo_folder_t *cfo_watched_files_add_folder(cfo_watched_files_t *watched,
                                           const char *path);

/* Returns the file of a zone in the folder. Makes a new one in `shared_pool` if the zone
 * has none or has one with another path; the new one keeps the content of the old one
 * until it has a better one. */
cfo_watched_file_t *cfo_folder_put(cfo_folder_t *folder, cfo_shared_pool_t *shared_pool,
                                   const char *zone, const char *path);

/* Removes a file of the folder, with its content. */
void cfo_folder_remove(cfo_folder_t *folder, cfo_watched_file_t *file);

/* Reads a file, unless it has been read before. Returns NULL, or the error. */
const char *cfo_watched_file_load(cfo_watched_files_t *watched, cfo_watched_file_t *file);

/* Whether the content is from this path and has this text. */
int cfo_watched_file_has_text(const cfo_watched_file_t *file, const char *text,
                              apr_size_t length);

/* Replaces the content, and releases the old one. Takes over the caller's use of
 * `content`. */
void cfo_watched_file_replace(cfo_watched_file_t *file, cfo_parsed_file_t *content);

/* Sets the error, with the time when it was logged; NULL: there is none any more. `text`
 * is copied. */
void cfo_file_error_set(cfo_file_error_t *error, const char *text, apr_time_t now);

#endif
