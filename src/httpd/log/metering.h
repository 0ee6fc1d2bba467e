/* SPDX-License-Identifier: Apache-2.0 */
/* Counts what happens, and keeps the error log from being flooded. */
#ifndef CFO_HTTPD_LOG_METERING_H
#define CFO_HTTPD_LOG_METERING_H

#include "httpd.h"

#include "httpd/config/conf.h"

/* At start, when the configurations of all servers are ready: finds the counters of the
 * configuration before, or makes new ones, and gives each server its number. When this
 * configuration ends, and `p` with it, CFO0004 is written for what was held back until
 * then. An HTTP error stops the start. */
int cfo_metering_prepare(apr_pool_t *p, server_rec *main, cfo_shared_t *shared);

/* A request has ended. */
void cfo_metering_request(const request_rec *r, cfo_reason_t reason);

/* Whether a refusal (or would-be refusal) gets its line, at level warn: if not, it is
 * counted, and CFO0004 tells of it later. That line may be due now, and is then written
 * first. */
int cfo_metering_may_log(const request_rec *r, cfo_reason_t reason);

/* The same where there is no request; the level is not looked at. */
int cfo_metering_admits_line(const server_rec *s, cfo_reason_t reason);

/* Whether a minute has ended. */
int cfo_metering_is_due(const cfo_counters_t *counters);

/* If so: adds it to the history, and writes CFO0004 for it. Any process. */
void cfo_metering_turn(const server_rec *main, cfo_counters_t *counters);

#endif
