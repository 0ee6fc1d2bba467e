/* SPDX-License-Identifier: Apache-2.0 */
/* A folder with a file NAME.pem for each zone. */
#include "core/live/zone_folder.h"

#include <stdlib.h>
#include <string.h>

#include "apr_file_info.h"
#include "apr_hash.h"
#include "apr_lib.h"
#include "apr_strings.h"

#include "core/trust/zone_name.h"

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

    if (status != APR_SUCCESS)
        return apr_psprintf(p, "%pm", &status);
    while ((status = apr_dir_read(&info, APR_FINFO_NAME, dir)) == APR_SUCCESS ||
           status == APR_INCOMPLETE) {
        if (info.name[0] != '.' && cfo_zone_name_of_file(p, info.name))
            APR_ARRAY_PUSH(files, const char *) = apr_pstrdup(p, info.name);
    }
    apr_dir_close(dir);
    if (!APR_STATUS_IS_ENOENT(status)) /* the end of the folder */
        return apr_psprintf(p, "%pm", &status);
    qsort(files->elts, files->nelts, files->elt_size, by_text);
    return NULL;
}

static int is_canonical(const cfo_zone_file_t *file)
{
    const char *name = apr_filepath_name_get(file->path);
    apr_size_t length = strlen(file->zone);

    return !strncmp(name, file->zone, length) && !strcmp(name + length, ".pem");
}

/* The file that is used for each zone: name -> cfo_zone_file_t. */
static apr_hash_t *find_winners(apr_pool_t *p, const apr_array_header_t *files)
{
    apr_hash_t *winners = apr_hash_make(p);
    int i;

    for (i = 0; i < files->nelts; i++) {
        const cfo_zone_file_t *file = &APR_ARRAY_IDX(files, i, cfo_zone_file_t);

        if (file->zone && (is_canonical(file) ||
                           !apr_hash_get(winners, file->zone, APR_HASH_KEY_STRING)))
            apr_hash_set(winners, file->zone, APR_HASH_KEY_STRING, file);
    }
    return winners;
}

static void reject_others(apr_pool_t *p, apr_array_header_t *files)
{
    apr_hash_t *winners = find_winners(p, files);
    int i;

    for (i = 0; i < files->nelts; i++) {
        cfo_zone_file_t *file = &APR_ARRAY_IDX(files, i, cfo_zone_file_t);
        const cfo_zone_file_t *winner =
            file->zone ? apr_hash_get(winners, file->zone, APR_HASH_KEY_STRING) : file;

        if (winner == file)
            continue;
        file->zone = NULL;
        file->error = apr_psprintf(p, "the zone already has another file (%s)",
                                   apr_filepath_name_get(winner->path));
    }
}

static cfo_zone_file_t file_of(apr_pool_t *p, const char *folder, const char *name)
{
    cfo_zone_file_t file = { apr_pstrcat(p, folder, "/", name, NULL), NULL, NULL };

    file.error = cfo_zone_name_read(p, cfo_zone_name_of_file(p, name), &file.zone);
    if (file.error && strchr(name, ' '))
        file.error = "the name of a zone has no spaces; is it a copy of another file?";
    if (file.error)
        file.zone = NULL;
    return file;
}

const char *cfo_zone_folder_list(apr_pool_t *p, const char *folder,
                                 apr_array_header_t *files)
{
    apr_array_header_t *names = apr_array_make(p, 16, sizeof(const char *));
    const char *error = list_files(p, folder, names);
    int i;

    if (error)
        return error;
    for (i = 0; i < names->nelts; i++)
        APR_ARRAY_PUSH(files, cfo_zone_file_t) =
            file_of(p, folder, APR_ARRAY_IDX(names, i, const char *));
    reject_others(p, files);
    return NULL;
}

const char *cfo_zone_folder_zone(apr_pool_t *p, const char *path)
{
    const char *name = path;

    cfo_zone_name_read(p, cfo_zone_name_of_file(p, apr_filepath_name_get(path)), &name);
    return name;
}

const char *cfo_zone_folder_error(apr_pool_t *p, const apr_array_header_t *files)
{
    enum { LISTED_MOST = 8 };
    const char *text = NULL;
    int i, count = 0;

    for (i = 0; i < files->nelts; i++) {
        const cfo_zone_file_t *file = &APR_ARRAY_IDX(files, i, cfo_zone_file_t);

        if (file->error && ++count <= LISTED_MOST)
            text = apr_psprintf(p, "%s%s%s: %s; the file is ignored", text ? text : "",
                                text ? "; " : "", file->path, file->error);
    }
    return count > LISTED_MOST
               ? apr_psprintf(p, "%s; and %d more files", text, count - LISTED_MOST)
               : text;
}

static void load_file(cfo_watched_files_t *watched, cfo_folder_t *folder,
                      const cfo_zone_file_t *listed, apr_array_header_t *errors)
{
    const char *error = listed->error;
    cfo_watched_file_t *file;

    if (listed->zone) {
        file = cfo_folder_put(folder, watched->start, listed->zone, listed->path);
        error = cfo_watched_file_load(watched, file);
        file->is_shut = error != NULL;
        cfo_file_error_set(&file->error, error, apr_time_now());
    }
    if (error)
        APR_ARRAY_PUSH(errors, cfo_zone_file_t) =
            (cfo_zone_file_t){ listed->path, listed->zone, error };
}

const char *cfo_zone_folder_load(apr_pool_t *p, cfo_watched_files_t *watched,
                                 cfo_folder_t *folder, apr_array_header_t *errors)
{
    apr_array_header_t *files = apr_array_make(p, 16, sizeof(cfo_zone_file_t));
    const char *error;
    int i;

    if (folder->is_loaded)
        return NULL;
    cfo_file_state_get(p, folder->path, &folder->state);
    error = cfo_zone_folder_list(p, folder->path, files);
    for (i = 0; !error && i < files->nelts; i++)
        load_file(watched, folder, &APR_ARRAY_IDX(files, i, cfo_zone_file_t), errors);
    folder->is_loaded = error == NULL;
    cfo_file_error_set(&folder->error, cfo_zone_folder_error(p, files), apr_time_now());
    return error;
}
