/* SPDX-License-Identifier: Apache-2.0 */
/* What is done beside requests, by a thread of mod_watchdog in each child, or by one
 * child for all. */
#ifndef CFO_HTTPD_RUN_TICKER_H
#define CFO_HTTPD_RUN_TICKER_H

#include "httpd.h"

#include "httpd/config/conf.h"

/* pre_config hook: makes the lock known to the Mutex directive. */
int cfo_ticker_register(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp);

/* At start, when the first snapshot is there, and before httpd forks. What cannot be had
 * is warned of. */
void cfo_ticker_prepare(apr_pool_t *p, server_rec *main, cfo_shared_t *shared);

/* child_init hook, before mod_watchdog's. */
void cfo_ticker_begin(apr_pool_t *p, server_rec *main);

#endif
