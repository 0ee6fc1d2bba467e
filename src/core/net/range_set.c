/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of address ranges. */
#include "core/net/range_set.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    apr_uint32_t first, last;
} ipv4_t;

typedef struct {
    apr_uint64_t first_high, first_low, last_high, last_low;
} ipv6_t;

/* The families are apart, so no range of IPv6 can contain an address of IPv4. */
struct cfo_ranges_draft_t {
    apr_array_header_t *ipv4; /* of ipv4_t */
    apr_array_header_t *ipv6; /* of ipv6_t */
};

/* What the search looks through comes first, in order: none of it is within another. The
 * ranges that are follow it, because they count in reports. */
typedef struct {
    apr_array_header_t *ranges; /* of ipv4_t or ipv6_t */
    int count;                  /* of those that are searched */
} family_t;

struct cfo_ranges_t {
    family_t ipv4, ipv6;
};

cfo_ranges_draft_t *cfo_ranges_draft(apr_pool_t *p)
{
    cfo_ranges_draft_t *draft = apr_palloc(p, sizeof *draft);

    draft->ipv4 = apr_array_make(p, 32, sizeof(ipv4_t));
    draft->ipv6 = apr_array_make(p, 32, sizeof(ipv6_t));
    return draft;
}

void cfo_ranges_draft_add(cfo_ranges_draft_t *draft, const cfo_range_t *range)
{
    const cfo_address_t *first = &range->first, *last = &range->last;

    if (first->bits == 32)
        APR_ARRAY_PUSH(draft->ipv4, ipv4_t) =
            (ipv4_t){ (apr_uint32_t)first->low, (apr_uint32_t)last->low };
    else
        APR_ARRAY_PUSH(draft->ipv6, ipv6_t) =
            (ipv6_t){ first->high, first->low, last->high, last->low };
}

int cfo_ranges_draft_count(const cfo_ranges_draft_t *draft)
{
    return draft->ipv4->nelts + draft->ipv6->nelts;
}

/* By the first address; of those with the same, the widest comes first. */
static int compare_ipv4(const void *a, const void *b)
{
    const ipv4_t *one = a, *other = b;

    if (one->first != other->first)
        return one->first < other->first ? -1 : 1;
    return one->last == other->last ? 0 : one->last > other->last ? -1 : 1;
}

static int compare_halves(apr_uint64_t high, apr_uint64_t low, apr_uint64_t other_high,
                          apr_uint64_t other_low)
{
    if (high != other_high)
        return high < other_high ? -1 : 1;
    return low == other_low ? 0 : low < other_low ? -1 : 1;
}

static int compare_ipv6(const void *a, const void *b)
{
    const ipv6_t *one = a, *other = b;
    int order = compare_halves(one->first_high, one->first_low, other->first_high,
                               other->first_low);

    return order ? order
                 : compare_halves(other->last_high, other->last_low, one->last_high,
                                  one->last_low);
}

/* Most lists are sorted. */
static void sort(apr_array_header_t *ranges, int (*compare)(const void *, const void *))
{
    const char *at = ranges->elts;
    int i, size = ranges->elt_size;

    for (i = 1; i < ranges->nelts; i++, at += size) {
        if (compare(at, at + size) > 0) {
            qsort(ranges->elts, ranges->nelts, size, compare);
            return;
        }
    }
}

static cfo_range_t range_at(const apr_array_header_t *ranges, int i)
{
    const ipv6_t *ipv6;

    if (ranges->elt_size == sizeof(ipv4_t)) {
        const ipv4_t *ipv4 = &APR_ARRAY_IDX(ranges, i, ipv4_t);

        return (cfo_range_t){ { 32, 0, ipv4->first }, { 32, 0, ipv4->last } };
    }
    ipv6 = &APR_ARRAY_IDX(ranges, i, ipv6_t);
    return (cfo_range_t){ { 128, ipv6->first_high, ipv6->first_low },
                          { 128, ipv6->last_high, ipv6->last_low } };
}

/* Splits ranges that are sorted into those that are searched and the others. */
static family_t make_family(apr_pool_t *p, const apr_array_header_t *sorted)
{
    const int size = sorted->elt_size;
    family_t family = { apr_array_make(p, sorted->nelts, size), 0 };
    int i, end = sorted->nelts;
    cfo_range_t last = { { 0 }, { 0 } }; /* before all */

    for (i = 0; i < sorted->nelts; i++) {
        const cfo_range_t range = range_at(sorted, i);
        int is_within = cfo_address_compare(&range.last, &last.last) <= 0;
        int place = is_within ? --end : family.count++;

        memcpy(family.ranges->elts + (size_t)place * size,
               sorted->elts + (size_t)i * size, size);
        if (!is_within)
            last = range;
    }
    family.ranges->nelts = sorted->nelts;
    return family;
}

