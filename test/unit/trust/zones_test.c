/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/zones.h"
#include "core/trust/zone_check.h"
#include "core/trust/trie.h"

#include "apr_escape.h"

#include "fixture.h"
#include "pki.h"
#include "verified.h"
#include "zone_sample.h"

#define SECOND apr_time_from_sec(1)

static int looked_up;

int __real_cfo_trie_get(cfo_trie_t trie, apr_uint64_t key, const cfo_trie_item_t **items);
int __wrap_cfo_trie_get(cfo_trie_t trie, apr_uint64_t key, const cfo_trie_item_t **items);

int __wrap_cfo_trie_get(cfo_trie_t trie, apr_uint64_t key, const cfo_trie_item_t **items)
{
    looked_up++;
    return __real_cfo_trie_get(trie, key, items);
}

/* A table with zones of these names, which are separated by spaces. */
static cfo_zone_table_t *table_of(const char *names)
{
    cfo_zone_table_t *table = cfo_zone_table_create(pool);
    char *rest, *name = apr_strtok(apr_pstrdup(pool, names), " ", &rest);

    for (; name; name = apr_strtok(NULL, " ", &rest))
        add_zone(table, name, no_proofs());
    return table;
}

static void assert_found(cfo_zone_table_t *const *tables, int count, const char *host,
                         const char *expected)
{
    const cfo_zone_t *zone = cfo_zones_find(tables, count, host);
    const char *name = zone ? zone->name : "none";

    if (strcmp(name, expected))
        fail_msg("the zone of %s is %s, not %s", host, name, expected);
}

static void a_zone_covers_its_name_and_every_name_below(void **state)
{
    cfo_zone_table_t *table = table_of("example.com app.example.com a.b.c.d.example.net");

    (void)state;
    assert_found(&table, 1, "example.com", "example.com");
    assert_found(&table, 1, "www.example.com", "example.com");
    assert_found(&table, 1, "a.b.c.d.e.f.g.example.com", "example.com");
    assert_found(&table, 1, "app.example.com", "app.example.com");
    assert_found(&table, 1, "x.app.example.com", "app.example.com");
    assert_found(&table, 1, "a.b.c.d.example.net", "a.b.c.d.example.net");
    assert_found(&table, 1, "x.a.b.c.d.example.net", "a.b.c.d.example.net");
}

static void a_host_that_no_name_covers_has_no_zone(void **state)
{
    static const char *const hosts[] = {
        "",
        ".",
        "com",
        "example.org",
        "notexample.com",
        "xexample.com",
        "example.com.evil",
        "example.co",
        "xample.com",
        "b.c.d.example.net",
        "192.0.2.1",
        "[::1]",
        "example",
        "example.com.",
        "*",
        "..",
    };
    cfo_zone_table_t *table = table_of("example.com a.b.c.d.example.net");
    int i;

    (void)state;
    for (i = 0; i < COUNT(hosts); i++)
        assert_found(&table, 1, hosts[i], "none");
    assert_found(NULL, 0, "example.com", "none");
}

/* A client may send a host of several kilobytes. */
static void the_labels_of_a_host_longer_than_any_zone_are_not_looked_up(void **state)
{
    cfo_zone_table_t *table = table_of("example.com a.b.c.d.example.net");
    char host[8000];

    (void)state;
    memset(host, 'x', sizeof host);
    host[10] = host[20] = host[30] = '.';
    strcpy(host + sizeof host - 5, ".com");
    looked_up = 0;
    assert_found(&table, 1, host, "none");
    assert_int_equal(looked_up, 1); /* the longest label; "com" and "*" are too short */
}

static void the_star_covers_all_other_hosts(void **state)
{
    cfo_zone_table_t *table = table_of("* example.com");

    (void)state;
    assert_found(&table, 1, "www.example.com", "example.com");
    assert_found(&table, 1, "example.org", "*");
    assert_found(&table, 1, "a.b.c.d.e", "*");
    assert_found(&table, 1, "localhost", "*");
    assert_found(&table, 1, "", "*");
}

