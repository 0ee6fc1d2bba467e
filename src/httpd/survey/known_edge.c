/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of Cloudflare, and of others. */
#include "httpd/survey/known_edge.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "httpd.h"

#include "apr_strings.h"

#include "core/net/ranges.h"

enum { IPV4_BITS = 32, IPV6_BITS = 128, OCTETS = 4, SAMPLED_MOST = 256 };

/* No examples of RFC 5737, which rules of an office have in manuals and tests. */
const char *const cfo_visitor_samples[] = { "84.17.201.9",   "91.64.120.33",
                                            "189.40.72.5",   "126.51.9.200",
                                            "2a02:810d::77", NULL };

/* Published by Cloudflare until 2021 and 2016. */
static const char *const former[] = { "104.16.0.0/12", "199.27.128.0/21", NULL };

static int network_bits(const cfo_address_t *address, const char *text)
{
    cfo_address_t mask;
    apr_uint32_t ones, host;
    int length;

    if (*text && !text[strspn(text, "0123456789")]) {
        length = atoi(text);
        return length <= address->bits ? length : -1;
    }
    if (address->bits != IPV4_BITS || !cfo_address_parse(text, &mask) ||
        mask.bits != IPV4_BITS)
        return -1;
    host = ~(apr_uint32_t)mask.low;
    if (host & (host + 1))
        return -1;
    for (length = IPV4_BITS, ones = host; ones; ones >>= 1)
        length--;
    return length;
}

/* Ones in the last `count` bits. */
static apr_uint64_t last_bits(int count)
{
    return count >= 64 ? ~(apr_uint64_t)0 : ((apr_uint64_t)1 << count) - 1;
}

static void span(const cfo_address_t *address, int length, cfo_range_t *network)
{
    int host = address->bits - length;
    apr_uint64_t low = last_bits(host), high = host > 64 ? last_bits(host - 64) : 0;

    network->first = network->last = *address;
    network->first.low &= ~low;
    network->last.low |= low;
    network->first.high &= ~high;
    network->last.high |= high;
}

/* "173.245" as "173.245.0.0", and how many bits of it are given; NULL: not so. */
static const char *complete_octets(apr_pool_t *p, const char *text, int *length)
{
    size_t end = strlen(text);
    const char *each;
    int octets = 1;

    if (!end || text[strspn(text, "0123456789.")])
        return NULL;
    if (text[end - 1] == '.')
        end--;
    text = apr_pstrndup(p, text, end);
    for (each = text; (each = ap_strchr_c(each, '.')) != NULL; each++)
        octets++;
    if (octets >= OCTETS)
        return NULL;
    *length = octets * 8;
    for (; octets < OCTETS; octets++)
        text = apr_pstrcat(p, text, ".0", NULL);
    return text;
}

int cfo_network_parse(apr_pool_t *p, const char *text, cfo_range_t *network)
{
    const char *slash = ap_strchr_c(text, '/'), *base;
    cfo_address_t address;
    int length = -1;

    base = slash ? apr_pstrmemdup(p, text, (apr_size_t)(slash - text))
                 : complete_octets(p, text, &length);
    if (!cfo_address_parse(base ? base : text, &address))
        return 0;
    if (slash)
        length = network_bits(&address, slash + 1);
    else if (!base)
        length = address.bits;
    if (length < 0)
        return 0;
    span(&address, length, network);
    return 1;
}

static int meets(const cfo_range_t *a, const cfo_range_t *b)
{
    return a->first.bits == b->first.bits &&
           cfo_address_compare(&a->first, &b->last) <= 0 &&
           cfo_address_compare(&b->first, &a->last) <= 0;
}

int cfo_network_contains(const cfo_range_t *network, const char *address)
{
    cfo_range_t one;

    if (!cfo_address_parse(address, &one.first))
        return 0;
    one.last = one.first;
    return meets(network, &one);
}

int cfo_known_edge_overlaps(const cfo_known_edge_t *edge, const cfo_range_t *network)
{
    int i;

    if (edge->in_force && cfo_edge_overlaps(edge->in_force, network))
        return 1;
    for (i = 0; i < edge->ranges->nelts; i++) {
        if (meets(&APR_ARRAY_IDX(edge->ranges, i, const cfo_range_t), network))
            return 1;
    }
    return 0;
}

static const char *print_address(apr_pool_t *p, const cfo_address_t *address)
{
    char text[INET6_ADDRSTRLEN];
    unsigned char bytes[16];
    int i, is_ipv4 = address->bits == IPV4_BITS;

    for (i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)(address->high >> (56 - 8 * i));
        bytes[8 + i] = (unsigned char)(address->low >> (56 - 8 * i));
    }
    return apr_pstrdup(p, inet_ntop(is_ipv4 ? AF_INET : AF_INET6, bytes + 12 * is_ipv4,
                                    text, sizeof text));
}

static void add_sample(apr_pool_t *p, apr_array_header_t *samples,
                       const cfo_address_t *address)
{
    APR_ARRAY_PUSH(samples, const char *) = print_address(p, address);
}

/* The first, the last and an address in the middle. */
static void add_samples(apr_pool_t *p, apr_array_header_t *samples,
                        const cfo_range_t *range)
{
    cfo_address_t middle = range->first;

    if (range->last.low - range->first.low > 200)
        middle.low += (range->last.low - range->first.low) / 2 + 77;
    add_sample(p, samples, &range->first);
    add_sample(p, samples, &middle);
    add_sample(p, samples, &range->last);
}

static cfo_known_edge_t *make(apr_pool_t *p, const apr_array_header_t *ranges)
{
    cfo_known_edge_t *edge = apr_pcalloc(p, sizeof *edge);
    int i;

    edge->ranges = apr_array_copy(p, ranges);
    edge->samples = apr_array_make(p, 96, sizeof(const char *));
    for (i = 0; i < ranges->nelts; i++)
        add_samples(p, edge->samples, &APR_ARRAY_IDX(ranges, i, const cfo_range_t));
    return edge;
}

const cfo_known_edge_t *cfo_known_edge_of(apr_pool_t *p, const apr_array_header_t *ranges)
{
    return make(p, ranges);
}

/* Each rule is tried on each sample, so that of a long list only some ranges count. */
static void add_set(apr_pool_t *p, apr_array_header_t *samples, const cfo_ranges_t *set,
                    int bits)
{
    const int count = cfo_ranges_count(set, bits), step = count / SAMPLED_MOST + 1;
    int i;

    for (i = 0; i < count; i += step) {
        const cfo_range_t range = cfo_ranges_get(set, bits, i);

        add_samples(p, samples, &range);
    }
}

const cfo_known_edge_t *cfo_known_edge_make(apr_pool_t *p, const cfo_edge_t *in_force)
{
    apr_array_header_t *ranges = apr_array_make(p, 32, sizeof(cfo_range_t));
    const char *const *text;
    cfo_known_edge_t *edge;
    int i;

    cfo_ranges_add_builtin(ranges);
    for (text = former; *text; text++)
        cfo_network_parse(p, *text, apr_array_push(ranges));
    edge = make(p, ranges);
    edge->in_force = in_force;
    for (i = 0; in_force && i < in_force->sets->nelts; i++) {
        const cfo_ranges_t *set = APR_ARRAY_IDX(in_force->sets, i, const cfo_ranges_t *);

        add_set(p, edge->samples, set, IPV4_BITS);
        add_set(p, edge->samples, set, IPV6_BITS);
    }
    return edge;
}
