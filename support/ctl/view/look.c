/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge status: reads what Cloudflare holds of one zone. */
#include "ctl/view/look.h"

#include <stdlib.h>
#include <string.h>

#include "apr_hash.h"
#include "apr_lib.h"
#include "apr_strings.h"

/* Each association is a call of its own, and 1,200 calls in five minutes are all that a
 * user has, with whatever else uses the API. A call that is answered by nonsense was
 * repeated by then: after two of them no more are tried. */
enum { ASSOCIATIONS_MOST = 500, BROKEN_MOST = 2 };

const char *const cfo_look_permissions[CFO_PERMISSIONS] = {
    [CFO_PERMISSION_ZONE] = "Zone Read",
    [CFO_PERMISSION_SETTINGS] = "Zone Settings Read",
    [CFO_PERMISSION_CERTIFICATES] = "SSL and Certificates Read",
    [CFO_PERMISSION_DNS] = "DNS Read",
};

const cfo_look_part_info_t cfo_look_parts[CFO_LOOK_PARTS] = {
    [CFO_LOOK_ZONE] = { "the zone", CFO_PERMISSION_ZONE },
    [CFO_LOOK_SSL_MODE] = { "the SSL mode", CFO_PERMISSION_SETTINGS },
    [CFO_LOOK_GLOBAL] = { "the global switch", CFO_PERMISSION_SETTINGS },
    [CFO_LOOK_ZONE_LEVEL] = { "the switch of the zone", CFO_PERMISSION_CERTIFICATES },
    [CFO_LOOK_CERTIFICATES] = { "the certificates of the zone",
                                CFO_PERMISSION_CERTIFICATES },
    [CFO_LOOK_HOST_CERTIFICATES] = { "the certificates for host names",
                                     CFO_PERMISSION_CERTIFICATES },
    [CFO_LOOK_RECORDS] = { "the DNS records", CFO_PERMISSION_DNS },
    [CFO_LOOK_ASSOCIATIONS] = { "which certificate each host name uses",
                                CFO_PERMISSION_CERTIFICATES },
};

int cfo_look_covers(const char *zone, const char *host)
{
    size_t length = strlen(zone), all = strlen(host);

    if (all < length || strcmp(host + all - length, zone))
        return 0;
    return all == length || host[all - length - 1] == '.';
}

const cfo_api_certificate_t *cfo_look_certificate(const cfo_look_t *look, const char *id)
{
    const apr_array_header_t *all = look->certificates[CFO_API_FOR_HOSTS];
    int i;

    for (i = 0; id && all && i < all->nelts; i++) {
        const cfo_api_certificate_t *one = &APR_ARRAY_IDX(all, i, cfo_api_certificate_t);

        if (!strcmp(one->id, id))
            return one;
    }
    return NULL;
}

typedef struct {
    apr_pool_t *p;
    cfo_api_t *api;
    cfo_look_t *look;
    const cfo_origin_t *origin;
} reading_t;

/* What would keep every other call from its answer as well. */
static int is_hopeless(const cfo_api_error_t *error)
{
    return error &&
           (error->failure == CFO_API_UNREACHABLE || error->failure == CFO_API_LIMITED ||
            error->failure == CFO_API_TOKEN || error->failure == CFO_API_STOPPED);
}

static const cfo_api_error_t *read_ssl_mode(const reading_t *r)
{
    return cfo_api_ssl_mode(r->api, r->p, r->look->zone.id, &r->look->ssl_mode);
}

static const cfo_api_error_t *read_global(const reading_t *r)
{
    return cfo_api_switch_get(r->api, r->p, r->look->zone.id, CFO_API_GLOBAL,
                              &r->look->is_global_on);
}

static const cfo_api_error_t *read_zone_level(const reading_t *r)
{
    return cfo_api_switch_get(r->api, r->p, r->look->zone.id, CFO_API_ZONE_LEVEL,
                              &r->look->is_zone_level_on);
}