static void the_longest_name_wins_in_whichever_table_and_then_the_earlier_table(
    void **state)
{
    cfo_zone_table_t *tables[] = { table_of("example.com *"), table_of("app.example.com"),
                                   table_of("example.com app.example.com org *") };

    (void)state;
    assert_found(tables, 3, "app.example.com", "app.example.com");
    assert_ptr_equal(cfo_zones_find(tables, 3, "x.app.example.com"),
                     cfo_zone_table_get(tables[1], "app.example.com"));
    assert_ptr_equal(cfo_zones_find(tables, 3, "example.com"),
                     cfo_zone_table_get(tables[0], "example.com"));
    assert_ptr_equal(cfo_zones_find(tables, 3, "example.org"),
                     cfo_zone_table_get(tables[2], "org"));
    assert_ptr_equal(cfo_zones_find(tables, 3, "net"),
                     cfo_zone_table_get(tables[0], "*"));
}

/* In its own pool, so that the test notices when it is destroyed. */
static apr_status_t count_down(void *count)
{
    --*(int *)count;
    return APR_SUCCESS;
}

static void ticker(cfo_shared_pool_t *shared_pool, int *count)
{
    ++*count;
    apr_pool_cleanup_register(shared_pool->pool, count, count_down,
                              apr_pool_cleanup_null);
}

static void the_proofs_of_several_files_are_alternatives(void **state)
{
    const pki_t *a = pki_ca("A"), *b = pki_ca("B");
    cfo_zone_table_t *table = cfo_zone_table_create(pool);
    char name[] = "example.com";
    cfo_zone_t *zone = cfo_zone_create(cfo_shared_pool_permanent(pool), name);
    cfo_parsed_file_t *first = content_of(a->pem), *second = content_of(b->pem);
    cfo_cert_cache_t *cert_cache = cfo_cert_cache_create(pool);
    const pki_t *leaves[] = { pki_leaf("leaf", a), pki_leaf("leaf", b) };
    int i;

    (void)state;
    name[0] = 'X'; /* the name is copied */
    assert_string_equal(zone->name, "example.com");
    assert_int_equal(zone->proofs->nelts, 0);
    cfo_zone_add_file(zone, first);
    cfo_zone_add_file(zone, second);
    assert_int_equal(zone->proofs->nelts, 2);
    assert_int_equal(zone->files->nelts, 2);
    assert_ptr_equal(APR_ARRAY_IDX(zone->files, 0, cfo_parsed_file_t *), first);
    assert_ptr_equal(APR_ARRAY_IDX(zone->files, 1, cfo_parsed_file_t *), second);
    cfo_zone_table_put(table, zone);
    assert_ptr_equal(cfo_zone_table_get(table, "example.com"), zone);
    assert_null(cfo_zone_table_get(table, "www.example.com"));
    assert_null(zone->error);
    for (i = 0; i < 2; i++) {
        cfo_match_t match;
        const char *why;

        assert_int_equal(cfo_zone_check(pool, cert_cache, zone,
                                        pki_credential(pool, leaves[i]), NOW, &match,
                                        &why),
                         CFO_CERT_HOLDS);
    }
}

static void a_zone_holds_its_files_until_its_last_release(void **state)
{
    cfo_parsed_file_t *content = content_of(pki_ca("A")->pem);
    cfo_shared_pool_t *shared_pool = cfo_shared_pool_create(pool);
    cfo_zone_t *zone = cfo_zone_create(shared_pool, "example.com");
    int files = 0, zones = 0;

    (void)state;
    ticker(content->shared_pool, &files);
    ticker(shared_pool, &zones);
    cfo_zone_add_file(zone, content);
    cfo_parsed_file_release(content);
    cfo_shared_pool_release(shared_pool);
    assert_ptr_equal(cfo_zone_hold(zone), zone);
    cfo_zone_release(zone);
    assert_int_equal(files, 1);
    assert_int_equal(zones, 1);
    cfo_zone_release(zone);
    assert_int_equal(files, 0);
    assert_int_equal(zones, 0);
}

/* As with two snapshots that share a zone, one of which is freed. */
static void releasing_a_table_releases_only_its_zones(void **state)
{
    cfo_shared_pool_t *shared_pool = cfo_shared_pool_create(pool);
    cfo_zone_table_t *first = cfo_zone_table_create(pool);
    cfo_zone_table_t *second = cfo_zone_table_create(pool);
    int i, count = 0;

    (void)state;
    ticker(shared_pool, &count);
    for (i = 0; i < 100; i++) {
        const char *name = apr_psprintf(pool, "z%d.example", i);
        cfo_zone_t *zone = cfo_zone_create(shared_pool, name);

        cfo_zone_table_put(first, zone);
        if (i == 42)
            cfo_zone_table_put(second, cfo_zone_hold(zone));
    }
    cfo_shared_pool_release(shared_pool);
    cfo_zone_table_release(first);
    assert_int_equal(count, 1);
    assert_string_equal(cfo_zone_table_get(second, "z42.example")->name, "z42.example");
    cfo_zone_table_release(second);
    assert_int_equal(count, 0);
}

