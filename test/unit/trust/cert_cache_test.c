/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/cert_cache.h"

#include "apr_thread_proc.h"

#include "core/trust/zone_check.h"
#include "fixture.h"
#include "pki.h"

/* From AddressSanitizer or ThreadSanitizer; NULL without them (under qemu). */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

enum { THREADS = 8, TEXTS = 24 };

static const cfo_certificate_t *find(cfo_cert_cache_t *cert_cache, const char *pem)
{
    return cfo_cert_cache_find(cert_cache, pool, pem, strlen(pem));
}

static void add(cfo_cert_cache_t *cert_cache, const char *pem)
{
    cfo_cert_cache_add(cert_cache, pem, strlen(pem));
}

static void an_added_certificate_is_found_by_its_whole_text(void **state)
{
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    const pki_t *leaf = pki_leaf("leaf", pki_ca("A"));
    char *copy = apr_pstrdup(pool, leaf->pem);
    const cfo_certificate_t *known;

    (void)state;
    assert_null(find(cert_cache, leaf->pem));
    add(cert_cache, copy);
    memset(copy, 'x', strlen(copy)); /* the text was copied */
    known = find(cert_cache, leaf->pem);
    assert_memory_equal(known->sha256, leaf->certificate->sha256, CFO_DIGEST_SIZE);
    assert_ptr_not_equal(known, leaf->certificate);
    assert_null(cfo_cert_cache_find(cert_cache, pool, leaf->pem, strlen(leaf->pem) - 1));
    assert_null(find(cert_cache, ""));
}

/* The table hashes only the end, so the beginning must be compared. */
static void a_text_with_the_same_end_is_not_found(void **state)
{
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    char *text = apr_pstrdup(pool, pki_leaf("leaf", pki_ca("A"))->pem);
    size_t i, length = strlen(text);

    (void)state;
    add(cert_cache, text);
    assert_non_null(find(cert_cache, text));
    for (i = 0; i < length; i++) {
        text[i] ^= 1;
        assert_null(find(cert_cache, text));
        text[i] ^= 1;
    }
}

static void a_text_that_is_no_certificate_is_not_cached(void **state)
{
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);

    (void)state;
    add(cert_cache, "");
    add(cert_cache, "not a certificate");
    assert_null(find(cert_cache, ""));
    assert_null(find(cert_cache, "not a certificate"));
}

