/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions of httpd (<If>, Require expr, SetEnvIfExpr, RewriteCond expr, SSLRequire),
 * read into a tree. httpd's own evaluation needs a request and a connection, and may look
 * into files and call other modules. */
#ifndef CFO_HTTPD_LANGUAGE_EXPRESSION_H
#define CFO_HTTPD_LANGUAGE_EXPRESSION_H

#include "httpd.h"

#include "ap_regex.h"

#include "httpd/language/operand.h"

typedef enum {
    CFO_EXPRESSION_TRUE,
    CFO_EXPRESSION_UNKNOWN, /* about files, an order, or of another module: `left` and
                               `right`, if there are (text NULL: no) */
    CFO_EXPRESSION_NOT,     /* `first` */
    CFO_EXPRESSION_AND,     /* `first`, `second` */
    CFO_EXPRESSION_OR,
    CFO_EXPRESSION_EQUAL,   /* `left`, `right`; the variable, if there is one, on the left
                             */
    CFO_EXPRESSION_NUMBER,  /* the same with numbers; with texts in SSLRequire */
    CFO_EXPRESSION_REGEX,   /* `left`, `regex`; the pattern is the text of `right` */
    CFO_EXPRESSION_NETWORK, /* the address `left`, the network `right` */
    CFO_EXPRESSION_GLOB,    /* `left`, the pattern with wildcards `right` */
    CFO_EXPRESSION_GLOB_NOCASE
} cfo_expression_kind_t;

typedef struct cfo_expression_t {
    cfo_expression_kind_t kind;
    const struct cfo_expression_t *first, *second;
    cfo_operand_t left, right;
    const ap_regex_t *regex;
} cfo_expression_t;

/* Reads an expression; it lives in `p`, its regular expressions in `patterns` (see
 * pattern.h). NULL: it is not understood. */
const cfo_expression_t *cfo_expression_read(apr_pool_t *p, apr_hash_t *patterns,
                                            const char *expression);

/* The expression of Require expr, without the quotes that may be around all of it. `args`
 * begins after "expr". */
const char *cfo_expression_of_require(apr_pool_t *p, const char *args);

#endif
