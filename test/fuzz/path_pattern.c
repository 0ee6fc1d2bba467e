/* SPDX-License-Identifier: Apache-2.0 */
/* What is no prefix of a path; and paths that all servers read in the same way. */
#include "core/verdict/path_pattern.h"

#include "core/verdict/exempt_path.h"

#include "fuzz.h"

/* Letters, digits and hyphens between slashes. */
static int is_simple(const char *path)
{
    return path[0] == '/' && path[1] && !strstr(path, "//") &&
           !path[strspn(path, "abcdefghijklmnopqrstuvwxyz0123456789-/")];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *path = fuzz_text(data, size), *rest = path, *other;
    const char *what;

    fuzz_line(&rest);
    other = rest ? rest : path;
    what = cfo_path_pattern(path);
    PROMISE(what ? *what : 1);
    if (is_simple(path)) {
        PROMISE(!what && cfo_exempt_path_is_plain(path));
        PROMISE(!cfo_exempt_path_check(path));
    }
    if (cfo_exempt_path_is_plain(path)) {
        PROMISE(strncmp(path, "//", 2) && !strstr(path, "/../") && !strstr(path, "/./"));
        PROMISE(!strchr(path, '\\') || !strstr(path, ".."));
    }
    if (*path == '/' && *other == '/' && cfo_exempt_path_is_variant(path, other))
        PROMISE(strlen(other) > strlen(path));
    free(path);
    return 0;
}
