/* SPDX-License-Identifier: Apache-2.0 */
/* Text that is written out piece by piece. */
#include "core/base/writer.h"

#include <stdarg.h>
#include <string.h>

#include "apr_strings.h"

#include "core/base/text.h"
#include "core/base/utf8.h"

enum { FORMAT_SIZE = 1001, BUFFER_SIZE = 8 };

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* The escaped form of a UTF-8 sequence, possibly in `buffer`; NULL if it needs none. */
typedef const char *(*escape_t)(const char *text, char buffer[BUFFER_SIZE]);

static int is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f;
}

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

/* What needs no escape is written in pieces as long as possible. */
static void write_escaped(const cfo_writer_t *out, const char *text, escape_t escape)
{
    const char *plain = text;
    char buffer[BUFFER_SIZE];

    while (text && *text) {
        int length = cfo_utf8_length(text);
        const char *escaped = length ? escape(text, buffer) : REPLACEMENT;

        if (escaped) {
            out->write(out->to, plain, (apr_size_t)(text - plain));
            cfo_write(out, escaped);
            plain = text + (length ? length : 1);
        }
        text += length ? length : 1;
    }
    if (text)
        out->write(out->to, plain, (apr_size_t)(text - plain));
}

static const char *escape_html(const char *text, char buffer[BUFFER_SIZE])
{
    (void)buffer;
    switch (*text) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return is_control(*text) ? REPLACEMENT : NULL; /* HTML cannot express it */
    }
}

void cfo_write_html(const cfo_writer_t *out, const char *text)
{
    write_escaped(out, text, escape_html);
}

static const char *escape_json(const char *text, char buffer[BUFFER_SIZE])
{
    /* U+0080 to U+009F are control characters to a terminal. */
    int is_c1 = text[0] == '\xc2' && (unsigned char)text[1] < 0xa0;

    if (*text == '"' || *text == '\\')
        apr_snprintf(buffer, BUFFER_SIZE, "\\%c", *text);
    else if (is_c1 || is_control(*text))
        apr_snprintf(buffer, BUFFER_SIZE, "\\u%04x", (unsigned char)text[is_c1]);
    else
        return NULL;
    return buffer;
}

void cfo_write_json(const cfo_writer_t *out, const char *text)
{
    write_escaped(out, text, escape_json);
}

static const char *escape_label(const char *text, char buffer[BUFFER_SIZE])
{
    if (*text == '"' || *text == '\\') {
        apr_snprintf(buffer, BUFFER_SIZE, "\\%c", *text);
        return buffer;
    }
    if (*text == '\n')
        return "\\n";
    return is_control(*text) ? REPLACEMENT
                             : NULL; /* allowed, but only an attack has it */
}

void cfo_write_label(const cfo_writer_t *out, const char *text)
{
    write_escaped(out, text, escape_label);
}

void cfo_write_count(const cfo_writer_t *out, apr_uint64_t number)
{
    char text[CFO_TEXT_COUNT_SIZE];

    cfo_write(out, cfo_text_count_print(text, number));
}
