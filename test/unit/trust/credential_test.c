/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/credential.h"

#include "apr_thread_proc.h"

#include "fixture.h"
#include "pki.h"

enum { THREADS = 8, ROUNDS = 200 };

#define MINUTE apr_time_from_sec(60)

/* Number of signature checks. */
static int verified;

int __real_X509_verify_cert(X509_STORE_CTX *ctx);
int __wrap_X509_verify_cert(X509_STORE_CTX *ctx);

int __wrap_X509_verify_cert(X509_STORE_CTX *ctx)
{
    __atomic_fetch_add(&verified, 1, __ATOMIC_RELAXED);
    return __real_X509_verify_cert(ctx);
}

static const cfo_proof_t *proof_of(const char *pem)
{
    apr_array_header_t *proofs;

    assert_null(cfo_proof_read_pem(pool, pem, strlen(pem), "file", &proofs));
    return APR_ARRAY_IDX(proofs, 0, const cfo_proof_t *);
}

static const cfo_proof_t *new_anchor(void)
{
    return proof_of(pki_ca("A")->pem);
}

/* It does not say which of the CAs with the name of its issuer issued it. */
static const pki_t *vague_leaf(const pki_t *ca)
{
    return pki_make(
        &(pki_order_t){ .name = "leaf", .extensions = BARE_EXTENSIONS, .issuer = ca });
}

static int check(cfo_credential_t *credential, const cfo_proof_t *proof, apr_time_t now,
                 cfo_proof_result_t *result)
{
    int done;

    cfo_credential_begin(credential, now);
    done =
        cfo_credential_check(credential, proof, &credential->left_to_judge, result, NULL);
    cfo_credential_end(credential);
    return done;
}

static void assert_result(cfo_credential_t *credential, const cfo_proof_t *proof,
                          cfo_proof_result_t expected)
{
    cfo_proof_result_t result;

    assert_int_equal(check(credential, proof, NOW, &result), 1);
    assert_int_equal(result, expected);
}

static void no_signature_is_checked_twice(void **state)
{
    const pki_t *ca = pki_ca("A");
    const cfo_proof_t *own = proof_of(ca->pem), *other = new_anchor();
    cfo_credential_t *credential = pki_credential(pool, vague_leaf(ca));
    int i;

    (void)state;
    verified = 0;
    for (i = 0; i < 10; i++) {
        assert_result(credential, own, CFO_PROOF_HOLDS);
        assert_result(credential, other, CFO_PROOF_OTHER);
        assert_result(credential, proof_of(ca->pem),
                      CFO_PROOF_HOLDS); /* from another file */
    }
    assert_int_equal(verified, 2);
}

static void the_explanation_is_cached_too(void **state)
{
    const pki_t *ca = pki_ca("A");
    const cfo_proof_t *proof = proof_of(ca->pem);
    cfo_credential_t *credential = pki_credential(
        pool,
        pki_make(&(pki_order_t){
            .name = "leaf", .extensions = "extendedKeyUsage=serverAuth", .issuer = ca }));
    cfo_proof_result_t result;
    int i;

    (void)state;
    for (i = 0; i < 2; i++) {
        const char *why = NULL;

        cfo_credential_begin(credential, NOW);
        assert_int_equal(cfo_credential_check(credential, proof,
                                              &credential->left_to_judge, &result, &why),
                         1);
        cfo_credential_end(credential);
        assert_int_equal(result, CFO_PROOF_UNSUITABLE);
        assert_contains(why, "certificate purpose"); /* 1.1.1 has another first word */
    }
    assert_result(credential, new_anchor(), CFO_PROOF_OTHER);
}

