/* SPDX-License-Identifier: Apache-2.0 */
/* What the calls of one API have in common. */
#ifndef CFO_CTL_CLOUDFLARE_CLIENT_H
#define CFO_CTL_CLOUDFLARE_CLIENT_H

#include "ctl/cloudflare/api.h"
#include "ctl/cloudflare/limit.h"
#include "ctl/cloudflare/transport.h"

/* Immutable, but for what its parts guard themselves. */
struct cfo_api_t {
    cfo_transport_t *transport;
    cfo_limit_t *limit;
    apr_interval_time_t patience;
};

#endif
