/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a server that may refuse a request, wherever they are. */
#ifndef CFO_HTTPD_TRIAL_RULES_H
#define CFO_HTTPD_TRIAL_RULES_H

#include "httpd/language/section.h"
#include "httpd/trial/supposed.h"

typedef enum {
    CFO_RULE_REQUIRE,     /* the Require lines of a section */
    CFO_RULE_ALLOW,       /* its Allow and Deny lines */
    CFO_RULE_REWRITE,     /* a RewriteRule with its conditions */
    CFO_RULE_SSL_REQUIRE, /* an SSLRequire line */
    CFO_RULE_REDIRECT,    /* a Redirect in an <If> */
    CFO_RULE_SECURITY     /* a SecRule of mod_security */
} cfo_rule_kind_t;

typedef struct {
    cfo_rule_kind_t kind;
    const ap_directive_t *line; /* the section of REQUIRE and ALLOW, otherwise the line */
} cfo_rule_t;

/* The rules that apply to requests for a server: its own, and those in sections of the
 * main server (of cfo_rule_t). Of a server that is not judged itself, those in sections
 * that have a CFOriginPull. */
apr_array_header_t *cfo_rules_list(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                                   const cfo_vhost_t *vhost);

/* Whether a Require, Allow or Deny line of a section has no effect on the DocumentRoot of
 * a server, since a section that is merged later has such lines. */
int cfo_rule_is_replaced(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                         const cfo_vhost_t *vhost, const ap_directive_t *line,
                         cfo_rule_kind_t kind);

/* Whether a rule lets a supposed request pass. */
int cfo_rule_passes(cfo_supposed_t *supposed, const cfo_rule_t *rule);

/* Whether a RewriteRule or Redirect leads elsewhere instead of refusing. */
int cfo_rule_redirects(const cfo_supposed_t *supposed, const cfo_rule_t *rule);

/* The parts of it, one for each kind of line. */
int cfo_rule_require_passes(cfo_supposed_t *supposed, const ap_directive_t *section);
int cfo_rule_allow_passes(cfo_supposed_t *supposed, const ap_directive_t *section);
int cfo_rule_rewrite_passes(cfo_supposed_t *supposed, const ap_directive_t *line);
int cfo_rule_security_passes(cfo_supposed_t *supposed, const ap_directive_t *line);

/* Whether the conditions of a RewriteRule hold. */
int cfo_rule_rewrite_fires(cfo_supposed_t *supposed, const ap_directive_t *line);

/* Whether a SecRule asks for what rules are tried on; most of thousands do not. */
int cfo_rule_security_asks(apr_pool_t *p, const ap_directive_t *line);

#endif