static void checks_without_a_signature_do_not_count(void **state)
{
    const pki_t *ca = pki_ca("A"), *leaf = pki_leaf("leaf", ca);
    cfo_credential_t *credential = pki_credential(pool, leaf);
    int i;

    (void)state;
    verified = 0;
    for (i = 0; i < 3 * CFO_FAILED_CHECKS_MOST; i++) {
        assert_result(credential, new_anchor(),
                      CFO_PROOF_OTHER); /* other key identifier */
        assert_result(credential, proof_of(pki_ca("B")->pem), CFO_PROOF_OTHER);
        assert_result(credential, proof_of(leaf->pem), CFO_PROOF_HOLDS);
        assert_result(credential, proof_of(pki_leaf("leaf", ca)->pem), CFO_PROOF_OTHER);
    }
    assert_int_equal(verified, 0);
    assert_int_equal(credential->left_to_judge, CFO_FAILED_CHECKS_MOST);
    assert_null(credential->checks);
    assert_result(pki_credential(pool, ca), proof_of(ca->pem), CFO_PROOF_UNSUITABLE);
    assert_int_equal(verified, 0);
}

static void failed_checks_are_limited_and_cached_ones_are_not(void **state)
{
    const pki_t *ca = pki_ca("A");
    const cfo_proof_t *own = proof_of(ca->pem), *tried[CFO_FAILED_CHECKS_MOST];
    cfo_credential_t *credential = pki_credential(pool, vague_leaf(ca));
    cfo_proof_result_t result = CFO_PROOF_HOLDS;
    int i;

    (void)state;
    assert_result(credential, own, CFO_PROOF_HOLDS);
    for (i = 0; i < CFO_FAILED_CHECKS_MOST; i++)
        assert_result(credential, tried[i] = new_anchor(), CFO_PROOF_OTHER);
    verified = 0;
    assert_int_equal(check(credential, new_anchor(), NOW, &result), 0);
    for (i = 0; i < CFO_FAILED_CHECKS_MOST; i++)
        assert_result(credential, tried[i], CFO_PROOF_OTHER);
    assert_result(credential, own, CFO_PROOF_HOLDS);
    assert_int_equal(verified, 0);
    assert_int_equal(credential->left_to_report, CFO_FAILED_CHECKS_MOST);
}

static void after_a_minute_the_limit_is_reset(void **state)
{
    cfo_credential_t *credential = pki_credential(pool, vague_leaf(pki_ca("A")));
    const cfo_proof_t *proof = new_anchor();
    cfo_proof_result_t result;
    int i;

    (void)state;
    for (i = 0; i < CFO_FAILED_CHECKS_MOST; i++)
        assert_result(credential, new_anchor(), CFO_PROOF_OTHER);
    assert_int_equal(check(credential, proof, NOW + MINUTE - 1, &result), 0);
    assert_int_equal(check(credential, proof, NOW + MINUTE, &result), 1);
    assert_int_equal(credential->left_to_judge, CFO_FAILED_CHECKS_MOST - 1);
    assert_int_equal(credential->count, 1);
    assert_int_equal(check(credential, proof, NOW, &result),
                     1); /* the clock was set back */
    assert_int_equal(credential->count, 1);
    assert_true(credential->since == NOW);
}

/* Streams of one connection are judged in any order. */
static void a_request_that_began_earlier_uses_what_a_later_one_cached(void **state)
{
    cfo_credential_t *credential = pki_credential(pool, vague_leaf(pki_ca("A")));
    const cfo_proof_t *proof = new_anchor();
    cfo_proof_result_t result;
    int i;

    (void)state;
    verified = 0;
    for (i = 0; i < 10; i++)
        assert_int_equal(check(credential, proof, NOW - i, &result), 1);
    assert_int_equal(check(credential, proof, NOW - MINUTE + 1, &result), 1);
    assert_int_equal(verified, 1);
    assert_int_equal(credential->left_to_judge, CFO_FAILED_CHECKS_MOST - 1);
}

