/* SPDX-License-Identifier: Apache-2.0 */
/* A request that is only supposed: what a rule of the configuration does with it is found
 * out by trying, whatever the rule looks like. What nobody can know beforehand (a path, a
 * cookie, a file) is a guess; a rule is tried with each. */
#ifndef CFO_HTTPD_TRIAL_SUPPOSED_H
#define CFO_HTTPD_TRIAL_SUPPOSED_H

#include "httpd/survey/known_edge.h"
#include "httpd/survey/vhost.h"

/* What a rule may ask for, and what differs between two requests that are compared. */
typedef enum {
    CFO_SUBJECT_ADDRESS,    /* the client address, as this module changes it */
    CFO_SUBJECT_HEADER,     /* Cloudflare's headers */
    CFO_SUBJECT_CERTIFICATE /* what mod_ssl says of the client certificate */
} cfo_subject_t;

typedef struct {
    apr_pool_t *pool;
    const cfo_vhosts_t *vhosts;
    const cfo_vhost_t *vhost;
    const cfo_known_edge_t *edge;
    const char *address; /* the client address; NULL: some address of Cloudflare's */
    int is_tunnel;       /* `edge` is the addresses of cloudflared */
    int has_headers;     /* those of Cloudflare */
    int has_certificate; /* that mod_ssl verified */
    int guess;           /* the outcome of what cannot be known: 0 or 1 */
    int depth;           /* of variables that are set by variables */

    cfo_subject_t subject;
    const ap_directive_t *now;  /* the line that is tried */
    const ap_directive_t *line; /* the first line that asks for `subject` and gets it */
} cfo_supposed_t;

/* A value in a supposed request. */
typedef struct {
    enum { CFO_IS_TEXT, CFO_IS_EDGE, CFO_IS_LIKE, CFO_IS_UNKNOWN } kind;
    const char *text; /* the value; of LIKE the name of a header or variable, for which
                         there are examples */
} cfo_value_t;

/* A question about a value. */
typedef struct {
    enum { CFO_ASK_EQUAL, CFO_ASK_REGEX, CFO_ASK_NETWORK, CFO_ASK_GLOB } kind;
    const char *text;
    const ap_regex_t *regex;
    cfo_range_t network;
} cfo_question_t;

/* Whether a regular expression matches a value; a guess if it does not compile. */
int cfo_supposed_matches(cfo_supposed_t *supposed, cfo_value_t value, const char *pattern,
                         int is_nocase);

int cfo_supposed_ask(cfo_supposed_t *supposed, cfo_value_t value,
                     const cfo_question_t *question);

/* Whether the client address is in a network, as written in a rule. */
int cfo_supposed_in_network(cfo_supposed_t *supposed, cfo_value_t value,
                            const char *network);

cfo_value_t cfo_supposed_address(const cfo_supposed_t *supposed);
cfo_value_t cfo_supposed_header(cfo_supposed_t *supposed, const char *name);

/* Of the environment, by the lines of mod_setenvif. */
cfo_value_t cfo_supposed_env(cfo_supposed_t *supposed, const char *name);

/* "REMOTE_ADDR", "HTTP:CF-Ray", "SSL_CLIENT_VERIFY", as in %{...}. */
cfo_value_t cfo_supposed_variable(cfo_supposed_t *supposed, const char *name);

/* A string with %{...} in it. */
cfo_value_t cfo_supposed_string(cfo_supposed_t *supposed, const char *string);

/* An expression of httpd's ap_expr, or of SSLRequire. One that this does not understand
 * is a guess. */
int cfo_supposed_expression(cfo_supposed_t *supposed, const char *expression);

#endif
