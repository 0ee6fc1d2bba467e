/* SPDX-License-Identifier: Apache-2.0 */
/* Names of files, a line each, in a folder of zones: each zone has one file, and which
 * one does not depend on the order. */
#include "core/live/zone_folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/trust/zone_name.h"

#include "fuzz.h"

enum { FILES_MOST = 12 };

static const char *folder(void)
{
    static char path[256];
    static int is_made;
    const char *parent = getenv("TMPDIR");

    if (!is_made) {
        snprintf(path, sizeof path, "%s/cfo-fuzz-folder-XXXXXX",
                 parent ? parent : "/tmp");
        PROMISE(mkdtemp(path));
    }
    is_made = 1;
    return path;
}

static void check(apr_pool_t *p, const apr_array_header_t *files)
{
    int i, j;

    for (i = 0; i < files->nelts; i++) {
        const cfo_zone_file_t *file = &APR_ARRAY_IDX(files, i, cfo_zone_file_t);
        const char *name = NULL;

        PROMISE((file->error == NULL) == (file->zone != NULL) || file->zone);
        if (i)
            PROMISE(strcmp(APR_ARRAY_IDX(files, i - 1, cfo_zone_file_t).path,
                           file->path) < 0);
        if (!file->zone || file->error)
            continue;
        PROMISE(!cfo_zone_name_read(p, file->zone, &name) && !strcmp(name, file->zone));
        PROMISE(!strcmp(cfo_zone_folder_zone(p, file->path), file->zone));
        for (j = 0; j < i; j++) {
            const cfo_zone_file_t *other = &APR_ARRAY_IDX(files, j, cfo_zone_file_t);

            PROMISE(!other->zone || other->error || strcmp(other->zone, file->zone));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    char *text = fuzz_text(data, size), *rest = text, *line;
    const char *paths[FILES_MOST];
    apr_array_header_t *files = apr_array_make(p, 4, sizeof(cfo_zone_file_t));
    int count = 0, i, file;

    while (count < FILES_MOST && (line = fuzz_line(&rest)) != NULL) {
        if (!*line || strchr(line, '/') || strlen(line) > 250 || !strcmp(line, ".") ||
            !strcmp(line, ".."))
            continue;
        paths[count] = apr_pstrcat(p, folder(), "/", line, NULL);
        file = open(paths[count], O_WRONLY | O_CREAT, 0600);
        if (file == -1)
            continue;
        close(file);
        count++;
    }
    PROMISE(!cfo_zone_folder_list(p, folder(), files));
    PROMISE(files->nelts <= count);
    check(p, files);
    (void)cfo_zone_folder_error(p, files);
    for (i = 0; i < count; i++)
        unlink(paths[i]);
    free(text);
    return 0;
}