/* More than are cached. */
static void a_leaf_that_proves_many_zones_never_reaches_the_limit(void **state)
{
    EVP_PKEY *key = pki_ec_key("P-256");
    const pki_t *ca = NULL;
    const cfo_proof_t *proofs[CFO_CHECKS_KEPT + 10];
    cfo_credential_t *credential;
    int i, round;

    (void)state;
    for (i = 0; i < COUNT(proofs); i++) {
        ca = pki_make(
            &(pki_order_t){ .name = "A", .extensions = CA_EXTENSIONS, .key = key });
        proofs[i] = proof_of(ca->pem);
    }
    credential = pki_credential(pool, vague_leaf(ca));
    for (round = 0; round < 2; round++) {
        for (i = 0; i < COUNT(proofs); i++)
            assert_result(credential, proofs[i], CFO_PROOF_HOLDS);
    }
    assert_int_equal(credential->count, CFO_CHECKS_KEPT);
    assert_result(credential, new_anchor(), CFO_PROOF_OTHER);
}

/* Work of the streams of one connection at the same time; cmocka must not be used in
 * it. */
typedef struct {
    cfo_credential_t *credential;
    const cfo_proof_t *own, *other;
    int errors;
} work_t;

static void *APR_THREAD_FUNC hammer(apr_thread_t *thread, void *data)
{
    work_t *work = data;
    int i;

    for (i = 0; i < ROUNDS; i++) {
        const cfo_proof_t *proof = i % 2 ? work->own : work->other;
        cfo_proof_result_t result = CFO_PROOF_UNSUITABLE;

        work->errors += !check(work->credential, proof, NOW + i, &result);
        work->errors += result != (i % 2 ? CFO_PROOF_HOLDS : CFO_PROOF_OTHER);
    }
    apr_thread_exit(thread, APR_SUCCESS);
    return data;
}

static void streams_share_results(void **state)
{
    const pki_t *ca = pki_ca("A");
    work_t works[THREADS], work = { pki_credential(pool, vague_leaf(ca)),
                                    proof_of(ca->pem), new_anchor(), 0 };
    apr_thread_t *threads[THREADS];
    int i;

    (void)state;
    verified = 0;
    for (i = 0; i < THREADS; i++) {
        works[i] = work;
        assert_int_equal(apr_thread_create(&threads[i], NULL, hammer, &works[i], pool),
                         0);
    }
    for (i = 0; i < THREADS; i++) {
        apr_status_t status;

        assert_int_equal(apr_thread_join(&status, threads[i]), 0);
        assert_int_equal(works[i].errors, 0);
    }
    assert_int_equal(verified, 2);
}

/* A connection of its own for each thread. */
static void connections_decode_one_anchor_together(void **state)
{
    const pki_t *ca = pki_ca("A"), *leaf = vague_leaf(ca);
    const cfo_proof_t *proof = proof_of(ca->pem), *other = new_anchor();
    apr_thread_t *threads[THREADS];
    work_t works[THREADS];
    int i;

    (void)state;
    for (i = 0; i < THREADS; i++)
        works[i] = (work_t){ pki_credential(pool, leaf), proof, other, 0 };
    for (i = 0; i < THREADS; i++)
        assert_int_equal(apr_thread_create(&threads[i], NULL, hammer, &works[i], pool),
                         0);
    for (i = 0; i < THREADS; i++) {
        apr_status_t status;

        assert_int_equal(apr_thread_join(&status, threads[i]), 0);
        assert_int_equal(works[i].errors, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_signature_is_checked_twice),
        TEST(the_explanation_is_cached_too),
        TEST(checks_without_a_signature_do_not_count),
        TEST(failed_checks_are_limited_and_cached_ones_are_not),
        TEST(after_a_minute_the_limit_is_reset),
        TEST(a_request_that_began_earlier_uses_what_a_later_one_cached),
        TEST(a_leaf_that_proves_many_zones_never_reaches_the_limit),
        TEST(streams_share_results),
        TEST(connections_decode_one_anchor_together),
    };

    return RUN(tests);
}
