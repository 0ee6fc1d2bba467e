/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the visitor's address that of a request. */
#ifndef CFO_HTTPD_REQUEST_VISITOR_ADDRESS_H
#define CFO_HTTPD_REQUEST_VISITOR_ADDRESS_H

#include "httpd/request/parts.h"

/* Sets the client address of `r`, which is believed, to that in CF-Connecting-IP; removes
 * that header if it is malformed. The header is read once for the whole request. */
void cfo_visitor_believe(request_rec *r, cfo_request_t *request);

#endif
