/* SPDX-License-Identifier: Apache-2.0 */
#include "core/verdict/header_name.h"

#include <ctype.h>
#include <strings.h>

#include "fuzz.h"

/* As a CGI-like back end reads it. */
static void fold(char *name)
{
    for (; *name; name++)
        *name =
            (char)(isalnum((unsigned char)*name) ? toupper((unsigned char)*name) : '_');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *name = fuzz_text(data, size), *folded = fuzz_text(data, size);
    cfo_header_t header = cfo_header_classify(name);
    int is_ours;

    fold(folded);
    is_ours = !strncmp(folded, "CF_", 3) || !strcmp(folded, "TRUE_CLIENT_IP");
    PROMISE((header != CFO_HEADER_FOREIGN) == is_ours);
    PROMISE((header == CFO_HEADER_RAY) == !strcasecmp(name, "CF-Ray"));
    PROMISE((header == CFO_HEADER_WORKER) == !strcasecmp(name, "CF-Worker"));
    PROMISE((header == CFO_HEADER_CONNECTING_IP) ==
            !strcasecmp(name, "CF-Connecting-IP"));
    PROMISE((header == CFO_HEADER_CONNECTING_IPV6) ==
            !strcasecmp(name, "CF-Connecting-IPv6"));
    free(folded);
    free(name);
    return 0;
}
