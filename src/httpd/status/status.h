/* SPDX-License-Identifier: Apache-2.0 */
/* The status of the module, for people and for programs: SetHandler cf-origin-status, and
 * what mod_status prints. */
#ifndef CFO_HTTPD_STATUS_STATUS_H
#define CFO_HTTPD_STATUS_STATUS_H

#include "httpd.h"

#include "core/stats/counters.h"
#include "core/report/report.h"
#include "httpd/config/conf.h"

/* The virtual hosts of the configuration (of cfo_report_vhost_t without totals, sorted by
 * name). Of several with the same name the one with the weakest policy is kept. At start,
 * after defaults were set. */
apr_array_header_t *cfo_status_vhosts(apr_pool_t *p, server_rec *main);

/* A report on all servers, in `p`, with the history of the virtual host that has exactly
 * the name `vhost` (NULL: none). The caller releases report->snapshot. */
cfo_report_t *cfo_status_report(apr_pool_t *p, const server_rec *main, const char *vhost);

/* handler hook. */
int cfo_status_handle(request_rec *r);

/* Registers the hook of mod_status; has no effect if mod_status is not loaded. */
void cfo_status_short_register(void);

#endif
