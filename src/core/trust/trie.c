/* SPDX-License-Identifier: Apache-2.0 */
/* An index of zones, of which many versions share what they have in common.
 *
 * A tree with sixteen ways at each branch, by four bits of the key, from the highest: so
 * it is in the order of the keys. Each node counts its parents, of all versions. One that
 * has a single parent, as have all nodes above it, belongs to this version alone, and is
 * changed in place; any other is copied first. */
#include "core/trust/trie.h"

#include <stdlib.h>
#include <string.h>

enum { WAYS = 16, BITS = 4, TOP = 64 - BITS, LEAF_MOST = 16, STEP = 4 };

typedef struct cfo_trie_node_t {
    int parents;
    int count; /* of items in a leaf; BRANCH: it is none */
} node_t;

enum { BRANCH = -1 };

typedef struct {
    node_t node;
    node_t *children[WAYS];
} branch_t;

typedef struct {
    node_t node;
    cfo_trie_item_t items[]; /* sorted by key */
} leaf_t;

#define LAST (~APR_UINT64_C(0)) /* key */

static int is_branch(const node_t *node)
{
    return node->count == BRANCH;
}

static node_t **child_of(node_t *branch, apr_uint64_t key, int shift)
{
    return &((branch_t *)branch)->children[(key >> shift) & (WAYS - 1)];
}

static cfo_trie_item_t *items_of(node_t *leaf)
{
    return ((leaf_t *)leaf)->items;
}

