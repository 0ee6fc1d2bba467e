/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate that a client presented on a connection. */
#include "core/trust/credential.h"

#include <stdlib.h>
#include <string.h>

static const apr_interval_time_t minute = 60 * APR_USEC_PER_SEC;

static void renew(cfo_credential_t *credential, apr_time_t now)
{
    credential->since = now;
    credential->count = 0;
    credential->left_to_judge = CFO_FAILED_CHECKS_MOST;
    credential->left_to_report = CFO_FAILED_CHECKS_MOST;
}

static apr_status_t free_checks(void *data)
{
    cfo_credential_t *credential = data;

    free(credential->checks);
    return APR_SUCCESS;
}

cfo_credential_t *cfo_credential_create(apr_pool_t *p,
                                        const cfo_certificate_t *certificate,
                                        const void *encoding, apr_size_t size)
{
    cfo_credential_t *credential = apr_pcalloc(p, sizeof *credential);

    credential->certificate = certificate;
    credential->encoding = encoding;
    credential->size = size;
    renew(credential, 0);
    if (apr_thread_mutex_create(&credential->lock, APR_THREAD_MUTEX_DEFAULT, p) !=
        APR_SUCCESS)
        return NULL;
    apr_pool_cleanup_register(p, credential, free_checks, apr_pool_cleanup_null);
    return credential;
}

void cfo_credential_begin(cfo_credential_t *credential, apr_time_t now)
{
    apr_thread_mutex_lock(credential->lock);
    /* Requests come in whichever order: one that began a little earlier is no reason. */
    if (now - credential->since >= minute || credential->since - now >= minute)
        renew(credential, now);
}

void cfo_credential_end(cfo_credential_t *credential)
{
    apr_thread_mutex_unlock(credential->lock);
}

static const cfo_anchor_check_t *find(const cfo_credential_t *credential,
                                      const unsigned char *anchor)
{
    int i;

    for (i = 0; i < credential->count; i++) {
        if (!memcmp(credential->checks[i].anchor, anchor, CFO_DIGEST_SIZE))
            return &credential->checks[i];
    }
    return NULL;
}

/* Not in the pool of the connection, which another thread may be using; and most
 * connections never need it. */
static void keep(cfo_credential_t *credential, const cfo_anchor_check_t *check)
{
    if (!credential->checks)
        credential->checks = malloc(CFO_CHECKS_KEPT * sizeof *check);
    if (!credential->checks)
        return;
    if (credential->count < CFO_CHECKS_KEPT)
        credential->checks[credential->count++] = *check;
    /* The next request must not be refused because this one was admitted. */
    else if (check->result == CFO_PROOF_HOLDS)
        credential->checks[CFO_CHECKS_KEPT - 1] = *check;
}

int cfo_credential_check(cfo_credential_t *credential, const cfo_proof_t *proof,
                         int *left, cfo_proof_result_t *result, const char **why)
{
    const cfo_anchor_check_t *known;
    cfo_anchor_check_t check = { .why = NULL };

    if (!cfo_proof_needs_signature(proof, credential->certificate)) {
        *result = cfo_proof_check(proof, credential->certificate, why);
        return 1;
    }
    known = find(credential, proof->certificate->sha256);
    if (!known) {
        if (*left <= 0)
            return 0;
        memcpy(check.anchor, proof->certificate->sha256, CFO_DIGEST_SIZE);
        check.result = cfo_proof_check(proof, credential->certificate, &check.why);
        *left -= check.result != CFO_PROOF_HOLDS;
        if (check.result != CFO_PROOF_UNCHECKED)
            keep(credential, &check);
        known = &check;
    }
    *result = known->result;
    if (why && known->result == CFO_PROOF_UNSUITABLE)
        *why = known->why;
    return 1;
}
