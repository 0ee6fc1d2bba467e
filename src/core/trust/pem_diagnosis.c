/* SPDX-License-Identifier: Apache-2.0 */
/* What a file is that should be a PEM file of certificates, and is none. */
#include "core/trust/pem_diagnosis.h"

#include <string.h>
#include <strings.h>

#include "apr_lib.h"

#include "core/base/utf16.h"
#include "core/trust/foreign_text.h"
#include "core/trust/pem_front.h"
#include "core/trust/text_part.h"

#define BEGIN "-----BEGIN "
#define END "-----END "

/* Hyphens that are typographic, or drawn: U+2010 to U+2015, U+2212, U+2500 and U+2501,
 * U+FE58, U+FE63, U+FF0D, the soft hyphen. */
static const char *const dashes[] = {
    "\xe2\x80\x90", "\xe2\x80\x91", "\xe2\x80\x92", "\xe2\x80\x93", "\xe2\x80\x94",
    "\xe2\x80\x95", "\xe2\x88\x92", "\xe2\x94\x80", "\xe2\x94\x81", "\xef\xb9\x98",
    "\xef\xb9\xa3", "\xef\xbc\x8d", "\xc2\xad",
};

/* In Windows-1252, where no letter of UTF-8 is meant. */
static int is_windows_dash(const cfo_part_t *text, const char *c)
{
    unsigned char u = (unsigned char)*c;

    return (u == 0x96 || u == 0x97 || u == 0xad) &&
           (c == text->begin || (unsigned char)c[-1] < 0x80);
}

static int has_dash(const cfo_part_t *line)
{
    const char *c;
    size_t i;

    for (i = 0; i < sizeof dashes / sizeof *dashes; i++) {
        if (cfo_part_find(line, dashes[i]))
            return 1;
    }
    for (c = line->begin; c < line->end; c++) {
        if (is_windows_dash(line, c))
            return 1;
    }
    return 0;
}

/* In a line that begins or ends a block; a comment may have some. */
static int has_dashes(const cfo_part_t *text)
{
    cfo_part_t line = { text->begin, text->begin };
    int found = 0;

    for (; !found && line.begin < text->end; line.begin = line.end + 1) {
        line.end = memchr(line.begin, '\n', (size_t)(text->end - line.begin));
        line.end = line.end ? line.end : text->end;
        found = (cfo_part_find(&line, "BEGIN") || cfo_part_find(&line, "END")) &&
                has_dash(&line);
    }
    return found;
}

/* A backslash with n or r before or after a mark. */
static int has_escaped_newlines(const cfo_part_t *text)
{
    return cfo_part_find(text, "-----\\n") || cfo_part_find(text, "\\n-----") ||
           cfo_part_find(text, "-----\\r") || cfo_part_find(text, "-----\\\\n");
}

static int has_escaped_slashes(const cfo_part_t *text)
{
    return cfo_part_find(text, BEGIN) && cfo_part_find(text, "\\/");
}

static int is_percent_encoded(const cfo_part_t *text)
{
    return cfo_part_find(text, "-----BEGIN%20") ||
           cfo_part_find(text, "-----BEGIN+CERT") || cfo_part_find(text, "-----%0A") ||
           cfo_part_find(text, "-----%0D") || cfo_part_find(text, "-----&#") ||
           cfo_part_find(text, "&#45;BEGIN") || cfo_part_find(text, "&#x2d;BEGIN") ||
           cfo_part_find(text, "&#x2D;BEGIN");
}

static int is_glued(const cfo_part_t *text)
{
    return cfo_part_find(text, "----------BEGIN ") ||
           cfo_part_find(text, "----- -----BEGIN ");
}

/* What follows the mark of the first BEGIN; NULL: there is none. */
static const char *after_begin(const cfo_part_t *text)
{
    const char *c = cfo_part_find(text, BEGIN);

    if (!c)
        return NULL;
    for (c += strlen(BEGIN); c < text->end && *c != '-' && *c != '\n';)
        c++;
    while (c < text->end && *c == '-')
        c++;
    return c;
}

/* The END is on the line of the BEGIN. */
static int is_one_line(const cfo_part_t *text)
{
    cfo_part_t rest = { after_begin(text), text->end };
    const char *feed;

    if (!rest.begin)
        return 0;
    feed = memchr(rest.begin, '\n', (size_t)(rest.end - rest.begin));
    rest.end = feed ? feed : rest.end;
    return cfo_part_find(&rest, END) != NULL;
}

static int has_more_on_begin(const cfo_part_t *text)
{
    const char *c = after_begin(text);

    while (c && c < text->end && (*c == ' ' || *c == '\t' || *c == '\r'))
        c++;
    return c && c < text->end && *c != '\n';
}

static int has_conflict(const cfo_part_t *text)
{
    return cfo_part_begins_with(text, "<<<<<<< ") || cfo_part_find(text, "\n<<<<<<< ") ||
           cfo_part_find(text, "\n>>>>>>> ");
}

/* Or another BEGIN comes first. */
static int has_no_end(const cfo_part_t *text)
{
    cfo_part_t rest = { after_begin(text), text->end };
    const char *begin, *end;

    if (!rest.begin)
        return 0;
    begin = cfo_part_find(&rest, BEGIN);
    end = cfo_part_find(&rest, END);
    return !end || (begin && begin < end);
}

