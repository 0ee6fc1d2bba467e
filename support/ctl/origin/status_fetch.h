/* SPDX-License-Identifier: Apache-2.0 */
/* Fetches and reads the status JSON of a running origin (docs/status.schema.json). */
#ifndef CFO_CTL_ORIGIN_STATUS_FETCH_H
#define CFO_CTL_ORIGIN_STATUS_FETCH_H

#include "ctl/origin/origin_types.h"

/* GETs a URL without a proxy, within seconds. Returns NULL and sets *text, or returns the
 * reason. Any thread. */
const char *cfo_status_fetch(apr_pool_t *p, const char *url, const char **text,
                             apr_size_t *length);

/* Reads the JSON. Returns NULL, or what is wrong with it. */
const char *cfo_status_read(apr_pool_t *p, const char *text, apr_size_t length,
                            cfo_origin_running_t *running);

#endif
