/* SPDX-License-Identifier: Apache-2.0 */
/* Paths that are admitted without proof. */
#ifndef CFO_CORE_EXEMPT_PATH_H
#define CFO_CORE_EXEMPT_PATH_H

#include "apr_tables.h"

/* Whether `path`, decoded and normalised as httpd will see it, is one of `prefixes` (of
 * const char *, each beginning with a slash) or below it on a segment boundary: /health
 * covers /health and /health/x, not /healthy; /health/ covers /health/ and /health/x.
 * An ambiguous path, or one with a segment . or .. left in it, is exempt from nothing. */
int cfo_exempt_path_covers(const apr_array_header_t *prefixes, const char *path);

/* Whether there is something in a path, decoded once but not normalised, that a back end
 * could understand in another way than httpd: %, \, or a segment . or .. with a
 * ;parameter. */
int cfo_exempt_path_is_ambiguous(const char *path);

/* Whether servers disagree about where such a path leads, decoded once but not
 * normalised: one that drops ;parameters, or joins slashes, before it resolves . and ..
 * comes to another place than one that does not. A back end may get the path as it came.
 */
int cfo_exempt_path_is_contested(const char *path);

/* NULL, or what is wrong with a prefix. */
const char *cfo_exempt_path_check(const char *prefix);

#endif
