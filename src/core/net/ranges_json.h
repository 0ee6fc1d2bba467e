/* SPDX-License-Identifier: Apache-2.0 */
/* Address ranges in JSON, such as the answer of Cloudflare's API. */
#ifndef CFO_CORE_NET_RANGES_JSON_H
#define CFO_CORE_NET_RANGES_JSON_H

#include "core/net/ranges.h"

/* Whether a text begins like JSON with members or values of its own, rather than like a
 * line of a configuration with brackets. */
int cfo_ranges_json_is(const char *text);

/* Adds all ranges of a JSON text, which ends with a NUL: strings in arrays, and members
 * that are ranges. Other members are not ranges. Returns NULL, or the error, with its
 * line. A string in an array that is not a range is an error, as is an answer of the API
 * that reports a failure. */
const char *cfo_ranges_json_read(apr_pool_t *p, const char *text,
                                 apr_array_header_t *ranges);

#endif
