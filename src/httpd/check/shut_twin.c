/* SPDX-License-Identifier: Apache-2.0 */
/* Virtual hosts without TLS that are there to be shut. */
#include "httpd/check/shut_twin.h"

#include <string.h>

#include "http_config.h"
#include "http_core.h"

static int is_protected(const cfo_vhost_t *vhost)
{
    return vhost->tls == CFO_TLS_ON && vhost->is_judged;
}

/* NULL: it has none of its own. */
static const char *root_of(const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost)
{
    const core_server_config *core = ap_get_core_module_config(vhost->s->module_config);

    return cfo_vhost_own_line(vhosts, vhost, "DocumentRoot") ? core->ap_document_root
                                                             : NULL;
}

/* Whether the folder of `other` is that of `vhost`, or below it. */
static int has_same_root(const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost,
                         const cfo_vhost_t *other)
{
    const char *root = root_of(vhosts, vhost), *below = root_of(vhosts, other);
    size_t length = root ? strlen(root) : 0;

    return length && below && !strncmp(below, root, length) &&
           (!below[length] || below[length] == '/' || root[length - 1] == '/');
}

static int matches_any(const char *name, const apr_array_header_t *patterns)
{
    int i;

    for (i = 0; patterns && i < patterns->nelts; i++) {
        if (!ap_strcasecmp_match(name, APR_ARRAY_IDX(patterns, i, const char *)))
            return 1;
    }
    return 0;
}

/* Whether a ServerAlias with a wildcard of one is for a name of the other. */
static int shares_a_pattern(const cfo_vhost_t *vhost, const apr_array_header_t *names,
                            const cfo_vhost_t *other)
{
    int i;

    for (i = 0; i < names->nelts; i++) {
        if (matches_any(APR_ARRAY_IDX(names, i, const char *), other->s->wild_names))
            return 1;
    }
    return other->s->server_hostname &&
           matches_any(other->s->server_hostname, vhost->s->wild_names);
}

static int has_protected_namesake(const cfo_vhosts_t *vhosts,
                                  const apr_array_header_t *names)
{
    int i, j;

    for (i = 0; i < names->nelts; i++) {
        const apr_array_header_t *named =
            cfo_vhosts_named(vhosts, APR_ARRAY_IDX(names, i, const char *));

        for (j = 0; j < named->nelts; j++) {
            if (is_protected(APR_ARRAY_IDX(named, j, const cfo_vhost_t *)))
                return 1;
        }
    }
    return 0;
}

int cfo_vhost_is_shut_twin(const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost)
{
    const apr_array_header_t *names = cfo_vhost_names(vhosts, vhost);
    int i;

    if (!vhost->is_judged)
        return 0;
    if (has_protected_namesake(vhosts, names))
        return 1;
    for (i = 0; i < vhosts->all->nelts; i++) {
        const cfo_vhost_t *other = &APR_ARRAY_IDX(vhosts->all, i, cfo_vhost_t);

        if (is_protected(other) &&
            (!names->nelts || has_same_root(vhosts, vhost, other) ||
             shares_a_pattern(vhost, names, other)))
            return 1;
    }
    return 0;
}
