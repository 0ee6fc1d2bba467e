/* SPDX-License-Identifier: Apache-2.0 */
/* Text that goes out as it is made. */
#include "core/base/writer.h"

#include <stdarg.h>
#include <string.h>

#include "apr_lib.h"
#include "apr_strings.h"

#include "core/base/utf8.h"

enum { FORMAT_SIZE = 1001, COUNT_SIZE = 32 };

/* Writes one character in another form, if it needs one, and returns whether it did. */
typedef int (*escape_t)(const cfo_writer_t *out, char c);

void cfo_write(const cfo_writer_t *out, const char *text)
{
    out->write(out->to, text, strlen(text));
}

void cfo_write_format(const cfo_writer_t *out, const char *format, ...)
{
    char text[FORMAT_SIZE];
    va_list args;

    va_start(args, format);
    apr_vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cfo_write(out, text);
}

/* What needs no other form goes out in as long pieces as there are. */
static void write_escaped(const cfo_writer_t *out, const char *text, escape_t escape)
{
    const char *plain = text;
    int length;

    for (; text && *text; text += length ? length : 1) {
        length = cfo_utf8_length(text);
        if (length > 1)
            continue;
        out->write(out->to, plain, (apr_size_t)(text - plain));
        if (!length)
            cfo_write(out, "\xef\xbf\xbd");
        plain = length && !escape(out, *text) ? text : text + 1;
    }
    if (text)
        out->write(out->to, plain, (apr_size_t)(text - plain));
}

static int escape_html(const cfo_writer_t *out, char c)
{
    switch (c) {
    case '&':
        cfo_write(out, "&amp;");
        return 1;
    case '<':
        cfo_write(out, "&lt;");
        return 1;
    case '>':
        cfo_write(out, "&gt;");
        return 1;
    case '"':
        cfo_write(out, "&quot;");
        return 1;
    case '\'':
        cfo_write(out, "&#39;");
        return 1;
    default:
        if (!apr_iscntrl(c))
            return 0;
        cfo_write(out, "\xef\xbf\xbd"); /* HTML has no way to say it */
        return 1;
    }
}

void cfo_write_html(const cfo_writer_t *out, const char *text)
{
    write_escaped(out, text, escape_html);
}

static int escape_json(const cfo_writer_t *out, char c)
{
    if (c == '"' || c == '\\')
        cfo_write_format(out, "\\%c", c);
    else if (apr_iscntrl(c))
        cfo_write_format(out, "\\u%04x", (unsigned char)c);
    else
        return 0;
    return 1;
}

void cfo_write_json(const cfo_writer_t *out, const char *text)
{
    write_escaped(out, text, escape_json);
}

/* Other control characters are allowed there, and come from nowhere but an attack. */
static int escape_label(const cfo_writer_t *out, char c)
{
    if (c == '"' || c == '\\')
        cfo_write_format(out, "\\%c", c);
    else if (c == '\n')
        cfo_write(out, "\\n");
    else if (apr_iscntrl(c))
        cfo_write(out, "\xef\xbf\xbd");
    else
        return 0;
    return 1;
}

void cfo_write_label(const cfo_writer_t *out, const char *text)
{
    write_escaped(out, text, escape_label);
}

void cfo_write_count(const cfo_writer_t *out, apr_uint64_t number)
{
    char text[COUNT_SIZE], *at = text + sizeof text;
    int digits = 0;

    *--at = '\0';
    do {
        if (digits && digits % 3 == 0)
            *--at = ',';
        *--at = (char)('0' + number % 10);
        number /= 10;
        digits++;
    } while (number);
    cfo_write(out, at);
}
