/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl audit: paths of requests. */
#include "ctl/audit/uri_path.h"

#include <string.h>

#include "apr_lib.h"

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t cfo_ctl_uri_path(const char *uri, char *path, size_t size)
{
    size_t length = 0;

    while (*uri && *uri != '?' && length < size - 1) {
        if (*uri == '%' && digit(uri[1]) >= 0 && digit(uri[2]) >= 0 &&
            digit(uri[1]) + digit(uri[2])) {
            path[length++] = (char)(digit(uri[1]) * 16 + digit(uri[2]));
            uri += 3;
        }
        else
            path[length++] = *uri++;
    }
    path[length] = '\0';
    return *path == '/' ? length : 0;
}

int cfo_ctl_path_is_below(const char *path, const char *prefix)
{
    size_t length = strlen(prefix);

    return !strncmp(path, prefix, length) && (!path[length] || path[length] == '/' ||
                                              (length && prefix[length - 1] == '/'));
}

int cfo_ctl_path_is_hidden(const char *path)
{
    static const char known[] = "/.well-known";

    for (path = strstr(path, "/."); path; path = strstr(path + 1, "/.")) {
        if (!cfo_ctl_path_is_below(path, known))
            return 1;
    }
    return 0;
}

int cfo_ctl_path_is_plain(const char *path)
{
    if (*path != '/' || strstr(path, "/./") || strstr(path, "/../"))
        return 0;
    while (apr_isalnum(*path) || (*path && strchr("/._~-", *path)))
        path++;
    return !*path;
}
