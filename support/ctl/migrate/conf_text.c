/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: the text of a configuration file, and its lines. */
#include "ctl/migrate/conf_text.h"

#include <string.h>

#include "apr_file_io.h"
#include "apr_lib.h"
#include "apr_strings.h"

enum { FILE_MOST = 32 * 1024 * 1024 }; /* a dump of thousands of hosts is smaller */

/* Cuts the next line, with those that continue it, off *rest; counts them in *number. */
char *cfo_conf_next_line(char **rest, int *number)
{
    char *start = *rest, *from = start, *to = start;

    for (;;) {
        char *end = from + strcspn(from, "\n");
        size_t length = end - from;
        int is_last = !*end;

        *rest = end + !is_last;
        ++*number;
        memmove(to, from, length);
        to += length;
        if (to > start && to[-1] == '\r')
            to--;
        if (is_last || to == start || to[-1] != '\\')
            break;
        to--;
        from = *rest;
    }
    while (to > start && apr_isspace(to[-1]))
        to--;
    *to = '\0';
    return start + strspn(start, " \t");
}

const char *cfo_conf_slurp(apr_pool_t *p, const char *path, char **text)
{
    apr_file_t *file;
    apr_size_t length = 0, room = 65536;
    apr_status_t status = apr_file_open(&file, path, APR_READ | APR_BINARY, 0, p);
    char *buffer = apr_palloc(p, room + 1), message[128];

    while (!status) {
        apr_size_t count = room - length;

        status = apr_file_read_full(file, buffer + length, count, &count);
        length += count;
        if (!status && length == room) {
            if (room >= FILE_MOST)
                return "it is larger than 32 MB";
            buffer = memcpy(apr_palloc(p, 2 * room + 1), buffer, length);
            room *= 2;
        }
    }
    if (status != APR_EOF)
        return apr_pstrdup(p, apr_strerror(status, message, sizeof message));
    apr_file_close(file);
    if (memchr(buffer, '\0', length))
        return "it is not a text file of ASCII or UTF-8: it contains NUL bytes";
    buffer[length] = '\0';
    *text = buffer + (strncmp(buffer, "\xEF\xBB\xBF", 3) ? 0 : 3);
    return NULL;
}