cfo_ranges_t *cfo_ranges_finish(apr_pool_t *p, cfo_ranges_draft_t *draft)
{
    cfo_ranges_t *set = apr_palloc(p, sizeof *set);

    sort(draft->ipv4, compare_ipv4);
    sort(draft->ipv6, compare_ipv6);
    set->ipv4 = make_family(p, draft->ipv4);
    set->ipv6 = make_family(p, draft->ipv6);
    return set;
}

cfo_ranges_t *cfo_ranges_build(apr_pool_t *p, const apr_array_header_t *ranges)
{
    cfo_ranges_draft_t *draft = cfo_ranges_draft(p);
    int i;

    for (i = 0; i < ranges->nelts; i++)
        cfo_ranges_draft_add(draft, &APR_ARRAY_IDX(ranges, i, cfo_range_t));
    return cfo_ranges_finish(p, draft);
}

static const family_t *family_of(const cfo_ranges_t *ranges, int bits)
{
    return bits == 32 ? &ranges->ipv4 : &ranges->ipv6;
}

int cfo_ranges_count(const cfo_ranges_t *ranges, int bits)
{
    return family_of(ranges, bits)->ranges->nelts;
}

cfo_range_t cfo_ranges_get(const cfo_ranges_t *ranges, int bits, int number)
{
    return range_at(family_of(ranges, bits)->ranges, number);
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

/* The first range that does not end before the address; -1: all do. */
static int seek_ipv4(const family_t *family, apr_uint32_t address)
{
    const ipv4_t *range = (const ipv4_t *)(const void *)family->ranges->elts;
    int low = 0, high = family->count;

    while (low < high) {
        int middle = (low + high) / 2;

        if (range[middle].last < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < family->count ? low : -1;
}

static int seek_ipv6(const family_t *family, const cfo_address_t *address)
{
    const ipv6_t *range = (const ipv6_t *)(const void *)family->ranges->elts;
    int low = 0, high = family->count;

    while (low < high) {
        int middle = (low + high) / 2;

        if (compare_halves(range[middle].last_high, range[middle].last_low, address->high,
                           address->low) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < family->count ? low : -1;
}

static int seek(const cfo_ranges_t *ranges, const cfo_address_t *address)
{
    if (!ranges)
        return -1;
    if (address->bits == 32)
        return seek_ipv4(&ranges->ipv4, (apr_uint32_t)address->low);
    return address->bits == 128 ? seek_ipv6(&ranges->ipv6, address) : -1;
}

/* Whether the range with this number (-1: none) begins at the address or before it. */
static int begins_by(const cfo_ranges_t *ranges, int number, const cfo_address_t *address)
{
    const ipv6_t *ipv6;

    if (number < 0)
        return 0;
    if (address->bits == 32)
        return APR_ARRAY_IDX(ranges->ipv4.ranges, number, ipv4_t).first <= address->low;
    ipv6 = &APR_ARRAY_IDX(ranges->ipv6.ranges, number, ipv6_t);
    return compare_halves(ipv6->first_high, ipv6->first_low, address->high,
                          address->low) <= 0;
}

int cfo_ranges_contain(const cfo_ranges_t *ranges, const cfo_address_t *address)
{
    return begins_by(ranges, seek(ranges, address), address);
}

int cfo_ranges_overlap(const cfo_ranges_t *ranges, const cfo_range_t *range)
{
    return begins_by(ranges, seek(ranges, &range->first), &range->last);
}

/* By one range of the set, or by several that join. */
int cfo_ranges_cover(const cfo_ranges_t *ranges, const cfo_range_t *range)
{
    int i = seek(ranges, &range->first);
    const family_t *family;
    cfo_range_t found, next;

    if (!begins_by(ranges, i, &range->first))
        return 0;
    family = family_of(ranges, range->first.bits);
    for (found = range_at(family->ranges, i);
         cfo_address_compare(&range->last, &found.last) > 0; found = next) {
        if (++i == family->count)
            return 0;
        next = range_at(family->ranges, i);
        if (!joins(&found, &next))
            return 0;
    }
    return 1;
}

/* Copies have the same answer: a wide range may take long, and be there often. */
static int count_missing(const family_t *last, const cfo_ranges_t *next)
{
    int i, missing = 0, is_covered = 0;
    cfo_range_t before = { { 0 }, { 0 } };

    for (i = 0; i < last->ranges->nelts; i++) {
        const cfo_range_t range = range_at(last->ranges, i);

        if (!i || cfo_address_compare(&range.first, &before.first) ||
            cfo_address_compare(&range.last, &before.last))
            is_covered = cfo_ranges_cover(next, &range);
        missing += !is_covered;
        before = range;
    }
    return missing;
}

int cfo_ranges_missing(const cfo_ranges_t *last, const cfo_ranges_t *next)
{
    return count_missing(&last->ipv4, next) + count_missing(&last->ipv6, next);
}
