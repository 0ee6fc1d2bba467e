/* SPDX-License-Identifier: Apache-2.0 */
/* RewriteRule and RewriteCond: what they make of a request. */
#ifndef CFO_HTTPD_STRANGER_REWRITE_RULES_H
#define CFO_HTTPD_STRANGER_REWRITE_RULES_H

#include "httpd/stranger/site.h"

/* PASS: rewriting leaves the request as it is. MOVED: to another path of this server, and
 * Redirect of the server no longer sees it. PROXY: a back end answers. SHUT: redirected
 * away, or refused. */
typedef enum {
    CFO_REWRITE_PASS,
    CFO_REWRITE_MOVED,
    CFO_REWRITE_PROXY,
    CFO_REWRITE_SHUT
} cfo_rewrite_t;

typedef struct {
    const ap_directive_t *line;
    cfo_test_t test;
    int is_negated;
    int is_or;         /* [OR] */
    int is_expression; /* RewriteCond expr */
    int is_unknown;    /* a test of files, or something that is not understood */
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

/* Adds the rules among `line` and the lines after it. Lives in `p`. */
void cfo_rewrite_rules_add(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                           const ap_directive_t *line, apr_array_header_t *rules);

/* Applies rules to a request. `subject` is the path as these rules see it. Where the
 * outcome depends on what a client chooses, it is that which the client would choose, and
 * probe->because is the condition. *target (may be NULL): the address of the back end. */
cfo_rewrite_t cfo_rewrite_apply(cfo_probe_t *probe, const apr_array_header_t *rules,
                                const char *subject, const char **target);

#endif
