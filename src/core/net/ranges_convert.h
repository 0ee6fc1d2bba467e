/* SPDX-License-Identifier: Apache-2.0 */
/* Reads address ranges in the formats of other programs: configurations of nginx, Apache,
 * HAProxy, Varnish and Caddy, commands of firewalls, JSON, CSV, netmasks, arrays. Nothing
 * here decides about requests: what was converted becomes a list, which is read strictly.
 */
#ifndef CFO_CORE_NET_RANGES_CONVERT_H
#define CFO_CORE_NET_RANGES_CONVERT_H

#include "core/net/ranges_line.h"

/* Returns NULL and sets *conversion, or returns the error, with its line. Nothing is
 * guessed: a word that looks like an address and is no range, a line that is not
 * understood, and a rule that denies, are errors. */
const char *cfo_ranges_convert(apr_pool_t *p, const char *text, apr_size_t length,
                               cfo_conversion_t *conversion);

/* Adds to `error`, which cfo_ranges_read() returned for this text, what the text looks
 * like and what to do. Returns `error` if nothing is known. */
const char *cfo_ranges_diagnose(apr_pool_t *p, const char *text, apr_size_t length,
                                const char *error);

#endif
