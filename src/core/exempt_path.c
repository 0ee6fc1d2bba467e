/* SPDX-License-Identifier: Apache-2.0 */
/* Paths that are admitted without proof. */
#include "exempt_path.h"

#include <string.h>

/* Whether some segment is . or .. and ends in `stop`; the end of the path is a slash. */
static int has_dot_segment(const char *path, char stop)
{
    const char *c;

    for (c = strchr(path, '/'); c; c = strchr(c + 1, '/')) {
        size_t dots = strspn(c + 1, ".");
        char end = c[1 + dots] ? c[1 + dots] : '/';

        if ((dots == 1 || dots == 2) && end == stop)
            return 1;
    }
    return 0;
}

int cfo_exempt_path_is_ambiguous(const char *path)
{
    return strpbrk(path, "%\\") || has_dot_segment(path, ';');
}

int cfo_exempt_path_is_contested(const char *path)
{
    return has_dot_segment(path, '/') && (strchr(path, ';') || strstr(path, "//"));
}

static int is_plain(const char *path)
{
    return *path == '/' && !cfo_exempt_path_is_ambiguous(path) &&
           !has_dot_segment(path, '/');
}

static int is_below(const char *path, const char *prefix)
{
    size_t length = strlen(prefix);

    if (strncmp(path, prefix, length))
        return 0;
    return prefix[length - 1] == '/' || !path[length] || path[length] == '/';
}

int cfo_exempt_path_covers(const apr_array_header_t *prefixes, const char *path)
{
    int i;

    if (!is_plain(path))
        return 0;
    for (i = 0; i < prefixes->nelts; i++) {
        if (is_below(path, APR_ARRAY_IDX(prefixes, i, const char *)))
            return 1;
    }
    return 0;
}

const char *cfo_exempt_path_check(const char *prefix)
{
    if (*prefix != '/')
        return "a path begins with a slash";
    if (!prefix[1])
        return "/ would exempt everything; use CFOriginPull Off for that";
    if (strpbrk(prefix, "?#*"))
        return "a prefix of a path, without query, fragment or wildcard";
    if (strstr(prefix, "//") || !is_plain(prefix))
        return "it has to be written decoded and normalised (no %, no backslash, no //, no "
               "segment . or ..)";
    return NULL;
}
