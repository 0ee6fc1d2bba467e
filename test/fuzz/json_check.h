/* SPDX-License-Identifier: Apache-2.0 */
/* A strict reader of JSON (RFC 8259), to check what was written. */
#ifndef CFO_TEST_FUZZ_JSON_CHECK_H
#define CFO_TEST_FUZZ_JSON_CHECK_H

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Reads a string from its quotation mark on, and writes it to `to`, unless that is NULL.
 * Returns what follows; NULL: it is none. No escape is for a character above U+00FF, and
 * none is NUL: nothing here writes such. */
static inline const char *json_unquote(const char *c, char *to)
{
    static const char escapes[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    unsigned value;

    if (*c++ != '"')
        return NULL;
    for (; *c != '"'; c++) {
        char byte = *c;

        if ((unsigned char)*c < ' ')
            return NULL;
        if (*c == '\\' && c[1] == 'u') {
            if (sscanf(c + 2, "%4x", &value) != 1 || !value || value > 0xff)
                return NULL;
            c += 5;
            if (to && value >= 0x80)
                *to++ = '\xc2';
            byte = (char)value;
        }
        else if (*c == '\\') {
            const char *escape = *++c ? strchr(escapes, *c) : NULL;

            if (!escape)
                return NULL;
            byte = values[escape - escapes];
        }
        if (to)
            *to++ = byte;
    }
    if (to)
        *to = '\0';
    return c + 1;
}

static inline const char *json_space(const char *c)
{
    return c + strspn(c, " \t\r\n");
}

/* A value without what is in it: "{", "[", or all of another one. NULL: it is none. */
static inline const char *json_scalar(const char *c)
{
    static const char *const words[] = { "true", "false", "null" };
    size_t i, length;

    if (*c == '"')
        return json_unquote(c, NULL);
    for (i = 0; i < 3; i++) {
        if (!strncmp(c, words[i], strlen(words[i])))
            return c + strlen(words[i]);
    }
    c += *c == '-';
    length = strspn(c, "0123456789");
    if (!length || (*c == '0' && length > 1))
        return NULL;
    c += length;
    if (*c == '.') {
        length = strspn(c + 1, "0123456789");
        return length ? c + 1 + length : NULL;
    }
    return c;
}

/* Whether a text is one value, with a line feed at its end. */
static inline int json_check(const char *c)
{
    char open[64];
    int depth = 0, is_first = 1;

    do {
        if (depth && *(c = json_space(c)) == (open[depth - 1] == '{' ? '}' : ']')) {
            c++;
            depth--;
            is_first = 0;
            continue;
        }
        if (depth && !is_first && *c++ != ',')
            return 0;
        c = json_space(c);
        if (depth && open[depth - 1] == '{') {
            if (!(c = json_unquote(c, NULL)) || *c++ != ':')
                return 0;
            c = json_space(c);
        }
        is_first = *c == '{' || *c == '[';
        if (is_first && depth < 64)
            open[depth++] = *c++;
        else if (!(c = json_scalar(c)))
            return 0;
    } while (depth);
    return !strcmp(c, "\n");
}

#endif
