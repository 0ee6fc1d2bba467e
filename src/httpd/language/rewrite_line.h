/* SPDX-License-Identifier: Apache-2.0 */
/* RewriteCond and RewriteRule, as mod_rewrite reads them. */
#ifndef CFO_HTTPD_LANGUAGE_REWRITE_LINE_H
#define CFO_HTTPD_LANGUAGE_REWRITE_LINE_H

#include "httpd.h"
#include "util_cfgtree.h"

#include "ap_regex.h"

#include "apr_hash.h"
#include "apr_tables.h"

typedef enum {
    CFO_CONDITION_REGEX,
    CFO_CONDITION_EQUAL,      /* =text */
    CFO_CONDITION_NUMBER,     /* -eq, -ne */
    CFO_CONDITION_EXPRESSION, /* RewriteCond expr */
    CFO_CONDITION_UNKNOWN     /* a test of files or of an order; an invalid pattern */
} cfo_condition_kind_t;

typedef struct {
    const ap_directive_t *line;
    cfo_condition_kind_t kind;
    const char *subject; /* with its variables */
    const char *pattern; /* the right side without its operator, or the expression */
    const ap_regex_t *regex;
    int is_negated;
    int is_nocase; /* [NC] */
    int is_or;     /* [OR] */
} cfo_condition_t;

typedef struct {
    const ap_directive_t *line;
    const char *pattern;
    const ap_regex_t *regex; /* NULL: invalid */
    int is_negated;
    const char *target;
    int is_redirect;                /* [R] */
    int is_refusal;                 /* [F], [G], [R=404] */
    int is_last;                    /* [L], [END] and others that end the list */
    int is_end;                     /* [END] */
    int is_passed;                  /* [PT] */
    int is_proxy;                   /* [P] */
    int is_chained;                 /* [C] */
    int skip;                       /* [S] */
    apr_array_header_t *conditions; /* of cfo_condition_t */
} cfo_rewrite_rule_t;

/* The rules among `line` and the lines after it are added (to cfo_rewrite_rule_t). They
 * live in `p`, their regular expressions in `patterns` (see pattern.h). */
void cfo_rewrite_rules_read(apr_pool_t *p, apr_hash_t *patterns,
                            const ap_directive_t *line, apr_array_header_t *rules);

/* One rule, with the conditions before it. */
cfo_rewrite_rule_t cfo_rewrite_rule_read(apr_pool_t *p, apr_hash_t *patterns,
                                         const ap_directive_t *line);

/* The value that [E] of a RewriteRule line gives to a variable, "" if it removes it;
 * NULL: none. */
const char *cfo_rewrite_rule_sets(apr_pool_t *p, const ap_directive_t *line,
                                  const char *name);

#endif
