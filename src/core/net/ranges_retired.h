/* SPDX-License-Identifier: Apache-2.0 */
/* Prefixes that Cloudflare published once and does not publish any more. Old tutorials
 * and modules have them, and somebody else may use them now. */
#ifndef CFO_CORE_NET_RANGES_RETIRED_H
#define CFO_CORE_NET_RANGES_RETIRED_H

#include "core/net/ranges.h"

/* What to write instead of a range that covers such a prefix; NULL: it covers none. A
 * smaller part of one may have been chosen on purpose. */
const char *cfo_range_retired(apr_pool_t *p, const cfo_range_t *range);

/* The same for all of an array of cfo_range_t, in one text. */
const char *cfo_ranges_retired(apr_pool_t *p, const apr_array_header_t *ranges);

/* The same for all that a set was made of. */
const char *cfo_range_set_retired(apr_pool_t *p, const cfo_ranges_t *ranges);

/* Adds the retired prefixes, of cfo_range_t. */
void cfo_ranges_add_retired(apr_array_header_t *ranges);

#endif
