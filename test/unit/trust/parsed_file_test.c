/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/parsed_file.h"

#include <openssl/sha.h>

#include "core/trust/proof.h"
#include "core/net/ranges.h"
#include "fixture.h"
#include "memory.h"
#include "pki.h"

static apr_status_t count_up(void *count)
{
    ++*(int *)count;
    return APR_SUCCESS;
}

static const char *read_text(cfo_shared_pool_t *shared_pool, cfo_file_kind_t kind,
                             const char *text, cfo_parsed_file_t **content)
{
    return cfo_parsed_file_read(shared_pool, kind, "/etc/file", text, strlen(text),
                                content);
}

static cfo_parsed_file_t *ranges_of(const char *text)
{
    cfo_parsed_file_t *content;

    assert_null(
        read_text(cfo_shared_pool_permanent(pool), CFO_FILE_RANGES, text, &content));
    return content;
}

static void a_list_of_ranges_is_read(void **state)
{
    cfo_parsed_file_t *content = ranges_of("192.0.2.0/24\n2001:db8::/32\n");
    cfo_address_t first;

    (void)state;
    assert_int_equal(content->kind, CFO_FILE_RANGES);
    assert_int_equal(cfo_parsed_file_count(content), 2);
    assert_true(cfo_address_parse("192.0.2.0", &first));
    assert_true(cfo_ranges_contain(content->ranges, &first));
}

static void a_file_may_be_as_large_as_its_kind_needs(void **state)
{
    (void)state;
    assert_int_equal(cfo_parsed_file_most(CFO_FILE_PROOFS), 1 << 20);
    assert_int_equal(cfo_parsed_file_most(CFO_FILE_RANGES), 16 << 20);
}

static void a_file_of_certificates_is_read(void **state)
{
    const pki_t *ca = pki_ca("A");
    cfo_parsed_file_t *content;
    const cfo_proof_t *proof;

    (void)state;
    assert_null(
        read_text(cfo_shared_pool_permanent(pool), CFO_FILE_PROOFS, ca->pem, &content));
    assert_int_equal(content->kind, CFO_FILE_PROOFS);
    assert_int_equal(cfo_parsed_file_count(content), 1);
    proof = APR_ARRAY_IDX(content->items, 0, const cfo_proof_t *);
    assert_string_equal(proof->source, "/etc/file");
    assert_string_equal(content->path, "/etc/file");
    assert_int_equal(proof->kind, CFO_PROOF_ANCHOR);
}

static void the_digest_is_the_sha256_of_the_text(void **state)
{
    static const char text[] = "192.0.2.0/24\n# \n";
    unsigned char expected[CFO_DIGEST_SIZE], digest[CFO_DIGEST_SIZE];

    (void)state;
    SHA256((const unsigned char *)text, sizeof text - 1, expected);
    assert_memory_equal(ranges_of(text)->digest, expected, sizeof expected);
    cfo_parsed_file_digest(text, sizeof text - 1, digest);
    assert_memory_equal(digest, expected, sizeof expected);
    cfo_parsed_file_digest("", 0, digest);
    SHA256((const unsigned char *)"", 0, expected);
    assert_memory_equal(digest, expected, sizeof expected);
}

static void a_bad_text_leaves_no_content_and_no_use_of_the_pool(void **state)
{
    static const struct {
        cfo_file_kind_t kind;
        const char *text, *reason;
    } rows[] = {
        { CFO_FILE_RANGES, "", "" },
        { CFO_FILE_RANGES, "<html>503</html>", "" },
        { CFO_FILE_RANGES, "192.0.2.0/24\n192.0.2.300\n", "line 2" },
        { CFO_FILE_PROOFS, "", "empty" },
        { CFO_FILE_PROOFS, "192.0.2.0/24\n", "" },
        { CFO_FILE_PROOFS, "-----BEGIN CERTIFICATE-----\nMIIB", "damaged" },
        { CFO_FILE_PROOFS,
          "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n",
          "a private key" },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cfo_shared_pool_t *shared_pool = cfo_shared_pool_create(pool);
        cfo_parsed_file_t *content = NULL;

        assert_contains(read_text(shared_pool, rows[i].kind, rows[i].text, &content),
                        rows[i].reason);
        assert_null(content);
        assert_int_equal(shared_pool->uses, 1);
        cfo_shared_pool_release(shared_pool);
    }
}

