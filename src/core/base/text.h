/* SPDX-License-Identifier: Apache-2.0 */
/* Text for one line of a log or of an error message: quoted foreign text, times, numbers.
 */
#ifndef CFO_CORE_BASE_TEXT_H
#define CFO_CORE_BASE_TEXT_H

#include "apr_pools.h"
#include "apr_time.h"

/* `text` (NULL: "-") in double quotes. A double quote, every byte that is not printable
 * ASCII, and a backslash before an x become \xHH, so that \x has only this meaning. A
 * value of more than `most` characters in this form is cut and ends in "...". Other
 * backslashes stay, because httpd doubles each backslash when it logs a message; for the
 * same reason apr_pescape_echo(), which writes \", would make quotes that end too early.
 */
const char *cfo_text_quote(apr_pool_t *p, const char *text, apr_size_t most);

/* A short value (host, method): without quotes if it has only letters, digits and
 * .:-_[]*, as nearly always; otherwise as cfo_text_quote(). NULL and "" become "-". */
const char *cfo_text_word(apr_pool_t *p, const char *text);

/* The same two without a pool, for lines that are made for each request: written to
 * `out`, which has room for `most` + CFO_TEXT_QUOTES bytes, or for CFO_TEXT_WORD_SIZE.
 * Return the NUL at the end. */
enum { CFO_TEXT_QUOTES = sizeof "\"...\"", CFO_TEXT_WORD_MOST = 255 };
enum { CFO_TEXT_WORD_SIZE = CFO_TEXT_WORD_MOST + CFO_TEXT_QUOTES };
char *cfo_text_put_quoted(char *out, const char *text, apr_size_t most);
char *cfo_text_put_word(char *out, const char *text);

/* Whether a word is one of those, up to NULL; in any case of its letters. */
int cfo_text_is_one_of(const char *word, const char *const *words);

/* "2029-11-01T17:00:00Z" */
const char *cfo_text_time(apr_pool_t *p, apr_time_t time);

/* The same without a pool; `text` has room for CFO_TEXT_TIME_SIZE. */
enum { CFO_TEXT_TIME_SIZE = 32 };
void cfo_text_time_print(char *text, apr_time_t time);

/* "1,234,567", in `text`, which has room for CFO_TEXT_COUNT_SIZE. */
enum { CFO_TEXT_COUNT_SIZE = 32 };
const char *cfo_text_count_print(char *text, apr_uint64_t number);

#endif
