/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions of the configuration: compiled as httpd does it, and texts that
 * they probably match. */
#ifndef CFO_HTTPD_LANGUAGE_PATTERN_H
#define CFO_HTTPD_LANGUAGE_PATTERN_H

#include "httpd.h"

#include "ap_regex.h"

#include "apr_hash.h"
#include "apr_tables.h"

/* Compiles a pattern, or finds it in `cache`, whose pool it lives in. NULL: it is
 * invalid.
 */
const ap_regex_t *cfo_pattern_compile(apr_hash_t *cache, const char *pattern,
                                      int is_nocase);

/* Adds texts (const char *) that come through the alternatives, groups and repetitions of
 * a pattern, those inside of look-aheads too. They are samples to try out: some may not
 * match. At most a few dozen. */
void cfo_pattern_samples(apr_pool_t *p, const char *pattern, apr_array_header_t *samples);

#endif
