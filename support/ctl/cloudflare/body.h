/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON body of a request, which may have a private key in it. */
#ifndef CFO_CTL_CLOUDFLARE_BODY_H
#define CFO_CTL_CLOUDFLARE_BODY_H

#include "apr_pools.h"

#include "core/base/json.h"

/* Calls `write` twice: to measure, and to write. */
const char *cfo_body_make(apr_pool_t *p, void (*write)(cfo_json_t *json, const void *of),
                          const void *of, apr_size_t *length);

void cfo_body_erase(const char *body, apr_size_t length);

#endif
