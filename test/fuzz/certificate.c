/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate in DER, as it is stored, shared, written as PEM and read again, and all
 * that is asked about it. */
#include "core/trust/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "core/live/public_cas.h"
#include "core/stats/handshake_failure.h"
#include "core/trust/ca_store.h"
#include "core/trust/origin_ca.h"
#include "core/trust/proof.h"

#include "fuzz.h"

static const char *as_pem(apr_pool_t *p, X509 *x509, size_t *length)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data, *text;

    PROMISE(bio && PEM_write_bio_X509(bio, x509));
    *length = (size_t)BIO_get_mem_data(bio, &data);
    text = apr_pmemdup(p, data, *length);
    BIO_free(bio);
    return text;
}

static void read_again(apr_pool_t *p, const cfo_certificate_t *certificate)
{
    const cfo_certificate_t *shared = cfo_certificate_share(p, certificate);
    cfo_certificate_t *again = NULL;
    size_t length;
    const char *pem = as_pem(p, certificate->x509, &length);

    PROMISE(!cfo_certificate_read(p, pem, length, &again));
    PROMISE(!strcmp(again->sha256_hex, certificate->sha256_hex));
    PROMISE(!memcmp(again->spki_sha256, certificate->spki_sha256, CFO_DIGEST_SIZE));
    PROMISE(again->not_after == certificate->not_after);
    PROMISE(again->is_ca == certificate->is_ca);
    PROMISE(again->can_issue == certificate->can_issue);
    PROMISE(!strcmp(shared->subject, again->subject));
    PROMISE(!strcmp(shared->issuer, again->issuer));
}

static void ask(apr_pool_t *p, const cfo_certificate_t *certificate)
{
    cfo_ca_store_t *store = cfo_ca_store_create(p);
    cfo_handshake_state_t state = { .chain_length = 1 };
    X509 *root;
    int above;

    (void)cfo_certificate_is_shared_ca(certificate);
    (void)cfo_origin_ca_is(certificate);
    (void)cfo_origin_ca_issued(certificate);
    (void)cfo_public_cas_issued(certificate);
    (void)cfo_leaf_unfit(certificate);
    PROMISE(*cfo_handshake_hint(p, CFO_HANDSHAKE_CERT_UNKNOWN, &state,
                                X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, certificate, 0));
    (void)cfo_ca_store_check(store, certificate, &above);
    root = cfo_ca_store_root(store, certificate);
    X509_free(root);
}

static void add_to_store(apr_pool_t *p, const uint8_t *data, size_t size,
                         const cfo_certificate_t *certificate)
{
    cfo_ca_store_t *store = cfo_ca_store_create(p);
    int above;

    cfo_ca_store_add(store, data, (long)size);
    (void)cfo_ca_store_has_root(store);
    if (certificate)
        (void)cfo_ca_store_check(store, certificate, &above);
}

/* Its own proof, as an anchor or a leaf. */
static void prove_itself(apr_pool_t *p, const cfo_certificate_t *certificate)
{
    apr_array_header_t *proofs = NULL;
    size_t length;
    const char *pem = as_pem(p, certificate->x509, &length), *why = NULL;
    const cfo_proof_t *proof;

    if (cfo_proof_read_pem(p, pem, length, "source", &proofs))
        return;
    proof = APR_ARRAY_IDX(proofs, 0, const cfo_proof_t *);
    PROMISE((proof->kind == CFO_PROOF_ANCHOR) == (certificate->can_issue != 0));
    if (proof->kind == CFO_PROOF_LEAF)
        PROMISE(cfo_proof_check(proof, certificate, &why) == CFO_PROOF_HOLDS);
    else
        PROMISE(cfo_proof_check(proof, certificate, &why) != CFO_PROOF_HOLDS);
    why = cfo_proof_unfit(proof);
    PROMISE(!why || cfo_proof_unfit_at(proof, 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    char *exact = fuzz_exact(data, size);
    cfo_certificate_t *certificate = NULL;
    const char *reason =
        cfo_certificate_decode(p, (const unsigned char *)exact, (long)size, &certificate);

    PROMISE(reason ? *reason : certificate != NULL);
    if (!reason) {
        PROMISE(certificate->subject && certificate->issuer);
        PROMISE(!(certificate->can_issue && !certificate->is_ca));
        read_again(p, certificate);
        ask(p, certificate);
        prove_itself(p, certificate);
    }
    add_to_store(p, (const uint8_t *)exact, size, reason ? NULL : certificate);
    PROMISE(ERR_peek_error() == 0);
    fuzz_pool(); /* what its objects lose is seen now */
    free(exact);
    return 0;
}