static void *whole(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

/* What a leaf has room for: many are added to the same one only if they have one key. */
static size_t size_for(int count)
{
    size_t room = ((size_t)count + STEP - 1) / STEP * STEP;

    while (count > LEAF_MOST && (room & (room - 1)))
        room += room & -room;
    return sizeof(leaf_t) + room * sizeof(cfo_trie_item_t);
}

static node_t *make_leaf(const cfo_trie_item_t *items, int count)
{
    node_t *leaf = whole(malloc(size_for(count)));

    leaf->parents = 1;
    leaf->count = count;
    memcpy(items_of(leaf), items, (size_t)count * sizeof *items);
    return leaf;
}

/* The first item with at least this key; leaf->count: none. */
static int position(node_t *leaf, apr_uint64_t key)
{
    int low = 0, high = leaf->count;

    while (low < high) {
        int middle = low + (high - low) / 2;

        if (items_of(leaf)[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

cfo_trie_t cfo_trie_copy(cfo_trie_t trie)
{
    if (trie.root)
        trie.root->parents++;
    return trie;
}

static node_t *copy_leaf(node_t *leaf, cfo_trie_count_t *hold)
{
    int i;

    for (i = 0; hold && i < leaf->count; i++)
        hold(items_of(leaf)[i].value);
    return make_leaf(items_of(leaf), leaf->count);
}

static node_t *copy_branch(const node_t *node)
{
    branch_t *copy = whole(malloc(sizeof *copy));
    int way;

    memcpy(copy, node, sizeof *copy);
    copy->node.parents = 1;
    for (way = 0; way < WAYS; way++) {
        if (copy->children[way])
            copy->children[way]->parents++;
    }
    return &copy->node;
}

/* Makes a node one that this version alone has. */
static node_t *own(node_t *node, cfo_trie_count_t *hold)
{
    if (node->parents == 1)
        return node;
    node->parents--;
    return is_branch(node) ? copy_branch(node) : copy_leaf(node, hold);
}

/* Items with one key stay together, however many they are. */
static int is_full(node_t *leaf, apr_uint64_t key)
{
    return leaf->count >= LEAF_MOST &&
           (items_of(leaf)[0].key != key || items_of(leaf)[leaf->count - 1].key != key);
}

/* Makes of a leaf a branch with leaves. */
static node_t *split(node_t *leaf, int shift)
{
    branch_t *branch = whole(calloc(1, sizeof *branch));
    const cfo_trie_item_t *items = items_of(leaf);
    int i, first = 0;

    branch->node = (node_t){ 1, BRANCH };
    for (i = 1; i <= leaf->count; i++) {
        if (i < leaf->count && items[i].key >> shift == items[first].key >> shift)
            continue;
        *child_of(&branch->node, items[first].key, shift) =
            make_leaf(items + first, i - first);
        first = i;
    }
    free(leaf);
    return &branch->node;
}

static node_t *insert(node_t *leaf, const cfo_trie_item_t *item)
{
    int at = item->key == LAST ? leaf->count : position(leaf, item->key + 1);
    cfo_trie_item_t *items;

    if (size_for(leaf->count) != size_for(leaf->count + 1))
        leaf = whole(realloc(leaf, size_for(leaf->count + 1)));
    items = items_of(leaf);
    memmove(items + at + 1, items + at, (size_t)(leaf->count - at) * sizeof *item);
    items[at] = *item;
    leaf->count++;
    return leaf;
}

void cfo_trie_add(cfo_trie_t *trie, const cfo_trie_item_t *item, cfo_trie_count_t *hold)
{
    node_t **link = &trie->root;
    int shift = TOP;

    for (; *link; link = child_of(*link, item->key, shift), shift -= BITS) {
        *link = own(*link, hold);
        if (!is_branch(*link) && is_full(*link, item->key))
            *link = split(*link, shift);
        if (!is_branch(*link)) {
            *link = insert(*link, item);
            return;
        }
    }
    *link = make_leaf(item, 1);
}

static int find_item(node_t *leaf, const cfo_trie_item_t *item)
{
    int i;

    for (i = position(leaf, item->key); i < leaf->count; i++) {
        const cfo_trie_item_t *other = &items_of(leaf)[i];

        if (other->key != item->key)
            break;
        if (other->value == item->value && other->proof == item->proof)
            return i;
    }
    return -1;
}

/* The leaf that may have the key; NULL: none. */
static node_t *leaf_of(node_t *node, apr_uint64_t key)
{
    int shift = TOP;

    for (; node && is_branch(node); shift -= BITS)
        node = *child_of(node, key, shift);
    return node;
}

/* A branch without children stays: most likely something comes back. */
void cfo_trie_remove(cfo_trie_t *trie, const cfo_trie_item_t *item,
                     cfo_trie_count_t *hold)
{
    node_t *leaf = leaf_of(trie->root, item->key), **link = &trie->root;
    int at = leaf ? find_item(leaf, item) : -1, shift = TOP;

    if (at < 0)
        return;
    *link = own(*link, hold);
    for (; is_branch(*link); shift -= BITS) {
        link = child_of(*link, item->key, shift);
        *link = own(*link, hold);
    }
    leaf = *link;
    leaf->count--;
    memmove(items_of(leaf) + at, items_of(leaf) + at + 1,
            (size_t)(leaf->count - at) * sizeof *item);
    if (!leaf->count) {
        free(leaf);
        *link = NULL;
    }
}

/* The items with the same key as the one at this position. */
static int run_at(node_t *leaf, int at, const cfo_trie_item_t **items)
{
    int end = at + 1;

    *items = &items_of(leaf)[at];
    while (end < leaf->count && items_of(leaf)[end].key == (*items)->key)
        end++;
    return end - at;
}

int cfo_trie_get(cfo_trie_t trie, apr_uint64_t key, const cfo_trie_item_t **items)
{
    node_t *leaf = leaf_of(trie.root, key);
    int at = leaf ? position(leaf, key) : 0;

    return leaf && at < leaf->count && items_of(leaf)[at].key == key
               ? run_at(leaf, at, items)
               : 0;
}

/* The first leaf below a node with a key from `from` on. */
static node_t *search(node_t *node, apr_uint64_t from, int shift)
{
    node_t *found = NULL;
    int way;

    if (!node)
        return NULL;
    if (!is_branch(node))
        return items_of(node)[node->count - 1].key >= from ? node : NULL;
    for (way = (int)(from >> shift) & (WAYS - 1); !found && way < WAYS; way++) {
        found = search(((branch_t *)node)->children[way], from, shift - BITS);
        from = 0; /* the keys of the next child are higher */
    }
    return found;
}

int cfo_trie_next(cfo_trie_t trie, apr_uint64_t from, const cfo_trie_item_t **items)
{
    node_t *leaf = search(trie.root, from, TOP);

    return leaf ? run_at(leaf, position(leaf, from), items) : 0;
}

static void release_node(node_t *node, cfo_trie_count_t *release)
{
    int i;

    if (!node || --node->parents)
        return;
    for (i = 0; is_branch(node) && i < WAYS; i++)
        release_node(((branch_t *)node)->children[i], release);
    for (i = 0; release && i < node->count; i++)
        release(items_of(node)[i].value);
    free(node);
}

void cfo_trie_free(cfo_trie_t *trie, cfo_trie_count_t *release)
{
    release_node(trie->root, release);
    trie->root = NULL;
}
