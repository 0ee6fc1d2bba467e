/* SPDX-License-Identifier: Apache-2.0 */
/* A line of apachectl -t -D DUMP_CF_ORIGIN. */
#include "ctl/origin/dump_line.h"

#include <string.h>

#include "apr_lib.h"
#include "apr_strings.h"

/* A text of this length that ends in dots was cut: the dump has 1,000 characters of it,
 * or up to three fewer. */
enum { CUT_FROM = 1000 };

char *cfo_dump_word(char **rest)
{
    char *word = *rest + strspn(*rest, " ");
    char *end = word + strcspn(word, " ");

    *rest = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

static int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A backslash and an x have only this meaning. */
static int decode(const char *text, char *byte)
{
    int high = hex_of(text[2]), low = high < 0 ? -1 : hex_of(text[3]);

    if (low < 0 || high + low == 0)
        return 0;
    *byte = (char)(high * 16 + low);
    return 1;
}

const char *cfo_dump_quoted(apr_pool_t *p, const char *text, const char **end)
{
    const char *close = *text == '"' ? strchr(text + 1, '"') : NULL;
    char *made, *out;

    if (!close || (close - text > CUT_FROM && !strncmp(close - 3, "...", 3)))
        return NULL;
    made = out = apr_palloc(p, (apr_size_t)(close - text));
    for (text++; text < close; out++) {
        if (text[0] == '\\' && text[1] == 'x') {
            if (!decode(text, out))
                return NULL;
            text += 4;
        }
        else
            *out = *text++;
    }
    *out = '\0';
    *end = close + 1;
    return made;
}

/* Reads one value, and what follows it. */
static const char *read_value(apr_pool_t *p, const char *text, const char **end)
{
    apr_size_t length;

    if (*text == '"')
        return cfo_dump_quoted(p, text, end);
    length = strcspn(text, " \"");
    *end = text + length;
    return length ? apr_pstrmemdup(p, text, length) : NULL;
}

apr_table_t *cfo_dump_pairs(apr_pool_t *p, const char *text)
{
    apr_table_t *pairs = apr_table_make(p, 8);

    while (*text) {
        const char *equals = text + strcspn(text, "= \""), *key, *value;

        if (*equals != '=' || equals == text)
            return NULL;
        key = apr_pstrmemdup(p, text, (apr_size_t)(equals - text));
        value = read_value(p, equals + 1, &text);
        if (!value || apr_table_get(pairs, key) || (*text && *text != ' '))
            return NULL;
        apr_table_setn(pairs, key, value);
        text += *text == ' ';
    }
    return pairs;
}

const char *cfo_dump_before_place(apr_pool_t *p, const char *text)
{
    const char *at = NULL, *next = text;

    while ((next = strstr(next, " at=")) != NULL)
        at = next++;
    return at ? apr_pstrmemdup(p, text, (apr_size_t)(at - text)) : text;
}
