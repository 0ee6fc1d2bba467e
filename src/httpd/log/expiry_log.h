/* SPDX-License-Identifier: Apache-2.0 */
/* Warnings about certificates that expire. */
#ifndef CFO_HTTPD_LOG_EXPIRY_LOG_H
#define CFO_HTTPD_LOG_EXPIRY_LOG_H

#include "httpd.h"

#include "core/trust/proof.h"
#include "core/live/snapshot.h"
#include "core/trust/zones.h"

/* Logs CFO0140, CFO0141 and CFO0142 for the current snapshot. `p` is for temporary use.
 */
void cfo_expiry_log(apr_pool_t *p, const server_rec *main);

/* The same for any snapshot, for `apachectl -t`: without the certificates that clients
 * presented, which are not known then. */
void cfo_expiry_check(apr_pool_t *p, const server_rec *main,
                      const cfo_snapshot_t *snapshot);

/* Logs CFO0140 if `leaf`, which was presented for the first time, expires within
 * CFOriginPullExpiryWarn. Not if a file pins it: then it is reported with that file. */
void cfo_expiry_first_seen(request_rec *r, const cfo_zone_t *zone,
                           const cfo_proof_t *proof, const cfo_certificate_t *leaf);

#endif
