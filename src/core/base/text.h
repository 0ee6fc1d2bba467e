/* SPDX-License-Identifier: Apache-2.0 */
/* Foreign text made fit for one line of a log or of an error message. */
#ifndef CFO_CORE_BASE_TEXT_H
#define CFO_CORE_BASE_TEXT_H

#include "apr_pools.h"
#include "apr_time.h"

/* `text` (NULL: "-") between double quotes. A double quote, every byte that is not
 * printable ASCII, and a backslash before an x become \xHH, so that \x stands for nothing
 * else; a value that takes more than `most` characters as written is cut and ends in
 * "...". Other backslashes stay, for httpd doubles each backslash of a message before it
 * writes it; for the same reason apr_pescape_echo(), which writes \", would produce
 * quotes that end too early. */
const char *cfo_text_quote(apr_pool_t *p, const char *text, apr_size_t most);

/* A short value (host, method) without quotes if it is made of letters, digits and
 * .:-_[]* alone, which is nearly always; else as cfo_text_quote() has it. NULL and ""
 * become "-". */
const char *cfo_text_word(apr_pool_t *p, const char *text);

/* "2029-11-01T17:00:00Z" */
const char *cfo_text_time(apr_pool_t *p, apr_time_t time);

/* The same without a pool; `text` has room for CFO_TEXT_TIME_SIZE. */
enum { CFO_TEXT_TIME_SIZE = 32 };
void cfo_text_time_print(char *text, apr_time_t time);

/* Lower-case hexadecimal digits of `count` bytes. */
const char *cfo_text_hex(apr_pool_t *p, const unsigned char *bytes, apr_size_t count);

#endif
