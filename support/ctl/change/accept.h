/* SPDX-License-Identifier: Apache-2.0 */
/* Whether every origin accepts a certificate, by the proofs that are in force now. */
#ifndef CFO_CTL_CHANGE_ACCEPT_H
#define CFO_CTL_CHANGE_ACCEPT_H

#include "ctl/change/plan.h"
#include "ctl/origin/origin.h"

typedef struct {
    cfo_trust_t trust;
    const char *why;             /* not IN_FORCE: the first reason */
    const char *remedy;          /* NULL: none is known */
    apr_array_header_t *lacking; /* of const char *: zones of the origin that do not
                                    accept it by their files */
    int covered; /* host names that a zone of the origin covers; those that none covers
                    do not count */
} cfo_acceptance_t;

/* For all host names of `hosts` (of const char *). In the pool of `ctl`. */
cfo_acceptance_t cfo_accept(cfo_ctl_t *ctl, const cfo_origin_t *origin,
                            const apr_array_header_t *hosts,
                            const cfo_certificate_t *leaf, const char *pem);

/* Calls `each` for the proofs of a zone entry that hold for a leaf; its dates do not
 * count. Stops when `each` returns something else than 0, and returns that. */
int cfo_accept_each(const cfo_origin_zone_t *zone, const cfo_certificate_t *leaf,
                    int (*each)(void *baton, const cfo_ctl_proof_file_t *source,
                                const cfo_proof_t *proof),
                    void *baton);

/* The digest of a proof, in hex. */
const char *cfo_accept_sha256(apr_pool_t *p, const cfo_proof_t *proof);

#endif
