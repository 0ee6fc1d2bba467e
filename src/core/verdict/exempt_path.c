/* SPDX-License-Identifier: Apache-2.0 */
/* Paths that are admitted without proof. */
#include "core/verdict/exempt_path.h"

#include <string.h>

#include "core/base/utf8.h"

/* Whether some segment is . or .., or is to some back end, which cuts off what follows
 * the dots there: a parameter, a query or fragment that came encoded, a space. */
static int has_dot_segment(const char *path)
{
    const char *c;

    for (c = strchr(path, '/'); c; c = strchr(c + 1, '/')) {
        size_t dots = strspn(c + 1, ".");

        /* The end of the path is found in each string. */
        if ((dots == 1 || dots == 2) && strchr("/;?# ", c[1 + dots]))
            return 1;
    }
    return 0;
}

/* Neither control characters nor bytes that are no UTF-8: a dot in too many bytes, for
 * instance, which some decode. */
static int is_text(const char *path)
{
    int length;

    for (; *path; path += length) {
        length = cfo_utf8_length(path);
        if (!length || (unsigned char)*path < ' ' || *path == 0x7f)
            return 0;
    }
    return 1;
}

int cfo_exempt_path_is_plain(const char *path)
{
    return *path == '/' && path[1] != '/' && !strpbrk(path, "%\\") && is_text(path) &&
           !has_dot_segment(path);
}

int cfo_exempt_path_is_variant(const char *path, const char *other)
{
    size_t name = 0;

    while (path[name] && path[name] == other[name])
        name++;
    if (!name || path[name - 1] == '/' || other[name] != '.')
        return 0;
    return !strcmp(other + name + strcspn(other + name, "/"), path + name);
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

    if (!cfo_exempt_path_is_plain(path))
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
    if (strstr(prefix, "//") || !cfo_exempt_path_is_plain(prefix))
        return "it has to be written decoded and normalised (no %, no backslash, no //, no "
               "segment . or .., and in UTF-8)";
    return NULL;
}