static const char *proved(cfo_zone_table_t *const *tables, int count, const pki_t *leaf,
                          apr_time_t now, const cfo_zone_t *except)
{
    const cfo_zone_t *zone =
        cfo_zones_proved_by(tables, count, pki_credential(pool, leaf), now, except);

    return zone ? zone->name : "none";
}

/* Readers of the first see nothing of it. */
static void a_copy_is_changed_for_itself(void **state)
{
    enum { ZONES = 200 };
    const pki_t *ca = pki_ca("A"), *leaf = pki_leaf("leaf", ca);
    cfo_zone_table_t *first = cfo_zone_table_create(pool), *copy;
    cfo_zone_t *zones[ZONES], *changed;
    int i;

    (void)state;
    for (i = 0; i < ZONES; i++)
        zones[i] = add_zone(first, apr_psprintf(pool, "z%d.example", i),
                            i == 42 ? proofs_of(ca->pem) : no_proofs());
    copy = cfo_zone_table_copy(pool, first);
    cfo_zone_table_remove(copy, zones[42]);
    changed = add_zone(copy, "longer.than.z42.example", proofs_of(ca->pem));
    assert_ptr_equal(cfo_zone_table_get(first, "z42.example"), zones[42]);
    assert_null(cfo_zone_table_get(copy, "z42.example"));
    assert_string_equal(proved(&first, 1, leaf, NOW, NULL), "z42.example");
    assert_string_equal(proved(&copy, 1, leaf, NOW, NULL), "longer.than.z42.example");
    assert_null(cfo_zone_table_get(first, changed->name));
    assert_int_equal(cfo_zone_table_list(pool, first)->nelts, ZONES);
    assert_int_equal(cfo_zone_table_list(pool, copy)->nelts, ZONES);
    cfo_zone_table_release(first);
    assert_int_equal(zones[42]->uses, 0);
    for (i = 0; i < ZONES; i++) {
        if (i != 42)
            assert_ptr_equal(
                cfo_zone_table_get(copy, apr_psprintf(pool, "z%d.example", i)), zones[i]);
    }
    cfo_zone_table_release(copy);
}

static void a_list_is_sorted_by_name(void **state)
{
    static const char *const sorted[] = { "*", "a.example", "b.example", "example.com" };
    apr_array_header_t *list =
        cfo_zone_table_list(pool, table_of("b.example example.com * a.example"));
    int i;

    (void)state;
    assert_int_equal(list->nelts, COUNT(sorted));
    for (i = 0; i < COUNT(sorted); i++)
        assert_string_equal(APR_ARRAY_IDX(list, i, cfo_zone_t *)->name, sorted[i]);
    assert_int_equal(cfo_zone_table_list(pool, cfo_zone_table_create(pool))->nelts, 0);
}

static void the_zone_that_a_leaf_proves_is_found_by_any_type_of_proof(void **state)
{
    const pki_t *a = pki_ca("A"), *b = pki_ca("B"), *c = pki_ca("C"), *d = pki_ca("D");
    const pki_t *leaf[] = { pki_leaf("leaf", a), pki_leaf("leaf", b), pki_leaf("leaf", c),
                            pki_leaf("leaf", d) };
    cfo_zone_table_t *tables[] = { table_of("other.example"),
                                   cfo_zone_table_create(pool) };
    cfo_zone_t *zone = add_zone(tables[1], "anchor", proofs_of(a->pem));

    (void)state;
    add_zone(tables[1], "leaf", proofs_of(leaf[1]->pem));
    add_zone(tables[1], "pin", pin_of("sha256:", leaf[2]->certificate->sha256));
    add_zone(tables[1], "key", pin_of("spki-sha256:", leaf[3]->certificate->spki_sha256));
    assert_string_equal(proved(tables, 2, leaf[0], NOW, NULL), "anchor");
    assert_string_equal(proved(tables, 2, leaf[1], NOW, NULL), "leaf");
    assert_string_equal(proved(tables, 2, leaf[2], NOW, NULL), "pin");
    assert_string_equal(proved(tables, 2, leaf[3], NOW, NULL), "key");
    assert_string_equal(proved(tables, 2, leaf[0], NOW, zone), "none");
    assert_string_equal(proved(tables, 1, leaf[0], NOW, NULL), "none");
    assert_string_equal(
        proved(tables + 1, 1, leaf[2], NOW, cfo_zone_table_get(tables[1], "pin")),
        "none");
    assert_string_equal(
        proved((cfo_zone_table_t *[]){ tables[1], tables[0] }, 2, leaf[1], NOW, NULL),
        "leaf");
    assert_string_equal(proved(tables, 2, pki_leaf("leaf", pki_ca("A")), NOW, NULL),
                        "none");
}

