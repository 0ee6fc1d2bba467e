/* SPDX-License-Identifier: Apache-2.0 */
/* An API, and what a call of it consists of. */
#ifndef CFO_CTL_CLOUDFLARE_CLIENT_H
#define CFO_CTL_CLOUDFLARE_CLIENT_H

#include "ctl/cloudflare/api.h"
#include "ctl/cloudflare/limit.h"
#include "ctl/cloudflare/transport.h"

/* Immutable, but for what its parts guard themselves, and an atomic counter. */
struct cfo_api_t {
    cfo_transport_t *transport;
    cfo_limit_t *limit;
    apr_interval_time_t patience;
    volatile apr_uint32_t requests;
};

/* Permissions of a token, as the dashboard names them. */
#define CFO_MAY_READ_ZONES "Zone > Zone > Read"
#define CFO_MAY_READ_SETTINGS "Zone > Zone Settings > Read"
#define CFO_MAY_EDIT_SETTINGS "Zone > Zone Settings > Edit"
#define CFO_MAY_READ_CERTIFICATES "Zone > SSL and Certificates > Read"
#define CFO_MAY_EDIT_CERTIFICATES "Zone > SSL and Certificates > Edit"
#define CFO_MAY_READ_RECORDS "Zone > DNS > Read"

typedef struct {
    cfo_api_t *api;
    apr_pool_t *pool; /* of the error */
    cfo_request_t request;
    const char *needs; /* the permission; NULL: none */
} cfo_call_t;

#endif
