/* SPDX-License-Identifier: Apache-2.0 */
/* Gathers the facts about a request. */
#ifndef CFO_HTTPD_REQUEST_FACTS_H
#define CFO_HTTPD_REQUEST_FACTS_H

#include "httpd/request/parts.h"

/* Fills request->facts and what belongs to them from `r`, as far as the policy asks for
 * it; request->headers must have been read. What cannot be found out counts against the
 * request. */
void cfo_facts_collect(request_rec *r, const cfo_server_conf_t *conf,
                       cfo_request_t *request);

/* The zone that the certificate proves, for a log line; NULL: none. Looks for it if the
 * verdict did not depend on it. `r` is the request that was judged. */
const char *cfo_facts_cert_zone(const request_rec *r, const cfo_request_t *request);

#endif
