/* SPDX-License-Identifier: Apache-2.0 */
/* A limit of requests that all threads have in common. */
#ifndef CFO_CTL_CLOUDFLARE_LIMIT_H
#define CFO_CTL_CLOUDFLARE_LIMIT_H

#include "apr_pools.h"
#include "apr_time.h"

typedef struct cfo_limit_t cfo_limit_t;

/* At most `number` in any period: half of them at once, the others evenly. NULL: there is
 * no memory. */
cfo_limit_t *cfo_limit_make(apr_pool_t *p, int number, apr_interval_time_t period);

/* Takes the next place; returns when it is due: `now`, or later. Any thread. */
apr_time_t cfo_limit_take(cfo_limit_t *limit, apr_time_t now);

/* Nothing is due before `until`: the server said so. */
void cfo_limit_block(cfo_limit_t *limit, apr_time_t until);

/* Until when; 0: not at all. Ask again after a sleep: another thread may have blocked it
 * meanwhile. */
apr_time_t cfo_limit_blocked(cfo_limit_t *limit);

#endif
