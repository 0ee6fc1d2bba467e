/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/cert_cache.h"

#include <openssl/x509v3.h>

#include "apr_thread_proc.h"

#include "core/trust/zone_check.h"
#include "fixture.h"
#include "pki.h"

/* From AddressSanitizer or ThreadSanitizer; NULL without them (under qemu). */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

enum { THREADS = 8, LEAVES = 24 };

static const cfo_certificate_t *find(cfo_cert_cache_t *cert_cache, const pki_t *leaf)
{
    return cfo_cert_cache_find(cert_cache, pool, leaf->der, leaf->der_size);
}

/* The same certificate with another serial number, and another extension of that size if
 * it is not 0. Its signature is not renewed: the cache does not look at it. */
static const cfo_certificate_t *variant(apr_pool_t *p, const pki_t *leaf, long serial,
                                        int size)
{
    X509 *x509 = X509_dup(leaf->x509);
    ASN1_OCTET_STRING *padding = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension = NULL;
    cfo_certificate_t *made = NULL;

    ASN1_INTEGER_set(X509_get_serialNumber(x509), serial);
    if (size && ASN1_STRING_set(padding, NULL, size))
        extension = X509_EXTENSION_create_by_NID(NULL, NID_netscape_comment, 0, padding);
    if (extension)
        X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(padding);
    i2d_re_X509_tbs(x509, NULL); /* forgets how it was encoded */
    return cfo_certificate_make(p, x509, &made) ? NULL : made;
}

static void add(cfo_cert_cache_t *cert_cache, const cfo_certificate_t *certificate)
{
    unsigned char *der = NULL;
    int size = i2d_X509(certificate->x509, &der);

    cfo_cert_cache_add(cert_cache, certificate, der, (size_t)size);
    OPENSSL_free(der);
}

static const cfo_certificate_t *find_variant(cfo_cert_cache_t *cert_cache, apr_pool_t *p,
                                             const cfo_certificate_t *certificate)
{
    unsigned char *der = NULL;
    int size = i2d_X509(certificate->x509, &der);
    const cfo_certificate_t *found =
        cfo_cert_cache_find(cert_cache, p, der, (size_t)size);

    OPENSSL_free(der);
    return found;
}

static __thread unsigned int last_hash;

unsigned int __real_apr_hashfunc_default(const char *key, apr_ssize_t *length);
unsigned int __wrap_apr_hashfunc_default(const char *key, apr_ssize_t *length);

/* The linker replaces apr_hashfunc_default() by this. */
unsigned int __wrap_apr_hashfunc_default(const char *key, apr_ssize_t *length)
{
    last_hash = __real_apr_hashfunc_default(key, length);
    return last_hash;
}

/* A CA can sign everything with one nonce, and then the first half of all signatures is
 * the same. All its certificates in one bucket would cost every connection. */
static void certificates_whose_signatures_begin_alike_have_buckets_of_their_own(
    void **state)
{
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    const pki_t *leaf = pki_leaf("leaf", pki_ca("A"));
    const apr_size_t size = leaf->der_size;
    unsigned char *der = apr_pmemdup(pool, leaf->der, size);
    unsigned int hash[32];
    int i, j;

    (void)state;
    for (i = 0; i < 32; i++) {
        for (j = 1; j <= 32; j++)
            der[size - j] = (unsigned char)fixture_random(256);
        assert_null(cfo_cert_cache_find(cert_cache, pool, der, size));
        hash[i] = last_hash;
        for (j = 0; j < i; j++)
            assert_int_not_equal(hash[i], hash[j]);
    }
}

