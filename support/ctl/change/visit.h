/* SPDX-License-Identifier: Apache-2.0 */
/* Asks for a page of the site through Cloudflare, for a first use of a certificate. */
#ifndef CFO_CTL_CHANGE_VISIT_H
#define CFO_CTL_CHANGE_VISIT_H

#include "apr_pools.h"

/* The answer does not matter. Returns NULL, or why there was none. */
const char *cfo_visit(apr_pool_t *p, const char *url);

#endif
