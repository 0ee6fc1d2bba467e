/* SPDX-License-Identifier: Apache-2.0 */
/* Require, and Order, Allow and Deny: whether they let strangers in. */
#ifndef CFO_HTTPD_STRANGER_ACCESS_H
#define CFO_HTTPD_STRANGER_ACCESS_H

#include "httpd/stranger/sections.h"

/* Whether access rules refuse a request of a stranger, whatever it sends. A rule for the
 * addresses of some clients refuses strangers; one for addresses of Cloudflare does not,
 * since every customer of Cloudflare can use them. One for users refuses a stranger, who
 * has no password. */
int cfo_access_refuses(cfo_probe_t *probe, int is_file);

#endif
