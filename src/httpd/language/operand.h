/* SPDX-License-Identifier: Apache-2.0 */
/* The words of an expression: signs, texts, variables and functions. */
#ifndef CFO_HTTPD_LANGUAGE_OPERAND_H
#define CFO_HTTPD_LANGUAGE_OPERAND_H

#include "httpd.h"

#include "apr_hash.h"

/* What is compared. */
typedef struct {
    const char *text; /* with %{variables}, of functions as well: %{req:Accept} */
    int is_unknown;   /* what the text becomes does not show from it */
    char letters;     /* tolower: 'a', toupper: 'A', otherwise '\0' */
} cfo_operand_t;

/* Goes through an expression from left to right. */
typedef struct {
    apr_pool_t *pool;
    apr_hash_t *patterns; /* where regular expressions are kept: see pattern.h */
    const char *at;
    int depth;
    int is_bad; /* there was something that is not understood */
} cfo_reader_t;

/* How deep brackets and functions may be. */
enum { CFO_READER_MOST_DEPTH = 60 };

void cfo_reader_skip_space(cfo_reader_t *reader);

/* Whether the next is this word or sign, which is skipped then. */
int cfo_reader_take(cfo_reader_t *reader, const char *token);

/* Letters, digits and _; "": there are none. */
const char *cfo_reader_word(cfo_reader_t *reader);

/* What is up to an end mark, which is skipped, without the backslashes before it. */
const char *cfo_reader_until(cfo_reader_t *reader, char mark);

/* Texts, variables and functions, with points between them. */
cfo_operand_t cfo_reader_operand(cfo_reader_t *reader);

/* Whether a text has a variable. */
int cfo_operand_has_variable(const char *text);

#endif
