/* SPDX-License-Identifier: Apache-2.0 */
/* Text for one line. */
#include "core/base/text.h"

#include <string.h>
#include <strings.h>

#include "apr_strings.h"

#include "core/base/ascii.h"

static int is_plain(const char *c)
{
    return *c >= ' ' && *c <= '~' && *c != '"' && !(c[0] == '\\' && c[1] == 'x');
}

char *cfo_text_put_quoted(char *out, const char *text, apr_size_t most)
{
    static const char hex[] = "0123456789abcdef";
    apr_size_t left = most;

    text = text ? text : "-";
    *out++ = '"';
    for (; *text; text++) {
        if (is_plain(text) && left) {
            left--;
            *out++ = *text;
            continue;
        }
        if (left < 4)
            break;
        left -= 4;
        *out++ = '\\';
        *out++ = 'x';
        *out++ = hex[(unsigned char)*text >> 4];
        *out++ = hex[*text & 15];
    }
    return strcpy(out, *text ? "...\"" : "\"") + (*text ? 4 : 1);
}

const char *cfo_text_quote(apr_pool_t *p, const char *text, apr_size_t most)
{
    char *result;

    if (!text)
        return "\"-\"";
    result = apr_palloc(p, most + CFO_TEXT_QUOTES);
    cfo_text_put_quoted(result, text, most);
    return result;
}

char *cfo_text_put_word(char *out, const char *text)
{
    int i;

    text = text && *text ? text : "-";
    for (i = 0; i <= CFO_TEXT_WORD_MOST && cfo_ascii_is(text[i], CFO_ASCII_WORD); i++)
        out[i] = text[i];
    if (text[i] || i > CFO_TEXT_WORD_MOST)
        return cfo_text_put_quoted(out, text, CFO_TEXT_WORD_MOST);
    out[i] = '\0';
    return out + i;
}

const char *cfo_text_word(apr_pool_t *p, const char *text)
{
    const char *end = text;

    if (!text || !*text)
        return "-";
    while (cfo_ascii_is(*end, CFO_ASCII_WORD))
        end++;
    return *end || end - text > CFO_TEXT_WORD_MOST
               ? cfo_text_quote(p, text, CFO_TEXT_WORD_MOST)
               : text;
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
