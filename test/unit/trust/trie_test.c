/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/trie.h"

#include "fixture.h"

enum { VALUES = 300, VERSIONS = 6 };

/* How many nodes have each value. */
static int held[VALUES];

static void hold(void *value)
{
    ++*(int *)value;
}

static void release(void *value)
{
    --*(int *)value;
}

/* A version, and what it should have. */
typedef struct {
    cfo_trie_t trie;
    apr_uint64_t keys[VALUES]; /* of the values that it has */
    int has[VALUES];
} version_t;

static void add(version_t *version, int value, apr_uint64_t key)
{
    cfo_trie_item_t item = { key, &held[value], NULL };

    hold(&held[value]);
    cfo_trie_add(&version->trie, &item, hold);
    version->has[value] = 1;
    version->keys[value] = key;
}

static void take(version_t *version, int value)
{
    cfo_trie_item_t item = { version->keys[value], &held[value], NULL };

    cfo_trie_remove(&version->trie, &item, hold);
    release(&held[value]);
    version->has[value] = 0;
}

static int count_key(const version_t *version, apr_uint64_t key)
{
    int i, count = 0;

    for (i = 0; i < VALUES; i++)
        count += version->has[i] && version->keys[i] == key;
    return count;
}

static void assert_run(const version_t *version, const cfo_trie_item_t *items, int count)
{
    int i;

    assert_int_equal(count, count_key(version, items->key));
    for (i = 0; i < count; i++) {
        long value = (int *)items[i].value - held;

        assert_true(items[i].key == items->key);
        assert_true(version->has[value] && version->keys[value] == items->key);
    }
}

/* From both sides: each value is found by its key, and nothing else is found in order. */
static void assert_whole(const version_t *version)
{
    const cfo_trie_item_t *items;
    apr_uint64_t from = 0;
    int i, count, total = 0, expected = 0;

    for (i = 0; i < VALUES; i++) {
        expected += version->has[i];
        if (!version->has[i])
            continue;
        /* Not as an argument: it sets another one. */
        count = cfo_trie_get(version->trie, version->keys[i], &items);
        assert_run(version, items, count);
    }
    while ((count = cfo_trie_next(version->trie, from, &items)) > 0) {
        assert_true(items->key >= from);
        assert_run(version, items, count);
        total += count;
        from = items->key + 1;
        if (!from)
            break;
    }
    assert_int_equal(total, expected);
}

/* Keys of all kinds: few different ones, ones that differ at the end or the start only.
 */
static apr_uint64_t some_key(void)
{
    static const apr_uint64_t masks[] = { 3, 0xff, APR_UINT64_C(3) << 62,
                                          ~APR_UINT64_C(0) };
    apr_uint64_t bits = (apr_uint64_t)fixture_random(1 << 16) << 48 |
                        (apr_uint64_t)fixture_random(1 << 16) << 32 |
                        (apr_uint64_t)fixture_random(1 << 16) << 16 |
                        (apr_uint64_t)fixture_random(1 << 16);

    return fixture_random(20) ? bits & masks[fixture_random(4)] : ~APR_UINT64_C(0);
}

static void change_at_random(version_t *version)
{
    int value = (int)fixture_random(VALUES);

    if (version->has[value])
        take(version, value);
    else
        add(version, value, some_key());
}

static void replace_at_random(version_t *versions)
{
    version_t *from = &versions[fixture_random(VERSIONS)];
    version_t *to = &versions[fixture_random(VERSIONS)];

    if (from == to)
        return;
    cfo_trie_free(&to->trie, release);
    *to = *from;
    to->trie = cfo_trie_copy(from->trie);
}

static void each_version_has_its_own_items_whatever_others_are_changed(void **state)
{
    static version_t versions[VERSIONS];
    int round, i;

    (void)state;
    for (round = 0; round < 20000; round++) {
        version_t *version = &versions[fixture_random(VERSIONS)];

        if (fixture_random(50))
            change_at_random(version);
        else
            replace_at_random(versions);
        if (round % 100 == 0)
            assert_whole(&versions[fixture_random(VERSIONS)]);
    }
    for (i = 0; i < VERSIONS; i++)
        assert_whole(&versions[i]);
    for (i = 0; i < VERSIONS; i++)
        cfo_trie_free(&versions[i].trie, release);
    for (i = 0; i < VALUES; i++)
        assert_int_equal(held[i], 0);
}

static void what_is_not_there_is_not_found_or_removed(void **state)
{
    static const cfo_proof_t proofs[2];
    static int values[2];
    cfo_trie_t trie = { NULL };
    cfo_trie_item_t item = { 7, &values[0], &proofs[0] };
    const cfo_trie_item_t *items;

    (void)state;
    assert_int_equal(cfo_trie_get(trie, 7, &items), 0);
    assert_int_equal(cfo_trie_next(trie, 0, &items), 0);
    cfo_trie_remove(&trie, &item, NULL);
    cfo_trie_add(&trie, &item, NULL);
    assert_int_equal(cfo_trie_get(trie, 6, &items), 0);
    assert_int_equal(cfo_trie_get(trie, 8, &items), 0);
    assert_int_equal(cfo_trie_next(trie, 8, &items), 0);
    cfo_trie_remove(&trie, &(cfo_trie_item_t){ 8, &values[0], &proofs[0] }, NULL);
    cfo_trie_remove(&trie, &(cfo_trie_item_t){ 7, &values[1], &proofs[0] }, NULL);
    cfo_trie_remove(&trie, &(cfo_trie_item_t){ 7, &values[0], &proofs[1] }, NULL);
    assert_int_equal(cfo_trie_next(trie, 7, &items), 1);
    cfo_trie_remove(&trie, &item, NULL);
    assert_int_equal(cfo_trie_next(trie, 0, &items), 0);
}

static void items_with_one_key_keep_their_order(void **state)
{
    enum { ITEMS = 100 };
    cfo_trie_t trie = { NULL };
    const cfo_trie_item_t *items;
    int i, key;

    (void)state;
    for (i = 0; i < ITEMS; i++) {
        for (key = 0; key < 3; key++)
            cfo_trie_add(&trie, &(cfo_trie_item_t){ (apr_uint64_t)-key, &held[i], NULL },
                         NULL);
    }
    for (key = 0; key < 3; key++) {
        assert_int_equal(cfo_trie_get(trie, (apr_uint64_t)-key, &items), ITEMS);
        for (i = 0; i < ITEMS; i++)
            assert_ptr_equal(items[i].value, &held[i]);
    }
    cfo_trie_free(&trie, NULL);
}

/* A change touches a few nodes, and not all values. */
static void a_change_holds_only_values_next_to_it(void **state)
{
    static version_t first;
    cfo_trie_t second;
    cfo_trie_item_t item = { 0, &held[VALUES - 1], NULL };
    int i, touched = 0;

    (void)state;
    for (i = 0; i < VALUES - 1; i++)
        add(&first, i, (apr_uint64_t)fixture_random(1 << 16) << 48);
    second = cfo_trie_copy(first.trie);
    hold(item.value);
    cfo_trie_add(&second, &item, hold);
    for (i = 0; i < VALUES - 1; i++)
        touched += held[i] != 1;
    assert_in_range(touched, 0, 16);
    cfo_trie_free(&first.trie, release);
    cfo_trie_free(&second, release);
    for (i = 0; i < VALUES; i++)
        assert_int_equal(held[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_version_has_its_own_items_whatever_others_are_changed),
        TEST(items_with_one_key_keep_their_order),
        TEST(what_is_not_there_is_not_found_or_removed),
        TEST(a_change_holds_only_values_next_to_it),
    };

    return RUN(tests);
}
