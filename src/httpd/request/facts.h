/* SPDX-License-Identifier: Apache-2.0 */
/* Collects the facts about a request that its verdict depends on. */
#ifndef CFO_HTTPD_REQUEST_FACTS_H
#define CFO_HTTPD_REQUEST_FACTS_H

#include "httpd/request/parts.h"

/* Fills request->facts and the fields next to it from `r`, as far as the policy needs
 * them; request->headers must have been read. A fact that is not known counts against the
 * request. */
void cfo_facts_collect(request_rec *r, const cfo_server_conf_t *conf,
                       cfo_request_t *request);

/* To be called after that, soon: releases the snapshot, and copies the names of zones. A
 * request may last for hours, and while files change again and again, each could hold
 * another snapshot. */
void cfo_facts_let_go(request_rec *r, cfo_request_t *request);

/* The zone that the certificate proves, for a log line; NULL: none. Looked up here if the
 * verdict did not need it. `r` is the request that was judged. */
const char *cfo_facts_cert_zone(const request_rec *r, const cfo_request_t *request);

#endif
