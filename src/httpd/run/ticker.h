/* SPDX-License-Identifier: Apache-2.0 */
/* Periodic work, by mod_watchdog's thread in each child, or by one child for all:
 * reloading files, expiry warnings, history of the counters. */
#ifndef CFO_HTTPD_RUN_TICKER_H
#define CFO_HTTPD_RUN_TICKER_H

#include "httpd.h"

#include "httpd/config/conf.h"

/* pre_config hook: makes the lock known to the Mutex directive. */
int cfo_ticker_register(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp);

/* At start, after the first snapshot was published, and before httpd forks. Logs a
 * warning about what is not available. */
void cfo_ticker_prepare(apr_pool_t *p, server_rec *main, cfo_shared_t *shared);

/* child_init hook, before mod_watchdog's. */
void cfo_ticker_begin(apr_pool_t *p, server_rec *main);

#endif
