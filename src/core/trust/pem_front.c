/* SPDX-License-Identifier: Apache-2.0 */
/* What is in front of the BEGIN line of a PEM block. */
#include "core/trust/pem_front.h"

#include <string.h>

#include "apr_lib.h"

/* Characters of a line up to the mark, and what they are. In this order. */
static const struct {
    const char *characters, *what;
} fronts[] = {
    { " \t\v\f",
      "its lines are indented, as in YAML; remove the spaces: sed 's/^[ \\t]*//' "
      "FILE" },
    { "-",
      "its BEGIN line is not exactly -----BEGIN CERTIFICATE----- (five hyphens on each "
      "side)" },
    { "> \t|",
      "its lines begin with > as in a quoted mail; remove that: sed 's/^[> ]*//' "
      "FILE" },
    { "+ ", "its lines begin with + as in the output of diff: remove that" },
    { "#;/* \t",
      "its lines are comments: remove what is before -----BEGIN and on the lines "
      "that follow" },
};

static const char numbers[] = "its lines begin with line numbers: copy it without them";
static const char invisible[] =
    "invisible characters are before -----BEGIN (no-break spaces or zero-width ones, as web "
    "pages have them): copy it as plain text";
static const char quotes[] = "it is in quotation marks: remove them";
static const char words[] =
    "something is on the line before -----BEGIN: a BEGIN has a line of its own";

static int consists_of(const char *from, const char *end, const char *characters)
{
    while (from < end && *from && strchr(characters, *from))
        from++;
    return from == end;
}

/* "12: ", also after the name of a file, as grep prints it. */
static int is_number(const char *from, const char *end)
{
    const char *digits;

    while (end > from && end[-1] && strchr(":.) \t|", end[-1]))
        end--;
    for (digits = end; digits > from && apr_isdigit(digits[-1]);)
        digits--;
    return digits < end &&
           (digits == from || digits[-1] == ':' || apr_isspace(digits[-1]));
}

/* Spaces of all kinds (U+00A0, U+2000 to U+200F, U+202F, U+205F, U+2060, U+3000) and byte
 * order marks. */
static int is_invisible(const char *from, const char *end)
{
    const unsigned char *c = (const unsigned char *)from;
    size_t left = (size_t)(end - from);

    while (left) {
        size_t length = 0;

        if (*c <= ' ')
            length = 1;
        else if (left >= 2 && !memcmp(c, "\xc2\xa0", 2))
            length = 2;
        else if (left >= 3 &&
                 (!memcmp(c, "\xef\xbb\xbf", 3) || !memcmp(c, "\xe3\x80\x80", 3) ||
                  !memcmp(c, "\xe2\x80\xaf", 3) || !memcmp(c, "\xe2\x81\x9f", 3) ||
                  !memcmp(c, "\xe2\x81\xa0", 3) ||
                  (!memcmp(c, "\xe2\x80", 2) && c[2] <= 0x8f)))
            length = 3;
        if (!length)
            return 0;
        c += length;
        left -= length;
    }
    return 1;
}

/* Plain ones, and typographic ones in UTF-8 and in Windows-1252. */
static int ends_in_quote(const char *from, const char *end)
{
    static const char *const marks[] = { "\"",
                                         "'",
                                         "`",
                                         "\xe2\x80\x9c",
                                         "\xe2\x80\x98",
                                         "\xe2\x80\x9e",
                                         "\xe2\x80\x9d",
                                         "\xe2\x80\x99",
                                         "\xe2\x80\x9a",
                                         "\xc2\xab",
                                         "\xc2\xbb",
                                         "\x93",
                                         "\x91",
                                         "\x84" };
    size_t i;

    for (i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t length = strlen(marks[i]);

        if ((size_t)(end - from) >= length && !memcmp(end - length, marks[i], length))
            return 1;
    }
    return 0;
}

const char *cfo_pem_front(const char *text, apr_size_t length)
{
    const char *mark = memmem(text, length, "-----BEGIN ", 11), *line = mark;
    size_t i;

    while (line && line > text && line[-1] != '\n' && line[-1] != '\r')
        line--;
    if (line == mark)
        return NULL;
    for (i = 0; i < sizeof fronts / sizeof *fronts; i++) {
        if (consists_of(line, mark, fronts[i].characters))
            return fronts[i].what;
    }
    if (is_number(line, mark))
        return numbers;
    if (is_invisible(line, mark))
        return invisible;
    return ends_in_quote(line, mark) ? quotes : words;
}
