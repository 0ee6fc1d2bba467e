/* SPDX-License-Identifier: Apache-2.0 */
/* One call of the API: repeated if need be, and its envelope taken off. */
#ifndef CFO_CTL_CLOUDFLARE_CALL_H
#define CFO_CTL_CLOUDFLARE_CALL_H

#include <jansson.h>

#include "ctl/cloudflare/client.h"

/* Sends it. Returns NULL and sets *envelope, an object whose "success" is true, which is
 * the caller's to free (json_auto_t); or returns the error. */
const cfo_api_error_t *cfo_call_send(const cfo_call_t *call, json_t **envelope);

/* A GET without a body. */
cfo_call_t cfo_call_get(cfo_api_t *api, apr_pool_t *p, const char *path,
                        const char *needs);

#endif
