/* SPDX-License-Identifier: Apache-2.0 */
/* Lets allocations fail. */
#include "memory.h"

#include <openssl/crypto.h>

#include "fixture.h"

/* The linker replaces malloc() and strdup() in the core by these (Makefile). */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);

static __thread int left; /* allocations until one fails; 0: none will */
static __thread int lasts, has_failed;

static int fails(void)
{
    if (!left || --left)
        return 0;
    left = lasts;
    has_failed = 1;
    return 1;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

static void *allocate(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return fails() ? NULL : __real_malloc(size);
}

static void *reallocate(void *memory, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return fails() ? NULL : realloc(memory, size);
}

static void release(void *memory, const char *file, int line)
{
    (void)file, (void)line;
    free(memory);
}

/* OpenSSL accepts them only before it has allocated anything. */
__attribute__((constructor)) static void begin(void)
{
    if (!CRYPTO_set_mem_functions(allocate, reallocate, release))
        abort();
}

void memory_fail(int first, int is_lasting)
{
    left = first;
    lasts = is_lasting;
    has_failed = 0;
}

int memory_restore(void)
{
    left = 0;
    return has_failed;
}

int memory_fail_each(int step, void (*body)(void *), void (*check)(void *), void *data)
{
    int is_lasting, i, count = 0, one_has_failed;

    step = fixture_rounds(step, step / 16 + 1);
    for (is_lasting = 0; is_lasting < 2; is_lasting++) {
        for (i = 1, one_has_failed = 1; one_has_failed; i += step) {
            memory_fail(i, is_lasting);
            body(data);
            one_has_failed = memory_restore();
            if (is_lasting) /* the queue has room for 16 errors, which come then */
                fixture_raise_error();
            check(data);
            count += one_has_failed;
        }
    }
    return count;
}
