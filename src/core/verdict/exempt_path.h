/* SPDX-License-Identifier: Apache-2.0 */
/* Paths that are admitted without proof. */
#ifndef CFO_CORE_VERDICT_EXEMPT_PATH_H
#define CFO_CORE_VERDICT_EXEMPT_PATH_H

#include "apr_tables.h"

/* Whether `path`, decoded and normalised by httpd, is one of `prefixes` (of const char *,
 * each begins with a slash) or below one on a segment boundary: /health covers /health
 * and /health/x, not /healthy; /health/ covers /health/ and /health/x. A path that is not
 * plain is never exempt. */
int cfo_exempt_path_covers(const apr_array_header_t *prefixes, const char *path);

/* Whether all servers read a path (as received, decoded once) in the same way. A back end
 * may get it unchanged, while httpd uses the normalised path. A plain path has no
 * segments . and .. in any spelling, and nothing that only some servers take for such a
 * segment or for a host at the beginning (//). */
int cfo_exempt_path_is_plain(const char *path);

/* Whether MultiViews can turn `path` into `other`: the same path with an extension added
 * to the file name, before any PATH_INFO. */
int cfo_exempt_path_is_variant(const char *path, const char *other);

/* What is wrong with a prefix; NULL: nothing. */
const char *cfo_exempt_path_check(const char *prefix);

#endif
