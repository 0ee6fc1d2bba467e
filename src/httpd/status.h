/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of the server, for people and for programs: SetHandler cf-origin-status,
 * and a short form in mod_status. */
#ifndef CFO_HTTPD_STATUS_H
#define CFO_HTTPD_STATUS_H

#include "httpd.h"

#include "../core/counters.h"
#include "../core/report.h"
#include "conf.h"

/* The virtual hosts of the configuration (of cfo_report_vhost_t without totals, sorted by
 * name). Of several with one name the weakest policy counts. At start, when defaults are
 * set. */
apr_array_header_t *cfo_status_vhosts(apr_pool_t *p, server_rec *main);

/* What was counted. */
const cfo_totals_t *cfo_status_totals(apr_pool_t *p, const server_rec *main);

/* A report on everything, in `p`. The snapshot in it is held until it is released. */
cfo_report_t *cfo_status_report(apr_pool_t *p, const server_rec *main);

/* handler hook. */
int cfo_status_handle(request_rec *r);

#endif
