/* SPDX-License-Identifier: Apache-2.0 */
/* A line of apachectl -t -D DUMP_CF_ORIGIN. */
#ifndef CFO_CTL_ORIGIN_DUMP_LINE_H
#define CFO_CTL_ORIGIN_DUMP_LINE_H

#include "apr_pools.h"
#include "apr_tables.h"

/* Cuts the next word off *rest, which changes. "" at the end. */
char *cfo_dump_word(char **rest);

/* Reads a text in double quotes, as cfo_text_quote() writes it, up to its end; *end is
 * what follows. NULL: it is none, or it is incomplete. */
const char *cfo_dump_quoted(apr_pool_t *p, const char *text, const char **end);

/* Reads "key=value key="value" ...", each of them once. NULL: it is something else. */
apr_table_t *cfo_dump_pairs(apr_pool_t *p, const char *text);

/* The text between the start of `text` and the last " at=" that follows it; all of it if
 * there is none. */
const char *cfo_dump_before_place(apr_pool_t *p, const char *text);

#endif
