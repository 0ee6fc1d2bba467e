/* SPDX-License-Identifier: Apache-2.0 */
/* The file of uses, which outlives httpd, and which its children can write. The first
 * byte chooses: it is read as it is, or its records are put behind a head that fits. */
#include "core/trust/usage.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "fuzz.h"

enum { RECORDS = 1024 }; /* at least */

typedef struct {
    uint32_t magic, size, capacity, reserved;
} head_t;

static const char *path(void)
{
    static char name[64];

    snprintf(name, sizeof name, "/tmp/cfo-fuzz-usage-%d", (int)getpid());
    return name;
}

static void write_file(const uint8_t *data, size_t size, int has_head)
{
    head_t head = { 0x43464f31, sizeof(cfo_usage_t), RECORDS, 0 };
    int file = open(path(), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    PROMISE(file != -1);
    if (has_head)
        PROMISE(write(file, &head, sizeof head) == sizeof head);
    PROMISE(write(file, data, size) == (ssize_t)size);
    if (has_head) /* the other records are free */
        PROMISE(!ftruncate(file, sizeof head + RECORDS * sizeof(cfo_usage_t)));
    close(file);
}

/* A record that another process is writing makes readers wait: it is taken out. */
static void end_writers(uint8_t *data, size_t size)
{
    size_t at;

    for (at = 0; at + sizeof(cfo_usage_t) <= size; at += sizeof(cfo_usage_t)) {
        uint32_t state;

        memcpy(&state, data + at, sizeof state);
        if (state == 1)
            data[at] = 2;
    }
}

static void check(apr_pool_t *p, cfo_usages_t *usages)
{
    apr_array_header_t *leaves = cfo_usages_leaves(p, usages);
    const cfo_proof_t proof = { .kind = CFO_PROOF_SHA256 };
    int i;

    for (i = 0; i < leaves->nelts; i++) {
        const cfo_usage_t *leaf = APR_ARRAY_IDX(leaves, i, const cfo_usage_t *);

        PROMISE(leaf->is_leaf);
        PROMISE(leaf->first >= 0 && leaf->last >= 0 && leaf->not_after >= 0);
        PROMISE(memchr(leaf->zone, '\0', sizeof leaf->zone));
        PROMISE(memchr(leaf->subject, '\0', sizeof leaf->subject));
    }
    (void)cfo_usages_find(usages, "example.com", &proof);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    uint8_t *copy;
    cfo_usages_t *usages = NULL;
    const cfo_proof_t proof = { .kind = CFO_PROOF_SHA256 };
    int has_head;

    if (!size || size > RECORDS * sizeof(cfo_usage_t))
        return 0;
    has_head = *data & 1;
    copy = (uint8_t *)fuzz_exact(data + 1, size - 1);
    if (has_head)
        end_writers(copy, size - 1);
    write_file(copy, size - 1, has_head);
    if (!cfo_usages_read(p, path(), &usages))
        check(p, usages);
    PROMISE(!cfo_usages_create(p, path(), 4, &usages));
    check(p, usages);
    PROMISE(cfo_usages_record(usages, "example.com", &proof, NULL));
    fuzz_pool(); /* unmaps it */
    unlink(path());
    free(copy);
    return 0;
}