static const cfo_api_error_t *read_certificates(const reading_t *r)
{
    return cfo_api_certificates(r->api, r->p, r->look->zone.id, CFO_API_FOR_ZONE,
                                &r->look->certificates[CFO_API_FOR_ZONE]);
}

static const cfo_api_error_t *read_host_certificates(const reading_t *r)
{
    return cfo_api_certificates(r->api, r->p, r->look->zone.id, CFO_API_FOR_HOSTS,
                                &r->look->certificates[CFO_API_FOR_HOSTS]);
}

static const cfo_api_error_t *read_records(const reading_t *r)
{
    return cfo_api_records(r->api, r->p, r->look->zone.id, &r->look->records);
}

static cfo_look_host_t *host_of(const reading_t *r, apr_hash_t *hosts, const char *name)
{
    char *lower = apr_pstrdup(r->p, name), *c;
    cfo_look_host_t *host;

    for (c = lower; *c; c++)
        *c = (char)apr_tolower(*c);
    host = apr_hash_get(hosts, lower, APR_HASH_KEY_STRING);
    if (!host) {
        host = apr_pcalloc(r->p, sizeof *host);
        host->name = lower;
        apr_hash_set(hosts, lower, APR_HASH_KEY_STRING, host);
    }
    return host;
}

static int compare_hosts(const void *one, const void *other)
{
    return strcmp(((const cfo_look_host_t *)one)->name,
                  ((const cfo_look_host_t *)other)->name);
}

static void add_records(const reading_t *r, apr_hash_t *hosts)
{
    const apr_array_header_t *records = r->look->records;
    int i;

    for (i = 0; records && i < records->nelts; i++) {
        const cfo_api_record_t *record = &APR_ARRAY_IDX(records, i, cfo_api_record_t);
        cfo_look_host_t *host = host_of(r, hosts, record->name);

        host->is_proxied |= record->is_proxied;
        host->is_dns_only = !host->is_proxied;
    }
}

static void add_virtual_hosts(const reading_t *r, apr_hash_t *hosts)
{
    int i;

    for (i = 0; r->origin && i < r->origin->vhosts->nelts; i++) {
        const char *name = APR_ARRAY_IDX(r->origin->vhosts, i, const char *);

        if (cfo_look_covers(r->look->zone.name, name))
            host_of(r, hosts, name)->is_virtual = 1;
    }
}

/* Without records, at least the names that the origin's zones have are judged. */
static void add_zones(const reading_t *r, apr_hash_t *hosts)
{
    const apr_array_header_t *names;
    int i;

    if (r->look->records || !r->origin)
        return;
    names = cfo_origin_zone_names(r->p, r->origin);
    for (i = 0; i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);

        if (!strcmp(name, "*") || cfo_look_covers(name, r->look->zone.name))
            host_of(r, hosts, r->look->zone.name)->is_zone = 1;
        else if (cfo_look_covers(r->look->zone.name, name))
            host_of(r, hosts, name)->is_zone = 1;
    }
}

/* Those that are worth a question: names that are DNS-only are not, unless a virtual host
 * has them. */
static void collect_hosts(const reading_t *r)
{
    apr_hash_t *hosts = apr_hash_make(r->p);
    apr_hash_index_t *index;

    add_records(r, hosts);
    add_virtual_hosts(r, hosts);
    add_zones(r, hosts);
    for (index = apr_hash_first(r->p, hosts); index; index = apr_hash_next(index)) {
        const cfo_look_host_t *host = apr_hash_this_val(index);

        if (host->is_proxied || host->is_virtual || host->is_zone)
            APR_ARRAY_PUSH(r->look->hosts, cfo_look_host_t) = *host;
    }
    qsort(r->look->hosts->elts, (size_t)r->look->hosts->nelts, sizeof(cfo_look_host_t),
          compare_hosts);
}

