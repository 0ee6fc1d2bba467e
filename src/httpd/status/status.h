/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of the server, for people and for programs: SetHandler cf-origin-status,
 * and a short form in mod_status. */
#ifndef CFO_HTTPD_STATUS_STATUS_H
#define CFO_HTTPD_STATUS_STATUS_H

#include "httpd.h"

#include "core/stats/counters.h"
#include "core/report/report.h"
#include "httpd/config/conf.h"

/* The virtual hosts of the configuration (of cfo_report_vhost_t without totals, sorted by
 * name). Of several with one name the weakest policy counts. At start, when defaults are
 * set. */
apr_array_header_t *cfo_status_vhosts(apr_pool_t *p, server_rec *main);

/* A report on everything, in `p`; with the history of one virtual host (NULL: none),
 * which is the one that is asked for if it has exactly this name. The snapshot in it is
 * held until it is released. */
cfo_report_t *cfo_status_report(apr_pool_t *p, const server_rec *main, const char *vhost);

/* handler hook. */
int cfo_status_handle(request_rec *r);

#endif
