/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/zone_check.h"

#include "fixture.h"
#include "memory.h"
#include "pki.h"
#include "verified.h"
#include "zone_sample.h"

#define SECOND apr_time_from_sec(1)

/* A zone, and what is needed to check leaves for it. */
typedef struct {
    cfo_cert_cache_t *cert_cache;
    cfo_zone_t *zone;
    cfo_match_t match;
    const char *why;
} check_t;

static check_t check_of(const char *pem)
{
    check_t check = { cfo_cert_cache_create(pool) };
    const apr_array_header_t *proofs = pem ? proofs_of(pem) : no_proofs();

    check.zone = add_zone(cfo_zone_table_create(pool), "example.com", proofs);
    return check;
}

static cfo_cert_state_t at(check_t *check, const pki_t *leaf, apr_time_t now)
{
    memset(&check->match, 0xa5, sizeof check->match);
    check->why = "?";
    return cfo_zone_check(pool, check->cert_cache, check->zone,
                          pki_credential(pool, leaf), now, &check->match, &check->why);
}

static void assert_no_match(const check_t *check)
{
    assert_null(check->match.proof);
    assert_true(check->match.not_before == 0 && check->match.not_after == 0);
}

static void a_leaf_of_the_zones_ca_holds(void **state)
{
    const pki_t *ca = pki_ca("A"), *leaf = pki_leaf("leaf", ca);
    check_t check = check_of(ca->pem);

    (void)state;
    assert_int_equal(at(&check, leaf, NOW), CFO_CERT_HOLDS);
    assert_ptr_equal(check.match.proof,
                     APR_ARRAY_IDX(check.zone->proofs, 0, cfo_proof_t *));
    assert_true(check.match.not_after == leaf->certificate->not_after);
    assert_null(check.why);
}

static void what_proves_a_zone_and_who_is_proved_is_recorded_from_the_first_time(
    void **state)
{
    const pki_t *ca = pki_ca("A"), *leaf = pki_leaf("leaf", ca);
    check_t check = check_of(ca->pem);
    cfo_usages_t *usages;
    const cfo_proof_t *proof = APR_ARRAY_IDX(check.zone->proofs, 0, cfo_proof_t *);

    (void)state;
    assert_int_equal(cfo_usages_create(pool,
                                       apr_pstrcat(pool, fixture_folder(), "/seen", NULL),
                                       2, &usages),
                     APR_SUCCESS);
    cfo_cert_cache_set_usages(check.cert_cache, usages);
    assert_int_equal(at(&check, leaf, NOW), CFO_CERT_HOLDS);
    assert_int_equal(check.match.is_first, CFO_FIRST_PROOF | CFO_FIRST_LEAF);
    assert_true(cfo_usage_last(cfo_usages_find(usages, "example.com", proof)) == NOW);
    assert_int_equal(cfo_usages_leaves(pool, usages)->nelts, 1);
    assert_int_equal(at(&check, leaf, NOW + 2 * SECOND), CFO_CERT_HOLDS);
    assert_int_equal(check.match.is_first, 0);
    assert_true(cfo_usage_last(cfo_usages_find(usages, "example.com", proof)) ==
                NOW + 2 * SECOND);
}

static void any_other_leaf_is_unknown_and_is_not_cached(void **state)
{
    const pki_t *stranger = pki_leaf("leaf", pki_ca("B"));
    check_t check = check_of(pki_ca("A")->pem);

    (void)state;
    assert_int_equal(at(&check, stranger, NOW), CFO_CERT_UNKNOWN);
    assert_no_match(&check);
    assert_null(check.why);
    assert_null(check.zone->match_cache);
    assert_null(
        cfo_cert_cache_find(check.cert_cache, pool, stranger->der, stranger->der_size));
}

static void nothing_proves_a_zone_without_proofs(void **state)
{
    check_t check = check_of(NULL);

    (void)state;
    assert_int_equal(at(&check, pki_leaf("leaf", pki_ca("A")), NOW), CFO_CERT_UNKNOWN);
}

