/* SPDX-License-Identifier: Apache-2.0 */
/* The path of a request, for CFOriginPullExemptPath. */
#include "httpd/request/request_path.h"

#include <string.h>

#include "http_config.h"
#include "http_core.h"

#include "apr_strings.h"

#include "core/verdict/exempt_path.h"
#include "httpd/config/conf.h"
#include "httpd/request/parts.h"

/* The path as it came, without query, decoded once; NULL if httpd rejects it, or if it
 * has an encoded slash: whatever AllowEncodedSlashes makes of one, such a path is never
 * exempt. */
static const char *raw_path(const request_rec *r)
{
    char *path = apr_pstrdup(r->pool, r->unparsed_uri), *authority;

    if (!path)
        return NULL;
    path[strcspn(path, "?")] = '\0';
    if (*path != '/') { /* GET http://host/path */
        authority = strstr(path, "://");
        path = authority ? strchr(authority + 3, '/') : NULL;
    }
    return path && ap_unescape_url(path) == OK ? path : NULL;
}

/* Whether all paths that lead to `r` mean the same to httpd and to the application that
 * it passes the request to: REQUEST_URI is the path of the first request. */
static int path_is_plain(const request_rec *r)
{
    for (; r; r = cfo_request_parent(r)) {
        const char *path = raw_path(r);

        if (!path || !cfo_exempt_path_is_plain(path))
            return 0;
    }
    return 1;
}

const char *cfo_request_path(const request_rec *r)
{
    const core_server_config *core = ap_get_core_module_config(r->server->module_config);
    char *path = apr_pstrdup(r->pool, r->parsed_uri.path);
    unsigned int flags = AP_NORMALIZE_NOT_ABOVE_ROOT | AP_NORMALIZE_DECODE_UNRESERVED;

    if (core->merge_slashes != AP_CORE_CONFIG_OFF)
        flags |= AP_NORMALIZE_MERGE_SLASHES;
    /* An encoded slash makes ap_unescape_url() fail: such a path is never exempt. */
    if (!path || !ap_normalize_path(path, flags) || ap_unescape_url(path) != OK)
        return NULL;
    return path;
}

int cfo_request_path_is_exempt(const request_rec *r, const char *path)
{
    const apr_array_header_t *prefixes = cfo_server_conf(r->server)->exempt_paths;

    return prefixes && path && cfo_exempt_path_covers(prefixes, path) && path_is_plain(r);
}