/* Fails as a whole only if every other question would fail too. */
static const cfo_api_error_t *ask_host(const reading_t *r, cfo_look_host_t *host)
{
    cfo_api_association_t *association = apr_pcalloc(r->p, sizeof *association);

    host->error =
        cfo_api_association(r->api, r->p, r->look->zone.id, host->name, association);
    host->is_unasked = host->error != NULL;
    r->look->unasked += host->is_unasked;
    if (!host->error && association->use != CFO_API_VOID)
        host->association = association;
    return host->error &&
                   (is_hopeless(host->error) || host->error->failure == CFO_API_DENIED)
               ? host->error
               : NULL;
}

/* There are associations only if there are certificates for host names. The names of
 * virtual hosts are asked for first. */
static const cfo_api_error_t *read_associations(const reading_t *r)
{
    const apr_array_header_t *certificates = r->look->certificates[CFO_API_FOR_HOSTS];
    const cfo_api_error_t *error = NULL;
    int i, is_virtual, asked = 0, broken = 0;

    if (!certificates || !certificates->nelts)
        return NULL;
    for (is_virtual = 1; is_virtual >= 0; is_virtual--) {
        for (i = 0; i < r->look->hosts->nelts; i++) {
            cfo_look_host_t *host = &APR_ARRAY_IDX(r->look->hosts, i, cfo_look_host_t);

            if (host->is_virtual != is_virtual || host->is_dns_only)
                continue;
            if (!error && asked++ < ASSOCIATIONS_MOST) {
                error = ask_host(r, host);
                if (host->error && host->error->failure == CFO_API_BROKEN &&
                    ++broken == BROKEN_MOST)
                    error = host->error;
                continue;
            }
            host->error = error;
            host->is_unasked = 1;
            r->look->unasked++;
        }
    }
    return error;
}

static const cfo_api_error_t *read_hosts(const reading_t *r)
{
    collect_hosts(r);
    return read_associations(r);
}

typedef const cfo_api_error_t *read_part_t(const reading_t *r);

static read_part_t *const readers[CFO_LOOK_PARTS] = {
    [CFO_LOOK_SSL_MODE] = read_ssl_mode,
    [CFO_LOOK_GLOBAL] = read_global,
    [CFO_LOOK_ZONE_LEVEL] = read_zone_level,
    [CFO_LOOK_CERTIFICATES] = read_certificates,
    [CFO_LOOK_HOST_CERTIFICATES] = read_host_certificates,
    [CFO_LOOK_RECORDS] = read_records,
    [CFO_LOOK_ASSOCIATIONS] = read_hosts,
};

/* What a call began to make before it failed is not what Cloudflare has. */
static void forget(cfo_look_t *look, cfo_look_part_t part)
{
    if (part == CFO_LOOK_SSL_MODE)
        look->ssl_mode = NULL;
    else if (part == CFO_LOOK_CERTIFICATES)
        look->certificates[CFO_API_FOR_ZONE] = NULL;
    else if (part == CFO_LOOK_HOST_CERTIFICATES)
        look->certificates[CFO_API_FOR_HOSTS] = NULL;
    else if (part == CFO_LOOK_RECORDS)
        look->records = NULL;
}

cfo_look_t *cfo_look(apr_pool_t *p, cfo_api_t *api, const char *name,
                     const cfo_api_zone_t *zone, const cfo_origin_t *origin)
{
    cfo_look_t *look = apr_pcalloc(p, sizeof *look);
    reading_t r = { p, api, look, origin };
    const cfo_api_error_t *error = NULL;
    int part, broken = 0;

    look->name = name;
    look->hosts = apr_array_make(p, 16, sizeof(cfo_look_host_t));
    if (zone)
        look->zone = *zone;
    else
        error = look->errors[CFO_LOOK_ZONE] = cfo_api_zone(api, p, name, &look->zone);
    for (part = CFO_LOOK_ZONE + 1; part < CFO_LOOK_PARTS; part++) {
        if (look->errors[CFO_LOOK_ZONE] || is_hopeless(error) || broken == BROKEN_MOST)
            look->errors[part] = error;
        else
            error = look->errors[part] = readers[part](&r);
        broken += error && error->failure == CFO_API_BROKEN && broken < BROKEN_MOST;
        if (look->errors[part])
            forget(look, part);
    }
    return look;
}
