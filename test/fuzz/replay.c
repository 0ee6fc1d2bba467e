/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a target without a fuzzer, on each input and on MUTATIONS mutations of it, which
 * are the same in every run. Usage: target MUTATIONS INPUT... */
#include "fuzz.h"

#include <stdio.h>

enum { SIZE_MOST = 65536 };

static uint64_t state = 1;

static size_t pick(size_t bound)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(state >> 33) % bound;
}

/* In its own memory, so that the sanitizer sees a read beyond the end. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);

    PROMISE(copy);
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

/* Truncates, deletes, inserts or changes bytes. Returns the new size. */
static size_t mutate(uint8_t *data, size_t size)
{
    static const char favourites[] = "\0\n\r /.:-_#%\\;019afAFzZ\xff";
    uint8_t byte =
        (uint8_t)(pick(2) ? favourites[pick(sizeof favourites)] : (int)pick(256));
    size_t at = pick(size + 1), length = 1 + pick(8);

    switch (pick(5)) {
    case 0:
        return at;
    case 1:
        length = length < size - at ? length : size - at;
        memmove(data + at, data + at + length, size - at - length);
        return size - length;
    case 2:
        if (size + length > SIZE_MOST)
            return size;
        memmove(data + at + length, data + at, size - at);
        memset(data + at, byte, length);
        return size + length;
    case 3:
        if (at < size)
            data[at] ^= (uint8_t)(1 << pick(8));
        return size;
    default:
        if (at < size)
            data[at] = byte;
        return size;
    }
}

static int replay(const char *path, long mutations)
{
    static uint8_t seed[SIZE_MOST], data[SIZE_MOST];
    FILE *file = fopen(path, "rb");
    size_t size, changed;

    if (!file) {
        perror(path);
        return 0;
    }
    size = fread(seed, 1, sizeof seed, file);
    fclose(file);
    run(seed, size);
    for (; mutations > 0; mutations--) {
        size_t steps = 1 + pick(4);

        memcpy(data, seed, size);
        for (changed = size; steps > 0; steps--)
            changed = mutate(data, changed);
        run(data, changed);
    }
    return 1;
}

/* Only some targets have it. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

int main(int argc, char **argv)
{
    int i;

    if (argc < 3) {
        fprintf(stderr, "usage: %s MUTATIONS INPUT...\n", argv[0]);
        return 2;
    }
    if (LLVMFuzzerInitialize)
        LLVMFuzzerInitialize(&argc, &argv);
    for (i = 2; i < argc; i++) {
        if (!replay(argv[i], atol(argv[1])))
            return 1;
    }
    printf("%d inputs, %s mutations of each\n", argc - 2, argv[1]);
    apr_terminate();
    return 0;
}