static void a_content_holds_its_pool_until_its_last_release(void **state)
{
    cfo_shared_pool_t *shared_pool = cfo_shared_pool_create(pool);
    cfo_parsed_file_t *first, *second;
    int ends = 0;

    (void)state;
    apr_pool_cleanup_register(shared_pool->pool, &ends, count_up, apr_pool_cleanup_null);
    assert_null(read_text(shared_pool, CFO_FILE_RANGES, "192.0.2.1", &first));
    assert_null(read_text(shared_pool, CFO_FILE_PROOFS, pki_ca("A")->pem, &second));
    cfo_shared_pool_release(shared_pool);
    assert_ptr_equal(cfo_parsed_file_hold(first), first);
    cfo_parsed_file_release(first);
    cfo_parsed_file_release(second);
    assert_int_equal(ends, 0);
    assert_int_equal(cfo_parsed_file_count(first), 1);
    cfo_parsed_file_release(first);
    assert_int_equal(ends, 1);
}

static int has_shrunk(const char *last, const char *next)
{
    return cfo_parsed_file_has_shrunk(ranges_of(last), ranges_of(next));
}

static void a_list_that_lacks_more_than_half_has_shrunk(void **state)
{
    static const char four[] =
        "192.0.2.0/24\n198.51.100.0/24\n203.0.113.0/24\n2001:db8::/32\n";

    (void)state;
    assert_false(has_shrunk(four, four));
    assert_false(has_shrunk(four, "192.0.2.0/24\n2001:db8::/32\n"));
    assert_true(has_shrunk(four, "2001:db8::/32\n"));
    assert_true(has_shrunk(four, "10.0.0.0/8\n"));
    assert_false(has_shrunk("192.0.2.1\n", "192.0.2.1\n192.0.2.2\n"));
    assert_true(has_shrunk("192.0.2.1\n", "192.0.2.2\n"));
}

/* Addresses are compared, not their notation. */
static void a_list_with_the_same_addresses_in_fewer_ranges_has_not_shrunk(void **state)
{
    (void)state;
    assert_false(
        has_shrunk("192.0.2.0/26\n192.0.2.64/26\n192.0.2.128/26\n192.0.2.192/26\n",
                   "192.0.2.0/24\n"));
    assert_false(has_shrunk("192.0.2.0/24\n", "192.0.2.128/25\n192.0.2.0/25\n"));
    assert_true(has_shrunk("192.0.2.0/24\n", "192.0.2.128/25\n"));
    assert_true(
        has_shrunk("192.0.2.0/26\n192.0.2.64/26\n192.0.2.128/26\n192.0.2.192/26\n",
                   "192.0.2.0/26\n10.0.0.0/8\n172.16.0.0/12\n198.51.100.0/24\n"));
}

static void certificates_may_change_in_any_way(void **state)
{
    cfo_shared_pool_t *shared_pool = cfo_shared_pool_permanent(pool);
    const char *two = apr_pstrcat(pool, pki_ca("A")->pem, pki_ca("B")->pem, NULL);
    cfo_parsed_file_t *last, *next;

    (void)state;
    assert_null(read_text(shared_pool, CFO_FILE_PROOFS, two, &last));
    assert_null(read_text(shared_pool, CFO_FILE_PROOFS, pki_ca("C")->pem, &next));
    assert_false(cfo_parsed_file_has_shrunk(last, next));
}

static cfo_parsed_file_t *proofs_of(const char *pem)
{
    cfo_parsed_file_t *content;

    assert_null(
        read_text(cfo_shared_pool_permanent(pool), CFO_FILE_PROOFS, pem, &content));
    return content;
}

static const pki_t *ca_valid(const char *name, apr_time_t from, apr_time_t until)
{
    return pki_make(&(pki_order_t){
        .name = name, .extensions = CA_EXTENSIONS, .from = from, .until = until });
}

