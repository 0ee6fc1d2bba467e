/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/core/recognition.h"

#include "apr_thread_proc.h"

#include "../../src/core/zones.h"
#include "fixture.h"
#include "pki.h"

enum { THREADS = 8, ROUNDS = 2000, TEXTS = 24 };

static const cfo_certificate_t *find(cfo_recognition_t *recognition, const char *pem)
{
    return cfo_recognition_find(recognition, pem, strlen(pem));
}

static void add(cfo_recognition_t *recognition, const char *pem)
{
    cfo_recognition_add(recognition, pem, strlen(pem));
}

static void what_was_added_is_found_by_its_whole_text(void **state)
{
    cfo_recognition_t *recognition = cfo_recognition_create(pool);
    const pki_t *leaf = pki_leaf("leaf", pki_ca("A"));
    char *copy = apr_pstrdup(pool, leaf->pem);
    const cfo_certificate_t *known;

    (void)state;
    assert_null(find(recognition, leaf->pem));
    add(recognition, copy);
    memset(copy, 'x', strlen(copy)); /* the text was copied */
    known = find(recognition, leaf->pem);
    assert_memory_equal(known->sha256, leaf->certificate->sha256, CFO_DIGEST_SIZE);
    assert_ptr_not_equal(known, leaf->certificate);
    assert_null(cfo_recognition_find(recognition, leaf->pem, strlen(leaf->pem) - 1));
    assert_null(find(recognition, ""));
}

/* The table hashes the end only: the beginning has to be compared all the same. */
static void a_text_that_only_ends_alike_is_not_found(void **state)
{
    cfo_recognition_t *recognition = cfo_recognition_create(pool);
    char *text = apr_pstrdup(pool, pki_leaf("leaf", pki_ca("A"))->pem);
    size_t i, length = strlen(text);

    (void)state;
    add(recognition, text);
    assert_non_null(find(recognition, text));
    for (i = 0; i < length; i++) {
        text[i] ^= 1;
        assert_null(find(recognition, text));
        text[i] ^= 1;
    }
}

static void what_is_no_certificate_is_not_kept(void **state)
{
    cfo_recognition_t *recognition = cfo_recognition_create(pool);

    (void)state;
    add(recognition, "");
    add(recognition, "not a certificate");
    assert_null(find(recognition, ""));
    assert_null(find(recognition, "not a certificate"));
}

