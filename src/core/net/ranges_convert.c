/* SPDX-License-Identifier: Apache-2.0 */
/* Reads address ranges in the formats of other programs. */
#include "core/net/ranges_convert.h"

#include <string.h>
#include <strings.h>

#include "apr_lib.h"
#include "apr_strings.h"

#include "core/base/utf16.h"
#include "core/net/ranges_json.h"

#define CONVERT "cf-originctl ranges --convert FILE makes a list of it"

/* How a line begins that is a comment in some language. */
static int is_comment(const char *line)
{
    return *line == ';' || !strncmp(line, "//", 2) || !strncmp(line, "--", 2);
}

/* Where comments begin and end that may be in or around lines. */
static const struct {
    const char *begin, *end;
} blocks[] = { { "/*", "*/" }, { "<!--", "-->" } };

/* Overwrites comments by spaces, but not the ends of lines. */
static void remove_blocks(char *text)
{
    size_t i;

    for (i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        char *from = text, *c;

        while ((from = strstr(from, blocks[i].begin)) != NULL) {
            char *end = strstr(from, blocks[i].end);

            end = end ? end + strlen(blocks[i].end) : from + strlen(from);
            for (c = from; c < end; c++)
                *c = *c == '\n' ? '\n' : ' ';
            from = end;
        }
    }
}

/* The end of a line without a comment behind it. */
static const char *find_comment(const char *from, const char *end)
{
    const char *c;

    for (c = from; c < end; c++) {
        if (*c == '#' ||
            (c > from && apr_isspace(c[-1]) && end - c >= 2 && !memcmp(c, "//", 2)))
            return c;
    }
    return end;
}

/* A line without comment and surrounding space. */
static const char *trim(apr_pool_t *p, const char *from, const char *end)
{
    end = find_comment(from, end);
    while (from < end && apr_isspace(*from))
        from++;
    while (end > from && apr_isspace(end[-1]))
        end--;
    /* Not apr_pstrmemdup(), whose declaration in APR 1.7.5 hides the NUL at its end from
     * UBSan. */
    from = apr_pstrndup(p, from, (apr_size_t)(end - from));
    return is_comment(from) ? "" : from;
}

static const char *read_lines(apr_pool_t *p, const char *text,
                              cfo_conversion_t *conversion)
{
    char *plain = apr_pstrdup(p, text);
    const char *reason = NULL;
    int number = 0;

    remove_blocks(plain);
    for (text = plain; !reason && *text;) {
        const char *end = text + strcspn(text, "\n");
        const char *line = trim(p, text, end);

        number++;
        if (*line)
            reason = cfo_ranges_line_read(p, number, line, conversion);
        text = *end ? end + 1 : end;
    }
    return reason;
}

static int is_html(const char *text)
{
    text += strspn(text, " \t\r\n");
    return !strncasecmp(text, "<!doctype", 9) || !strncasecmp(text, "<html", 5) ||
           !strncasecmp(text, "<head", 5) ||
           (!strncasecmp(text, "<?xml", 5) && !strstr(text, "<entry>")); /* firewalld */
}

static const char html[] =
    "a page of HTML or XML, as a site answers instead of the file (an error, a login, "
    "\"Just a moment...\"): download it again, and look at it before you use it";

/* Returns the text as ASCII or UTF-8, with a NUL at its end. */
static const char *decode(apr_pool_t *p, const char *text, apr_size_t *length,
                          cfo_conversion_t *conversion)
{
    if (cfo_utf16_is(text, *length)) {
        conversion->format = "a text in UTF-16";
        return cfo_utf16_to_ascii(p, text, *length, length);
    }
    cfo_utf8_skip_mark(&text, length);
    return apr_pstrmemdup(p, text, *length);
}

const char *cfo_ranges_convert(apr_pool_t *p, const char *text, apr_size_t length,
                               cfo_conversion_t *conversion)
{
    const char *reason;

    conversion->format = NULL;
    conversion->ranges = apr_array_make(p, 32, sizeof(cfo_range_t));
    conversion->left_out = apr_array_make(p, 4, sizeof(const char *));
    text = decode(p, text, &length, conversion);
    if (strlen(text) < length)
        return "it has NUL bytes, so that it is not a text file";
    if (is_html(text))
        return html;
    if (cfo_ranges_json_is(text)) {
        conversion->format = "JSON, such as the answer of Cloudflare's API";
        reason = cfo_ranges_json_read(p, text, conversion->ranges);
    }
    else
        reason = read_lines(p, text, conversion);
    if (!reason && !conversion->ranges->nelts)
        reason = "it contains no range";
    return reason;
}

const char *cfo_ranges_diagnose(apr_pool_t *p, const char *text, apr_size_t length,
                                const char *error)
{
    cfo_conversion_t conversion;
    apr_pool_t *scratch;
    const char *reason;

    apr_pool_create(&scratch, p);
    reason = cfo_ranges_convert(scratch, text, length, &conversion);
    if (reason == html)
        error = apr_pstrcat(p, error, ". It is ", html, NULL);
    else if (!reason && conversion.format)
        error =
            apr_psprintf(p, "%s. It looks like %s: " CONVERT, error, conversion.format);
    else if (!reason)
        error = apr_pstrcat(p, error, ". " CONVERT, NULL);
    else if (conversion.format)
        error = apr_psprintf(p, "%s. It looks like %s", error, conversion.format);
    apr_pool_destroy(scratch);
    return error;
}
