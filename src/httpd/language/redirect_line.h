/* SPDX-License-Identifier: Apache-2.0 */
/* Redirect, RedirectMatch, RedirectPermanent and RedirectTemp, as mod_alias reads them.
 */
#ifndef CFO_HTTPD_LANGUAGE_REDIRECT_LINE_H
#define CFO_HTTPD_LANGUAGE_REDIRECT_LINE_H

#include "httpd.h"
#include "util_cfgtree.h"

typedef struct {
    const char *place; /* a path, or a pattern; NULL: every request of the section */
    int is_match;      /* `place` is a regular expression */
    int is_refusal;    /* its status is none of a redirect: "gone", 403 */
} cfo_redirect_t;

int cfo_redirect_is(const ap_directive_t *line);

/* Strings are from `p`. */
cfo_redirect_t cfo_redirect_read(apr_pool_t *p, const ap_directive_t *line);

#endif
