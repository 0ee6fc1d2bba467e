/* SPDX-License-Identifier: Apache-2.0 */
/* One call of cf-originctl edge at a time changes a zone. */
#ifndef CFO_CTL_CHANGE_LOCK_H
#define CFO_CTL_CHANGE_LOCK_H

#include "apr_pools.h"
#include "apr_time.h"

/* Makes the folder of state files if it is missing (0700, its parents 0755). It must
 * belong to the caller or to root, and others must not be able to write to it. Returns
 * NULL, or what is wrong. */
const char *cfo_lock_folder(apr_pool_t *p, const char *folder);

/* Locks `folder`/`name`.lock until the pool is cleared or the process ends. If somebody
 * has it, waits for `wait`. Returns NULL; or what is wrong: *is_taken says whether
 * another call has the lock. */
const char *cfo_lock_take(apr_pool_t *p, const char *folder, const char *name,
                          apr_interval_time_t wait, int *is_taken);

/* The name of the lock under which proofs are relied on or removed. */
#define CFO_LOCK_PROOFS "~proofs"

#endif
