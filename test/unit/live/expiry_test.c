/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/expiry.h"

#include "fixture.h"
#include "pki.h"

static cfo_zone_table_t *table;
static cfo_snapshot_t snapshot;

/* A CA that expires in so many days. */
static const pki_t *ca_until(const char *name, int days)
{
    return pki_make(&(pki_order_t){ .name = name,
                                    .extensions = CA_EXTENSIONS,
                                    .from = NOW - 100 * DAY,
                                    .until = NOW + days * DAY });
}

static cfo_zone_t *begin_zone(const char *name)
{
    return cfo_zone_create(cfo_shared_pool_permanent(pool), name);
}

static void add_proof(cfo_zone_t *zone, const pki_t *ca)
{
    apr_array_header_t *proofs;

    assert_null(cfo_proof_read_pem(
        pool, ca->pem, strlen(ca->pem),
        apr_pstrcat(pool, ca->certificate->subject, ".pem", NULL), &proofs));
    apr_array_cat(zone->proofs, proofs);
}

static void add_zone(const char *name, const pki_t *first, const pki_t *second)
{
    cfo_zone_t *zone = begin_zone(name);

    add_proof(zone, first);
    if (second)
        add_proof(zone, second);
    cfo_zone_table_put(table, zone);
}

static void begin(void)
{
    table = cfo_zone_table_create(pool);
    snapshot.tables = apr_array_make(pool, 1, sizeof(cfo_zone_table_t *));
    APR_ARRAY_PUSH(snapshot.tables, cfo_zone_table_t *) = table;
}

static apr_array_header_t *list(int days)
{
    return cfo_expiry_list(pool, &snapshot, NULL, NOW, days * DAY);
}

static const cfo_expiry_t *at(const apr_array_header_t *expiries, int i)
{
    return &APR_ARRAY_IDX(expiries, i, cfo_expiry_t);
}

static void expiring_certificates_are_listed_soonest_first(void **state)
{
    apr_array_header_t *found;

    (void)state;
    begin();
    add_zone("a.test", ca_until("twenty", 20), ca_until("forty", 40));
    add_zone("b.test", ca_until("over", -2), ca_until("ten", 10));
    found = list(30);
    assert_int_equal(found->nelts, 3);
    assert_string_equal(at(found, 0)->subject, "CN=over");
    assert_string_equal(at(found, 1)->subject, "CN=ten");
    assert_string_equal(at(found, 2)->subject, "CN=twenty");
    assert_string_equal(at(found, 2)->zone, "a.test");
    assert_string_equal(at(found, 2)->source, "CN=twenty.pem");
    assert_string_equal(at(found, 2)->kind, "anchor");
    assert_int_equal(list(0)->nelts, 1);
    assert_int_equal(list(41)->nelts, 4);
}

static void a_certificate_of_many_zones_is_listed_once(void **state)
{
    const pki_t *ca = ca_until("shared by mine", 5);
    apr_array_header_t *found;

    (void)state;
    begin();
    add_zone("b.test", ca, NULL);
    add_zone("a.test", ca, NULL);
    add_zone("c.test", ca, NULL);
    found = list(30);
    assert_int_equal(found->nelts, 1);
    assert_int_equal(at(found, 0)->zones, 3);
    assert_string_equal(at(found, 0)->zone, "a.test");
}

static void a_pin_by_digest_has_no_expiry(void **state)
{
    cfo_zone_t *zone = begin_zone("a.test");
    const char *pin = apr_psprintf(pool, "sha256:%064d", 7);

    (void)state;
    begin();
    assert_null(cfo_proof_read_pin(pool, pin, apr_array_push(zone->proofs)));
    add_proof(zone, ca_until("over", -2));
    cfo_zone_table_put(table, zone);
    assert_int_equal(list(30)->nelts, 1);
    assert_int_equal(cfo_expiry_shut_zones(pool, &snapshot, NOW)->nelts, 0);
}

static void a_zone_is_shut_when_all_of_its_certificates_have_expired(void **state)
{
    apr_array_header_t *shut;

    (void)state;
    begin();
    add_zone("all.test", ca_until("one", -2), ca_until("two", -1));
    add_zone("some.test", ca_until("three", -2), ca_until("four", 1));
    add_zone("none.test", ca_until("five", 1), NULL);
    cfo_zone_table_put(table, begin_zone("empty.test")); /* shut for another reason */
    shut = cfo_expiry_shut_zones(pool, &snapshot, NOW);
    assert_int_equal(shut->nelts, 1);
    assert_string_equal(APR_ARRAY_IDX(shut, 0, const char *), "all.test");
}

static void a_leaf_that_is_still_presented_is_listed_unless_its_file_is(void **state)
{
    const pki_t *ca = ca_until("CA", 300), *leaf;
    cfo_usages_t *usages;
    apr_array_header_t *found;

    (void)state;
    begin();
    add_zone("a.test", ca, NULL);
    leaf = pki_make(&(pki_order_t){ .name = "leaf",
                                    .extensions = LEAF_EXTENSIONS,
                                    .issuer = ca,
                                    .from = NOW - DAY,
                                    .until = NOW + 3 * DAY });
    assert_int_equal(cfo_usages_create(pool,
                                       apr_pstrcat(pool, fixture_folder(), "/seen", NULL),
                                       1, &usages),
                     APR_SUCCESS);
    cfo_usage_touch(
        cfo_usages_record(
            usages, "a.test",
            APR_ARRAY_IDX(cfo_zone_table_get(table, "a.test")->proofs, 0, cfo_proof_t *),
            leaf->certificate),
        NOW - 6 * DAY);
    found = cfo_expiry_list(pool, &snapshot, usages, NOW, 30 * DAY);
    assert_int_equal(found->nelts, 1);
    assert_string_equal(at(found, 0)->kind, "presented");
    assert_string_equal(at(found, 0)->sha256, leaf->certificate->sha256_hex);
    assert_string_equal(at(found, 0)->zone, "a.test");
    assert_null(at(found, 0)->source);
    found = cfo_expiry_list(pool, &snapshot, usages, NOW + 2 * DAY, 30 * DAY);
    assert_int_equal(found->nelts, 0); /* not presented for more than a week */
    add_zone("b.test", leaf, NULL);
    found = cfo_expiry_list(pool, &snapshot, usages, NOW, 30 * DAY);
    assert_int_equal(found->nelts, 1);
    assert_string_equal(at(found, 0)->kind, "leaf");
}

static void days_are_whole_and_rounded_down(void **state)
{
    (void)state;
    assert_int_equal(cfo_expiry_days(NOW + DAY, NOW), 1);
    assert_int_equal(cfo_expiry_days(NOW + DAY - 1, NOW), 0);
    assert_int_equal(cfo_expiry_days(NOW, NOW), 0);
    assert_int_equal(cfo_expiry_days(NOW - 1, NOW), -1);
    assert_int_equal(cfo_expiry_days(NOW - DAY, NOW), -1);
    assert_int_equal(cfo_expiry_days(NOW - DAY - 1, NOW), -2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(expiring_certificates_are_listed_soonest_first),
        TEST(a_certificate_of_many_zones_is_listed_once),
        TEST(a_pin_by_digest_has_no_expiry),
        TEST(a_zone_is_shut_when_all_of_its_certificates_have_expired),
        TEST(a_leaf_that_is_still_presented_is_listed_unless_its_file_is),
        TEST(days_are_whole_and_rounded_down),
    };

    return RUN(tests);
}
