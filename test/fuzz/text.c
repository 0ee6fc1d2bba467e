/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte is the length that a quoted value may have; the rest is foreign text. */
#include "core/base/text.h"
#include "core/base/utf16.h"

#include <ctype.h>
#include <stdio.h>

#include "fuzz.h"

/* What is between the quotes, without escapes. */
static char *unquote(apr_pool_t *p, const char *quoted)
{
    size_t length = strlen(quoted);
    char *text = apr_pstrmemdup(p, quoted + 1, length - 2), *to = text, *from = text;
    unsigned value;

    while (*from) {
        if (from[0] == '\\' && from[1] == 'x') {
            PROMISE(isxdigit((unsigned char)from[2]) && isxdigit((unsigned char)from[3]));
            PROMISE(sscanf(from + 2, "%2x", &value) == 1 && value);
            *to++ = (char)value;
            from += 4;
        }
        else
            *to++ = *from++;
    }
    *to = '\0';
    return text;
}

static void try_quote(apr_pool_t *p, const char *text, size_t most)
{
    const char *quoted = cfo_text_quote(p, text, most), *word = cfo_text_word(p, text);
    size_t length = strlen(quoted);
    char *again;

    PROMISE(length >= 2 && length <= most + 5 && fuzz_is_printable(quoted));
    PROMISE(*quoted == '"' && strchr(quoted + 1, '"') == quoted + length - 1);
    again = unquote(p, quoted);
    if (strcmp(again, text)) { /* it was cut */
        size_t kept = strlen(again);

        PROMISE(kept >= 3 && !strcmp(again + kept - 3, "..."));
        PROMISE(!strncmp(again, text, kept - 3));
    }
    PROMISE(*word && fuzz_is_printable(word));
    PROMISE(*word == '"' || !word[strcspn(word, " \"\\=")]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    char *text, *exact;
    const char *ascii, *c;
    apr_size_t length;

    if (!size)
        return 0;
    text = fuzz_text(data + 1, size - 1);
    try_quote(p, text, *data);
    free(text);
    exact = fuzz_exact(data + 1, size - 1);
    if (cfo_utf16_is(exact, size - 1)) {
        ascii = cfo_utf16_to_ascii(p, exact, size - 1, &length);
        PROMISE(length <= size && strlen(ascii) <= length);
        for (c = ascii; c < ascii + length; c++)
            PROMISE(!(*c & 0x80));
    }
    c = exact;
    length = size - 1;
    cfo_utf8_skip_mark(&c, &length);
    PROMISE(c + length == exact + size - 1);
    free(exact);
    return 0;
}
