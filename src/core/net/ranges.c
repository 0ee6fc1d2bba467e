/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of address ranges. */
#include "core/net/ranges.h"

#include <string.h>

#include "apr_lib.h"
#include "apr_strings.h"

#include "core/base/text.h"
#include "core/base/utf16.h"

/* No line with a range is longer, without comment and space. */
enum { LINE_MOST = 64 };

static const char *const builtin[] = {
    "173.245.48.0/20",  "103.21.244.0/22",  "103.22.200.0/22", "103.31.4.0/22",
    "141.101.64.0/18",  "108.162.192.0/18", "190.93.240.0/20", "188.114.96.0/20",
    "197.234.240.0/22", "198.41.128.0/17",  "162.158.0.0/15",  "104.16.0.0/13",
    "104.24.0.0/14",    "172.64.0.0/13",    "131.0.72.0/22",   "2400:cb00::/32",
    "2606:4700::/32",   "2803:f800::/32",   "2405:b500::/32",  "2405:8100::/32",
    "2a06:98c0::/29",   "2c0f:f248::/32",
};

/* Adds a range to an array of cfo_range_t, or to a draft. */
typedef void add_t(void *to, const cfo_range_t *range);

static void add_to_array(void *to, const cfo_range_t *range)
{
    APR_ARRAY_PUSH((apr_array_header_t *)to, cfo_range_t) = *range;
}

static void add_to_draft(void *to, const cfo_range_t *range)
{
    cfo_ranges_draft_add(to, range);
}

static const char *read_range(apr_pool_t *p, const char *line, apr_size_t length,
                              cfo_range_t *range)
{
    char copy[LINE_MOST], *text = copy;
    const char *reason;

    if (memchr(line, '\0', length))
        return "a NUL byte: this is not a text file";
    if (length >= sizeof copy)
        text = apr_palloc(p, length + 1);
    memcpy(text, line, length);
    text[length] = '\0';
    reason = cfo_range_parse(p, text, range);
    return reason ? apr_psprintf(p, "%s: %s", cfo_text_quote(p, text, 80), reason) : NULL;
}

static const char *read_line(apr_pool_t *p, const char *line, apr_size_t length,
                             add_t *add, void *to)
{
    const char *end = memchr(line, '#', length), *reason;
    cfo_range_t range;

    length = end ? (apr_size_t)(end - line) : length;
    while (length && apr_isspace(line[length - 1]))
        length--;
    while (length && apr_isspace(*line)) {
        line++;
        length--;
    }
    if (!length)
        return NULL;
    reason = read_range(p, line, length, &range);
    if (!reason)
        add(to, &range);
    return reason;
}

static const char *read_lines(apr_pool_t *p, const char *text, apr_size_t length,
                              add_t *add, void *to)
{
    const char *end = text + length;
    int number = 0;

    cfo_utf8_skip_mark(&text, &length);
    while (text < end) {
        const char *newline = memchr(text, '\n', end - text);
        const char *stop = newline ? newline : end;
        const char *reason = read_line(p, text, stop - text, add, to);

        number++;
        if (reason)
            return apr_psprintf(p, "line %d: %s", number, reason);
        text = newline ? newline + 1 : end;
    }
    return NULL;
}

static const char no_range[] = "it contains no range";

const char *cfo_ranges_read(apr_pool_t *p, const char *text, apr_size_t length,
                            apr_array_header_t *ranges)
{
    int before = ranges->nelts;
    const char *reason = read_lines(p, text, length, add_to_array, ranges);

    if (!reason && ranges->nelts == before)
        reason = no_range;
    if (reason)
        ranges->nelts = before;
    return reason;
}

void cfo_ranges_add_builtin(apr_array_header_t *ranges)
{
    size_t i;

    for (i = 0; i < sizeof builtin / sizeof *builtin; i++)
        cfo_range_parse(ranges->pool, builtin[i], apr_array_push(ranges));
}

const char *cfo_ranges_draft_read(apr_pool_t *p, const char *text, apr_size_t length,
                                  cfo_ranges_draft_t *draft)
{
    const char *reason = read_lines(p, text, length, add_to_draft, draft);

    if (!reason && !cfo_ranges_draft_count(draft))
        reason = no_range;
    return reason;
}
