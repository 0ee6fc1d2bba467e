/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: explains why a certificate proves its zone or does not. */
#ifndef CFO_CTL_COMMAND_EXPLAIN_H
#define CFO_CTL_COMMAND_EXPLAIN_H

#include "core/trust/zone_check.h"
#include "ctl/command/proof_file.h"

/* A leaf that was checked against the proofs of a zone. */
typedef struct {
    apr_pool_t *pool;
    const cfo_certificate_t *leaf;
    const apr_array_header_t *sources; /* of cfo_ctl_proof_file_t: the proofs */
    const apr_array_header_t
        *chain; /* of const cfo_certificate_t *: other certificates */
    apr_time_t at;
    cfo_cert_state_t
        state;         /* HOLDS, UNKNOWN, EXPIRED, NOT_YET_VALID or UNSUITABLE, ... */
    cfo_match_t match; /* ... and the other results of cfo_zone_check() */
    const char *why;
} cfo_ctl_case_t;

/* Each is one sentence without a full stop, in the pool of the case. */
typedef struct {
    const char *why;    /* the reason; for HOLDS, what proves the zone */
    const char *advice; /* what to do; for HOLDS, NULL */
} cfo_ctl_words_t;

cfo_ctl_words_t cfo_ctl_explain(const cfo_ctl_case_t *c);

#endif