static void a_leaf_of_the_wrong_type_is_unsuitable_with_an_explanation(void **state)
{
    const pki_t *ca = pki_ca("A");
    const pki_t *server = pki_make(&(pki_order_t){
        .name = "leaf", .extensions = "extendedKeyUsage=serverAuth", .issuer = ca });
    check_t check = check_of(apr_pstrcat(pool, ca->pem, pki_ca("B")->pem, NULL));
    int round;

    (void)state;
    for (round = 0; round < 2; round++) {
        assert_int_equal(at(&check, server, NOW), CFO_CERT_UNSUITABLE);
        assert_no_match(&check);
        assert_contains(check.why, "certificate purpose");
    }
    assert_null(check.zone->match_cache);
}

static void a_pin_next_to_the_anchor_admits_a_leaf_that_is_unsuitable_for_the_anchor(
    void **state)
{
    const pki_t *ca = pki_ca("A");
    const pki_t *server = pki_make(&(pki_order_t){
        .name = "leaf", .extensions = "extendedKeyUsage=serverAuth", .issuer = ca });
    apr_array_header_t *proofs = proofs_of(ca->pem);
    check_t check = { cfo_cert_cache_create(pool) };

    (void)state;
    apr_array_cat(proofs, pin_of("sha256:", server->certificate->sha256));
    check.zone = add_zone(cfo_zone_table_create(pool), "z", proofs);
    assert_int_equal(at(&check, server, NOW), CFO_CERT_HOLDS);
    assert_int_equal(check.match.proof->kind, CFO_PROOF_SHA256);
    assert_null(check.why);
}

/* Twice: verified, and from the cache. */
static void a_leaf_is_valid_from_its_first_second_through_its_last(void **state)
{
    const pki_t *ca = pki_make(&(pki_order_t){
        .name = "A", .extensions = CA_EXTENSIONS, .from = DAY, .until = 90000 * DAY });
    const pki_t *leaf = pki_make(
        &(pki_order_t){ .name = "leaf", .issuer = ca, .from = NOW, .until = NOW + DAY });
    int round;

    (void)state;
    for (round = 0; round < 2; round++) {
        check_t check = check_of(ca->pem);

        if (round)
            at(&check, leaf, NOW);
        assert_int_equal(at(&check, leaf, NOW - 1), CFO_CERT_NOT_YET_VALID);
        assert_non_null(check.match.proof);
        assert_int_equal(at(&check, leaf, NOW), CFO_CERT_HOLDS);
        assert_int_equal(at(&check, leaf, NOW + DAY + SECOND - 1), CFO_CERT_HOLDS);
        assert_int_equal(at(&check, leaf, NOW + DAY + SECOND), CFO_CERT_EXPIRED);
        assert_non_null(check.match.proof);
        assert_null(check.why);
    }
}

static void a_leaf_is_valid_no_longer_than_its_anchor(void **state)
{
    const pki_t *ca = pki_make(&(pki_order_t){
        .name = "A", .extensions = CA_EXTENSIONS, .from = NOW, .until = NOW + DAY });
    const pki_t *leaf = pki_make(&(pki_order_t){
        .name = "leaf", .issuer = ca, .from = NOW - DAY, .until = NOW + 2 * DAY });
    check_t check = check_of(ca->pem);

    (void)state;
    assert_int_equal(at(&check, leaf, NOW - 1), CFO_CERT_NOT_YET_VALID);
    assert_int_equal(at(&check, leaf, NOW), CFO_CERT_HOLDS);
    assert_true(check.match.not_before == NOW);
    assert_true(check.match.not_after == NOW + DAY + SECOND - 1);
    assert_int_equal(at(&check, leaf, NOW + DAY + SECOND - 1), CFO_CERT_HOLDS);
    assert_int_equal(at(&check, leaf, NOW + DAY + SECOND), CFO_CERT_EXPIRED);
}

