/* SPDX-License-Identifier: Apache-2.0 */
/* Which request headers speak in Cloudflare's name. */
#include "header_name.h"

#include <stddef.h>

/* In ASCII, whatever locale another module may have set. */
static int is_alnum(char c)
{
    return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9');
}

/* A letter in lower case, a digit as it is, and anything else as a hyphen. */
static char fold(char c)
{
    return is_alnum(c) ? (char)(c | 0x20) : '-';
}

static int reads_as(const char *name, const char *folded)
{
    while (*folded && *name && fold(*name) == *folded) {
        name++;
        folded++;
    }
    return *folded == *name; /* both at their end */
}

/* Nearly every header ends here, after one look at its first letters. */
static int is_cloudflares(const char *name)
{
    if ((name[0] | 0x20) == 'c')
        return (name[1] | 0x20) == 'f' && name[2] && !is_alnum(name[2]);
    return (name[0] | 0x20) == 't' && reads_as(name, "true-client-ip");
}

/* The length of a name that reads like Cloudflare's; 0 if it only looks like it. */
static size_t genuine_length(const char *name)
{
    const char *c;

    for (c = name; *c; c++) {
        if (*c != '-' && !is_alnum(*c))
            return 0;
    }
    return c - name;
}

cfo_header_t cfo_header_classify(const char *name)
{
    if (!is_cloudflares(name))
        return CFO_HEADER_FOREIGN;
    switch (genuine_length(name)) {
    case 0:
        return CFO_HEADER_LOOKALIKE;
    case sizeof "CF-Ray" - 1:
        return reads_as(name, "cf-ray") ? CFO_HEADER_RAY : CFO_HEADER_OTHER;
    case sizeof "CF-Worker" - 1:
        return reads_as(name, "cf-worker") ? CFO_HEADER_WORKER : CFO_HEADER_OTHER;
    case sizeof "CF-Connecting-IP" - 1:
        return reads_as(name, "cf-connecting-ip") ? CFO_HEADER_CONNECTING_IP
                                                  : CFO_HEADER_OTHER;
    case sizeof "CF-Connecting-IPv6" - 1:
        return reads_as(name, "cf-connecting-ipv6") ? CFO_HEADER_CONNECTING_IPV6
                                                    : CFO_HEADER_OTHER;
    default:
        return CFO_HEADER_OTHER;
    }
}