static void a_leaf_proves_another_zone_only_while_it_is_valid_and_suitable(void **state)
{
    const pki_t *ca = pki_make(&(pki_order_t){ .name = "A",
                                               .extensions = CA_EXTENSIONS,
                                               .from = NOW - DAY,
                                               .until = NOW + 3 * DAY });
    const pki_t *leaf = pki_leaf("leaf", ca), *server, *lasting;
    cfo_zone_table_t *table = cfo_zone_table_create(pool);

    (void)state;
    add_zone(table, "z", proofs_of(ca->pem));
    server = pki_make(&(pki_order_t){
        .name = "leaf", .extensions = "extendedKeyUsage=serverAuth", .issuer = ca });
    lasting = pki_make(&(pki_order_t){
        .name = "leaf", .issuer = ca, .from = NOW - 9 * DAY, .until = NOW + 9 * DAY });
    assert_string_equal(proved(&table, 1, leaf, NOW, NULL), "z");
    assert_string_equal(proved(&table, 1, leaf, NOW + DAY + SECOND - 1, NULL), "z");
    assert_string_equal(proved(&table, 1, leaf, NOW + DAY + SECOND, NULL), "none");
    assert_string_equal(proved(&table, 1, leaf, NOW - DAY, NULL), "z");
    assert_string_equal(proved(&table, 1, leaf, NOW - DAY - 1, NULL), "none");
    assert_string_equal(proved(&table, 1, lasting, NOW + 3 * DAY + SECOND, NULL), "none");
    assert_string_equal(proved(&table, 1, lasting, NOW - DAY - 1, NULL), "none");
    assert_string_equal(proved(&table, 1, server, NOW, NULL), "none");
    assert_string_equal(proved(&table, 1, ca, NOW, NULL), "none");
}

static const char *meant(cfo_zone_table_t *const *tables, int count, const pki_t *leaf)
{
    const cfo_zone_t *zone =
        cfo_zones_meant_by(tables, count, pki_credential(pool, leaf), NOW);

    return zone ? zone->name : "none";
}

static void the_zone_that_a_leaf_is_meant_for_is_found_whatever_its_dates_and_type(
    void **state)
{
    const pki_t *ca = pki_make(&(pki_order_t){ .name = "A",
                                               .extensions = CA_EXTENSIONS,
                                               .from = NOW - 9 * DAY,
                                               .until = NOW - 8 * DAY });
    const pki_t *pinned = pki_leaf("pinned", pki_ca("B")), *server, *expired;
    cfo_zone_table_t *table = cfo_zone_table_create(pool);

    (void)state;
    add_zone(table, "z", proofs_of(ca->pem));
    add_zone(table, "pin", pin_of("sha256:", pinned->certificate->sha256));
    server = pki_make(&(pki_order_t){
        .name = "leaf", .extensions = "extendedKeyUsage=serverAuth", .issuer = ca });
    expired = pki_make(&(pki_order_t){
        .name = "leaf", .issuer = ca, .from = NOW - 7 * DAY, .until = NOW - 6 * DAY });
    assert_string_equal(meant(&table, 1, server), "z");
    assert_string_equal(meant(&table, 1, expired), "z");
    assert_string_equal(meant(&table, 1, pinned), "pin");
    assert_string_equal(meant(&table, 1, pki_leaf("leaf", pki_ca("A"))), "none");
    assert_string_equal(meant(&table, 1, vague_leaf(pki_ca("A"))), "none");
}

static void a_zone_that_an_earlier_table_replaces_is_not_found(void **state)
{
    const pki_t *ca = pki_ca("A"), *leaf = pki_leaf("leaf", ca);
    cfo_zone_table_t *tables[] = { table_of("example.com"), cfo_zone_table_create(pool) };

    (void)state;
    add_zone(tables[1], "example.com", proofs_of(ca->pem));
    assert_string_equal(proved(tables, 2, leaf, NOW, NULL), "none");
    assert_string_equal(proved(tables + 1, 1, leaf, NOW, NULL), "example.com");
    add_zone(tables[1], "example.net", proofs_of(ca->pem));
    assert_string_equal(proved(tables, 2, leaf, NOW, NULL), "example.net");
}

