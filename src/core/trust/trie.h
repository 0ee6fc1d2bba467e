/* SPDX-License-Identifier: Apache-2.0 */
/* An index of zones, of which many versions share what they have in common: to change one
 * item costs the same with a million of them. */
#ifndef CFO_CORE_TRUST_TRIE_H
#define CFO_CORE_TRUST_TRIE_H

#include "apr.h"

#include "core/trust/proof.h"

typedef struct {
    apr_uint64_t key;         /* need not be unique */
    void *value;              /* not NULL */
    const cfo_proof_t *proof; /* may be NULL */
} cfo_trie_item_t;

/* A version; all zeros: it is empty. Changed by one thread, and only before others read
 * it. In malloc()'s memory; as a pool does in httpd, the process aborts if there is none.
 */
typedef struct {
    struct cfo_trie_node_t *root;
} cfo_trie_t;

/* What to do with the value of an item: one more node has it, or one less. NULL: nothing.
 */
typedef void cfo_trie_count_t(void *value);

/* A second version with the same items; either may be changed after that. */
cfo_trie_t cfo_trie_copy(cfo_trie_t trie);

/* Adds an item, after those with the same key. `hold` is called for the others in a node
 * that has to be copied. */
void cfo_trie_add(cfo_trie_t *trie, const cfo_trie_item_t *item, cfo_trie_count_t *hold);

/* Removes the item with this key, value and proof, if there is one: this version had it,
 * and does not any more. `hold` is called for all in a node that has to be copied. */
void cfo_trie_remove(cfo_trie_t *trie, const cfo_trie_item_t *item,
                     cfo_trie_count_t *hold);

/* Finds the items with a key. Returns how many there are, and sets *items to the first
 * one, which the others follow. 0: there are none. */
int cfo_trie_get(cfo_trie_t trie, apr_uint64_t key, const cfo_trie_item_t **items);

/* The same for the lowest key from `from` on. */
int cfo_trie_next(cfo_trie_t trie, apr_uint64_t from, const cfo_trie_item_t **items);

/* Makes this version empty. `release` is called for the items of each node that no other
 * version has. */
void cfo_trie_free(cfo_trie_t *trie, cfo_trie_count_t *release);

#endif