static void an_added_certificate_is_found_by_its_whole_encoding(void **state)
{
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    const pki_t *leaf = pki_leaf("leaf", pki_ca("A"));
    cfo_certificate_t *copy;
    const cfo_certificate_t *known;
    apr_pool_t *p;

    (void)state;
    assert_null(find(cert_cache, leaf));
    apr_pool_create(&p, pool);
    assert_null(cfo_certificate_decode(p, leaf->der, (long)leaf->der_size, &copy));
    add(cert_cache, copy);
    apr_pool_destroy(p); /* the connection that it came from has ended */
    known = find(cert_cache, leaf);
    assert_memory_equal(known->sha256, leaf->certificate->sha256, CFO_DIGEST_SIZE);
    assert_string_equal(known->subject, leaf->certificate->subject);
    assert_int_equal(X509_cmp(known->x509, leaf->x509), 0);
    assert_null(cfo_cert_cache_find(cert_cache, pool, leaf->der, leaf->der_size - 1));
    assert_null(cfo_cert_cache_find(cert_cache, pool, leaf->der, 0));
}

/* The table hashes only a piece, so all the rest must be compared. */
static void an_encoding_that_differs_in_one_byte_is_not_found(void **state)
{
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    const pki_t *leaf = pki_leaf("leaf", pki_ca("A"));
    unsigned char *der = apr_pmemdup(pool, leaf->der, leaf->der_size);
    size_t i;

    (void)state;
    add(cert_cache, leaf->certificate);
    assert_non_null(cfo_cert_cache_find(cert_cache, pool, der, leaf->der_size));
    for (i = 0; i < leaf->der_size; i++) {
        der[i] ^= 1;
        assert_null(cfo_cert_cache_find(cert_cache, pool, der, leaf->der_size));
        der[i] ^= 1;
    }
}

/* Where mod_ssl's text is all there is. */
static void a_text_is_found_too(void **state)
{
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    const pki_t *ca = pki_ca("A"), *leaf = pki_leaf("leaf", ca);
    const pki_t *other = pki_leaf("leaf", ca);
    const cfo_certificate_t *known;

    (void)state;
    cfo_cert_cache_add(cert_cache, leaf->certificate, leaf->pem, strlen(leaf->pem));
    known = cfo_cert_cache_find(cert_cache, pool, leaf->pem, strlen(leaf->pem));
    assert_memory_equal(known->sha256, leaf->certificate->sha256, CFO_DIGEST_SIZE);
    assert_null(cfo_cert_cache_find(cert_cache, pool, other->pem, strlen(other->pem)));
    assert_null(find(cert_cache, leaf));
}

static void a_certificate_added_twice_is_cached_once(void **state)
{
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    const pki_t *leaf = pki_leaf("leaf", pki_ca("A"));
    cfo_certificate_t *again;

    (void)state;
    assert_null(cfo_certificate_decode(pool, leaf->der, (long)leaf->der_size, &again));
    add(cert_cache, leaf->certificate);
    add(cert_cache, again);
    assert_ptr_equal(find(cert_cache, leaf)->x509, leaf->x509);
}

static cfo_certificate_t *fake_leaf(int number)
{
    cfo_certificate_t *leaf = apr_pcalloc(pool, sizeof *leaf);

    memcpy(leaf->sha256, &number, sizeof number);
    return leaf;
}

static const apr_array_header_t *match_of(apr_time_t not_after)
{
    apr_array_header_t *matches = apr_array_make(pool, 1, sizeof(cfo_match_t));

    APR_ARRAY_PUSH(matches, cfo_match_t) = (cfo_match_t){ NULL, 0, not_after };
    return matches;
}

static apr_time_t known(cfo_cert_cache_t *cert_cache, cfo_match_cache_t *leaves,
                        const cfo_certificate_t *leaf)
{
    cfo_match_t matches[CFO_MATCH_CACHE_MATCHES];

    return cfo_match_cache_find(cert_cache, &leaves, leaf, matches) ? matches[0].not_after
                                                                    : 0;
}

static void matches_are_found_by_the_whole_digest_of_the_leaf(void **state)
{
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    cfo_match_cache_t *leaves = NULL;
    cfo_certificate_t *leaf = fake_leaf(0);
    int i;

    (void)state;
    assert_true(known(cert_cache, leaves, leaf) == 0);
    cfo_match_cache_add(cert_cache, NULL, &leaves, leaf, match_of(4711));
    assert_true(known(cert_cache, leaves, leaf) == 4711);
    for (i = 0; i < CFO_DIGEST_SIZE; i++) {
        leaf->sha256[i] ^= 0x80;
        assert_true(known(cert_cache, leaves, leaf) == 0);
        leaf->sha256[i] ^= 0x80;
    }
}

