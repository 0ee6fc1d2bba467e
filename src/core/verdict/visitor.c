/* SPDX-License-Identifier: Apache-2.0 */
/* The visitor's address. */
#include "core/verdict/visitor.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "apr_strings.h"

#include "core/net/address.h"

/* The placeholder that Cloudflare sends as CF-Connecting-IP if a Worker of another zone
 * makes the request (developers.cloudflare.com, HTTP headers). */
static const unsigned char foreign_worker[16] = { 0x2a, 0x06,        0x98, 0xc0,
                                                  0x36, [14] = 0x01, 0x03 };

static int is_class_e(const unsigned char *v4)
{
    return v4[0] >= 240 && memcmp(v4, "\xff\xff\xff\xff", 4);
}

/* The IPv4 addresses that a visitor can have; class E is Pseudo IPv4. */
static int is_public_ipv4(const unsigned char *v4)
{
    switch (v4[0]) {
    case 0:
    case 10:
    case 127:
        return 0;
    case 100:
        return (v4[1] & 0xc0) != 64;
    case 169:
        return v4[1] != 254;
    case 172:
        return (v4[1] & 0xf0) != 16;
    case 192:
        return v4[1] != 168;
    default:
        return v4[0] < 224 || is_class_e(v4);
    }
}

/* 2000::/3; the IPv4 address within a 6to4 address must be public as well. */
static int is_public_ipv6(const unsigned char *v6)
{
    if (v6[0] >> 5 != 1)
        return 0;
    return v6[0] != 0x20 || v6[1] != 0x02 || is_public_ipv4(v6 + 2);
}

static int read_ipv6(const char *text, unsigned char *bytes)
{
    return inet_pton(AF_INET6, text, bytes) == 1 && is_public_ipv6(bytes);
}

/* The longest run of zero groups, and the first of several (RFC 5952, section 4.2). */
static int longest_zero_run(const unsigned char *bytes, int *start)
{
    int run = 0, longest = 0, i;

    for (i = 0; i < 8; i++) {
        run = bytes[2 * i] || bytes[2 * i + 1] ? 0 : run + 1;
        if (run > longest) {
            longest = run;
            *start = i - run + 1;
        }
    }
    return longest;
}

/* Lower case, no leading zeros, no dotted tail. */
static int is_spelled_plainly(const char *text)
{
    const char *c;

    for (c = text; *c; c++) {
        if ((*c >= 'A' && *c <= 'F') || *c == '.')
            return 0;
        if (*c == '0' && (c == text || c[-1] == ':') && c[1] && c[1] != ':')
            return 0;
    }
    return 1;
}

static int count_groups(const char *from, const char *to)
{
    int groups = from < to;

    for (; from < to; from++)
        groups += *from == ':';
    return groups;
}

/* Whether a text that inet_pton() accepts is what inet_ntop() would print. inet_ntop()
 * costs more than everything else that this module does to a request. */
static int is_canonical_ipv6(const char *text, const unsigned char *bytes)
{
    const char *gap = strstr(text, "::");
    int start = 0, run = longest_zero_run(bytes, &start);

    if (!is_spelled_plainly(text))
        return 0;
    if (!gap)
        return run < 2;
    return run >= 2 && count_groups(text, gap) == start &&
           count_groups(gap + 2, text + strlen(text)) == 8 - start - run;
}

static const char *canonical_ipv6(apr_pool_t *p, const char *text,
                                  const unsigned char *bytes)
{
    char buffer[INET6_ADDRSTRLEN];

    if (is_canonical_ipv6(text, bytes))
        return text;
    return apr_pstrdup(p, inet_ntop(AF_INET6, bytes, buffer, sizeof buffer));
}

/* Pseudo IPv4: a class E address replaces an IPv6 address, which is in the other header.
 */
static void read_pseudo(apr_pool_t *p, const char *connecting_ipv6,
                        cfo_visitor_t *visitor)
{
    unsigned char v6[16];

    visitor->status = CFO_VISITOR_PSEUDO;
    if (!connecting_ipv6 || !read_ipv6(connecting_ipv6, v6))
        return;
    memcpy(visitor->bytes, v6, sizeof v6);
    visitor->length = 16;
    visitor->text = canonical_ipv6(p, connecting_ipv6, v6);
}

void cfo_visitor_read(apr_pool_t *p, const char *connecting_ip,
                      const char *connecting_ipv6, cfo_visitor_t *visitor)
{
    visitor->status = connecting_ip ? CFO_VISITOR_INVALID : CFO_VISITOR_ABSENT;
    visitor->text = NULL;
    if (!connecting_ip)
        return;
    if (cfo_address_read_ipv4(connecting_ip, visitor->bytes)) {
        if (!is_public_ipv4(visitor->bytes))
            return;
        visitor->status = CFO_VISITOR_REWRITTEN;
        visitor->length = 4;
        visitor->text = connecting_ip; /* there is only one spelling */
        if (is_class_e(visitor->bytes))
            read_pseudo(p, connecting_ipv6, visitor);
        return;
    }
    if (!read_ipv6(connecting_ip, visitor->bytes))
        return;
    if (!memcmp(visitor->bytes, foreign_worker, sizeof foreign_worker)) {
        visitor->status = CFO_VISITOR_ABSENT;
        return;
    }
    visitor->status = CFO_VISITOR_REWRITTEN;
    visitor->length = 16;
    visitor->text = canonical_ipv6(p, connecting_ip, visitor->bytes);
}

const char *cfo_visitor_status_name(cfo_visitor_status_t status)
{
    static const char *const names[] = { "off", "absent", "invalid", "rewritten",
                                         "pseudo" };

    return names[status];
}