static void a_certificate_added_twice_is_cached_once(void **state)
{
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    const char *pem = pki_leaf("leaf", pki_ca("A"))->pem;
    const cfo_certificate_t *known;

    (void)state;
    add(cert_cache, pem);
    known = find(cert_cache, pem);
    add(cert_cache, pem);
    assert_ptr_equal(find(cert_cache, pem)->x509, known->x509);
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

/* Adds more texts of one certificate than there is room for: each has a long, different
 * comment at its end. */
static void fill(cfo_cert_cache_t *cert_cache, const char *pem)
{
    enum { LENGTH = 1 << 20 };
    char *text = malloc(LENGTH + 1);
    size_t length = strlen(pem), i;

    memset(text, '#', LENGTH);
    memcpy(text, pem, length);
    for (i = 0; i < CFO_CERT_CACHE_BYTES / (4 * LENGTH) + 10; i++) {
        snprintf(text + LENGTH - 10, 10, "%9d", (int)i);
        cfo_cert_cache_add(cert_cache, text, LENGTH);
    }
    free(text);
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
    assert_non_null(find(cert_cache, leaf->pem));
    fill(cert_cache, stranger->pem);
    for (i = 0; i < 2; i++) {
        assert_int_equal(check(pool, cert_cache, zone, leaf), CFO_CERT_HOLDS);
        assert_int_equal(check(pool, cert_cache, zone, stranger), CFO_CERT_UNKNOWN);
        assert_non_null(find(cert_cache, leaf->pem));
        assert_null(find(cert_cache, stranger->pem));
    }
}

static void a_full_cache_uses_no_more_memory(void **state)
{
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    const char *pem = pki_leaf("leaf", pki_ca("A"))->pem;
    size_t full;

    (void)state;
    if (!__sanitizer_get_current_allocated_bytes)
        skip(); /* packages are built without AddressSanitizer */
    fill(cert_cache, pem);
    full = __sanitizer_get_current_allocated_bytes();
    fill(cert_cache, pem); /* those that were dropped, which drops the others */
    assert_true(__sanitizer_get_current_allocated_bytes() < full + full / 10);
}

/* A connection may use it as long as it lasts. */
/* The text may be anything around the certificate. */
static void a_text_larger_than_the_cache_is_not_kept(void **state)
{
    const size_t length = CFO_CERT_CACHE_BYTES / 4;
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    const char *pem = pki_leaf("leaf", pki_ca("A"))->pem;
    char *text = malloc(length);

    (void)state;
    assert_non_null(text);
    memset(text, '\n', length);
    memcpy(text + length - strlen(pem), pem, strlen(pem));
    cfo_cert_cache_add(cert_cache, text, length);
    assert_null(cfo_cert_cache_find(cert_cache, pool, text, length));
    free(text);
    add(cert_cache, pem);
    assert_non_null(find(cert_cache, pem));
}

static void a_dropped_certificate_stays_valid_for_its_user(void **state)
{
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    const pki_t *leaf = pki_leaf("leaf", pki_ca("A"));
    const cfo_certificate_t *kept;
    apr_pool_t *p;
    int i;

    (void)state;
    apr_pool_create(&p, pool);
    add(cert_cache, leaf->pem);
    kept = cfo_cert_cache_find(cert_cache, p, leaf->pem, strlen(leaf->pem));
    for (i = 0; i < 3; i++)
        fill(cert_cache, leaf->pem);
    assert_null(find(cert_cache, leaf->pem));
    assert_memory_equal(kept->sha256, leaf->certificate->sha256, CFO_DIGEST_SIZE);
    assert_int_equal(X509_cmp(kept->x509, leaf->x509), 0);
    apr_pool_destroy(p);
}

/* Work of eight threads at the same time; cmocka must not be used in them. */
typedef struct {
    cfo_cert_cache_t *cert_cache;
    cfo_zone_t *zone;
    const pki_t *leaf, *stranger;
    const char *texts[TEXTS];
    int number, errors;
} work_t;

/* A text that is different in each thread and round. */
static const cfo_certificate_t *add_own(const work_t *work, apr_pool_t *p, int round)
{
    char text[2048];

    snprintf(text, sizeof text, "%s# %d %d\n", work->leaf->pem, work->number, round);
    add(work->cert_cache, text);
    return cfo_cert_cache_find(work->cert_cache, p, text, strlen(text));
}

static int is_leaf(const work_t *work, const cfo_certificate_t *known)
{
    return known &&
           !memcmp(known->sha256, work->leaf->certificate->sha256, CFO_DIGEST_SIZE);
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
        const char *text = work->texts[(i * (2 * work->number + 1)) % TEXTS];

        add(work->cert_cache, text);
        work->errors +=
            !is_leaf(work, cfo_cert_cache_find(work->cert_cache, p, text, strlen(text)));
        if (i % 10)
            continue;
        work->errors += !is_leaf(work, add_own(work, p, i));
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
    for (i = 0; i < TEXTS; i++)
        work.texts[i] = apr_psprintf(pool, "%s# %d\n", work.leaf->pem, i);
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
        TEST(an_added_certificate_is_found_by_its_whole_text),
        TEST(a_text_with_the_same_end_is_not_found),
        TEST(a_text_that_is_no_certificate_is_not_cached),
        TEST(a_certificate_added_twice_is_cached_once),
        TEST(matches_are_found_by_the_whole_digest_of_the_leaf),
        TEST(matches_are_copied_and_never_change),
        TEST(a_leaf_with_too_many_matches_is_not_cached),
        TEST(unused_leaves_are_replaced_first),
        TEST(a_full_match_cache_uses_no_more_memory),
        TEST(a_full_cache_keeps_used_certificates_and_admits_nobody),
        TEST(a_full_cache_uses_no_more_memory),
        TEST(a_text_larger_than_the_cache_is_not_kept),
        TEST(a_dropped_certificate_stays_valid_for_its_user),
        TEST(threads_do_not_disturb_each_other),
    };

    return RUN(tests);
}
