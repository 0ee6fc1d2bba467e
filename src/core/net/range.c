/* SPDX-License-Identifier: Apache-2.0 */
/* One range of addresses. */
#include "core/net/range.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "apr_lib.h"
#include "apr_strings.h"

#include "core/net/range_hint.h"

/* The host part of a prefix of `length` bits, as a mask over both halves. */
static cfo_address_t host_mask(int bits, int length)
{
    int host = bits - length;
    cfo_address_t mask = { bits, 0, 0 };

    mask.low = host >= 64 ? ~(apr_uint64_t)0 : ((apr_uint64_t)1 << host) - 1;
    if (host > 64)
        mask.high = host == 128 ? ~(apr_uint64_t)0 : ((apr_uint64_t)1 << (host - 64)) - 1;
    return mask;
}

static int is_mapped(const cfo_address_t *a)
{
    return a->bits == 128 && a->high == 0 && a->low >> 32 == 0xffff;
}

/* A prefix length in plain decimal; -1 for anything else. */
static int parse_length(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    if (!digits || digits > 3 || text[digits] || (text[0] == '0' && digits > 1))
        return -1;
    return atoi(text);
}

/* A copy on the stack: a list may have a million lines. */
static int parse_address(const char *text, const char *end, cfo_address_t *address)
{
    char copy[INET6_ADDRSTRLEN];
    size_t length = (size_t)(end - text);

    if (length >= sizeof copy)
        return 0;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return cfo_address_parse(copy, address);
}

static const char *parse_address_part(apr_pool_t *p, const char *text, const char *slash,
                                      cfo_address_t *out)
{
    int length = slash ? parse_length(slash + 1) : -1;

    if (!parse_address(text, slash ? slash : text + strlen(text), out))
        return "not an IPv4 or IPv6 address (expected address or address/length, such as "
               "192.0.2.0/24 or 2001:db8::/32; names are not looked up)";
    if (is_mapped(out))
        return apr_psprintf(
            p, "an IPv4-mapped address; write %u.%u.%u.%u%s instead",
            (unsigned)(out->low >> 24 & 255), (unsigned)(out->low >> 16 & 255),
            (unsigned)(out->low >> 8 & 255), (unsigned)(out->low & 255),
            length >= 96 && length <= 128 ? apr_psprintf(p, "/%d", length - 96) : "");
    return NULL;
}

static const char *parse(apr_pool_t *p, const char *text, cfo_range_t *range)
{
    const char *slash = strchr(text, '/');
    const char *reason = parse_address_part(p, text, slash, &range->first);
    cfo_address_t mask;
    int bits, length, least;

    if (reason)
        return reason;
    bits = range->first.bits;
    least = bits == 32 ? 8 : 16;
    length = slash ? parse_length(slash + 1) : bits;
    if (length < 0 || length > bits)
        return apr_psprintf(p, "the prefix length must be a number from %d to %d", least,
                            bits);
    if (length < least)
        return apr_psprintf(p, "wider than /%d, which would admit far more than intended",
                            least);
    mask = host_mask(bits, length);
    if ((range->first.high & mask.high) || (range->first.low & mask.low))
        return apr_psprintf(p,
                            "bits are set to the right of /%d, so either the address "
                            "or the length is wrong",
                            length);
    range->last = range->first;
    range->last.high |= mask.high;
    range->last.low |= mask.low;
    return NULL;
}

const char *cfo_range_parse(apr_pool_t *p, const char *text, cfo_range_t *range)
{
    const char *reason = parse(p, text, range);
    const char *hint = reason ? cfo_range_hint(p, text) : NULL;

    return hint ? apr_pstrcat(p, reason, ": ", hint, NULL) : reason;
}

/* A prefix has bounds that differ exactly in the host bits. */
const char *cfo_range_print(apr_pool_t *p, const cfo_range_t *range)
{
    const cfo_address_t *first = &range->first, *last = &range->last;
    apr_uint32_t half[4] = { htonl((apr_uint32_t)(first->high >> 32)),
                             htonl((apr_uint32_t)first->high),
                             htonl((apr_uint32_t)(first->low >> 32)),
                             htonl((apr_uint32_t)first->low) };
    int is_ipv4 = first->bits == 32;
    int host = __builtin_popcountll(first->high ^ last->high) +
               __builtin_popcountll(first->low ^ last->low);
    char text[INET6_ADDRSTRLEN];

    inet_ntop(is_ipv4 ? AF_INET : AF_INET6, is_ipv4 ? &half[3] : half, text, sizeof text);
    return apr_psprintf(p, "%s/%d", text, first->bits - host);
}

int cfo_range_looks_like(const char *text)
{
    if (!*text)
        return 0;
    if (strchr(text, ':'))
        return text[strspn(text, "0123456789abcdefABCDEF:./%")] == '\0';
    return apr_isdigit(*text) && text[strspn(text, "0123456789./")] == '\0';
}
