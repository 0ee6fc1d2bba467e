/* SPDX-License-Identifier: Apache-2.0 */
/* CF-Visitor. Compared with a text without the white space that JSON allows. */
#include "core/verdict/visitor_scheme.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char wanted[] = "{\"scheme\":\"https\"}";
    char *text = fuzz_text(data, size), *bare = fuzz_text(data, size), *to = bare, *from;
    int in_string = 0;

    for (from = text; *from; from++) {
        in_string ^= *from == '"';
        if (in_string || !strchr(" \t\r\n", *from))
            *to++ = *from;
    }
    *to = '\0';
    PROMISE(cfo_visitor_scheme_is_https(text) == !strcmp(bare, wanted));
    free(bare);
    free(text);
    return 0;
}
