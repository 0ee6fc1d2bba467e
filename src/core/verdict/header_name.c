/* SPDX-License-Identifier: Apache-2.0 */
/* Names of request headers that belong to Cloudflare. */
#include "core/verdict/header_name.h"

#include <stddef.h>
#include <string.h>

/* ASCII only, independent of the locale that another module may have set. */
static int is_alnum(char c)
{
    return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9');
}

/* A letter in lower case, a digit as it is, and anything else as a hyphen. */
static char fold(char c)
{
    return is_alnum(c) ? (char)(c | 0x20) : '-';
}

/* The length of the longest known name, and one more. */
enum { LONGEST = sizeof "CF-Connecting-IPv6" };

/* Folds the name, cut after LONGEST characters, in one pass, because a request has many
 * headers. Returns the full length, and whether any character is not a letter, digit or
 * hyphen. */
static size_t read_name(const char *name, char *folded, int *has_other)
{
    size_t length;

    *has_other = 0;
    for (length = 0; name[length]; length++) {
        char c = fold(name[length]);

        if (length < LONGEST)
            folded[length] = c;
        *has_other |= c == '-' && name[length] != '-';
    }
    return length;
}

static cfo_header_t identify(const char *folded, size_t length)
{
    switch (length) {
    case sizeof "cf-ray" - 1:
        return memcmp(folded, "cf-ray", length) ? CFO_HEADER_OTHER : CFO_HEADER_RAY;
    case sizeof "cf-worker" - 1:
        return memcmp(folded, "cf-worker", length) ? CFO_HEADER_OTHER : CFO_HEADER_WORKER;
    case sizeof "cf-visitor" - 1:
        return memcmp(folded, "cf-visitor", length) ? CFO_HEADER_OTHER
                                                    : CFO_HEADER_VISITOR;
    case sizeof "cf-connecting-ip" - 1:
        return memcmp(folded, "cf-connecting-ip", length) ? CFO_HEADER_OTHER
                                                          : CFO_HEADER_CONNECTING_IP;
    case sizeof "cf-connecting-ipv6" - 1:
        return memcmp(folded, "cf-connecting-ipv6", length) ? CFO_HEADER_OTHER
                                                            : CFO_HEADER_CONNECTING_IPV6;
    default:
        return CFO_HEADER_OTHER;
    }
}

cfo_header_t cfo_header_classify(const char *name)
{
    static const char true_client_ip[] = "true-client-ip";
    char folded[LONGEST];
    int has_other, is_cf = (name[0] | 0x20) == 'c' && (name[1] | 0x20) == 'f';
    size_t length;

    /* Nearly every header returns here, after a check of its first letters. */
    if (!is_cf && (name[0] | 0x20) != 't')
        return CFO_HEADER_FOREIGN;
    if (is_cf && (!name[2] || is_alnum(name[2])))
        return CFO_HEADER_FOREIGN;
    length = read_name(name, folded, &has_other);
    if (!is_cf &&
        (length != sizeof true_client_ip - 1 || memcmp(folded, true_client_ip, length)))
        return CFO_HEADER_FOREIGN;
    return has_other ? CFO_HEADER_LOOKALIKE : identify(folded, length);
}
