/* SPDX-License-Identifier: Apache-2.0 */
/* Warnings of certificates that expire. */
#ifndef CFO_HTTPD_RUN_EXPIRY_LOG_H
#define CFO_HTTPD_RUN_EXPIRY_LOG_H

#include "httpd.h"

#include "core/trust/proof.h"
#include "core/live/snapshot.h"
#include "core/trust/zones.h"

/* Logs CFO0140 and CFO0141 by the snapshot in force. `p` is for temporary use. */
void cfo_expiry_log(apr_pool_t *p, const server_rec *main);

/* Likewise by any snapshot, for `apachectl -t`: of what was presented it says nothing. */
void cfo_expiry_check(apr_pool_t *p, const server_rec *main,
                      const cfo_snapshot_t *snapshot);

/* Logs CFO0140 of a certificate that was presented for the first time, unless there is
 * time, or it is pinned by a file and so has been told of already. */
void cfo_expiry_first_seen(request_rec *r, const cfo_zone_t *zone,
                           const cfo_proof_t *proof, const cfo_certificate_t *leaf);

#endif
