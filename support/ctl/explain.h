/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: why a certificate proves its zone or does not, in words. */
#ifndef CFO_CTL_EXPLAIN_H
#define CFO_CTL_EXPLAIN_H

#include "core/trust/zones.h"
#include "proof_file.h"

/* A leaf that was held against the proofs of a zone. */
typedef struct {
    apr_pool_t *pool;
    const cfo_certificate_t *leaf;
    const apr_array_header_t *sources; /* of cfo_ctl_proof_file_t: the proofs */
    const apr_array_header_t
        *chain; /* of const cfo_certificate_t *: what else is known */
    apr_time_t at;
    cfo_cert_state_t
        state;         /* HOLDS, UNKNOWN, EXPIRED, NOT_YET_VALID or UNSUITABLE, ... */
    cfo_match_t match; /* ... and what else cfo_zone_check() says of it */
    const char *why;
} cfo_ctl_case_t;

/* Sets *why to what stands in the way, and *advice to what to do about it; for HOLDS,
 * *why to what proves it, and *advice to NULL. Each is one sentence without a full stop.
 */
void cfo_ctl_explain(const cfo_ctl_case_t *c, const char **why, const char **advice);

#endif
