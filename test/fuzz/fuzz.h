/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the targets. Each passes foreign bytes to one parser, and aborts if the
 * parser breaks a promise; the sanitizers find memory errors. */
#ifndef CFO_TEST_FUZZ_H
#define CFO_TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "apr_general.h"
#include "apr_pools.h"
#include "apr_strings.h"
#include "apr_tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PROMISE(condition)                                                               \
    do {                                                                                 \
        if (!(condition))                                                                \
            abort();                                                                     \
    } while (0)

/* Emptied for each input. */
static inline apr_pool_t *fuzz_pool(void)
{
    static apr_pool_t *pool;

    if (pool)
        apr_pool_clear(pool);
    else
        PROMISE(!apr_initialize() && !apr_pool_create(&pool, NULL));
    return pool;
}

/* A copy that ends with a NUL, in its own memory; free it. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    PROMISE(text);
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

/* The same without a NUL, as the text of a file is; free it. */
static inline char *fuzz_exact(const uint8_t *data, size_t size)
{
    char *text = malloc(size ? size : 1);

    PROMISE(text);
    if (size)
        memcpy(text, data, size);
    return text;
}

/* Cuts the next line off a text; NULL: there is none. */
static inline char *fuzz_line(char **rest)
{
    char *line = *rest, *newline = line ? strchr(line, '\n') : NULL;

    *rest = newline ? newline + 1 : NULL;
    if (newline)
        *newline = '\0';
    return line;
}

/* What is written by a cfo_writer_t { fuzz_collect, &output }, with a NUL at its end. */
typedef struct {
    char *text;
    size_t length, room;
} fuzz_output_t;

static inline fuzz_output_t fuzz_output(apr_pool_t *p, size_t room)
{
    fuzz_output_t output = { apr_palloc(p, room), 0, room };

    *output.text = '\0';
    return output;
}

static inline void fuzz_collect(void *to, const char *text, apr_size_t length)
{
    fuzz_output_t *output = to;

    PROMISE(output->length + length < output->room);
    memcpy(output->text + output->length, text, length);
    output->text[output->length += length] = '\0';
}

/* Whether a text can be one line of a log or of a terminal. */
static inline int fuzz_is_printable(const char *text)
{
    while (*text >= ' ' && *text <= '~')
        text++;
    return !*text;
}

#endif
