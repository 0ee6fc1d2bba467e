/* SPDX-License-Identifier: Apache-2.0 */
/* What is in front of the BEGIN line of a PEM block. */
#include "core/trust/pem_front.h"

#include <string.h>

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
    { "0123456789:.) \t|", "its lines begin with line numbers: copy it without them" },
    { "+ ", "its lines begin with + as in the output of diff: remove that" },
    { "#;/* \t",
      "its lines are comments: remove what is before -----BEGIN and on the lines "
      "that follow" },
    /* No-break space, zero-width space and joiners, byte order mark. */
    { " \t\xc2\xa0\xe2\x80\x8b\x8c\x8d\xef\xbb\xbf",
      "invisible characters are before -----BEGIN (no-break spaces or zero-width ones, as web "
      "pages have them): copy it as plain text" },
};

static const char quotes[] = "it is in quotation marks: remove them";
static const char words[] =
    "something is on the line before -----BEGIN: a BEGIN has a line of its own";

static int consists_of(const char *from, const char *end, const char *characters)
{
    while (from < end && *from && strchr(characters, *from))
        from++;
    return from == end;
}

/* Plain ones, and typographic ones in UTF-8 and in Windows-1252. */
static int ends_in_quote(const char *from, const char *end)
{
    static const char *const marks[] = { "\"",           "'",    "`",   "\xe2\x80\x9c",
                                         "\xe2\x80\x98", "\x93", "\x91" };
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
    return ends_in_quote(line, mark) ? quotes : words;
}
