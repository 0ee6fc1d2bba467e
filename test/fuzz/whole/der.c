/* SPDX-License-Identifier: Apache-2.0 */
#include "der.h"

#include <string.h>

enum { NODES_MOST = 512, DEPTH_MOST = 12, BLOB_MOST = 65536 };

typedef struct {
    size_t start, content, end;
    int parent; /* -1: none */
} node_t;

typedef struct {
    node_t nodes[NODES_MOST];
    int count;
} tree_t;

/* Returns the length of the head, and sets that of the content; 0: it is none. */
static size_t read_head(const uint8_t *data, size_t size, size_t *length)
{
    size_t bytes, i;

    if (size < 2 || (data[0] & 0x1f) == 0x1f)
        return 0;
    *length = data[1];
    bytes = data[1] & 0x80 ? data[1] & 0x7f : 0;
    if (bytes > 3 || size < 2 + bytes || data[1] == 0x80)
        return 0;
    for (i = 0; bytes && i < bytes; i++)
        *length = (i ? *length << 8 : 0) | data[2 + i];
    return *length <= size - 2 - bytes ? 2 + bytes : 0;
}

size_t der_length(const uint8_t *data, size_t size)
{
    size_t length, head = read_head(data, size, &length);

    return head ? head + length : 0;
}

size_t der_head(uint8_t *to, uint8_t tag, size_t length)
{
    size_t bytes = length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : 3, i;

    to[0] = tag;
    to[1] = (uint8_t)(bytes ? 0x80 | bytes : length);
    for (i = 0; i < bytes; i++)
        to[2 + i] = (uint8_t)(length >> 8 * (bytes - 1 - i));
    return 2 + bytes;
}

/* Whether a range is values and nothing else. */
static int is_values(const uint8_t *data, size_t size)
{
    size_t length;

    for (; size; data += length, size -= length) {
        length = der_length(data, size);
        if (!length)
            return 0;
    }
    return 1;
}

static void add_nodes(tree_t *tree, const uint8_t *data, size_t from, size_t to,
                      int parent, int depth)
{
    while (from < to && tree->count < NODES_MOST) {
        size_t length, head = read_head(data + from, to - from, &length), inside;
        int self = tree->count, is_bits = data[from] == 3;

        if (!head)
            return;
        tree->nodes[tree->count++] =
            (node_t){ from, from + head, from + head + length, parent };
        inside = from + head + (is_bits ? 1 : 0);
        from += head + length;
        if (depth < DEPTH_MOST && inside < from &&
            (data[from - head - length] & 0x20 || data[from - head - length] == 4) &&
            is_values(data + inside, from - inside))
            add_nodes(tree, data, inside, from, self, depth + 1);
    }
}

/* Puts a blob in the place of a node. Returns the new size, or 0 if it is too large. */
static size_t replace(uint8_t *data, size_t size, size_t most, const tree_t *tree,
                      int which, uint8_t *blob, size_t length)
{
    static uint8_t whole[BLOB_MOST];
    const node_t *node = &tree->nodes[which];

    for (; node->parent != -1; node = &tree->nodes[node->parent]) {
        const node_t *parent = &tree->nodes[node->parent];
        size_t before = node->start - parent->content, after = parent->end - node->end;
        size_t head;

        if (before + length + after + 6 > sizeof whole)
            return 0;
        head = der_head(whole, data[parent->start], before + length + after);
        memcpy(whole + head, data + parent->content, before);
        memcpy(whole + head + before, blob, length);
        memcpy(whole + head + before + length, data + node->end, after);
        length += head + before + after;
        memcpy(blob, whole, length);
    }
    if (size - (node->end - node->start) + length > most)
        return 0;
    memmove(data + node->start + length, data + node->end, size - node->end);
    memcpy(data + node->start, blob, length);
    return size - (node->end - node->start) + length;
}

size_t der_mutate(uint8_t *data, size_t size, size_t most, unsigned seed,
                  size_t (*mutate)(uint8_t *data, size_t size, size_t most))
{
    static tree_t tree;
    static uint8_t blob[BLOB_MOST], content[BLOB_MOST];
    const node_t *node, *other;
    size_t length, head;

    tree.count = 0;
    if (size > BLOB_MOST / 4)
        return 0;
    add_nodes(&tree, data, 0, size, -1, 0);
    if (!tree.count)
        return 0;
    node = &tree.nodes[seed / 16 % (unsigned)tree.count];
    other = &tree.nodes[seed / 16 / (unsigned)tree.count % (unsigned)tree.count];
    length = node->end - node->start;
    memcpy(blob, data + node->start, length);
    switch (seed % 16) {
    case 0: /* removed */
        length = 0;
        break;
    case 1: /* twice */
        memcpy(blob + length, data + node->start, length);
        length *= 2;
        break;
    case 2: /* another one's place */
    case 3:
        length = other->end - other->start;
        memcpy(blob, data + other->start, length);
        break;
    case 4: /* another type */
        blob[0] = (uint8_t)(seed >> 16);
        break;
    default:
        length = node->end - node->content;
        memcpy(content, data + node->content, length);
        length = mutate(content, length, length + 256);
        head = der_head(blob, data[node->start], length);
        memcpy(blob + head, content, length);
        length += head;
    }
    return replace(data, size, most, &tree, (int)(node - tree.nodes), blob, length);
}
