/* SPDX-License-Identifier: Apache-2.0 */
/* Paths that are admitted without proof. */
#ifndef CFO_CORE_VERDICT_EXEMPT_PATH_H
#define CFO_CORE_VERDICT_EXEMPT_PATH_H

#include "apr_tables.h"

/* Whether `path`, decoded and normalised as httpd will see it, is one of `prefixes` (of
 * const char *, each beginning with a slash) or below it on a segment boundary: /health
 * covers /health and /health/x, not /healthy; /health/ covers /health/ and /health/x.
 * A path that is not plain is exempt from nothing. */
int cfo_exempt_path_covers(const apr_array_header_t *prefixes, const char *path);

/* Whether a path, as it came but decoded once, reads the same to everybody: a back end
 * may get it so, while httpd goes by what is left of it once it is normalised. Without
 * segments . and .. however they are written, and without what makes some server see such
 * a segment, or a host at the beginning (//), where another sees none. */
int cfo_exempt_path_is_plain(const char *path);

/* Whether `other` is what MultiViews makes of `path`: the same with an extension to the
 * name, before what may follow as PATH_INFO. */
int cfo_exempt_path_is_variant(const char *path, const char *other);

/* NULL, or what is wrong with a prefix. */
const char *cfo_exempt_path_check(const char *prefix);

#endif
