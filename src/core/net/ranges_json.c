/* SPDX-License-Identifier: Apache-2.0 */
/* Address ranges in JSON. */
#include "core/net/ranges_json.h"

#include <string.h>

#include "apr_lib.h"
#include "apr_strings.h"

#include "core/base/text.h"

enum { DEPTH_MOST = 32, SHOWN_MOST = 80 };

/* An array. */
typedef struct {
    int has_range;
    const char *reason; /* what is wrong with an element that is none */
} list_t;

/* A text that is being read, from its beginning to its end. */
typedef struct {
    apr_pool_t *pool;
    const char *at;
    int line;
    char brackets[DEPTH_MOST]; /* those that are open */
    list_t lists[DEPTH_MOST];
    int depth;
    const char *key; /* of the member that is read */
    int is_failure;  /* "success": false */
    int at_key;      /* the next string is the name of a member */
    apr_array_header_t *ranges;
} reader_t;

int cfo_ranges_json_is(const char *text)
{
    text += strspn(text, " \t\r\n");
    if (*text == '{')
        return text[1 + strspn(text + 1, " \t\r\n")] == '"';
    return *text == '[' && strchr("\"{", text[1 + strspn(text + 1, " \t\r\n")]) &&
           text[1 + strspn(text + 1, " \t\r\n")];
}

static const char *fail(const reader_t *reader, const char *what)
{
    return apr_psprintf(reader->pool, "line %d: %s", reader->line, what);
}

/* "173.245.48.0/33", but not "1/2". */
static int is_meant_as_range(const char *value)
{
    return strchr(value, '/') && (strchr(value, '.') || strchr(value, ':')) &&
           cfo_range_looks_like(value);
}

static int is_message(const char *key)
{
    return key && (!strcmp(key, "errors") || !strcmp(key, "messages"));
}

/* A list that has a range has nothing else; a list of names, none. */
static const char *check_list(const reader_t *reader)
{
    const list_t *list = &reader->lists[reader->depth - 1];

    return list->has_range ? list->reason : NULL;
}

static const char *take_value(reader_t *reader, const char *value)
{
    list_t *list = reader->depth ? &reader->lists[reader->depth - 1] : NULL;
    int in_array = list && reader->brackets[reader->depth - 1] == '[';
    cfo_range_t range;
    const char *reason;

    if (is_message(reader->key))
        return NULL;
    reason = cfo_range_parse(reader->pool, value, &range);
    if (!reason) {
        APR_ARRAY_PUSH(reader->ranges, cfo_range_t) = range;
        if (in_array)
            list->has_range = 1;
        return NULL;
    }
    reason = fail(reader,
                  apr_psprintf(reader->pool, "%s: %s",
                               cfo_text_quote(reader->pool, value, SHOWN_MOST), reason));
    if (is_meant_as_range(value))
        return reason;
    if (in_array && !list->reason)
        list->reason = reason;
    return NULL;
}

/* Reads the escape at `*from`, behind the backslash; what is not ASCII becomes a "?",
 * since no range has it. */
static char read_escape(const char **from)
{
    static const char hex[] = "0123456789abcdef";
    unsigned value = 0;
    int i;

    if (**from != 'u')
        return *(*from)++;
    for (i = 1; i <= 4; i++) {
        const char *digit = (*from)[i] ? strchr(hex, apr_tolower((*from)[i])) : NULL;

        if (!digit)
            break;
        value = value << 4 | (unsigned)(digit - hex);
    }
    *from += i;
    return value >= ' ' && value < 0x7f ? (char)value : '?';
}

static const char *read_string(reader_t *reader)
{
    const char *from = reader->at + 1;
    char *value = apr_palloc(reader->pool, strcspn(from, "\n") + 1), *end = value;

    while (*from && *from != '"' && *from != '\n') {
        if (*from == '\\' && from[1] && from[1] != '\n') {
            from++;
            *end++ = read_escape(&from);
        }
        else
            *end++ = *from++;
    }
    *end = '\0';
    if (*from != '"')
        return fail(reader, "a string without a closing quotation mark: the JSON is cut "
                            "off");
    reader->at = from + 1;
    if (!reader->at_key)
        return take_value(reader, value);
    reader->key = value;
    reader->at_key = 0;
    return NULL;
}

static const char *open_bracket(reader_t *reader)
{
    if (reader->depth == DEPTH_MOST)
        return fail(reader, "too many brackets");
    reader->lists[reader->depth] = (list_t){ 0, NULL };
    reader->brackets[reader->depth++] = *reader->at;
    reader->at_key = *reader->at == '{';
    reader->at++;
    return NULL;
}

static const char *close_bracket(reader_t *reader)
{
    char opened = *reader->at == '}' ? '{' : '[';
    const char *reason;

    if (!reader->depth || reader->brackets[reader->depth - 1] != opened)
        return fail(reader, "a closing bracket that does not match");
    reason = check_list(reader);
    reader->depth--;
    reader->at_key = 0;
    reader->at++;
    return reason;
}

static const char *read_word(reader_t *reader)
{
    size_t length =
        strspn(reader->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                           "0123456789+-.");

    if (!length)
        return fail(reader, "this is not JSON");
    if (reader->key && !strcmp(reader->key, "success") && reader->depth == 1 &&
        !strncmp(reader->at, "false", 5))
        reader->is_failure = 1;
    reader->at += length;
    return NULL;
}

static const char *read_token(reader_t *reader)
{
    switch (*reader->at) {
    case '"':
        return read_string(reader);
    case '{':
    case '[':
        return open_bracket(reader);
    case '}':
    case ']':
        return close_bracket(reader);
    case ',':
        reader->at_key = reader->depth && reader->brackets[reader->depth - 1] == '{';
        reader->at++;
        return NULL;
    case ':':
        reader->at++;
        return NULL;
    default:
        return read_word(reader);
    }
}

const char *cfo_ranges_json_read(apr_pool_t *p, const char *text,
                                 apr_array_header_t *ranges)
{
    reader_t reader = { .pool = p, .at = text, .line = 1, .ranges = ranges };
    const char *reason = NULL;

    while (!reason && *reader.at) {
        if (apr_isspace(*reader.at))
            reader.line += *reader.at++ == '\n';
        else
            reason = read_token(&reader);
    }
    if (!reason && reader.depth)
        reason = fail(&reader, "the JSON is cut off");
    if (!reason && reader.is_failure)
        reason = "it is an answer of the API that reports a failure (success: false)";
    return reason;
}