/* A file that proves nothing may replace one that proves nothing, but no other. */
static void a_file_that_proves_nothing_is_worse_than_one_that_proves_something(
    void **state)
{
    const char *good = pki_ca("good")->pem;
    const char *const useless[] = {
        ca_valid("expired", NOW - 2 * DAY, NOW - DAY)->pem,
        ca_valid("future", NOW + DAY, NOW + 2 * DAY)->pem,
        pki_make(
            &(pki_order_t){ .name = "server",
                            .extensions = CA_EXTENSIONS "|extendedKeyUsage=serverAuth" })
            ->pem,
        pki_make(&(pki_order_t){ .name = "leaf",
                                 .extensions = BARE_EXTENSIONS,
                                 .from = NOW - 2 * DAY,
                                 .until = NOW - DAY })
            ->pem,
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(useless); i++) {
        cfo_parsed_file_t *bad = proofs_of(useless[i]);

        assert_contains(cfo_parsed_file_worse(pool, proofs_of(good), bad, NOW),
                        "no certificate in it can prove the zone");
        assert_null(cfo_parsed_file_worse(pool, bad, proofs_of(good), NOW));
        assert_null(cfo_parsed_file_worse(pool, bad, bad, NOW));
        if (i < 3) /* next to a leaf, no CA is an anchor */
            assert_null(cfo_parsed_file_worse(
                pool, proofs_of(good),
                proofs_of(apr_pstrcat(pool, useless[i], good, NULL)), NOW));
    }
    assert_contains(
        cfo_parsed_file_worse(pool, proofs_of(good), proofs_of(useless[0]), NOW),
        "\"CN=expired\": it has expired");
    assert_null(cfo_parsed_file_worse(pool, ranges_of("192.0.2.0/24\n"),
                                      ranges_of("198.51.100.0/24\n"), NOW));
}

/* A successor that was installed early, or a clock that is wrong for a while. */
static void a_file_that_will_prove_something_is_better_than_one_that_never_will(
    void **state)
{
    cfo_parsed_file_t *future =
        proofs_of(ca_valid("future", NOW + DAY, NOW + 9 * DAY)->pem);
    cfo_parsed_file_t *later =
        proofs_of(ca_valid("later", NOW + 2 * DAY, NOW + 9 * DAY)->pem);
    cfo_parsed_file_t *expired =
        proofs_of(ca_valid("over", NOW - 2 * DAY, NOW - DAY)->pem);
    cfo_parsed_file_t *weak =
        proofs_of(pki_make(&(pki_order_t){ .name = "weak",
                                           .extensions = CA_EXTENSIONS,
                                           .key = pki_rsa_key(1024),
                                           .from = NOW + DAY,
                                           .until = NOW + 9 * DAY })
                      ->pem);

    (void)state;
    assert_contains(cfo_parsed_file_worse(pool, future, expired, NOW),
                    "while one in force will; \"CN=over\": it has expired");
    assert_non_null(cfo_parsed_file_worse(pool, future, weak, NOW));
    assert_null(cfo_parsed_file_worse(pool, future, later, NOW));
    assert_null(cfo_parsed_file_worse(pool, weak, expired, NOW));
    assert_null(cfo_parsed_file_worse(pool, expired, weak, NOW));
    assert_null(cfo_parsed_file_worse(pool, future, weak, NOW + 10 * DAY));
}

static void dates_in_both_files_decide(void **state)
{
    cfo_parsed_file_t *good = proofs_of(ca_valid("good", NOW - DAY, NOW + 3 * DAY)->pem);
    cfo_parsed_file_t *future =
        proofs_of(ca_valid("future", NOW + DAY, NOW + 9 * DAY)->pem);
    cfo_parsed_file_t *expired =
        proofs_of(ca_valid("over", NOW - 2 * DAY, NOW - DAY)->pem);

    (void)state;
    assert_non_null(cfo_parsed_file_worse(pool, good, future, NOW));
    assert_null(cfo_parsed_file_worse(pool, good, future, NOW + DAY));
    assert_non_null(cfo_parsed_file_worse(pool, good, expired, NOW));
    assert_null(
        cfo_parsed_file_worse(pool, good, expired, NOW + 3 * DAY + APR_USEC_PER_SEC));
}

/* A file that is read while there is no memory, and the leaf that it must prove. */
typedef struct {
    const char *pem;
    const pki_t *leaf;
    cfo_parsed_file_t *good, *content;
    const char *error;
} shortage_t;

static void read_in_shortage(void *data)
{
    shortage_t *shortage = data;

    shortage->content = NULL;
    shortage->error = read_text(cfo_shared_pool_permanent(pool), CFO_FILE_PROOFS,
                                shortage->pem, &shortage->content);
}

