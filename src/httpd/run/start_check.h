/* SPDX-License-Identifier: Apache-2.0 */
/* What would leave a server closed to everybody. */
#ifndef CFO_HTTPD_RUN_START_CHECK_H
#define CFO_HTTPD_RUN_START_CHECK_H

#include "httpd.h"

/* Logs what stops the start, with what to do: CFO0100, CFO0101, CFO0108. `has_hosts`: `s`
 * is the main server, and there are virtual hosts. Before or after defaults are set. OK
 * or HTTP_INTERNAL_SERVER_ERROR. */
int cfo_start_check(apr_pool_t *p, const server_rec *s, int has_hosts);

/* Logs CFO0107 where the folders of a server, which were read, have no zone. */
void cfo_start_check_folders(apr_pool_t *p, const server_rec *s);

#endif
