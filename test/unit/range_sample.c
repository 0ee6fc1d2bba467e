/* SPDX-License-Identifier: Apache-2.0 */
#include "range_sample.h"

#include "core/net/ranges.h"
#include "fixture.h"

cfo_address_t address_of(const char *text)
{
    cfo_address_t address = { 0 };

    if (!cfo_address_parse(text, &address))
        fail_msg("\"%s\" is an address", text);
    return address;
}

apr_array_header_t *make_list(void)
{
    return apr_array_make(pool, 4, sizeof(cfo_range_t));
}

cfo_ranges_t *set_of(const char *text)
{
    apr_array_header_t *list = make_list();

    assert_null(cfo_ranges_read(pool, text, strlen(text), list));
    return cfo_ranges_build(pool, list);
}

int contains(const cfo_ranges_t *set, const char *text)
{
    cfo_address_t address = address_of(text);

    return cfo_ranges_contain(set, &address);
}

/* The list has this range at `index`. memcmp() would compare padding, too. */
void assert_range(const apr_array_header_t *list, int index, const cfo_range_t *expected)
{
    const cfo_range_t *range = &APR_ARRAY_IDX(list, index, cfo_range_t);

    assert_int_equal(cfo_address_compare(&range->first, &expected->first), 0);
    assert_int_equal(cfo_address_compare(&range->last, &expected->last), 0);
}

int is_between(const cfo_address_t *a, const cfo_address_t *first,
               const cfo_address_t *last)
{
    return cfo_address_compare(a, first) >= 0 && cfo_address_compare(a, last) <= 0;
}
