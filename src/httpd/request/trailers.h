/* SPDX-License-Identifier: Apache-2.0 */
/* Headers that arrive after the body. */
#ifndef CFO_HTTPD_REQUEST_TRAILERS_H
#define CFO_HTTPD_REQUEST_TRAILERS_H

#include "httpd.h"

void cfo_trailers_register(void);

/* httpd reads trailers after the verdict; with MergeTrailers On it adds them to
 * r->headers_in, and mod_proxy_http2 passes them on. From now on it does so without those
 * that have names of Cloudflare's headers, or similar ones, and without Upgrade, as the
 * effects in `r` say. */
void cfo_trailers_watch(request_rec *r);

#endif
