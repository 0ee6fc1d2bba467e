/* SPDX-License-Identifier: Apache-2.0 */
/* The hint in the log lines of requests. */
#ifndef CFO_HTTPD_REQUEST_HINT_H
#define CFO_HTTPD_REQUEST_HINT_H

#include "httpd/request/parts.h"

/* What the reason alone does not show: short sentences, in `p` or static; NULL: nothing.
 * `r` is the request as it came. For lines that are written only: it may take some
 * microseconds. The hint of a stranger who comes past Cloudflare is CFO_HINT_STRANGER and
 * no other, which conf/fail2ban relies on. */
const char *cfo_request_hint(apr_pool_t *p, const request_rec *r,
                             const cfo_request_t *request, cfo_reason_t reason);

#define CFO_HINT_STRANGER "it comes past Cloudflare"

#endif