/* An unknown leaf with an issuer name that all CAs have. */
static void the_search_ends_after_a_few_candidates(void **state)
{
    const pki_t *ca;
    cfo_zone_table_t *table = namesakes(CFO_FAILED_CHECKS_MOST, &ca);

    (void)state;
    assert_string_equal(proved(&table, 1, vague_leaf(ca), NOW, NULL), "z31.example");
    table = namesakes(CFO_FAILED_CHECKS_MOST + 1, &ca);
    verified = 0;
    assert_string_equal(proved(&table, 1, vague_leaf(ca), NOW, NULL), "none");
    assert_int_equal(verified, CFO_FAILED_CHECKS_MOST);
}

/* Of the certificate, given as that of its key. */
static void a_pin_of_another_kind_with_the_same_digest_is_none(void **state)
{
    const cfo_certificate_t *leaf;
    const pki_t *made = pki_leaf("leaf", pki_ca("A"));
    cfo_zone_table_t *table = cfo_zone_table_create(pool);

    (void)state;
    leaf = made->certificate;
    add_zone(table, "a", pin_of("spki-sha256:", leaf->sha256));
    add_zone(table, "b", pin_of("sha256:", leaf->spki_sha256));
    assert_string_equal(proved(&table, 1, made, NOW, NULL), "none");
    add_zone(table, "c", pin_of("sha256:", leaf->sha256));
    assert_string_equal(proved(&table, 1, made, NOW, NULL), "c");
}

enum { LOOKS = 1024 };

/* `count` zones with these proofs, none of which may be found, since an earlier table has
 * the name; and then "z", which may. */
static const char *proved_after(int count, const apr_array_header_t *proofs,
                                const pki_t *leaf)
{
    cfo_zone_table_t *tables[] = { cfo_zone_table_create(pool),
                                   cfo_zone_table_create(pool) };
    int i;

    for (i = 0; i < count; i++) {
        const char *name = apr_psprintf(pool, "z%d.test", i);

        add_zone(tables[0], name, no_proofs());
        add_zone(tables[1], name, proofs);
    }
    add_zone(tables[1], "z", proofs);
    return proved(tables, 2, leaf, NOW, NULL);
}

static void no_more_zones_of_a_proof_are_looked_at_than_a_limit(void **state)
{
    const pki_t *ca = pki_ca("A"), *leaf = pki_leaf("leaf", ca);
    const apr_array_header_t *pin = pin_of("sha256:", leaf->certificate->sha256);

    (void)state;
    assert_string_equal(proved_after(LOOKS - 1, pin, leaf), "z");
    assert_string_equal(proved_after(LOOKS, pin, leaf), "none");
    assert_string_equal(proved_after(LOOKS - 1, proofs_of(ca->pem), leaf), "z");
    assert_string_equal(proved_after(LOOKS, proofs_of(ca->pem), leaf), "none");
}

/* Makes one that a search looks at before the one with this digest, or (NULL) after most.
 */
static const pki_t *make_before(const pki_order_t *order, const unsigned char *digest)
{
    static const unsigned char late[CFO_DIGEST_SIZE] = { 0xf0 };
    const pki_t *made;

    do
        made = pki_make(order);
    while ((memcmp(made->certificate->sha256, digest ? digest : late, CFO_DIGEST_SIZE) <
            0) == !digest);
    return made;
}

/* All but the last have expired, so that no signature is checked. */
static void no_more_anchors_of_a_name_are_looked_at_than_a_limit(void **state)
{
    pki_order_t order = { .name = "A",
                          .extensions = CA_EXTENSIONS,
                          .key = pki_ec_key("P-256"),
                          .from = NOW - 9 * DAY,
                          .until = NOW - 8 * DAY };
    const pki_t *last = make_before(
        &(pki_order_t){ "A", CA_EXTENSIONS, NULL, order.key, NULL, NULL, 0, 0, 0 }, NULL);
    const pki_t *leaf = pki_leaf("leaf", last);
    apr_array_header_t *proofs = no_proofs();
    int i;

    (void)state;
    for (i = 0; i <= LOOKS; i++) {
        cfo_zone_table_t *table = cfo_zone_table_create(pool);

        if (i >= LOOKS - 1) {
            add_zone(table, "old", proofs);
            add_zone(table, "z", proofs_of(last->pem));
            assert_string_equal(proved(&table, 1, leaf, NOW, NULL),
                                i < LOOKS ? "z" : "none");
        }
        apr_array_cat(proofs,
                      proofs_of(make_before(&order, last->certificate->sha256)->pem));
    }
}

