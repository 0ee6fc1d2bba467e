/* SPDX-License-Identifier: Apache-2.0 */
/* RewriteOptions: whether a virtual host has the rules of the main server. */
#ifndef CFO_HTTPD_LANGUAGE_REWRITE_INHERITANCE_H
#define CFO_HTTPD_LANGUAGE_REWRITE_INHERITANCE_H

#include "httpd/survey/vhost.h"

typedef enum {
    CFO_INHERITS_NOTHING, /* the main server itself, too */
    CFO_INHERITS_BEFORE,  /* before its own rules */
    CFO_INHERITS_AFTER
} cfo_inheritance_t;

/* `p` is for temporary use. */
cfo_inheritance_t cfo_rewrite_inheritance(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                                          const cfo_vhost_t *vhost);

#endif
