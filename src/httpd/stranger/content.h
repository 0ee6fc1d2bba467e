/* SPDX-License-Identifier: Apache-2.0 */
/* Where a virtual host has its content from. */
#ifndef CFO_HTTPD_STRANGER_CONTENT_H
#define CFO_HTTPD_STRANGER_CONTENT_H

#include "httpd/survey/vhost.h"

/* One of them is set, or none: it has no content. */
typedef struct {
    const char *folder; /* without a final slash, symbolic links resolved; "" is / */
    const char *source; /* a back end, a WSGI script or a pattern of folders */
    int keeps_host;     /* ProxyPreserveHost */
} cfo_content_t;

/* Strings are from `p`. */
cfo_content_t cfo_content_of(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                             const cfo_vhost_t *vhost);

/* Whether the virtual host itself says where its content is. */
int cfo_content_is_own(const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost);

/* The folder around a folder in the form of cfo_content_t; NULL: none. */
const char *cfo_content_parent(apr_pool_t *p, const char *folder);

/* A folder as the system knows it, without links and a final slash; NULL: there is none.
 */
const char *cfo_content_real(apr_pool_t *p, const char *written);

#endif