static int has_no_begin(const cfo_part_t *text)
{
    return cfo_part_find(text, END) && !cfo_part_find(text, BEGIN);
}

/* How many bytes that are no letters are at `c`, at most 12. */
static int count_others(const char *c, const char *end)
{
    int count = 0;

    while (c + count < end && count < 12 && !apr_isalnum(c[count]))
        count++;
    return count;
}

/* The words of a mark, but not the mark. */
static int has_bad_mark(const cfo_part_t *text)
{
    const char *c;

    if (cfo_part_find(text, BEGIN "CERT") || cfo_part_find(text, BEGIN "X509 "))
        return 0;
    for (c = text->begin; text->end - c >= 16; c++) {
        int others = count_others(c + 5, text->end);

        if (!strncasecmp(c, "BEGIN", 5) && others && text->end - c >= 9 + others &&
            !strncasecmp(c + 5 + others, "CERT", 4))
            return 1;
    }
    return 0;
}

static int is_empty_block(const cfo_part_t *text)
{
    const char *c = after_begin(text);

    while (c && c < text->end && apr_isspace(*c))
        c++;
    return c && text->end - c >= 9 && !memcmp(c, END, 9);
}

/* The END line does not match the BEGIN line, or is cut off. */
static int has_bad_end(const cfo_part_t *text)
{
    const char *begin = cfo_part_find(text, BEGIN), *end = cfo_part_find(text, END), *c;

    if (!begin || !end || end < begin)
        return 0;
    begin += strlen(BEGIN);
    end += strlen(END);
    for (c = begin; c < text->end && *c != '-' && *c != '\n'; c++)
        ;
    return text->end - end < (c - begin) + 5 || memcmp(begin, end, (size_t)(c - begin)) ||
           memcmp(end + (c - begin), "-----", 5);
}

static int has_empty_lines(const cfo_part_t *text)
{
    const char *begin = cfo_part_find(text, BEGIN), *c;

    for (c = begin; c && c + 2 < text->end && memcmp(c, "\n-", 2); c++) {
        if (c[0] == '\n' && (c[1] == '\n' || (c[1] == '\r' && c[2] == '\n')))
            return 1;
    }
    return 0;
}

/* The last one: nothing else is known. */
static int has_block(const cfo_part_t *text)
{
    return cfo_part_find(text, BEGIN) != NULL; /* and has_no_end() did not apply */
}

/* In this order: the first one that applies. */
static const struct {
    int (*applies)(const cfo_part_t *text);
    const char *what;
} kinds[] = {
    { has_conflict,
      "it has marks of git (<<<<<<<, >>>>>>>) for a conflict that nobody has "
      "resolved: decide which lines are right" },
    { has_escaped_newlines,
      "its line breaks are written as \\n, as in JSON or in a "
      "variable; make lines of them: printf '%b\\n' \"$(cat FILE)\"" },
    { is_percent_encoded,
      "it is encoded as in a URL or in HTML (%20, %0A, &#10;): decode "
      "it, or copy it again" },
    { has_dashes, "its hyphens are typographic dashes, as word processors and web pages "
                  "make them: replace those in each BEGIN and END line by five plain "
                  "hyphens, or copy it again" },
    { is_glued,
      "an END and a BEGIN are on one line, as when files are joined of which one "
      "does not end with a newline; begin a new line between them: sed "
      "'s/----------/-----\\n-----/' FILE" },
    { NULL, NULL }, /* what is in front of the lines */
    { is_one_line,
      "its line breaks are lost: the BEGIN line and the END line must be lines of "
      "their own, with lines of 64 characters between them; copy it again" },
    { has_more_on_begin,
      "something follows -----BEGIN CERTIFICATE----- on its line: it must be a line of "
      "its own" },
    { has_escaped_slashes, "its slashes are written as \\/, as in JSON: remove the "
                           "backslashes" },
    { has_no_end, "its -----END CERTIFICATE----- line is missing, as if it were cut off: "
                  "copy it again, to its end" },
    { has_bad_mark, "its BEGIN line is not exactly -----BEGIN CERTIFICATE----- (five "
                    "hyphens on each side, capital letters, no other spaces)" },
    { has_no_begin,
      "its -----BEGIN CERTIFICATE----- line is missing: copy it again, from "
      "its beginning" },
    { has_bad_end, "its END line is not exactly -----END CERTIFICATE-----" },
    { is_empty_block, "nothing is between its BEGIN and END lines: copy it again" },
    { has_empty_lines, "it has empty lines between BEGIN and END: remove them" },
    { has_block, "the base64 between BEGIN and END is damaged, as if a part were lost or "
                 "changed: copy it again" },
};

const char *cfo_pem_diagnose(const char *text, apr_size_t length)
{
    const char *what = NULL;
    cfo_part_t part;
    size_t i;

    cfo_utf8_skip_mark(&text, &length);
    if (!length)
        return NULL;
    part = (cfo_part_t){ text, text + length };
    what = cfo_foreign_text(text, length);
    for (i = 0; !what && i < sizeof kinds / sizeof *kinds; i++) {
        if (!kinds[i].applies)
            what = cfo_pem_front(text, length);
        else if (kinds[i].applies(&part))
            what = kinds[i].what;
    }
    return what;
}
