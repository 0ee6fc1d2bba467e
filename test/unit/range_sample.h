/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and sets of ranges for tests, in the pool of the test. */
#ifndef CFO_TEST_RANGE_SAMPLE_H
#define CFO_TEST_RANGE_SAMPLE_H

#include "apr_tables.h"

#include "core/net/range_set.h"

/* Fails the test if it is none. */
cfo_address_t address_of(const char *text);

/* An empty list, of cfo_range_t. */
apr_array_header_t *make_list(void);

/* The set of a valid list in text form. */
cfo_ranges_t *set_of(const char *text);

int contains(const cfo_ranges_t *set, const char *text);

/* The list has this range at `index`. */
void assert_range(const apr_array_header_t *list, int index, const cfo_range_t *expected);

int is_between(const cfo_address_t *a, const cfo_address_t *first,
               const cfo_address_t *last);

#endif