static const cfo_proof_t *proof_at(const cfo_parsed_file_t *content, int i)
{
    return APR_ARRAY_IDX(content->items, i, const cfo_proof_t *);
}

static void assert_whole_or_error(void *data)
{
    const shortage_t *shortage = data;
    const cfo_parsed_file_t *good = shortage->good, *content = shortage->content;
    int i;

    assert_int_equal(!shortage->error, content != NULL);
    for (i = 0; content && i < good->items->nelts; i++) {
        assert_int_equal(content->items->nelts, good->items->nelts);
        assert_int_equal(proof_at(content, i)->kind, proof_at(good, i)->kind);
        assert_true(proof_at(content, i)->subject_hash ==
                    proof_at(good, i)->subject_hash);
        assert_null(cfo_proof_unfit(proof_at(content, i)));
    }
    if (content) {
        assert_memory_equal(content->digest, good->digest, CFO_DIGEST_SIZE);
        assert_int_equal(
            cfo_proof_check(proof_at(content, 0), shortage->leaf->certificate, NULL),
            CFO_PROOF_HOLDS);
    }
}

static void assert_read_whole(const char *pem, const pki_t *leaf)
{
    shortage_t shortage = { .pem = pem, .leaf = leaf };

    read_in_shortage(&shortage);
    shortage.good = shortage.content;
    assert_non_null(shortage.good);
    assert_true(memory_fail_each(7, read_in_shortage, assert_whole_or_error, &shortage) >
                20);
}

static void without_memory_a_file_is_read_as_a_whole_or_not_at_all(void **state)
{
    const pki_t *ca = pki_ca("A"), *leaf = pki_leaf("leaf", ca);
    const pki_t *rsa = pki_make(&(pki_order_t){
        .name = "R", .extensions = CA_EXTENSIONS, .key = pki_rsa_key(2048) });

    (void)state;
    assert_read_whole(apr_pstrcat(pool, ca->pem, rsa->pem, NULL), leaf);
    assert_read_whole(rsa->pem, pki_leaf("leaf", rsa));
    assert_read_whole(leaf->pem, leaf);
}

/* What is in force, and what is to replace it. */
typedef struct {
    cfo_parsed_file_t *last, *next;
    const char *error;
} change_t;

static void compare_in_shortage(void *data)
{
    change_t *change = data;

    change->error = cfo_parsed_file_worse(pool, change->last, change->next, NOW);
}

static void assert_worse(void *data)
{
    assert_non_null(((change_t *)data)->error);
}

static void without_memory_nothing_is_replaced_by_what_proves_nothing(void **state)
{
    const pki_t *leaf = pki_leaf("leaf", pki_ca("A"));
    const pki_t *over = ca_valid("over", NOW - 2 * DAY, NOW - DAY);
    change_t change = { proofs_of(leaf->pem), proofs_of(over->pem), NULL };

    (void)state;
    compare_in_shortage(&change);
    assert_worse(&change);
    memory_fail_each(1, compare_in_shortage, assert_worse, &change);
    change.last = proofs_of(pki_ca("B")->pem);
    memory_fail_each(1, compare_in_shortage, assert_worse, &change);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_list_of_ranges_is_read),
        TEST(a_file_may_be_as_large_as_its_kind_needs),
        TEST(a_file_of_certificates_is_read),
        TEST(the_digest_is_the_sha256_of_the_text),
        TEST(a_bad_text_leaves_no_content_and_no_use_of_the_pool),
        TEST(a_content_holds_its_pool_until_its_last_release),
        TEST(a_list_that_lacks_more_than_half_has_shrunk),
        TEST(a_list_with_the_same_addresses_in_fewer_ranges_has_not_shrunk),
        TEST(certificates_may_change_in_any_way),
        TEST(a_file_that_proves_nothing_is_worse_than_one_that_proves_something),
        TEST(a_file_that_will_prove_something_is_better_than_one_that_never_will),
        TEST(dates_in_both_files_decide),
        TEST(without_memory_a_file_is_read_as_a_whole_or_not_at_all),
        TEST(without_memory_nothing_is_replaced_by_what_proves_nothing),
    };

    return RUN(tests);
}
