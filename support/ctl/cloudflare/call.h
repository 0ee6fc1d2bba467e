/* SPDX-License-Identifier: Apache-2.0 */
/* One call of the API: repeated if need be, and its envelope taken off. */
#ifndef CFO_CTL_CLOUDFLARE_CALL_H
#define CFO_CTL_CLOUDFLARE_CALL_H

#include <jansson.h>

#include "ctl/cloudflare/client.h"

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

/* Sends it. Returns NULL and sets *envelope, an object whose "success" is true, which is
 * the caller's to free (json_auto_t); or returns the error. */
const cfo_api_error_t *cfo_call_send(const cfo_call_t *call, json_t **envelope);

/* A GET without a body. */
cfo_call_t cfo_call_get(cfo_api_t *api, apr_pool_t *p, const char *path,
                        const char *needs);

#endif
