/* SPDX-License-Identifier: Apache-2.0 */
/* Turns the configuration that was read into what requests are judged by. */
#ifndef CFO_HTTPD_RUN_STARTUP_H
#define CFO_HTTPD_RUN_STARTUP_H

#include "httpd.h"

/* check_config hook: reports what would leave a virtual host closed or open by mistake;
 * for `apachectl -t` and at each start. HTTP_INTERNAL_SERVER_ERROR stops the start. */
int cfo_startup_check(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp,
                      server_rec *main);

/* post_config hook: reads the folders of zones, sets defaults, builds the lookup tables.
 * Does nothing in the first of the two passes that httpd makes at start. */
int cfo_startup_prepare(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp,
                        server_rec *main);

#endif
