/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual hosts that serve a host, as httpd and the module find them. */
#ifndef CFO_CTL_ORIGIN_LOOKUP_H
#define CFO_CTL_ORIGIN_LOOKUP_H

#include "ctl/origin/origin.h"

typedef struct {
    const cfo_origin_vhost_t *vhost;
    int is_named;                  /* it has the name */
    const cfo_origin_zone_t *zone; /* with the policy of the virtual host; NULL: none
                                      covers the host there */
} cfo_origin_serving_t;

/* Of each address, those with the name, or else the first, which serves all others. If
 * one with TLS has the name, those without it do not count: the other addresses are for
 * other hosts. Only those with TLS, if there are any, and of them those where something
 * is judged. Without addresses: those with the name, or else those that have a zone for
 * it. */
apr_array_header_t *cfo_origin_serving(apr_pool_t *p, const cfo_origin_t *origin,
                                       const char *host);

#endif