static void an_expired_anchor_proves_no_valid_leaf(void **state)
{
    const pki_t *ca = pki_make(&(pki_order_t){ .name = "A",
                                               .extensions = CA_EXTENSIONS,
                                               .from = NOW - 9 * DAY,
                                               .until = NOW - DAY });
    check_t check = check_of(ca->pem);

    (void)state;
    assert_int_equal(at(&check, pki_leaf("leaf", ca), NOW), CFO_CERT_EXPIRED);
    assert_int_equal(at(&check, pki_leaf("leaf", ca), NOW - DAY), CFO_CERT_HOLDS);
}

static void the_dates_of_a_pinned_leaf_are_checked(void **state)
{
    const pki_t *leaf =
        pki_make(&(pki_order_t){ .name = "alone", .extensions = BARE_EXTENSIONS });
    check_t check = check_of(leaf->pem);

    (void)state;
    assert_int_equal(at(&check, leaf, NOW), CFO_CERT_HOLDS);
    assert_int_equal(at(&check, leaf, NOW + 2 * DAY), CFO_CERT_EXPIRED);
    assert_int_equal(at(&check, leaf, NOW - 2 * DAY), CFO_CERT_NOT_YET_VALID);
    assert_int_equal(at(&check, leaf, NOW), CFO_CERT_HOLDS);
}

static pki_order_t anchor_order(EVP_PKEY *key, apr_time_t from, apr_time_t until)
{
    return (pki_order_t){
        .name = "A", .extensions = CA_EXTENSIONS, .key = key, .from = from, .until = until
    };
}

