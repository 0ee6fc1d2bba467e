/* SPDX-License-Identifier: Apache-2.0 */
/* Names of request headers that belong to Cloudflare. */
#include "core/verdict/header_name.h"

#include "core/base/ascii.h"

/* Whether any character is not a letter, digit or hyphen. */
static int has_other(const char *name)
{
    while (cfo_ascii_is(*name, CFO_ASCII_ALNUM | CFO_ASCII_HYPHEN))
        name++;
    return *name != '\0';
}

/* Whether `name` is `lower`, which has only small letters, digits and hyphens, in any
 * case. Only letters have the bit 0x40. */
static int is(const char *name, const char *lower)
{
    while (*lower && (*name | (*lower & 0x40) >> 1) == *lower) {
        name++;
        lower++;
    }
    return !*lower && !*name;
}

/* `rest` follows "CF" and the character behind it. */
static cfo_header_t identify(const char *rest)
{
    if (is(rest, "connecting-ip"))
        return CFO_HEADER_CONNECTING_IP;
    if (is(rest, "ray"))
        return CFO_HEADER_RAY;
    if (is(rest, "visitor"))
        return CFO_HEADER_VISITOR;
    if (is(rest, "worker"))
        return CFO_HEADER_WORKER;
    if (is(rest, "connecting-ipv6"))
        return CFO_HEADER_CONNECTING_IPV6;
    return has_other(rest) ? CFO_HEADER_LOOKALIKE : CFO_HEADER_OTHER;
}

/* With anything but a letter or digit for each hyphen. */
static int is_true_client_ip(const char *name)
{
    const char *expected = "true-client-ip";

    for (; *expected; name++, expected++) {
        if (cfo_ascii_is(*name, CFO_ASCII_ALNUM) ? (*name | 0x20) != *expected
                                                 : !*name || *expected != '-')
            return 0;
    }
    return !*name;
}

cfo_header_t cfo_header_classify(const char *name)
{
    const char first = name[0] | 0x20;

    /* Nearly every header is foreign by its first letters. */
    if (first == 'c' && (name[1] | 0x20) == 'f' && name[2] &&
        !cfo_ascii_is(name[2], CFO_ASCII_ALNUM))
        return name[2] == '-' ? identify(name + 3) : CFO_HEADER_LOOKALIKE;
    if (first == 't' && is_true_client_ip(name))
        return has_other(name) ? CFO_HEADER_LOOKALIKE : CFO_HEADER_OTHER;
    return CFO_HEADER_FOREIGN;
}
