/* SPDX-License-Identifier: Apache-2.0 */
/* The zones that cover a host, as the module finds them. */
#include "ctl/origin/origin.h"

#include <string.h>

#include "apr_fnmatch.h"
#include "apr_hash.h"
#include "apr_lib.h"
#include "apr_strings.h"

static const cfo_origin_zone_t *find_exact(const cfo_origin_vhost_t *vhost,
                                           const char *name, int *table)
{
    const cfo_origin_zone_t *zone = NULL;
    int i;

    for (i = 0; !zone && i < vhost->tables->nelts; i++) {
        zone = apr_hash_get(APR_ARRAY_IDX(vhost->tables, i, apr_hash_t *), name,
                            APR_HASH_KEY_STRING);
        *table = i;
    }
    return zone;
}

/* The longest name that covers the host, or "*". *table is where it was found. */
static const cfo_origin_zone_t *find(const cfo_origin_vhost_t *vhost, const char *host,
                                     int *table)
{
    const cfo_origin_zone_t *zone = NULL;

    while (host && !zone) {
        zone = find_exact(vhost, host, table);
        host = strchr(host, '.');
        host = host ? host + 1 : NULL;
    }
    return zone ? zone : find_exact(vhost, "*", table);
}

static int has_name(const cfo_origin_vhost_t *vhost, const char *host)
{
    int i;

    for (i = 0; i < vhost->names->nelts; i++) {
        if (apr_fnmatch(APR_ARRAY_IDX(vhost->names, i, const char *), host, 0) ==
            APR_SUCCESS)
            return 1;
    }
    return 0;
}

/* httpd serves a host that no virtual host names from the first of the address. There an
 * inherited zone proves nothing, unless it is that of the virtual host's own name. */
static int is_stray(const cfo_origin_vhost_t *vhost, const cfo_origin_zone_t *zone,
                    int table)
{
    const char *name =
        vhost->names->nelts ? APR_ARRAY_IDX(vhost->names, 0, const char *) : NULL;

    return table >= vhost->own && (!name || find(vhost, name, &table) != zone);
}

/* The zone with the policy of this virtual host: of several that inherit a zone, it has
 * the highest. */
static const cfo_origin_zone_t *as_of(apr_pool_t *p, const cfo_origin_vhost_t *vhost,
                                      const cfo_origin_zone_t *zone)
{
    cfo_origin_zone_t *copy;

    if (zone->policy == vhost->policy)
        return zone;
    copy = apr_pmemdup(p, zone, sizeof *zone);
    copy->policy = vhost->policy;
    return copy;
}

static void add(apr_pool_t *p, apr_array_header_t *zones, const cfo_origin_vhost_t *vhost,
                const cfo_origin_zone_t *zone)
{
    const cfo_origin_zone_t *made = as_of(p, vhost, zone), *other;
    int i;

    for (i = 0; i < zones->nelts; i++) {
        other = APR_ARRAY_IDX(zones, i, const cfo_origin_zone_t *);
        if (other->files == made->files && other->policy == made->policy)
            return;
    }
    APR_ARRAY_PUSH(zones, const cfo_origin_zone_t *) = made;
}

static const char *canonical(apr_pool_t *p, const char *host)
{
    char *name = apr_pstrdup(p, host), *c;
    apr_size_t length = strlen(name);

    if (length && name[length - 1] == '.')
        name[length - 1] = '\0';
    for (c = name; *c; c++)
        *c = (char)apr_tolower(*c);
    return name;
}

apr_array_header_t *cfo_origin_zones_for(apr_pool_t *p, const cfo_origin_t *origin,
                                         const char *host)
{
    apr_array_header_t *zones = apr_array_make(p, 2, sizeof(cfo_origin_zone_t *));
    const char *name = canonical(p, host);
    int i, table = 0, is_named = 0;

    for (i = 0; i < origin->servers->nelts; i++) {
        const cfo_origin_vhost_t *vhost =
            &APR_ARRAY_IDX(origin->servers, i, cfo_origin_vhost_t);
        const cfo_origin_zone_t *zone =
            has_name(vhost, name) ? find(vhost, name, &table) : NULL;

        is_named |= has_name(vhost, name);
        if (zone)
            add(p, zones, vhost, zone);
    }
    for (i = 0; !is_named && i < origin->servers->nelts; i++) {
        const cfo_origin_vhost_t *vhost =
            &APR_ARRAY_IDX(origin->servers, i, cfo_origin_vhost_t);
        const cfo_origin_zone_t *zone = find(vhost, name, &table);

        if (zone && !is_stray(vhost, zone, table))
            add(p, zones, vhost, zone);
    }
    return zones;
}
