/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a stranger gets content from a virtual host. */
#ifndef CFO_HTTPD_STRANGER_OPENING_H
#define CFO_HTTPD_STRANGER_OPENING_H

#include "httpd/stranger/probes.h"

/* A virtual host to look at; everything about it lives in `p`. With `ignores_policy`,
 * CFOriginPull in its sections does not count as shut. */
cfo_site_t *cfo_site_make(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                          const cfo_vhost_t *vhost, int ignores_policy);

/* The folder of "/", without a final slash: DocumentRoot in effect, or that of Alias /.
 */
const char *cfo_site_root(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                          const cfo_vhost_t *vhost);

/* The argument of a line of this directive (Alias and the like) for "/"; NULL: none. */
const char *cfo_site_whole_alias(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                                 const cfo_vhost_t *vhost, const char *name);

/* A request that gets content. */
typedef struct {
    const cfo_host_t *host;
    const char *path;
    const ap_directive_t *because; /* the condition that it gets around; NULL: none */
    int is_overtaken;              /* ProxyPass comes before the Redirect that is there */
} cfo_opening_t;

/* Looks for such a request below `prefix`, with one of these hosts (of cfo_host_t, which
 * changes). Paths that validate a domain, and those of an Alias to another folder, are
 * not content. Returns 1 and sets *opening; or 0: all that was tried is redirected away
 * or refused. */
int cfo_opening_find(const cfo_site_t *site, apr_array_header_t *hosts,
                     const char *prefix, cfo_opening_t *opening);

/* The back end that answers requests for "/" and for a file, in one spelling of its URL;
 * NULL: none. */
const char *cfo_site_back_end(const cfo_site_t *site);

#endif
