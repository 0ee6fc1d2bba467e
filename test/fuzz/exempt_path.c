/* SPDX-License-Identifier: Apache-2.0 */
/* The first line is a prefix, the rest a path. */
#include "core/verdict/exempt_path.h"

#include "fuzz.h"

static int leaves_the_prefix(const char *path)
{
    return strstr(path, "/../") || strstr(path, "/./") || strstr(path, "/..;") ||
           strpbrk(path, "%\\") || !strcmp(strrchr(path, '/'), "/..");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_array_header_t *prefixes = apr_array_make(fuzz_pool(), 1, sizeof(char *));
    char *prefix = fuzz_text(data, size), *newline = strchr(prefix, '\n'), *path;

    if (newline)
        *newline = '\0';
    path = newline ? fuzz_text((const uint8_t *)newline + 1, strlen(newline + 1))
                   : fuzz_text(data, strlen(prefix));
    if (!cfo_exempt_path_check(prefix)) {
        APR_ARRAY_PUSH(prefixes, const char *) = prefix;
        PROMISE(cfo_exempt_path_covers(prefixes, prefix));
        if (cfo_exempt_path_covers(prefixes, path)) {
            PROMISE(!strncmp(path, prefix, strlen(prefix)));
            PROMISE(!leaves_the_prefix(path));
        }
    }
    free(path);
    free(prefix);
    return 0;
}
