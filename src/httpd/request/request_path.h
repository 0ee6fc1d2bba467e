/* SPDX-License-Identifier: Apache-2.0 */
/* The path of a request, for CFOriginPullExemptPath. */
#ifndef CFO_HTTPD_REQUEST_REQUEST_PATH_H
#define CFO_HTTPD_REQUEST_REQUEST_PATH_H

#include "httpd.h"

/* r's path as httpd will see it after it has decoded and normalised it; NULL if httpd
 * will reject it. Made in r->pool. */
const char *cfo_request_path(const request_rec *r);

/* Whether CFOriginPullExemptPath of r's server covers `path` (NULL: no), and everything
 * that leads to `r` is spelled so that no one else can read another path there. */
int cfo_request_path_is_exempt(const request_rec *r, const char *path);

#endif
