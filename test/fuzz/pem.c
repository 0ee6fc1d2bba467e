/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/certificate.h"
#include "core/trust/proof.h"

#include <openssl/err.h>

#include "fuzz.h"

static void try_leaf(const apr_array_header_t *proofs, const cfo_certificate_t *leaf)
{
    int i;

    for (i = 0; i < proofs->nelts; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(proofs, i, const cfo_proof_t *);
        const char *why = NULL;

        PROMISE(cfo_proof_check(proof, leaf, &why) != CFO_PROOF_UNSUITABLE || why);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    char *exact = malloc(size ? size : 1); /* the text of a file has no NUL at its end */
    cfo_certificate_t *certificate = NULL;
    apr_array_header_t *proofs;
    const char *reason;

    PROMISE(exact);
    if (size)
        memcpy(exact, data, size);
    reason = cfo_proof_read_pem(p, exact, size, "source", &proofs);
    PROMISE(reason ? *reason != '\0' : proofs->nelts > 0);
    if (!cfo_certificate_read(p, exact, size, &certificate)) {
        PROMISE(certificate->subject && certificate->issuer && certificate->sha256_hex);
        if (!reason)
            try_leaf(proofs, certificate);
    }
    PROMISE(ERR_peek_error() == 0);
    fuzz_pool(); /* what its objects lose is seen now */
    free(exact);
    return 0;
}
