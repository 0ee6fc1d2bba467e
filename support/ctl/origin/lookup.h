/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual hosts that serve a host, as httpd and the module find them. */
#ifndef CFO_CTL_ORIGIN_LOOKUP_H
#define CFO_CTL_ORIGIN_LOOKUP_H

#include "ctl/origin/origin.h"

typedef struct {
    const cfo_origin_vhost_t *vhost;
    const cfo_origin_zone_t *zone; /* with the policy of the virtual host; NULL: none
                                      covers the host there */
    int is_named;                  /* it has the name, and is no stopgap for it */
} cfo_origin_serving_t;

/* Of each address, those with the name, or else the first, which serves all others: but
 * not of a port of its own, since Cloudflare asks at that of the visitor's URL. Only
 * those with TLS, if there are any, and of them those where something is judged. Without
 * addresses: those with the name, or else those that have a zone for it. */
apr_array_header_t *cfo_origin_serving(apr_pool_t *p, const cfo_origin_t *origin,
                                       const char *host);

#endif
