/* SPDX-License-Identifier: Apache-2.0 */
/* RewriteRule and RewriteCond: what they make of a request. */
#ifndef CFO_HTTPD_STRANGER_REWRITE_RULES_H
#define CFO_HTTPD_STRANGER_REWRITE_RULES_H

#include "httpd/language/rewrite_line.h"
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

/* Applies rules to a request. `subject` is the path as these rules see it. Where the
 * outcome depends on what a client chooses, it is that which the client would choose, and
 * probe->because is the condition. *target (may be NULL): the address of the back end. */
cfo_rewrite_t cfo_rewrite_apply(cfo_probe_t *probe, const apr_array_header_t *rules,
                                const char *subject, const char **target);

#endif
