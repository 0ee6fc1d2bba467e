/* SPDX-License-Identifier: Apache-2.0 */
/* The path of a URI as it is logged. */
#ifndef CFO_CTL_AUDIT_URI_PATH_H
#define CFO_CTL_AUDIT_URI_PATH_H

#include <stddef.h>

/* Copies the path without its query and decoded, as far as there is room. Returns its
 * length; 0 if it is no path ("*", or the URL of a proxy request). */
size_t cfo_ctl_uri_path(const char *uri, char *path, size_t size);

/* Whether a path is `prefix` or lies below it, on a segment boundary. */
int cfo_ctl_path_is_below(const char *path, const char *prefix);

/* Whether one of its segments begins with a dot, ".well-known" excepted: no visitor
 * should get such a file. */
int cfo_ctl_path_is_hidden(const char *path);

/* Whether the path can be written in a directive as it is. */
int cfo_ctl_path_is_plain(const char *path);

#endif