static void matches_are_copied_and_never_change(void **state)
{
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    cfo_match_cache_t *leaves = NULL;
    const apr_array_header_t *matches = match_of(1);
    cfo_match_t found[CFO_MATCH_CACHE_MATCHES];

    (void)state;
    cfo_match_cache_add(cert_cache, NULL, &leaves, fake_leaf(1), matches);
    APR_ARRAY_IDX(matches, 0, cfo_match_t).not_after = 2;
    cfo_match_cache_add(cert_cache, NULL, &leaves, fake_leaf(1), matches);
    assert_true(known(cert_cache, leaves, fake_leaf(1)) == 1);
    assert_int_equal(cfo_match_cache_find(cert_cache, &leaves, fake_leaf(1), found), 1);
    found[0].not_after = 3;
    assert_true(known(cert_cache, leaves, fake_leaf(1)) == 1);
}

static void a_leaf_with_too_many_matches_is_not_cached(void **state)
{
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    cfo_match_cache_t *leaves = NULL;
    apr_array_header_t *matches = apr_array_make(pool, 1, sizeof(cfo_match_t));
    int i;

    (void)state;
    for (i = 0; i < CFO_MATCH_CACHE_MATCHES; i++)
        APR_ARRAY_PUSH(matches, cfo_match_t) = (cfo_match_t){ NULL, 0, 1 };
    cfo_match_cache_add(cert_cache, NULL, &leaves, fake_leaf(1), matches);
    assert_true(known(cert_cache, leaves, fake_leaf(1)) == 1);
    APR_ARRAY_PUSH(matches, cfo_match_t) = (cfo_match_t){ NULL, 0, 1 };
    cfo_match_cache_add(cert_cache, NULL, &leaves, fake_leaf(2), matches);
    assert_true(known(cert_cache, leaves, fake_leaf(2)) == 0);
}

/* With the key of a CA one can make any number of leaves. */
static void unused_leaves_are_replaced_first(void **state)
{
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    cfo_match_cache_t *leaves = NULL, *others = NULL;
    int i, found = 0;

    (void)state;
    cfo_match_cache_add(cert_cache, NULL, &others, fake_leaf(-2), match_of(2));
    cfo_match_cache_add(cert_cache, NULL, &leaves, fake_leaf(-1), match_of(1));
    for (i = 1; i <= 10 * CFO_MATCH_CACHE_LEAVES; i++) {
        assert_true(known(cert_cache, leaves, fake_leaf(-1)) == 1);
        cfo_match_cache_add(cert_cache, NULL, &leaves, fake_leaf(i), match_of(i));
        assert_true(known(cert_cache, leaves, fake_leaf(i)) == i);
    }
    for (i = 1; i <= 10 * CFO_MATCH_CACHE_LEAVES; i++)
        found += known(cert_cache, leaves, fake_leaf(i)) != 0;
    assert_int_equal(found, CFO_MATCH_CACHE_LEAVES - 1);
    assert_true(known(cert_cache, others, fake_leaf(-2)) == 2);
}

static void a_full_match_cache_uses_no_more_memory(void **state)
{
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    cfo_match_cache_t *leaves = NULL;
    const apr_array_header_t *matches = match_of(1);
    cfo_certificate_t *leaf = fake_leaf(0);
    size_t full = 0;
    apr_pool_t *p;
    int i;

    (void)state;
    if (!__sanitizer_get_current_allocated_bytes)
        skip(); /* packages are built without AddressSanitizer */
    apr_pool_create(&p, pool);
    for (i = 1; i <= 10 * CFO_MATCH_CACHE_LEAVES; i++) {
        memcpy(leaf->sha256, &i, sizeof i);
        cfo_match_cache_add(cert_cache, p, &leaves, leaf, matches);
        if (i == 2 * CFO_MATCH_CACHE_LEAVES)
            full = __sanitizer_get_current_allocated_bytes();
    }
    assert_int_equal(__sanitizer_get_current_allocated_bytes(), full);
}