/* A leaf can also name it by issuer and serial number, or not at all; and a CA may have
 * no key identifier. */
static void an_anchor_is_found_however_the_leaf_names_it(void **state)
{
    static const char *const said[] = { "authorityKeyIdentifier=keyid:always",
                                        "authorityKeyIdentifier=issuer:always",
                                        "authorityKeyIdentifier=keyid,issuer:always",
                                        BARE_EXTENSIONS };
    const pki_t *ca;
    cfo_zone_table_t *table = namesakes(3, &ca);
    const pki_t *bare =
        pki_make(&(pki_order_t){ .name = "A", .extensions = "basicConstraints=CA:TRUE" });
    int i;

    (void)state;
    for (i = 0; i < COUNT(said); i++)
        assert_string_equal(
            proved(&table, 1,
                   pki_make(&(pki_order_t){
                       .name = "leaf", .extensions = said[i], .issuer = ca }),
                   NOW, NULL),
            "z2.example");
    add_zone(table, "bare.example", proofs_of(bare->pem));
    assert_string_equal(proved(&table, 1,
                               pki_make(&(pki_order_t){ .name = "leaf",
                                                        .extensions = LEAF_EXTENSIONS,
                                                        .issuer = ca,
                                                        .signed_by = bare->key }),
                               NOW, NULL),
                        "bare.example");
}

static void of_several_zones_of_an_anchor_any_other_is_found(void **state)
{
    const pki_t *ca = pki_ca("A"), *leaf = pki_leaf("leaf", ca);
    cfo_zone_table_t *table = cfo_zone_table_create(pool);
    cfo_zone_t *zones[2];
    int i;

    (void)state;
    for (i = 0; i < 2; i++)
        zones[i] = add_zone(table, i ? "b" : "a", proofs_of(ca->pem));
    assert_string_equal(proved(&table, 1, leaf, NOW, NULL), "a");
    assert_string_equal(proved(&table, 1, leaf, NOW, zones[0]), "b");
    assert_string_equal(proved(&table, 1, leaf, NOW, zones[1]), "a");
}

static void anchors_with_different_key_identifiers_need_no_signature_check(void **state)
{
    const pki_t *ca;
    cfo_zone_table_t *table = namesakes(3 * CFO_FAILED_CHECKS_MOST, &ca);

    (void)state;
    verified = 0;
    assert_string_equal(proved(&table, 1, pki_leaf("leaf", ca), NOW, NULL),
                        "z95.example");
    assert_int_equal(verified, 1);
    assert_string_equal(proved(&table, 1, pki_leaf("leaf", pki_ca("A")), NOW, NULL),
                        "none");
    assert_int_equal(verified, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_zone_covers_its_name_and_every_name_below),
        TEST(a_host_that_no_name_covers_has_no_zone),
        TEST(the_labels_of_a_host_longer_than_any_zone_are_not_looked_up),
        TEST(the_star_covers_all_other_hosts),
        TEST(the_longest_name_wins_in_whichever_table_and_then_the_earlier_table),
        TEST(the_proofs_of_several_files_are_alternatives),
        TEST(a_zone_holds_its_files_until_its_last_release),
        TEST(releasing_a_table_releases_only_its_zones),
        TEST(a_copy_is_changed_for_itself),
        TEST(a_list_is_sorted_by_name),
        TEST(the_zone_that_a_leaf_proves_is_found_by_any_type_of_proof),
        TEST(a_leaf_proves_another_zone_only_while_it_is_valid_and_suitable),
        TEST(the_zone_that_a_leaf_is_meant_for_is_found_whatever_its_dates_and_type),
        TEST(a_zone_that_an_earlier_table_replaces_is_not_found),
        TEST(the_search_ends_after_a_few_candidates),
        TEST(a_pin_of_another_kind_with_the_same_digest_is_none),
        TEST(no_more_zones_of_a_proof_are_looked_at_than_a_limit),
        TEST(no_more_anchors_of_a_name_are_looked_at_than_a_limit),
        TEST(an_anchor_is_found_however_the_leaf_names_it),
        TEST(of_several_zones_of_an_anchor_any_other_is_found),
        TEST(anchors_with_different_key_identifiers_need_no_signature_check),
    };

    return RUN(tests);
}
