/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of address ranges. */
#include "core/net/ranges.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "apr_lib.h"
#include "apr_strings.h"

#include "core/base/text.h"
#include "core/base/utf16.h"
#include "core/net/range_hint.h"

/* IPv4 and IPv6 in one sorted array. cfo_address_compare() keeps the families apart, so
 * no IPv6 range can contain an IPv4 address. */
struct cfo_ranges_t {
    int count;
    cfo_range_t range[];
};

static const char *const builtin[] = {
    "173.245.48.0/20",  "103.21.244.0/22",  "103.22.200.0/22", "103.31.4.0/22",
    "141.101.64.0/18",  "108.162.192.0/18", "190.93.240.0/20", "188.114.96.0/20",
    "197.234.240.0/22", "198.41.128.0/17",  "162.158.0.0/15",  "104.16.0.0/13",
    "104.24.0.0/14",    "172.64.0.0/13",    "131.0.72.0/22",   "2400:cb00::/32",
    "2606:4700::/32",   "2803:f800::/32",   "2405:b500::/32",  "2405:8100::/32",
    "2a06:98c0::/29",   "2c0f:f248::/32",
};

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

static const char *parse_address_part(apr_pool_t *p, const char *address,
                                      const char *slash, cfo_address_t *out)
{
    int length = slash ? parse_length(slash + 1) : -1;

    if (!cfo_address_parse(address, out))
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
    const char *address = slash ? apr_pstrmemdup(p, text, slash - text) : text;
    const char *reason = parse_address_part(p, address, slash, &range->first);
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

static const char *read_line(apr_pool_t *p, const char *line, apr_size_t length,
                             apr_array_header_t *found)
{
    const char *end = memchr(line, '#', length);
    cfo_range_t range;
    const char *reason;
    char *text;

    length = end ? (apr_size_t)(end - line) : length;
    while (length && apr_isspace(line[length - 1]))
        length--;
    while (length && apr_isspace(*line)) {
        line++;
        length--;
    }
    if (!length)
        return NULL;
    if (memchr(line, '\0', length))
        return "a NUL byte: this is not a text file";
    text = apr_pstrmemdup(p, line, length);
    reason = cfo_range_parse(p, text, &range);
    if (reason)
        return apr_psprintf(p, "%s: %s", cfo_text_quote(p, text, 80), reason);
    APR_ARRAY_PUSH(found, cfo_range_t) = range;
    return NULL;
}

const char *cfo_ranges_read(apr_pool_t *p, const char *text, apr_size_t length,
                            apr_array_header_t *ranges)
{
    const char *end = text + length;
    apr_array_header_t *found = apr_array_make(p, 32, sizeof(cfo_range_t));
    int number = 0;

    cfo_utf8_skip_mark(&text, &length);
    while (text < end) {
        const char *newline = memchr(text, '\n', end - text);
        const char *stop = newline ? newline : end;
        const char *reason = read_line(p, text, stop - text, found);

        number++;
        if (reason)
            return apr_psprintf(p, "line %d: %s", number, reason);
        text = newline ? newline + 1 : end;
    }
    if (!found->nelts)
        return "it contains no range";
    apr_array_cat(ranges, found);
    return NULL;
}

void cfo_ranges_add_builtin(apr_array_header_t *ranges)
{
    size_t i;

    for (i = 0; i < sizeof builtin / sizeof *builtin; i++)
        cfo_range_parse(ranges->pool, builtin[i], apr_array_push(ranges));
}

static int by_first(const void *a, const void *b)
{
    return cfo_address_compare(&((const cfo_range_t *)a)->first,
                               &((const cfo_range_t *)b)->first);
}

/* Whether `next` begins within `last` or right after it, so that both are one range. */
static int joins(const cfo_range_t *last, const cfo_range_t *next)
{
    cfo_address_t after = last->last;

    if (++after.low == 0 && after.bits == 128)
        after.high++;
    return cfo_address_compare(&next->first, &last->last) <= 0 ||
           !cfo_address_compare(&next->first, &after);
}

cfo_ranges_t *cfo_ranges_build(apr_pool_t *p, const apr_array_header_t *ranges)
{
    size_t size = sizeof(cfo_range_t) * ranges->nelts;
    cfo_ranges_t *set = apr_palloc(p, sizeof *set + size);
    cfo_range_t *range = set->range;
    int i;

    set->count = 0;
    if (!ranges->nelts)
        return set;
    memcpy(range, ranges->elts, size);
    qsort(range, ranges->nelts, sizeof *range, by_first);
    for (i = 1; i < ranges->nelts; i++) {
        cfo_range_t *last = &range[set->count];

        if (!joins(last, &range[i]))
            range[++set->count] = range[i];
        else if (cfo_address_compare(&range[i].last, &last->last) > 0)
            last->last = range[i].last;
    }
    set->count++;
    return set;
}

/* The range of the set that contains `address`; NULL: none. */
static const cfo_range_t *find(const cfo_ranges_t *ranges, const cfo_address_t *address)
{
    int low = 0, high = ranges ? ranges->count : 0;

    while (low < high) {
        int middle = (low + high) / 2;
        const cfo_range_t *range = &ranges->range[middle];

        if (cfo_address_compare(address, &range->first) < 0)
            high = middle;
        else if (cfo_address_compare(address, &range->last) > 0)
            low = middle + 1;
        else
            return range;
    }
    return NULL;
}

apr_array_header_t *cfo_ranges_list(apr_pool_t *p, const cfo_ranges_t *ranges)
{
    apr_array_header_t *list = apr_array_make(p, 32, sizeof(cfo_range_t));
    int i;

    for (i = 0; ranges && i < ranges->count; i++)
        APR_ARRAY_PUSH(list, cfo_range_t) = ranges->range[i];
    return list;
}

int cfo_ranges_contain(const cfo_ranges_t *ranges, const cfo_address_t *address)
{
    return find(ranges, address) != NULL;
}

int cfo_ranges_cover(const cfo_ranges_t *ranges, const cfo_range_t *range)
{
    const cfo_range_t *found = find(ranges, &range->first);

    return found && cfo_address_compare(&range->last, &found->last) <= 0;
}
