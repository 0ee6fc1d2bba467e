/* SPDX-License-Identifier: Apache-2.0 */
/* Paths that are admitted without proof. */
#include "core/verdict/exempt_path.h"

#include <string.h>

#include "core/base/utf8.h"
#include "core/verdict/path_pattern.h"

/* Whether a segment is . or .., also to a back end that ignores what follows the dots: a
 * parameter, an encoded query or fragment, or a space. */
static int has_dot_segment(const char *path)
{
    const char *c;

    for (c = strchr(path, '/'); c; c = strchr(c + 1, '/')) {
        size_t dots = strspn(c + 1, ".");

        /* strchr() also finds the NUL at the end of the path. */
        if ((dots == 1 || dots == 2) && strchr("/;?# ", c[1 + dots]))
            return 1;
    }
    return 0;
}

/* No control characters and only valid UTF-8; some servers decode an overlong dot, for
 * instance. */
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
    const char *reason = cfo_path_pattern(prefix);

    if (reason)
        return reason;
    if (*prefix != '/')
        return "a path begins with a slash";
    if (!prefix[1])
        return "/ would exempt everything; set CFOriginPull Off for that";
    if (strstr(prefix, "//") || !cfo_exempt_path_is_plain(prefix))
        return "it must be decoded and normalised (no %, no backslash, no //, no segment . "
               "or .., and in UTF-8)";
    return NULL;
}
