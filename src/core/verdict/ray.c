/* SPDX-License-Identifier: Apache-2.0 */
/* CF-Ray, Cloudflare's trace id. */
#include "core/verdict/ray.h"

#include <stddef.h>

enum { DIGITS = 16, COLO = 3 };

int cfo_ray_is_valid(const char *text)
{
    int i;

    if (!text)
        return 0;
    for (i = 0; i < DIGITS; i++, text++) {
        if (!((*text >= '0' && *text <= '9') || (*text >= 'a' && *text <= 'f')))
            return 0;
    }
    if (!*text)
        return 1;
    if (*text++ != '-')
        return 0;
    for (i = 0; i < COLO; i++, text++) {
        if (*text < 'A' || *text > 'Z')
            return 0;
    }
    return !*text;
}

const char *cfo_ray_colo(const char *ray)
{
    return ray[DIGITS] ? ray + DIGITS + 1 : NULL;
}
