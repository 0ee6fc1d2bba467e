/* SPDX-License-Identifier: Apache-2.0 */
/* The name of a virtual host, as all log lines and reports print it. */
#ifndef CFO_HTTPD_CONFIG_VHOST_NAME_H
#define CFO_HTTPD_CONFIG_VHOST_NAME_H

#include "httpd.h"

/* "shop.example.com:443": ServerName and port, as in apachectl -S. Made in `p`, or the
 * server's own text. */
const char *cfo_vhost_name(apr_pool_t *p, const server_rec *s);

#endif
