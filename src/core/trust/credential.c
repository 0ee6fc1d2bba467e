/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate that a peer presented on a connection. */
#include "core/trust/credential.h"

#include <stdlib.h>
#include <string.h>

static const apr_interval_time_t minute = 60 * APR_USEC_PER_SEC;

static void renew(cfo_credential_t *credential, apr_time_t now)
{
    credential->since = now;
    credential->count = 0;
    credential->left_to_judge = CFO_TRIALS_IN_VAIN;
    credential->left_to_report = CFO_TRIALS_IN_VAIN;
}

static apr_status_t free_trials(void *data)
{
    cfo_credential_t *credential = data;

    free(credential->trials);
    return APR_SUCCESS;
}

cfo_credential_t *cfo_credential_create(apr_pool_t *p,
                                        const cfo_certificate_t *certificate,
                                        const char *pem)
{
    cfo_credential_t *credential = apr_pcalloc(p, sizeof *credential);

    credential->certificate = certificate;
    credential->pem = pem;
    renew(credential, 0);
    if (apr_thread_mutex_create(&credential->lock, APR_THREAD_MUTEX_DEFAULT, p) !=
        APR_SUCCESS)
        return NULL;
    apr_pool_cleanup_register(p, credential, free_trials, apr_pool_cleanup_null);
    return credential;
}

void cfo_credential_begin(cfo_credential_t *credential, apr_time_t now)
{
    apr_thread_mutex_lock(credential->lock);
    if (now < credential->since || now - credential->since >= minute)
        renew(credential, now);
}

void cfo_credential_end(cfo_credential_t *credential)
{
    apr_thread_mutex_unlock(credential->lock);
}

static const cfo_trial_t *find(const cfo_credential_t *credential,
                               const unsigned char *anchor)
{
    int i;

    for (i = 0; i < credential->count; i++) {
        if (!memcmp(credential->trials[i].anchor, anchor, CFO_DIGEST_SIZE))
            return &credential->trials[i];
    }
    return NULL;
}

/* Not in the pool of the connection, which belongs to another thread; and most
 * connections never need it. */
static void keep(cfo_credential_t *credential, const cfo_trial_t *trial)
{
    if (!credential->trials)
        credential->trials = malloc(CFO_TRIALS_KEPT * sizeof *trial);
    if (credential->trials && credential->count < CFO_TRIALS_KEPT)
        credential->trials[credential->count++] = *trial;
}

static cfo_trial_t hold_against(const cfo_credential_t *credential,
                                const cfo_proof_t *proof)
{
    cfo_trial_t trial = { .why = NULL };

    memcpy(trial.anchor, proof->certificate->sha256, CFO_DIGEST_SIZE);
    trial.result = cfo_proof_check(proof, credential->certificate, &trial.why);
    return trial;
}

int cfo_credential_check(cfo_credential_t *credential, const cfo_proof_t *proof,
                         int *left, cfo_proof_result_t *result, const char **why)
{
    const cfo_trial_t *known;
    cfo_trial_t trial;

    if (!cfo_proof_needs_signature(proof, credential->certificate)) {
        *result = cfo_proof_check(proof, credential->certificate, why);
        return 1;
    }
    known = find(credential, proof->certificate->sha256);
    if (!known) {
        if (*left <= 0)
            return 0;
        trial = hold_against(credential, proof);
        *left -= trial.result != CFO_PROOF_HOLDS;
        keep(credential, &trial);
        known = &trial;
    }
    *result = known->result;
    if (why && known->result == CFO_PROOF_UNSUITABLE)
        *why = known->why;
    return 1;
}
