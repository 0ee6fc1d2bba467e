/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate that a client presented on a connection, and the results of checking it
 * against anchors: if it proves nothing, the client cannot make every request cost a
 * signature check. */
#ifndef CFO_CORE_TRUST_CREDENTIAL_H
#define CFO_CORE_TRUST_CREDENTIAL_H

#include "apr_pools.h"
#include "apr_thread_mutex.h"
#include "apr_time.h"

#include "core/trust/certificate.h"
#include "core/trust/proof.h"

/* The result of checking the signature against an anchor, which is identified by its
 * digest. The result never changes, whatever happens to files and zones. Which anchors a
 * zone has, and dates, are checked again by each request. */
typedef struct {
    unsigned char anchor[CFO_DIGEST_SIZE];
    cfo_proof_result_t result;
    const char *why;
} cfo_anchor_check_t;

enum {
    CFO_FAILED_CHECKS_MOST = 32, /* per minute, for each purpose */
    CFO_CHECKS_KEPT = 64
};

/* One for each connection, with the same lifetime. The threads of its requests share
 * it. */
typedef struct {
    const cfo_certificate_t *certificate;
    const void *encoding; /* the bytes that it was read from */
    apr_size_t size;
    apr_thread_mutex_t *lock;
    cfo_anchor_check_t *checks; /* results; NULL: none yet */
    int count;
    apr_time_t since;   /* start of the minute in which checks are counted */
    int left_to_judge;  /* signature checks that may still fail, to judge the certificate
                           for the zone of a host ... */
    int left_to_report; /* ... and to find the zone that it proves instead, for reports */
} cfo_credential_t;

/* Copies nothing; lives as long as `p`. NULL if out of memory. */
cfo_credential_t *cfo_credential_create(apr_pool_t *p,
                                        const cfo_certificate_t *certificate,
                                        const void *encoding, apr_size_t size);

/* Call these before and after checks at the time `now`: other threads wait meanwhile.
 * Forgets all results after a minute, so that a temporary failure does not last as long
 * as the connection. */
void cfo_credential_begin(cfo_credential_t *credential, apr_time_t now);
void cfo_credential_end(cfo_credential_t *credential);

/* Like cfo_proof_check(), but checks no signature twice. Returns 0, without a check,
 * if a signature has to be checked and *left is 0. Decrements *left for each check
 * that fails. */
int cfo_credential_check(cfo_credential_t *credential, const cfo_proof_t *proof,
                         int *left, cfo_proof_result_t *result, const char **why);

#endif
