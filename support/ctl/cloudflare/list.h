/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of the API, page by page. */
#ifndef CFO_CTL_CLOUDFLARE_LIST_H
#define CFO_CTL_CLOUDFLARE_LIST_H

#include "ctl/cloudflare/call.h"

/* Calls `add` for each object of the list, once for each "id". `query` begins with "?",
 * or is "". `add` returns NULL, or an error that ends it. */
const cfo_api_error_t *cfo_list_read(
    cfo_api_t *api, apr_pool_t *p, const char *path, const char *query, const char *needs,
    const cfo_api_error_t *(*add)(const cfo_call_t *call, const json_t *item,
                                  const char *id, void *to),
    void *to);

#endif
