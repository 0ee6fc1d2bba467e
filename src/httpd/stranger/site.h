/* SPDX-License-Identifier: Apache-2.0 */
/* What a virtual host answers to a stranger, as far as its configuration shows: the words
 * that the files on redirects, rewriting, sections and access share. */
#ifndef CFO_HTTPD_STRANGER_SITE_H
#define CFO_HTTPD_STRANGER_SITE_H

#include "httpd/language/pattern.h"
#include "httpd/survey/vhost.h"

/* NO and YES hold for every client; MAYBE: it depends on something that a client chooses,
 * or that the configuration does not show. */
typedef enum { CFO_NO, CFO_MAYBE, CFO_YES } cfo_truth_t;

static inline cfo_truth_t cfo_and(cfo_truth_t a, cfo_truth_t b)
{
    return a < b ? a : b;
}

static inline cfo_truth_t cfo_or(cfo_truth_t a, cfo_truth_t b)
{
    return a > b ? a : b;
}

static inline cfo_truth_t cfo_not(cfo_truth_t a)
{
    return (cfo_truth_t)(CFO_YES - a);
}

/* A virtual host that is looked at. .htaccess files are not part of it. */
typedef struct {
    apr_pool_t *pool; /* temporary: for one virtual host */
    const cfo_vhosts_t *vhosts;
    const cfo_vhost_t *vhost;
    const char *root;             /* DocumentRoot in effect, without a final slash */
    const char *mount;            /* "", or the path of an Alias for `root` */
    apr_array_header_t *rules;    /* rewriting of the server; of cfo_rewrite_rule_t */
    apr_array_header_t *sections; /* in the order of httpd; of cfo_section_t */
    int ignores_policy;           /* CFOriginPull of its sections does not count */
    apr_hash_t *samples;          /* what client_values.c keeps */
} cfo_site_t;

/* A request that a client may send. */
typedef struct {
    const cfo_site_t *site;
    const char *host;   /* lower case, no port */
    const char *header; /* Host as the client sends it; "": none */
    const char *path;
    const ap_directive_t *because; /* out: a condition that did not hold for it */
    int is_ended;                  /* out: [END] ended rewriting in sections as well */
    int is_overtaken;              /* out: ProxyPass came before a Redirect */
} cfo_probe_t;

/* What a regular expression matched. */
typedef struct {
    const char *subject;
    ap_regmatch_t groups[AP_MAX_REG_MATCH];
} cfo_matched_t;

/* `text` with the variables of mod_rewrite and of expressions (%{HTTPS}, %{HTTP:Accept})
 * replaced by what the request has, and $1 by a group of `match` (NULL: stays). What a
 * client chooses, or what is not known, becomes `unknown`, and *has_unknown is set. */
const char *cfo_expand(const cfo_probe_t *probe, const char *text,
                       const cfo_matched_t *match, const char *unknown, int *has_unknown);

/* The variable in an expression or as %{name}; NULL: the client chooses, or not known. */
const char *cfo_variable(const cfo_probe_t *probe, const char *name);

/* A comparison of a text, which may have variables, with something. */
typedef struct {
    const char *text;
    char letters; /* see operand.h */
    enum { CFO_TEST_REGEX, CFO_TEST_EQUAL, CFO_TEST_NUMBER } kind;
    const char *pattern; /* the right side, without its operator */
    const ap_regex_t *regex;
    int is_nocase; /* of EQUAL */
} cfo_test_t;

/* Whether it holds for this request. */
cfo_truth_t cfo_test_holds(const cfo_probe_t *probe, const cfo_test_t *test,
                           const cfo_matched_t *match);

/* What a client might choose for the variables of a test; of const char *. */
const apr_array_header_t *cfo_test_samples(const cfo_site_t *site,
                                           const cfo_test_t *test);

/* The expression of an <If>, of Require expr or of RewriteCond expr. What cannot be
 * understood is MAYBE. */
cfo_truth_t cfo_expression_holds(const cfo_probe_t *probe, const char *expression);

#endif
