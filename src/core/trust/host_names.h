/* SPDX-License-Identifier: Apache-2.0 */
/* The host names that virtual hosts have, and whether a zone covers any of them. */
#ifndef CFO_CORE_TRUST_HOST_NAMES_H
#define CFO_CORE_TRUST_HOST_NAMES_H

#include "apr_pools.h"

/* Filled by one thread, then read by any number. */
typedef struct cfo_host_names_t cfo_host_names_t;

cfo_host_names_t *cfo_host_names_create(apr_pool_t *p);

/* Adds a name, in any case, with wildcards as ServerAlias has them. Memory grows with the
 * number of its labels. */
void cfo_host_names_add(cfo_host_names_t *names, const char *name);

/* Whether a host of these names may be in the zone, which cfo_zone_name_read() has
 * returned. One look-up per label. */
int cfo_host_names_in_zone(const cfo_host_names_t *names, const char *zone);

/* The name that a zone without a host is probably meant for: "example.com" for
 * "example.com-ca", "ca_example.com", "example_com" or "example.com.bak", if there is a
 * host of that name or below it. NULL: none. */
const char *cfo_host_names_meant(apr_pool_t *p, const cfo_host_names_t *names,
                                 const char *zone);

/* Why a zone cannot be that of a host on the internet ("no top-level domain is called
 * com-ca") or is the usual name of a file ("fullchain"). NULL: it can be one. */
const char *cfo_zone_name_odd(apr_pool_t *p, const char *zone);

#endif