/* The same CA reissued with its name and its key: each of the certificates is enough. */
static void one_valid_match_of_several_is_enough(void **state)
{
    EVP_PKEY *key = pki_ec_key("P-256");
    pki_order_t orders[] = { anchor_order(key, NOW - 9 * DAY, NOW - 5 * DAY),
                             anchor_order(key, NOW - DAY, NOW + DAY),
                             anchor_order(key, NOW + 5 * DAY, NOW + 9 * DAY) };
    const pki_t *ca[] = { pki_make(&orders[0]), pki_make(&orders[1]),
                          pki_make(&orders[2]) };
    const pki_t *leaf = pki_make(&(pki_order_t){ .name = "leaf",
                                                 .issuer = ca[0],
                                                 .from = NOW - 90 * DAY,
                                                 .until = NOW + 90 * DAY });
    static const int rows[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                    { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
    int i;

    (void)state;
    for (i = 0; i < 6; i++) {
        check_t check = check_of(apr_pstrcat(
            pool, ca[rows[i][0]]->pem, ca[rows[i][1]]->pem, ca[rows[i][2]]->pem, NULL));

        assert_int_equal(at(&check, leaf, NOW), CFO_CERT_HOLDS);
        assert_true(check.match.not_before == NOW - DAY);
        assert_int_equal(at(&check, leaf, NOW - 7 * DAY), CFO_CERT_HOLDS);
        assert_int_equal(at(&check, leaf, NOW + 7 * DAY), CFO_CERT_HOLDS);
        assert_int_equal(at(&check, leaf, NOW + 10 * DAY), CFO_CERT_EXPIRED);
        assert_int_equal(at(&check, leaf, NOW - 10 * DAY), CFO_CERT_NOT_YET_VALID);
    }
}

static void the_match_returned_belongs_to_the_result(void **state)
{
    EVP_PKEY *key = pki_ec_key("P-256");
    pki_order_t past = anchor_order(key, NOW - 9 * DAY, NOW - 5 * DAY);
    pki_order_t future = anchor_order(key, NOW + 5 * DAY, NOW + 9 * DAY);
    const pki_t *old = pki_make(&past), *new = pki_make(&future);
    const pki_t *leaf = pki_make(&(pki_order_t){
        .name = "leaf", .issuer = old, .from = NOW - 90 * DAY, .until = NOW + 90 * DAY });
    const char *const files[] = { apr_pstrcat(pool, old->pem, new->pem, NULL),
                                  apr_pstrcat(pool, new->pem, old->pem, NULL) };
    int i;

    (void)state;
    for (i = 0; i < 2; i++) {
        check_t check = check_of(files[i]);
        cfo_cert_state_t found = at(&check, leaf, NOW);

        assert_true(found == CFO_CERT_EXPIRED || found == CFO_CERT_NOT_YET_VALID);
        assert_int_equal(found == CFO_CERT_EXPIRED, check.match.not_after < NOW);
        assert_int_equal(found == CFO_CERT_NOT_YET_VALID, check.match.not_before > NOW);
    }
}

/* The cache of one zone has no effect on another. */
static void each_zone_has_its_own_results(void **state)
{
    const pki_t *a = pki_ca("A"), *b = pki_ca("B"), *leaf = pki_leaf("leaf", a);
    cfo_zone_table_t *table = cfo_zone_table_create(pool);
    check_t check = { cfo_cert_cache_create(pool) };
    cfo_zone_t *zone_a = add_zone(table, "a.example", proofs_of(a->pem));
    cfo_zone_t *zone_b = add_zone(table, "b.example", proofs_of(b->pem));
    int round;

    (void)state;
    for (round = 0; round < 2; round++) {
        check.zone = zone_a;
        assert_int_equal(at(&check, leaf, NOW), CFO_CERT_HOLDS);
        check.zone = zone_b;
        assert_int_equal(at(&check, leaf, NOW), CFO_CERT_UNKNOWN);
    }
}

static void a_leaf_that_proves_a_zone_is_cached_with_its_encoding(void **state)
{
    const pki_t *ca = pki_ca("A"), *leaf = pki_leaf("leaf", ca);
    check_t check = check_of(ca->pem);
    cfo_match_t matches[CFO_MATCH_CACHE_MATCHES];
    const cfo_certificate_t *known;

    (void)state;
    at(&check, leaf, NOW + 9 * DAY); /* expired, but it matches the zone */
    known = cfo_cert_cache_find(check.cert_cache, pool, leaf->der, leaf->der_size);
    assert_non_null(known);
    assert_memory_equal(known->sha256, leaf->certificate->sha256, CFO_DIGEST_SIZE);
    assert_int_equal(cfo_match_cache_find(check.cert_cache, &check.zone->match_cache,
                                          leaf->certificate, matches),
                     1);
}

/* A zone from before httpd forked must not use its pool any more. */
static void a_match_cache_lives_as_long_as_its_zone_or_the_process(void **state)
{
    const pki_t *ca = pki_ca("A"), *leaf = pki_leaf("leaf", ca);
    cfo_parsed_file_t *content = content_of(ca->pem);
    apr_pool_t *dead;
    int is_permanent;

    (void)state;
    apr_pool_create(&dead, pool);
    for (is_permanent = 0; is_permanent < 2; is_permanent++) {
        cfo_shared_pool_t *shared_pool =
            is_permanent ? cfo_shared_pool_permanent(dead) : cfo_shared_pool_create(pool);
        check_t check = { cfo_cert_cache_create(pool),
                          cfo_zone_create(shared_pool, "z") };

        cfo_zone_add_file(check.zone, content);
        assert_int_equal(at(&check, leaf, NOW), CFO_CERT_HOLDS);
        if (is_permanent) /* the cache still exists without it */
            apr_pool_clear(dead);
        else
            assert_non_null(check.zone->match_cache);
    }
}

/* One request for a host of the zone. */
static cfo_cert_state_t ask(cfo_cert_cache_t *cert_cache, cfo_zone_table_t *table,
                            const char *name, cfo_credential_t *credential,
                            apr_time_t now, const char **why)
{
    cfo_zone_t *zone = cfo_zone_table_get(table, name);
    cfo_match_t match;
    cfo_cert_state_t state =
        cfo_zone_check(pool, cert_cache, zone, credential, now, &match, why);

    if (state != CFO_CERT_HOLDS && cfo_zones_proved_by(&table, 1, credential, now, zone))
        state = CFO_CERT_OTHER_ZONE;
    return state;
}

static void requests_on_a_connection_share_signature_checks(void **state)
{
    const pki_t *ca, *leaves[] = { vague_leaf(pki_ca("A")), NULL, NULL };
    static const cfo_cert_state_t expected[] = { CFO_CERT_UNKNOWN, CFO_CERT_OTHER_ZONE,
                                                 CFO_CERT_UNSUITABLE };
    cfo_zone_table_t *table = namesakes(3, &ca);
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    const char *why;
    int i, j;

    (void)state;
    leaves[1] = vague_leaf(ca);
    add_zone(table, "wanted.example", proofs_of(pki_ca("A")->pem));
    add_zone(table, "apart.example", proofs_of((ca = pki_ca("apart"))->pem));
    leaves[2] = pki_make(&(pki_order_t){
        .name = "leaf", .extensions = "extendedKeyUsage=serverAuth", .issuer = ca });
    for (i = 0; i < COUNT(leaves); i++) {
        cfo_credential_t *credential = pki_credential(pool, leaves[i]);

        verified = 0;
        for (j = 0; j < 300; j++)
            assert_int_equal(ask(cert_cache, table,
                                 i == 2 ? "apart.example" : "wanted.example", credential,
                                 NOW + j, &why),
                             expected[i]);
        assert_in_range(verified, 1, 4);
    }
}

static void an_unknown_leaf_costs_the_same_however_many_zones_are_requested(void **state)
{
    enum { ZONES = 3 * CFO_FAILED_CHECKS_MOST };
    const pki_t *ca;
    cfo_zone_table_t *table = namesakes(ZONES, &ca);
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    cfo_credential_t *stranger = pki_credential(pool, vague_leaf(pki_ca("A")));
    const char *why;
    int i;

    (void)state;
    verified = 0;
    for (i = 0; i < 2 * ZONES; i++) {
        const char *name = apr_psprintf(pool, "z%d.example", i % ZONES);

        assert_int_equal(ask(cert_cache, table, name, stranger, NOW, &why),
                         CFO_CERT_UNKNOWN);
        assert_true(verified <= 2 * CFO_FAILED_CHECKS_MOST);
    }
    assert_contains(why, "too many CA certificates");
}

/* A refused genuine leaf is accepted after a minute, and at once on another
 * connection. */
static void a_genuine_leaf_is_unknown_for_a_minute_at_most(void **state)
{
    const pki_t *ca;
    cfo_zone_table_t *table = namesakes(3 * CFO_FAILED_CHECKS_MOST, &ca);
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    const pki_t *leaf = vague_leaf(ca);
    cfo_credential_t *credential = pki_credential(pool, leaf);
    const char *why;
    int i;

    (void)state;
    for (i = 0; i < 2 * CFO_FAILED_CHECKS_MOST; i++)
        ask(cert_cache, table, apr_psprintf(pool, "z%d.example", i), credential, NOW,
            &why);
    assert_int_equal(ask(cert_cache, table, "z95.example", credential, NOW, &why),
                     CFO_CERT_UNKNOWN);
    assert_int_equal(
        ask(cert_cache, table, "z95.example", credential, NOW + 60 * SECOND, &why),
        CFO_CERT_HOLDS);
    assert_int_equal(
        ask(cert_cache, table, "z95.example", pki_credential(pool, leaf), NOW, &why),
        CFO_CERT_HOLDS);
}

/* However many proofs have the name of the issuer of the leaf. */
static void all_proofs_of_a_zone_are_checked(void **state)
{
    enum { ANCHORS = 3 * CFO_FAILED_CHECKS_MOST };
    apr_array_header_t *proofs = no_proofs();
    check_t check = { cfo_cert_cache_create(pool) };
    const pki_t *ca;
    int i;

    (void)state;
    for (i = 0; i < ANCHORS; i++)
        apr_array_cat(proofs, proofs_of((ca = pki_ca("A"))->pem));
    check.zone = add_zone(cfo_zone_table_create(pool), "z", proofs);
    verified = 0;
    assert_int_equal(at(&check, vague_leaf(ca), NOW), CFO_CERT_HOLDS);
    assert_int_equal(verified, ANCHORS);
}

/* A tenant may have put them there, so that strangers cost much. */
static void no_more_signatures_are_checked_than_a_zone_can_need(void **state)
{
    apr_array_header_t *proofs = no_proofs();
    check_t check = { cfo_cert_cache_create(pool) };
    int i;

    (void)state;
    for (i = 0; i < CFO_ZONE_CHECKS_MOST + 10; i++)
        apr_array_cat(proofs, proofs_of(pki_ca("A")->pem));
    check.zone = add_zone(cfo_zone_table_create(pool), "z", proofs);
    verified = 0;
    assert_int_equal(at(&check, vague_leaf(pki_ca("A")), NOW), CFO_CERT_UNKNOWN);
    assert_int_equal(verified, CFO_ZONE_CHECKS_MOST);
}

/* It is not the first of them, nor are all of them checked, so it is not cached. */
static void what_holds_once_holds_for_the_whole_connection(void **state)
{
    cfo_zone_table_t *table = cfo_zone_table_create(pool);
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    apr_array_header_t *proofs = no_proofs();
    cfo_credential_t *credential;
    const pki_t *ca, *issuer = NULL;
    const char *why;
    int i;

    (void)state;
    for (i = 0; i < CFO_ZONE_CHECKS_MOST + 10; i++) {
        apr_array_cat(proofs, proofs_of((ca = pki_ca("A"))->pem));
        issuer = i == CFO_CHECKS_KEPT + 10 ? ca : issuer;
    }
    add_zone(table, "a.example", proofs);
    credential = pki_credential(pool, vague_leaf(issuer));
    for (i = 0; i < 3; i++)
        assert_int_equal(ask(cert_cache, table, "a.example", credential, NOW + i, &why),
                         CFO_CERT_HOLDS);
}

/* The snapshot changes during a connection: a proof is added, removed, and added
 * again. */
static void results_of_a_connection_do_not_outlive_the_proofs(void **state)
{
    const pki_t *ca = pki_ca("A"), *other = pki_ca("A");
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    cfo_credential_t *credential = pki_credential(pool, vague_leaf(ca));
    const char *why;
    int i;

    (void)state;
    for (i = 0; i < 10; i++) {
        cfo_zone_table_t *table = cfo_zone_table_create(pool);
        int has_ca = i % 2;

        add_zone(table, "a.example", proofs_of(has_ca ? ca->pem : other->pem));
        assert_int_equal(ask(cert_cache, table, "a.example", credential, NOW, &why),
                         has_ca ? CFO_CERT_HOLDS : CFO_CERT_UNKNOWN);
    }
}

static void dates_are_checked_again_on_each_request_of_a_connection(void **state)
{
    const pki_t *ca = pki_ca("A"), *leaf = pki_leaf("leaf", ca);
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    cfo_zone_table_t *table = cfo_zone_table_create(pool);
    cfo_credential_t *credential = pki_credential(pool, leaf);
    apr_time_t end = leaf->certificate->not_after;
    const char *why;

    (void)state;
    add_zone(table, "a.example", proofs_of(ca->pem));
    add_zone(table, "b.example", proofs_of(pki_ca("A")->pem));
    assert_int_equal(ask(cert_cache, table, "a.example", credential, end, &why),
                     CFO_CERT_HOLDS);
    assert_int_equal(ask(cert_cache, table, "b.example", credential, end, &why),
                     CFO_CERT_OTHER_ZONE);
    assert_int_equal(ask(cert_cache, table, "a.example", credential, end + 1, &why),
                     CFO_CERT_EXPIRED);
    assert_int_equal(ask(cert_cache, table, "b.example", credential, end + 1, &why),
                     CFO_CERT_UNKNOWN);
}

/* Which proofs are in use is told to an administrator once. */
static void the_first_use_of_a_proof_and_of_a_leaf_is_returned(void **state)
{
    const pki_t *ca = pki_ca("A"), *one = pki_leaf("one", ca), *two = pki_leaf("two", ca);
    check_t check = check_of(ca->pem);
    cfo_usages_t *usages;

    (void)state;
    assert_int_equal(cfo_usages_create(pool,
                                       apr_pstrcat(pool, fixture_folder(), "/seen", NULL),
                                       1, &usages),
                     APR_SUCCESS);
    cfo_cert_cache_set_usages(check.cert_cache, usages);
    assert_int_equal(at(&check, one, NOW + 2 * DAY), CFO_CERT_EXPIRED);
    assert_int_equal(check.match.is_first, 0);
    assert_int_equal(at(&check, one, NOW), CFO_CERT_HOLDS);
    assert_int_equal(check.match.is_first, CFO_FIRST_PROOF | CFO_FIRST_LEAF);
    assert_int_equal(at(&check, two, NOW), CFO_CERT_HOLDS);
    assert_int_equal(check.match.is_first, CFO_FIRST_LEAF);
    assert_int_equal(at(&check, one, NOW + 5 * SECOND), CFO_CERT_HOLDS);
    assert_int_equal(check.match.is_first, 0);
    assert_true(cfo_usage_last(check.match.leaf_usage) == NOW + 5 * SECOND);
}

/* Enough to be admitted, but others may hold for longer. */
static void a_match_is_not_cached_while_proofs_are_unchecked(void **state)
{
    enum { TOO_MANY = CFO_ZONE_CHECKS_MOST + 1 };
    const pki_t *leaf = vague_leaf(pki_ca("A"));
    apr_array_header_t *proofs = no_proofs();
    check_t check = { cfo_cert_cache_create(pool) };
    int i;

    (void)state;
    for (i = 0; i < TOO_MANY; i++)
        apr_array_cat(proofs, proofs_of(pki_ca("A")->pem));
    apr_array_cat(proofs, pin_of("sha256:", leaf->certificate->sha256));
    check.zone = add_zone(cfo_zone_table_create(pool), "z", proofs);
    assert_int_equal(at(&check, leaf, NOW), CFO_CERT_HOLDS);
    assert_int_equal(check.match.proof->kind, CFO_PROOF_SHA256);
    assert_null(check.zone->match_cache);
}

static void the_last_of_many_leaves_is_as_cheap_as_the_first(void **state)
{
    const pki_t *ca = pki_ca("A"), *leaves[100];
    check_t check = check_of(ca->pem);
    int i, round;

    (void)state;
    for (i = 0; i < COUNT(leaves); i++)
        leaves[i] = pki_leaf("leaf", ca);
    verified = 0;
    for (round = 0; round < 3; round++) {
        for (i = 0; i < COUNT(leaves); i++)
            assert_int_equal(at(&check, leaves[i], NOW), CFO_CERT_HOLDS);
        assert_int_equal(verified, COUNT(leaves));
    }
}

/* A leaf that is checked while there is no memory, on a connection that was there
 * before. */
typedef struct {
    const char *pem; /* proofs of the zone */
    const pki_t *leaf;
    cfo_cert_state_t state; /* with memory */
    check_t check;
    cfo_credential_t *credential;
    cfo_cert_state_t found;
    const char *why;
    int unchecked; /* how often the line named the cause */
} shortage_t;

static void prepare(shortage_t *shortage)
{
    shortage->check = check_of(shortage->pem);
    shortage->credential = pki_credential(pool, shortage->leaf);
}

static void check_in_shortage(void *data)
{
    shortage_t *shortage = data;
    check_t *check = &shortage->check;

    shortage->found =
        cfo_zone_check(pool, check->cert_cache, check->zone, shortage->credential, NOW,
                       &check->match, &shortage->why);
}

/* For the failure, and for what was remembered of it: one minute at most. */
static void assert_no_harm(void *data)
{
    shortage_t *shortage = data;
    check_t *check = &shortage->check;
    const apr_time_t later = NOW + 60 * SECOND;

    shortage->unchecked += shortage->why && strstr(shortage->why, "no memory left");
    if (shortage->found != shortage->state)
        assert_int_equal(shortage->found, CFO_CERT_UNKNOWN);
    assert_int_equal(cfo_zone_check(pool, check->cert_cache, check->zone,
                                    shortage->credential, later, &check->match,
                                    &check->why),
                     shortage->state);
    assert_int_equal(at(check, shortage->leaf, later), shortage->state);
    prepare(shortage);
}

static void assert_same_without_memory(const char *pem, const pki_t *leaf,
                                       cfo_cert_state_t state)
{
    shortage_t shortage = { .pem = pem, .leaf = leaf, .state = state };
    int failures;

    prepare(&shortage);
    check_in_shortage(&shortage); /* what OpenSSL allocates once in a process */
    assert_int_equal(shortage.found, state);
    prepare(&shortage);
    failures = memory_fail_each(7, check_in_shortage, assert_no_harm, &shortage);
    assert_true(failures > 2);
    assert_true(shortage.unchecked > 0);
}

static void without_memory_nobody_is_admitted_who_would_not_be_with_it(void **state)
{
    const pki_t *ca = pki_ca("A");
    const pki_t *twin =
        pki_make(&(pki_order_t){ .name = "A", .extensions = CA_EXTENSIONS });
    const pki_t *forged = pki_make(&(pki_order_t){ .name = "leaf",
                                                   .extensions = LEAF_EXTENSIONS,
                                                   .issuer = ca,
                                                   .signed_by = twin->key });
    const pki_t *server = pki_make(&(pki_order_t){
        .name = "leaf", .extensions = "extendedKeyUsage=serverAuth", .issuer = ca });
    const pki_t *weak = pki_make(&(pki_order_t){ .name = "leaf",
                                                 .extensions = LEAF_EXTENSIONS,
                                                 .issuer = ca,
                                                 .key = pki_rsa_key(1024) });
    const pki_t *rsa = pki_make(&(pki_order_t){
        .name = "R", .extensions = CA_EXTENSIONS, .key = pki_rsa_key(2048) });

    (void)state;
    assert_same_without_memory(ca->pem, pki_leaf("leaf", ca), CFO_CERT_HOLDS);
    assert_same_without_memory(rsa->pem, pki_leaf("leaf", rsa), CFO_CERT_HOLDS);
    assert_same_without_memory(ca->pem, forged, CFO_CERT_UNKNOWN);
    assert_same_without_memory(ca->pem, server, CFO_CERT_UNSUITABLE);
    assert_same_without_memory(ca->pem, weak, CFO_CERT_UNSUITABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_leaf_of_the_zones_ca_holds),
        TEST(what_proves_a_zone_and_who_is_proved_is_recorded_from_the_first_time),
        TEST(any_other_leaf_is_unknown_and_is_not_cached),
        TEST(nothing_proves_a_zone_without_proofs),
        TEST(a_leaf_of_the_wrong_type_is_unsuitable_with_an_explanation),
        TEST(a_pin_next_to_the_anchor_admits_a_leaf_that_is_unsuitable_for_the_anchor),
        TEST(a_leaf_is_valid_from_its_first_second_through_its_last),
        TEST(a_leaf_is_valid_no_longer_than_its_anchor),
        TEST(an_expired_anchor_proves_no_valid_leaf),
        TEST(the_dates_of_a_pinned_leaf_are_checked),
        TEST(one_valid_match_of_several_is_enough),
        TEST(the_match_returned_belongs_to_the_result),
        TEST(each_zone_has_its_own_results),
        TEST(a_leaf_that_proves_a_zone_is_cached_with_its_encoding),
        TEST(a_match_cache_lives_as_long_as_its_zone_or_the_process),
        TEST(requests_on_a_connection_share_signature_checks),
        TEST(an_unknown_leaf_costs_the_same_however_many_zones_are_requested),
        TEST(a_genuine_leaf_is_unknown_for_a_minute_at_most),
        TEST(all_proofs_of_a_zone_are_checked),
        TEST(no_more_signatures_are_checked_than_a_zone_can_need),
        TEST(what_holds_once_holds_for_the_whole_connection),
        TEST(results_of_a_connection_do_not_outlive_the_proofs),
        TEST(dates_are_checked_again_on_each_request_of_a_connection),
        TEST(the_first_use_of_a_proof_and_of_a_leaf_is_returned),
        TEST(a_match_is_not_cached_while_proofs_are_unchecked),
        TEST(the_last_of_many_leaves_is_as_cheap_as_the_first),
        TEST(without_memory_nobody_is_admitted_who_would_not_be_with_it),
    };

    return RUN(tests);
}