static cfo_zone_t *zone_of(const pki_t *ca)
{
    cfo_zone_t *zone = cfo_zone_create(cfo_shared_pool_permanent(pool), "example.com");
    apr_array_header_t *proofs;

    assert_null(cfo_proof_read_pem(pool, ca->pem, strlen(ca->pem), "file", &proofs));
    apr_array_cat(zone->proofs, proofs);
    return zone;
}

static cfo_cert_state_t check(apr_pool_t *p, cfo_cert_cache_t *cert_cache,
                              cfo_zone_t *zone, const pki_t *leaf)
{
    cfo_match_t match;
    const char *why;

    return cfo_zone_check(p, cert_cache, zone, pki_credential(p, leaf), NOW, &match,
                          &why);
}

/* Adds more variants of a certificate than there is room for. */
static void fill(cfo_cert_cache_t *cert_cache, const pki_t *leaf)
{
    enum { SIZE = 1 << 20 };
    int i;

    for (i = 0; i < CFO_CERT_CACHE_BYTES / (4 * SIZE) + 10; i++) {
        const cfo_certificate_t *certificate;
        apr_pool_t *p;

        apr_pool_create(&p, pool);
        certificate = variant(p, leaf, i + 1000, SIZE);
        assert_non_null(certificate);
        add(cert_cache, certificate);
        apr_pool_destroy(p);
    }
}

static void a_full_cache_keeps_used_certificates_and_admits_nobody(void **state)
{
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    const pki_t *ca = pki_ca("A"), *leaf = pki_leaf("leaf", ca);
    const pki_t *stranger = pki_leaf("leaf", pki_ca("A"));
    cfo_zone_t *zone = zone_of(ca);
    int i;

    (void)state;
    assert_int_equal(check(pool, cert_cache, zone, leaf), CFO_CERT_HOLDS);
    assert_non_null(find(cert_cache, leaf));
    fill(cert_cache, stranger);
    for (i = 0; i < 2; i++) {
        assert_int_equal(check(pool, cert_cache, zone, leaf), CFO_CERT_HOLDS);
        assert_int_equal(check(pool, cert_cache, zone, stranger), CFO_CERT_UNKNOWN);
        assert_non_null(find(cert_cache, leaf));
        assert_null(find(cert_cache, stranger));
    }
}

static void a_full_cache_uses_no_more_memory(void **state)
{
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    const pki_t *leaf = pki_leaf("leaf", pki_ca("A"));
    size_t full;

    (void)state;
    if (!__sanitizer_get_current_allocated_bytes)
        skip(); /* packages are built without AddressSanitizer */
    fill(cert_cache, leaf);
    full = __sanitizer_get_current_allocated_bytes();
    fill(cert_cache, leaf); /* those that were dropped, which drops the others */
    assert_true(__sanitizer_get_current_allocated_bytes() < full + full / 10);
}

static void a_certificate_larger_than_the_cache_is_not_kept(void **state)
{
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    const pki_t *leaf = pki_leaf("leaf", pki_ca("A"));
    const cfo_certificate_t *large = variant(pool, leaf, 1000, CFO_CERT_CACHE_BYTES / 4);

    (void)state;
    assert_non_null(large);
    add(cert_cache, large);
    assert_null(find_variant(cert_cache, pool, large));
    add(cert_cache, leaf->certificate);
    assert_non_null(find(cert_cache, leaf));
}

