/* SPDX-License-Identifier: Apache-2.0 */
/* Headers that arrive after the body. */
#ifndef CFO_HTTPD_REQUEST_TRAILERS_H
#define CFO_HTTPD_REQUEST_TRAILERS_H

#include "httpd.h"

void cfo_trailers_register(void);

/* With MergeTrailers On, httpd adds trailers to r->headers_in when it reads them, which
 * is after the verdict. From now on it does so without those that have names of
 * Cloudflare's headers, or similar ones. */
void cfo_trailers_watch(request_rec *r);

#endif
