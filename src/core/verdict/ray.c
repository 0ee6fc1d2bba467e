/* SPDX-License-Identifier: Apache-2.0 */
/* CF-Ray, Cloudflare's trace id. */
#include "core/verdict/ray.h"

#include <stddef.h>

#include "core/base/ascii.h"

enum { DIGITS = 16, COLO = 3 };

/* The end of at most `most` characters of these kinds. */
static const char *skip(const char *text, int most, int kinds)
{
    const char *end = text + most;

    while (text < end && cfo_ascii_is(*text, kinds))
        text++;
    return text;
}

int cfo_ray_is_valid(const char *text)
{
    const char *colo;

    if (!text)
        return 0;
    colo = text + DIGITS;
    if (skip(text, DIGITS, CFO_ASCII_LOWER_HEX) != colo)
        return 0;
    if (!*colo)
        return 1;
    if (*colo++ != '-')
        return 0;
    return skip(colo, COLO, CFO_ASCII_UPPER) == colo + COLO && !colo[COLO];
}

const char *cfo_ray_colo(const char *ray)
{
    return ray[DIGITS] ? ray + DIGITS + 1 : NULL;
}