/* A connection may use it as long as it lasts. */
static void a_dropped_certificate_stays_valid_for_its_user(void **state)
{
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    const pki_t *leaf = pki_leaf("leaf", pki_ca("A"));
    const cfo_certificate_t *kept;
    apr_pool_t *p;
    int i;

    (void)state;
    apr_pool_create(&p, pool);
    add(cert_cache, variant(p, leaf, 7, 0));
    kept = find_variant(cert_cache, pool, variant(p, leaf, 7, 0));
    apr_pool_destroy(p);
    for (i = 0; i < 3; i++)
        fill(cert_cache, leaf);
    assert_null(find_variant(cert_cache, pool, kept));
    assert_string_equal(kept->subject, leaf->certificate->subject);
    assert_int_equal(ASN1_INTEGER_get(X509_get0_serialNumber(kept->x509)), 7);
}

/* Work of eight threads at the same time; cmocka must not be used in them. */
typedef struct {
    cfo_cert_cache_t *cert_cache;
    cfo_zone_t *zone;
    const pki_t *leaf, *stranger;
    const cfo_certificate_t *leaves[LEAVES];
    int number, errors;
} work_t;

static int adds(const work_t *work, apr_pool_t *p, const cfo_certificate_t *certificate)
{
    const cfo_certificate_t *known;

    add(work->cert_cache, certificate);
    known = find_variant(work->cert_cache, p, certificate);
    return known && !memcmp(known->sha256, certificate->sha256, CFO_DIGEST_SIZE);
}

static void *APR_THREAD_FUNC hammer(apr_thread_t *thread, void *data)
{
    work_t *work = data;
    const int rounds = fixture_rounds(200, 2000);
    apr_pool_t *p;
    int i;

    if (apr_pool_create(&p, NULL) != APR_SUCCESS)
        return NULL;
    for (i = 0; i < rounds; i++) {
        work->errors +=
            !adds(work, p, work->leaves[(i * (2 * work->number + 1)) % LEAVES]);
        if (i % 10)
            continue;
        work->errors +=
            !adds(work, p, variant(p, work->leaf, 10000 * (work->number + 1) + i, 0));
        work->errors +=
            check(p, work->cert_cache, work->zone, work->leaf) != CFO_CERT_HOLDS;
        work->errors +=
            check(p, work->cert_cache, work->zone, work->stranger) != CFO_CERT_UNKNOWN;
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    apr_thread_exit(thread, APR_SUCCESS);
    return data;
}

static void threads_do_not_disturb_each_other(void **state)
{
    const pki_t *ca = pki_ca("A");
    work_t work = { cfo_cert_cache_create(pool), zone_of(ca), pki_leaf("leaf", ca),
                    pki_leaf("leaf", pki_ca("A")) };
    work_t works[THREADS];
    apr_thread_t *threads[THREADS];
    int i;

    (void)state;
    for (i = 0; i < LEAVES; i++)
        work.leaves[i] = variant(pool, work.leaf, 1000 + i, 0);
    for (i = 0; i < THREADS; i++) {
        works[i] = work;
        works[i].number = i;
        assert_int_equal(apr_thread_create(&threads[i], NULL, hammer, &works[i], pool),
                         0);
    }
    for (i = 0; i < THREADS; i++) {
        apr_status_t status;

        assert_int_equal(apr_thread_join(&status, threads[i]), 0);
        assert_int_equal(works[i].errors, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(certificates_whose_signatures_begin_alike_have_buckets_of_their_own),
        TEST(an_added_certificate_is_found_by_its_whole_encoding),
        TEST(an_encoding_that_differs_in_one_byte_is_not_found),
        TEST(a_text_is_found_too),
        TEST(a_certificate_added_twice_is_cached_once),
        TEST(matches_are_found_by_the_whole_digest_of_the_leaf),
        TEST(matches_are_copied_and_never_change),
        TEST(a_leaf_with_too_many_matches_is_not_cached),
        TEST(unused_leaves_are_replaced_first),
        TEST(a_full_match_cache_uses_no_more_memory),
        TEST(a_full_cache_keeps_used_certificates_and_admits_nobody),
        TEST(a_full_cache_uses_no_more_memory),
        TEST(a_certificate_larger_than_the_cache_is_not_kept),
        TEST(a_dropped_certificate_stays_valid_for_its_user),
        TEST(threads_do_not_disturb_each_other),
    };

    return RUN(tests);
}
