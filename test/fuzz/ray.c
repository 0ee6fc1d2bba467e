/* SPDX-License-Identifier: Apache-2.0 */
#include "core/verdict/ray.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    size_t digits = strspn(text, "0123456789abcdef"), rest = strlen(text + digits);
    int has_colo = rest == 4 && text[digits] == '-' &&
                   strspn(text + digits + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3;

    PROMISE(cfo_ray_is_valid(text) == (digits == 16 && (!rest || has_colo)));
    if (cfo_ray_is_valid(text))
        PROMISE(cfo_ray_colo(text) == (has_colo ? text + 17 : NULL));
    free(text);
    return 0;
}
