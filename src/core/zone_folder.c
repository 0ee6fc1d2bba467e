/* SPDX-License-Identifier: Apache-2.0 */
/* A folder with a file NAME.pem for each zone. */
#include "zone_folder.h"

#include <stdlib.h>
#include <string.h>

#include "apr_file_info.h"
#include "apr_strings.h"

#include "input_file.h"
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

static const char *read_proofs(apr_pool_t *p, const char *path,
                               apr_array_header_t **proofs)
{
    const char *text;
    apr_size_t length;
    const char *reason = cfo_input_file_read(p, path, &text, &length);

    return reason ? reason : cfo_proof_read_pem(p, text, length, path, proofs);
}

static void add_file(apr_pool_t *p, const char *folder, const char *file_name,
                     cfo_zone_table_t *table, apr_array_header_t *problems)
{
    const char *path = apr_pstrcat(p, folder, "/", file_name, NULL);
    apr_array_header_t *proofs = NULL;
    const char *name, *reason;
    cfo_zone_t *zone;

    reason = cfo_zone_name_read(p, cfo_zone_name_of_file(p, file_name), &name);
    if (!reason && cfo_zone_table_get(table, name))
        reason = "another file is already the zone of this name";
    if (reason) {
        APR_ARRAY_PUSH(problems, cfo_zone_problem_t) =
            (cfo_zone_problem_t){ path, NULL, reason };
        return;
    }
    reason = read_proofs(p, path, &proofs);
    if (reason) {
        proofs = apr_array_make(p, 1, sizeof(cfo_proof_t *));
        APR_ARRAY_PUSH(problems, cfo_zone_problem_t) =
            (cfo_zone_problem_t){ path, name, reason };
    }
    zone = cfo_zone_table_add(table, name, proofs);
    zone->problem = reason;
}

const char *cfo_zone_folder_read(apr_pool_t *p, const char *folder,
                                 cfo_zone_table_t *table, apr_array_header_t *problems)
{
    apr_array_header_t *files = apr_array_make(p, 16, sizeof(const char *));
    const char *reason = list_files(p, folder, files);
    int i;

    for (i = 0; !reason && i < files->nelts; i++)
        add_file(p, folder, APR_ARRAY_IDX(files, i, const char *), table, problems);
    return reason;
}