static void what_is_added_twice_is_kept_once(void **state)
{
    cfo_recognition_t *recognition = cfo_recognition_create(pool);
    const char *pem = pki_leaf("leaf", pki_ca("A"))->pem;
    const cfo_certificate_t *known;

    (void)state;
    add(recognition, pem);
    known = find(recognition, pem);
    add(recognition, pem);
    assert_ptr_equal(find(recognition, pem), known);
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

static void matches_are_found_by_the_whole_digest_of_the_leaf(void **state)
{
    cfo_recognition_t *recognition = cfo_recognition_create(pool);
    cfo_recognised_t *list = NULL;
    cfo_certificate_t *leaf = fake_leaf(0);
    int i;

    (void)state;
    assert_null(cfo_recognised_find(&list, leaf));
    cfo_recognised_add(recognition, NULL, &list, leaf, match_of(4711));
    assert_true(
        APR_ARRAY_IDX(cfo_recognised_find(&list, leaf), 0, cfo_match_t).not_after ==
        4711);
    for (i = 0; i < CFO_DIGEST_SIZE; i++) {
        leaf->sha256[i] ^= 0x80;
        assert_null(cfo_recognised_find(&list, leaf));
        leaf->sha256[i] ^= 0x80;
    }
}

static void matches_are_copied_and_never_change(void **state)
{
    cfo_recognition_t *recognition = cfo_recognition_create(pool);
    cfo_recognised_t *list = NULL;
    const apr_array_header_t *matches = match_of(1), *known;

    (void)state;
    cfo_recognised_add(recognition, NULL, &list, fake_leaf(1), matches);
    APR_ARRAY_IDX(matches, 0, cfo_match_t).not_after = 2;
    cfo_recognised_add(recognition, NULL, &list, fake_leaf(1), matches);
    known = cfo_recognised_find(&list, fake_leaf(1));
    assert_true(APR_ARRAY_IDX(known, 0, cfo_match_t).not_after == 1);
    assert_null(list->next);
}

static void a_zone_keeps_no_more_than_its_bound(void **state)
{
    cfo_recognition_t *recognition = cfo_recognition_create(pool);
    cfo_recognised_t *list = NULL;
    int i;

    (void)state;
    for (i = 0; i < CFO_RECOGNISED_PER_ZONE + 10; i++)
        cfo_recognised_add(recognition, NULL, &list, fake_leaf(i), match_of(i));
    for (i = 0; i < CFO_RECOGNISED_PER_ZONE + 10; i++)
        assert_int_equal(cfo_recognised_find(&list, fake_leaf(i)) != NULL,
                         i < CFO_RECOGNISED_PER_ZONE);
}

static void matches_are_kept_in_the_pool_that_is_named(void **state)
{
    cfo_recognition_t *recognition = cfo_recognition_create(pool);
    cfo_recognised_t *own = NULL, *common = NULL;
    apr_pool_t *p;

    (void)state;
    apr_pool_create(&p, pool);
    cfo_recognised_add(recognition, p, &own, fake_leaf(1), match_of(1));
    assert_ptr_equal(own->matches->pool, p);
    cfo_recognised_add(recognition, NULL, &common, fake_leaf(1), match_of(1));
    assert_ptr_not_equal(common->matches->pool, p);
    apr_pool_destroy(p);
    assert_non_null(cfo_recognised_find(&common, fake_leaf(1)));
}

static cfo_zone_t *zone_of(const pki_t *ca)
{
    cfo_zone_t *zone = cfo_zone_create(cfo_batch_permanent(pool), "example.com");
    apr_array_header_t *proofs;

    assert_null(cfo_proof_read_pem(pool, ca->pem, strlen(ca->pem), "file", &proofs));
    apr_array_cat(zone->proofs, proofs);
    return zone;
}

static cfo_cert_state_t check(apr_pool_t *p, cfo_recognition_t *recognition,
                              cfo_zone_t *zone, const pki_t *leaf)
{
    cfo_match_t match;
    const char *why;

    return cfo_zone_check(p, recognition, zone, leaf->certificate, leaf->pem, NOW, &match,
                          &why);
}

/* Sixteen thousand texts of one certificate: each ends in a comment of its own. */
static void fill(cfo_recognition_t *recognition, const char *pem)
{
    int i;

    for (i = 0; i < CFO_RECOGNISED_CERTIFICATES; i++) {
        char text[2048];

        snprintf(text, sizeof text, "%s# %d\n", pem, i);
        add(recognition, text);
    }
}

static void a_full_cache_admits_nobody_and_still_works(void **state)
{
    cfo_recognition_t *recognition = cfo_recognition_create(pool);
    const pki_t *ca = pki_ca("A"), *leaf = pki_leaf("leaf", ca);
    const pki_t *stranger = pki_leaf("leaf", pki_ca("A"));
    cfo_zone_t *zone = zone_of(ca);
    int i;

    (void)state;
    fill(recognition, stranger->pem);
    assert_non_null(find(recognition, apr_psprintf(pool, "%s# 0\n", stranger->pem)));
    assert_non_null(find(recognition, apr_psprintf(pool, "%s# %d\n", stranger->pem,
                                                   CFO_RECOGNISED_CERTIFICATES - 1)));
    for (i = 0; i < CFO_RECOGNISED_PER_ZONE; i++)
        cfo_recognised_add(recognition, NULL, &zone->recognised, fake_leaf(i),
                           match_of(NOW + DAY));
    for (i = 0; i < 2; i++) {
        assert_int_equal(check(pool, recognition, zone, leaf), CFO_CERT_HOLDS);
        assert_int_equal(check(pool, recognition, zone, stranger), CFO_CERT_UNKNOWN);
        assert_null(find(recognition, leaf->pem));
        assert_null(cfo_recognised_find(&zone->recognised, leaf->certificate));
    }
}

/* What eight threads do at the same time; no cmocka in here, it knows one thread only. */
typedef struct {
    cfo_recognition_t *recognition;
    cfo_zone_t *zone;
    const pki_t *leaf, *stranger;
    const char *texts[TEXTS];
    int number, errors;
} work_t;

/* A text that no other thread has, and no other round. */
static const cfo_certificate_t *add_own(const work_t *work, int round)
{
    char text[2048];

    snprintf(text, sizeof text, "%s# %d %d\n", work->leaf->pem, work->number, round);
    add(work->recognition, text);
    return find(work->recognition, text);
}

static int is_leaf(const work_t *work, const cfo_certificate_t *known)
{
    return known &&
           !memcmp(known->sha256, work->leaf->certificate->sha256, CFO_DIGEST_SIZE);
}

static void *APR_THREAD_FUNC hammer(apr_thread_t *thread, void *data)
{
    work_t *work = data;
    apr_pool_t *p;
    int i;

    if (apr_pool_create(&p, NULL) != APR_SUCCESS)
        return NULL;
    for (i = 0; i < ROUNDS; i++) {
        const char *text = work->texts[(i * (2 * work->number + 1)) % TEXTS];

        add(work->recognition, text);
        work->errors += !is_leaf(work, find(work->recognition, text));
        if (i % 10)
            continue;
        work->errors += !is_leaf(work, add_own(work, i));
        work->errors +=
            check(p, work->recognition, work->zone, work->leaf) != CFO_CERT_HOLDS;
        work->errors +=
            check(p, work->recognition, work->zone, work->stranger) != CFO_CERT_UNKNOWN;
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    apr_thread_exit(thread, APR_SUCCESS);
    return data;
}

static void threads_do_not_disturb_each_other(void **state)
{
    const pki_t *ca = pki_ca("A");
    work_t work = { cfo_recognition_create(pool), zone_of(ca), pki_leaf("leaf", ca),
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
    assert_null(work.zone->recognised->next); /* one leaf, once */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_added_is_found_by_its_whole_text),
        TEST(a_text_that_only_ends_alike_is_not_found),
        TEST(what_is_no_certificate_is_not_kept),
        TEST(what_is_added_twice_is_kept_once),
        TEST(matches_are_found_by_the_whole_digest_of_the_leaf),
        TEST(matches_are_copied_and_never_change),
        TEST(matches_are_kept_in_the_pool_that_is_named),
        TEST(a_zone_keeps_no_more_than_its_bound),
        TEST(a_full_cache_admits_nobody_and_still_works),
        TEST(threads_do_not_disturb_each_other),
    };

    return RUN(tests);
}
