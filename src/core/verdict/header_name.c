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

/* Whether a name is one of ours in any case; `lower` and `upper` are its two spellings.
 */
static int is(const char *name, const char *lower, const char *upper)
{
    int i;

    for (i = 0; name[i] == lower[i] || name[i] == upper[i]; i++) {
        if (!name[i])
            return 1;
    }
    return 0;
}

/* `rest` follows "CF-". Its first letter tells which of the names it may be. */
static cfo_header_t identify(const char *rest)
{
    switch (*rest | 0x20) {
    case 'c':
        if (is(rest, "connecting-ip", "CONNECTING-IP"))
            return CFO_HEADER_CONNECTING_IP;
        if (is(rest, "connecting-ipv6", "CONNECTING-IPV6"))
            return CFO_HEADER_CONNECTING_IPV6;
        break;
    case 'r':
        if (is(rest, "ray", "RAY"))
            return CFO_HEADER_RAY;
        break;
    case 'v':
        if (is(rest, "visitor", "VISITOR"))
            return CFO_HEADER_VISITOR;
        break;
    case 'w':
        if (is(rest, "worker", "WORKER"))
            return CFO_HEADER_WORKER;
        break;
    default:
        break;
    }
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

cfo_header_t cfo_header_read(const char *name)
{
    if ((name[0] | 0x20) == 't') {
        if (!is_true_client_ip(name))
            return CFO_HEADER_FOREIGN;
        return has_other(name) ? CFO_HEADER_LOOKALIKE : CFO_HEADER_OTHER;
    }
    if (!name[2] || cfo_ascii_is(name[2], CFO_ASCII_ALNUM))
        return CFO_HEADER_FOREIGN;
    return name[2] == '-' ? identify(name + 3) : CFO_HEADER_LOOKALIKE;
}
