/* SPDX-License-Identifier: Apache-2.0 */
/* Virtual hosts without TLS that are there to be shut. */
#ifndef CFO_HTTPD_CHECK_SHUT_TWIN_H
#define CFO_HTTPD_CHECK_SHUT_TWIN_H

#include "httpd/survey/vhost.h"

/* Whether a virtual host without TLS is judged because it would otherwise open a
 * protected one with TLS to everybody: it has one of its names, or its folder or one
 * above it, or no name at all, so that it takes the requests that are for no other. */
int cfo_vhost_is_shut_twin(const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost);

#endif
