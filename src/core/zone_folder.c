/* SPDX-License-Identifier: Apache-2.0 */
/* A folder with a file NAME.pem for each zone. */
#include "zone_folder.h"

#include <stdlib.h>
#include <string.h>

#include "apr_file_info.h"
#include "apr_hash.h"
#include "apr_lib.h"
#include "apr_strings.h"

#include "zone_name.h"

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of all files NAME.pem, sorted. */
static const char *list_files(apr_pool_t *p, const char *folder,
                              apr_array_header_t *files)
{
    apr_dir_t *dir;
    apr_finfo_t info;
    apr_status_t status = apr_dir_open(&dir, folder, p);
    char buffer[120];

    if (status != APR_SUCCESS)
        return apr_pstrdup(p, apr_strerror(status, buffer, sizeof buffer));
    while ((status = apr_dir_read(&info, APR_FINFO_NAME, dir)) == APR_SUCCESS ||
           status == APR_INCOMPLETE) {
        if (info.name[0] != '.' && cfo_zone_name_of_file(p, info.name))
            APR_ARRAY_PUSH(files, const char *) = apr_pstrdup(p, info.name);
    }
    apr_dir_close(dir);
    if (!APR_STATUS_IS_ENOENT(status)) /* which is the end of the folder */
        return apr_pstrdup(p, apr_strerror(status, buffer, sizeof buffer));
    qsort(files->elts, files->nelts, files->elt_size, by_text);
    return NULL;
}

/* A folder that is being listed. */
typedef struct {
    apr_pool_t *p;
    const char *path;
    apr_hash_t *known;         /* name of a zone -> cfo_source_t */
    apr_array_header_t *names; /* of const char *, sorted */
    apr_hash_t *taken;         /* zones that have a file already */
} listing_t;

/* Whether a zone has a file already: one before this, or, further down, the one that it
 * is made of. */
static int is_taken(const listing_t *listing, const cfo_zone_file_t *file)
{
    const cfo_source_t *known =
        apr_hash_get(listing->known, file->zone, APR_HASH_KEY_STRING);
    const char *name;

    if (apr_hash_get(listing->taken, file->zone, APR_HASH_KEY_STRING))
        return 1;
    if (!known || !strcmp(known->path, file->path))
        return 0;
    name = apr_filepath_name_get(known->path);
    return bsearch(&name, listing->names->elts, listing->names->nelts,
                   listing->names->elt_size, by_text) != NULL;
}

static cfo_zone_file_t file_of(const listing_t *listing, const char *name)
{
    cfo_zone_file_t file = { apr_pstrcat(listing->p, listing->path, "/", name, NULL),
                             NULL, NULL };

    file.problem = cfo_zone_name_read(listing->p, cfo_zone_name_of_file(listing->p, name),
                                      &file.zone);
    if (!file.problem && is_taken(listing, &file))
        file.problem = "another file is already the zone of this name";
    if (file.problem)
        file.zone = NULL;
    else
        apr_hash_set(listing->taken, file.zone, APR_HASH_KEY_STRING, "");
    return file;
}

static const char *list(apr_pool_t *p, const char *path, apr_hash_t *known,
                        apr_array_header_t *files)
{
    listing_t listing = { p, path, known, apr_array_make(p, 16, sizeof(const char *)),
                          apr_hash_make(p) };
    const char *reason = list_files(p, path, listing.names);
    int i;

    for (i = 0; !reason && i < listing.names->nelts; i++)
        APR_ARRAY_PUSH(files, cfo_zone_file_t) =
            file_of(&listing, APR_ARRAY_IDX(listing.names, i, const char *));
    return reason;
}

const char *cfo_zone_folder_list(apr_pool_t *p, const char *folder,
                                 apr_array_header_t *files)
{
    return list(p, folder, apr_hash_make(p), files);
}

const char *cfo_zone_folder_list_again(apr_pool_t *p, const cfo_folder_t *folder,
                                       apr_array_header_t *files)
{
    return list(p, folder->path, folder->zones, files);
}

const char *cfo_zone_folder_zone(apr_pool_t *p, const char *path)
{
    const char *name = path;

    cfo_zone_name_read(p, cfo_zone_name_of_file(p, apr_filepath_name_get(path)), &name);
    return name;
}

const char *cfo_zone_file_text(apr_pool_t *p, const cfo_zone_file_t *file)
{
    return apr_psprintf(p, "%s: %s; the file is passed over", file->path, file->problem);
}

static void load_file(cfo_sources_t *sources, cfo_folder_t *folder,
                      const cfo_zone_file_t *file, apr_array_header_t *problems)
{
    const char *reason = file->problem;
    cfo_source_t *source;

    if (file->zone) {
        source = cfo_sources_add(sources, sources->start, CFO_CONTENT_PROOFS, file->path);
        source->zone = apr_pstrdup(sources->pool, file->zone);
        reason = cfo_source_load(sources, source);
        source->is_shut = reason != NULL;
        cfo_trouble_set(&source->trouble, reason, apr_time_now());
        apr_hash_set(folder->zones, source->zone, APR_HASH_KEY_STRING, source);
    }
    else
        cfo_trouble_set(&folder->trouble, cfo_zone_file_text(sources->pool, file),
                        apr_time_now());
    if (reason)
        APR_ARRAY_PUSH(problems, cfo_zone_file_t) =
            (cfo_zone_file_t){ file->path, file->zone, reason };
}

const char *cfo_zone_folder_load(apr_pool_t *p, cfo_sources_t *sources,
                                 cfo_folder_t *folder, apr_array_header_t *problems)
{
    apr_array_header_t *files = apr_array_make(p, 16, sizeof(cfo_zone_file_t));
    const char *reason;
    int i;

    if (folder->is_loaded)
        return NULL;
    cfo_file_state_get(p, folder->path, &folder->state);
    reason = cfo_zone_folder_list(p, folder->path, files);
    for (i = 0; !reason && i < files->nelts; i++)
        load_file(sources, folder, &APR_ARRAY_IDX(files, i, cfo_zone_file_t), problems);
    folder->is_loaded = reason == NULL;
    return reason;
}
