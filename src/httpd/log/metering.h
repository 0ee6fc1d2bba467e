/* SPDX-License-Identifier: Apache-2.0 */
/* Counts requests, and limits the lines about refusals. */
#ifndef CFO_HTTPD_LOG_METERING_H
#define CFO_HTTPD_LOG_METERING_H

#include "httpd.h"

#include "httpd/config/conf.h"

/* At startup, when the configurations of all servers are ready: finds the counters of the
 * previous configuration or makes new ones, and gives each server its number. When this
 * configuration ends, and `p` with it, CFO0004 is logged for the lines held back so far.
 * Returns OK, or an HTTP error that stops the startup. */
int cfo_metering_prepare(apr_pool_t *p, server_rec *main, cfo_shared_t *shared);

/* A request has ended. */
void cfo_metering_request(const request_rec *r, cfo_reason_t reason);

/* Whether to log a line about a refusal (or would-be refusal), at level warn. If not, the
 * line is counted, and reported by CFO0004 later. Logs CFO0004 first if it is due. */
int cfo_metering_may_log(const request_rec *r, cfo_reason_t reason);

/* The same without a request: the log level does not count. */
int cfo_metering_admits_line(const server_rec *s, cfo_reason_t reason);

/* Whether a minute has ended. */
int cfo_metering_is_due(const cfo_counters_t *counters);

/* If so: adds it to the history, and logs CFO0004 for it. Any process. */
void cfo_metering_turn(const server_rec *main, cfo_counters_t *counters);

#endif
