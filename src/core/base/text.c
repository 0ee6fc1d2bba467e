/* SPDX-License-Identifier: Apache-2.0 */
/* Text for one line. */
#include "core/base/text.h"

#include <string.h>
#include <strings.h>

#include "apr_lib.h"
#include "apr_strings.h"

static int is_plain(const char *c)
{
    return *c >= ' ' && *c <= '~' && *c != '"' && !(c[0] == '\\' && c[1] == 'x');
}

const char *cfo_text_quote(apr_pool_t *p, const char *text, apr_size_t most)
{
    apr_size_t left = most;
    char *result, *out;

    if (!text)
        return "\"-\"";
    out = result = apr_palloc(p, most + sizeof "\"...\"");
    *out++ = '"';
    for (; *text && left >= (is_plain(text) ? 1 : 4); text++) {
        left -= is_plain(text) ? 1 : 4;
        if (is_plain(text))
            *out++ = *text;
        else
            out += apr_snprintf(out, sizeof "\\xHH", "\\x%02x", (unsigned char)*text);
    }
    strcpy(out, *text ? "...\"" : "\"");
    return result;
}

const char *cfo_text_word(apr_pool_t *p, const char *text)
{
    const char *c;

    if (!text || !*text)
        return "-";
    for (c = text; apr_isalnum(*c) || strchr(".:-_[]*", *c); c++) {
        if (!*c)
            return c - text > 255 ? cfo_text_quote(p, text, 255) : text;
    }
    return cfo_text_quote(p, text, 255);
}

void cfo_text_time_print(char *text, apr_time_t time)
{
    apr_time_exp_t t;

    apr_time_exp_gmt(&t, time);
    apr_snprintf(text, CFO_TEXT_TIME_SIZE, "%04d-%02d-%02dT%02d:%02d:%02dZ",
                 t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min,
                 t.tm_sec);
}

const char *cfo_text_time(apr_pool_t *p, apr_time_t time)
{
    char text[CFO_TEXT_TIME_SIZE];

    cfo_text_time_print(text, time);
    return apr_pstrdup(p, text);
}

const char *cfo_text_count_print(char *text, apr_uint64_t number)
{
    char *at = text + CFO_TEXT_COUNT_SIZE;
    int digits = 0;

    *--at = '\0';
    do {
        if (digits && digits % 3 == 0)
            *--at = ',';
        *--at = (char)('0' + number % 10);
        number /= 10;
        digits++;
    } while (number);
    return at;
}

int cfo_text_is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++) {
        if (!strcasecmp(word, *words))
            return 1;
    }
    return 0;
}
