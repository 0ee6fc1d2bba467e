/* SPDX-License-Identifier: Apache-2.0 */
/* The zones that cover a host, as the module finds them. */
#include "ctl/origin/lookup.h"

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

    if (!zone || zone->policy == vhost->policy)
        return zone;
    copy = apr_pmemdup(p, zone, sizeof *zone);
    copy->policy = vhost->policy;
    return copy;
}

typedef struct {
    apr_pool_t *p;
    const char *host;
    apr_array_header_t *found; /* of cfo_origin_serving_t */
} search_t;

/* `is_named`: it has the name. */
static const cfo_origin_zone_t *zone_of(const search_t *search,
                                        const cfo_origin_vhost_t *vhost, int is_named)
{
    int table = 0;
    const cfo_origin_zone_t *zone = find(vhost, search->host, &table);

    return zone && !is_named && is_stray(vhost, zone, table) ? NULL : zone;
}

static void add(search_t *search, const cfo_origin_vhost_t *vhost, int is_named)
{
    cfo_origin_serving_t *serving;
    int i;

    for (i = 0; i < search->found->nelts; i++) {
        if (APR_ARRAY_IDX(search->found, i, cfo_origin_serving_t).vhost == vhost)
            return;
    }
    serving = apr_array_push(search->found);
    serving->vhost = vhost;
    serving->is_named = is_named;
    serving->zone = as_of(search->p, vhost, zone_of(search, vhost, is_named));
}

/* Returns whether one of them has the name. */
static int add_named(search_t *search, const apr_array_header_t *group)
{
    int i, is_named = 0;

    for (i = 0; i < group->nelts; i++) {
        const cfo_origin_vhost_t *vhost =
            APR_ARRAY_IDX(group, i, const cfo_origin_vhost_t *);

        if (!has_name(vhost, search->host))
            continue;
        add(search, vhost, 1);
        is_named = 1;
    }
    return is_named;
}

/* Without their addresses: all of that name, or else all that have a zone for it. */
static void search_all(search_t *search, const cfo_origin_t *origin)
{
    apr_array_header_t *all = apr_array_make(search->p, origin->servers->nelts + 1,
                                             sizeof(const cfo_origin_vhost_t *));
    int i;

    for (i = 0; i < origin->servers->nelts; i++)
        APR_ARRAY_PUSH(all, const cfo_origin_vhost_t *) =
            &APR_ARRAY_IDX(origin->servers, i, cfo_origin_vhost_t);
    if (add_named(search, all))
        return;
    for (i = 0; i < all->nelts; i++) {
        const cfo_origin_vhost_t *vhost =
            APR_ARRAY_IDX(all, i, const cfo_origin_vhost_t *);

        if (zone_of(search, vhost, 0))
            add(search, vhost, 0);
    }
}

/* "Shop.example.com." -> "shop.example.com" */
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

/* No certificate gets to what has no TLS, and where nothing is judged, all are welcome.
 */
static int rank(const cfo_origin_serving_t *serving)
{
    return 4 * (serving->is_named && serving->vhost->has_tls) +
           2 * serving->vhost->has_tls + (serving->vhost->policy != CFO_ORIGIN_OFF);
}

static void keep_best(apr_array_header_t *found)
{
    cfo_origin_serving_t *all = (cfo_origin_serving_t *)(void *)found->elts;
    int i, best = 0, kept = 0;

    for (i = 0; i < found->nelts; i++)
        best = rank(&all[i]) > best ? rank(&all[i]) : best;
    for (i = 0; i < found->nelts; i++) {
        if (rank(&all[i]) == best)
            all[kept++] = all[i];
    }
    found->nelts = kept;
}

apr_array_header_t *cfo_origin_serving(apr_pool_t *p, const cfo_origin_t *origin,
                                       const char *host)
{
    search_t search = { p, canonical(p, host),
                        apr_array_make(p, 2, sizeof(cfo_origin_serving_t)) };
    int i;

    if (!origin->groups)
        search_all(&search, origin);
    for (i = 0; origin->groups && i < origin->groups->nelts; i++) {
        const apr_array_header_t *group =
            APR_ARRAY_IDX(origin->groups, i, const apr_array_header_t *);

        if (!add_named(&search, group))
            add(&search, APR_ARRAY_IDX(group, 0, const cfo_origin_vhost_t *), 0);
    }
    keep_best(search.found);
    return search.found;
}

apr_array_header_t *cfo_origin_zones_for(apr_pool_t *p, const cfo_origin_t *origin,
                                         const char *host)
{
    const apr_array_header_t *found = cfo_origin_serving(p, origin, host);
    apr_array_header_t *zones =
        apr_array_make(p, found->nelts + 1, sizeof(const cfo_origin_zone_t *));
    int i, j;

    for (i = 0; i < found->nelts; i++) {
        const cfo_origin_zone_t *zone =
            APR_ARRAY_IDX(found, i, cfo_origin_serving_t).zone;

        for (j = 0; zone && j < zones->nelts; j++) {
            const cfo_origin_zone_t *other =
                APR_ARRAY_IDX(zones, j, const cfo_origin_zone_t *);

            if (other->files == zone->files && other->policy == zone->policy)
                zone = NULL;
        }
        if (zone)
            APR_ARRAY_PUSH(zones, const cfo_origin_zone_t *) = zone;
    }
    return zones;
}
