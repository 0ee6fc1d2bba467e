/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for words in a text that is not terminated. */
#ifndef CFO_CORE_TRUST_TEXT_PART_H
#define CFO_CORE_TRUST_TEXT_PART_H

#include <string.h>
#include <strings.h>

#include "apr_lib.h"

/* A text, or a part of one; it may contain NUL bytes. */
typedef struct {
    const char *begin, *end;
} cfo_part_t;

static inline const char *cfo_part_find(const cfo_part_t *text, const char *word)
{
    return memmem(text->begin, (size_t)(text->end - text->begin), word, strlen(word));
}

static inline const char *cfo_part_first_word(const cfo_part_t *text)
{
    const char *c = text->begin;

    while (c < text->end && apr_isspace(*c))
        c++;
    return c;
}

static inline int cfo_part_begins_with(const cfo_part_t *text, const char *word)
{
    const char *c = cfo_part_first_word(text);

    return (size_t)(text->end - c) >= strlen(word) && !strncasecmp(c, word, strlen(word));
}

#endif
