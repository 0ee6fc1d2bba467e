/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate that a peer presented on a connection, and what it is to the proofs
 * that it was held against: whoever presents one that proves nothing cannot make each of
 * his requests cost a signature check. */
#ifndef CFO_CORE_TRUST_CREDENTIAL_H
#define CFO_CORE_TRUST_CREDENTIAL_H

#include "apr_pools.h"
#include "apr_thread_mutex.h"
#include "apr_time.h"

#include "core/trust/certificate.h"
#include "core/trust/proof.h"

/* An anchor whose signature was looked for, known by all of its bytes: what it is to the
 * certificate can never change, whatever becomes of files and zones. Which anchors a zone
 * has, and dates, are looked at by each request for itself. */
typedef struct {
    unsigned char anchor[CFO_DIGEST_SIZE];
    cfo_proof_result_t result;
    const char *why;
} cfo_anchor_check_t;

enum {
    CFO_FAILED_CHECKS_MOST = 32, /* for each purpose, in a minute */
    CFO_CHECKS_KEPT = 64
};

/* One for each connection, and of the same life. The threads of its requests share it. */
typedef struct {
    const cfo_certificate_t *certificate;
    const char *pem; /* the text that it was read from */
    apr_thread_mutex_t *lock;
    cfo_anchor_check_t *checks; /* NULL: none yet */
    int count;
    apr_time_t since;  /* when it was begun to count what is left */
    int left_to_judge; /* signature checks that may still be in vain: to say what it is to
                          the zone of a host */
    int left_to_report; /* ... and to find which zone it proves instead */
} cfo_credential_t;

/* Copies nothing; lives as long as `p`. NULL without memory. */
cfo_credential_t *cfo_credential_create(apr_pool_t *p,
                                        const cfo_certificate_t *certificate,
                                        const char *pem);

/* To be called before checks at the time `now`, and after: no other thread comes in
 * between. Forgets everything once a minute, so that nothing that went wrong stays wrong
 * for as long as the connection lives. */
void cfo_credential_begin(cfo_credential_t *credential, apr_time_t now);
void cfo_credential_end(cfo_credential_t *credential);

/* As cfo_proof_check(), but checks no signature twice, nor one that may be in vain when
 * none of *left is: then returns 0. Takes one from *left for a signature check that was
 * in vain. */
int cfo_credential_check(cfo_credential_t *credential, const cfo_proof_t *proof,
                         int *left, cfo_proof_result_t *result, const char **why);

#endif
