/* SPDX-License-Identifier: Apache-2.0 */
/* What the configuration check has to know of each server. */
#include "httpd/check/vhost.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ap_listen.h"
#include "http_config.h"
#include "http_core.h"

#include "apr_strings.h"

#include "httpd/request/request_log.h"

enum { DEFAULT_DEPTH = 1 }; /* mod_ssl's */

/* httpd finds that out when it opens its ports, to which -t never comes. */
static const char *protocol_of(const server_rec *s)
{
    const char *protocol = ap_get_server_protocol((server_rec *)s);
    const server_addr_rec *addr;
    const ap_listen_rec *listener;

    for (addr = s->addrs; !protocol && addr; addr = addr->next) {
        for (listener = ap_listeners; listener; listener = listener->next) {
            if (listener->bind_addr->port == addr->host_port &&
                apr_sockaddr_equal(listener->bind_addr, addr->host_addr))
                protocol = listener->protocol;
        }
    }
    return protocol ? protocol : "http";
}

static cfo_tls_t read_tls(const cfo_sites_t *sites, const server_rec *s)
{
    const ap_directive_t *line = cfo_tree_last(sites->tree, s, "SSLEngine");

    if (cfo_tree_says(sites->pool, line, 0, "on"))
        return CFO_TLS_ON;
    if (cfo_tree_says(sites->pool, line, 0, "optional"))
        return CFO_TLS_OPTIONAL;
    /* Unless told otherwise, mod_ssl takes a port of https on itself if it can. */
    if (!line && !strcmp(protocol_of(s), "https") &&
        cfo_tree_last(sites->tree, s, "SSLCertificateFile"))
        return CFO_TLS_ON;
    return CFO_TLS_OFF;
}

static cfo_verify_t read_verify(const cfo_sites_t *sites, const server_rec *s)
{
    const ap_directive_t *line = cfo_tree_last(sites->tree, s, "SSLVerifyClient");

    if (cfo_tree_says(sites->pool, line, 0, "optional_no_ca"))
        return CFO_VERIFY_OPTIONAL_NO_CA;
    if (cfo_tree_says(sites->pool, line, 0, "optional"))
        return CFO_VERIFY_OPTIONAL;
    if (cfo_tree_says(sites->pool, line, 0, "require") ||
        cfo_tree_says(sites->pool, line, 0, "on"))
        return CFO_VERIFY_REQUIRE;
    return CFO_VERIFY_NONE;
}

static const char *read_path(const cfo_sites_t *sites, const server_rec *s,
                             const char *name)
{
    const ap_directive_t *line = cfo_tree_last(sites->tree, s, name);

    return line
               ? ap_server_root_relative(sites->pool, cfo_tree_word(sites->pool, line, 0))
               : NULL;
}

static void fill_site(const cfo_sites_t *sites, const server_rec *s, cfo_site_t *site)
{
    cfo_server_conf_t *conf = apr_pmemdup(sites->pool, cfo_server_conf(s), sizeof *conf);
    const ap_directive_t *depth = cfo_tree_last(sites->tree, s, "SSLVerifyDepth");
    int has_directories = cfo_tree_nested(sites->tree, s, "CFOriginPull")->nelts > 0;

    cfo_server_conf_set_defaults(conf);
    site->s = s;
    site->conf = conf;
    site->vhost = cfo_audit_vhost(sites->pool, s);
    site->is_judged = conf->mode != CFO_MODE_OFF;
    site->needs_certificate =
        (site->is_judged || has_directories) && conf->require & CFO_REQUIRE_CERT;
    site->tls = read_tls(sites, s);
    site->verify = read_verify(sites, s);
    site->depth = depth ? atoi(cfo_tree_word(sites->pool, depth, 0)) : DEFAULT_DEPTH;
    site->ca_file = read_path(sites, s, "SSLCACertificateFile");
    site->ca_path = read_path(sites, s, "SSLCACertificatePath");
}

static int takes_all_of(const server_rec *s, const ap_listen_rec *listener)
{
    const server_addr_rec *addr;

    for (addr = s->addrs; addr; addr = addr->next) {
        if (addr->host_port && addr->host_port != listener->bind_addr->port)
            continue;
        if (apr_sockaddr_is_wildcard(addr->host_addr) ||
            apr_sockaddr_equal(addr->host_addr, listener->bind_addr))
            return 1;
    }
    return 0;
}

int cfo_sites_reach_main(const server_rec *main)
{
    const ap_listen_rec *listener;
    const server_rec *s;

    for (listener = ap_listeners; listener; listener = listener->next) {
        for (s = main->next; s && !takes_all_of(s, listener); s = s->next)
            ;
        if (!s)
            return 1;
    }
    return !main->next;
}

/* httpd keeps its virtual hosts from the last to the first. */
static void list_servers(cfo_sites_t *sites, const server_rec *s)
{
    int count = 0, i;
    const server_rec *each;

    for (each = s; each; each = each->next)
        count++;
    sites->all = apr_array_make(sites->pool, count, sizeof(cfo_site_t));
    sites->all->nelts = count;
    for (i = count; s; s = s->next)
        fill_site(sites, s,
                  &APR_ARRAY_IDX(sites->all, s->is_virtual ? --i : 0, cfo_site_t));
}

static void index_site(apr_pool_t *p, apr_hash_t *index, const char *key,
                       const cfo_site_t *site)
{
    apr_array_header_t *list = apr_hash_get(index, key, APR_HASH_KEY_STRING);

    if (!list) {
        list = apr_array_make(p, 2, sizeof(const cfo_site_t *));
        apr_hash_set(index, key, APR_HASH_KEY_STRING, list);
    }
    if (!list->nelts || APR_ARRAY_IDX(list, list->nelts - 1, const cfo_site_t *) != site)
        APR_ARRAY_PUSH(list, const cfo_site_t *) = site;
}

static const char *address_key(apr_pool_t *p, const server_addr_rec *addr)
{
    char *ip;

    if (apr_sockaddr_ip_get(&ip, addr->host_addr) != APR_SUCCESS)
        ip = addr->virthost;
    return apr_psprintf(p, "%s:%u", ip, addr->host_port);
}

static void index_address(cfo_sites_t *sites, const server_addr_rec *addr,
                          const cfo_site_t *site)
{
    const char *key = address_key(sites->pool, addr);
    const ap_directive_t *proxy =
        cfo_tree_own(sites->tree, site->s, "RemoteIPProxyProtocol");

    index_site(sites->pool, sites->by_address, key, site);
    if (proxy)
        apr_hash_set(sites->proxies, key, APR_HASH_KEY_STRING, proxy);
}

static void index_sites(cfo_sites_t *sites)
{
    const server_addr_rec *addr;
    int i, j;

    for (i = 0; i < sites->all->nelts; i++) {
        const cfo_site_t *site = &APR_ARRAY_IDX(sites->all, i, cfo_site_t);
        apr_array_header_t *names = cfo_site_names(sites, site);

        for (j = 0; j < names->nelts; j++)
            index_site(sites->pool, sites->by_name, APR_ARRAY_IDX(names, j, const char *),
                       site);
        for (addr = site->s->addrs; addr; addr = addr->next)
            index_address(sites, addr, site);
    }
}

cfo_sites_t *cfo_sites_make(apr_pool_t *p, const server_rec *main,
                            const cfo_snapshot_t *snapshot)
{
    cfo_sites_t *sites = apr_pcalloc(p, sizeof *sites);

    sites->pool = p;
    sites->tree = cfo_tree_make(p, ap_conftree);
    sites->main = main;
    sites->snapshot = snapshot;
    sites->by_name = apr_hash_make(p);
    sites->by_address = apr_hash_make(p);
    sites->proxies = apr_hash_make(p);
    sites->stores = apr_hash_make(p);
    list_servers(sites, cfo_sites_reach_main(main) ? main : main->next);
    index_sites(sites);
    return sites;
}

static const apr_array_header_t *list_at(const cfo_sites_t *sites, apr_hash_t *index,
                                         const char *key)
{
    const apr_array_header_t *list = apr_hash_get(index, key, APR_HASH_KEY_STRING);

    return list ? list : apr_array_make(sites->pool, 0, sizeof(const cfo_site_t *));
}

const apr_array_header_t *cfo_sites_named(const cfo_sites_t *sites, const char *name)
{
    return list_at(sites, sites->by_name, name);
}

const apr_array_header_t *cfo_sites_beside(const cfo_sites_t *sites,
                                           const server_addr_rec *addr)
{
    return list_at(sites, sites->by_address, address_key(sites->pool, addr));
}

const ap_directive_t *cfo_site_proxy_line(const cfo_sites_t *sites,
                                          const cfo_site_t *site)
{
    const ap_directive_t *line = NULL;
    const server_addr_rec *addr;

    for (addr = site->s->addrs; !line && addr; addr = addr->next)
        line = apr_hash_get(sites->proxies, address_key(sites->pool, addr),
                            APR_HASH_KEY_STRING);
    return line ? line : cfo_tree_own(sites->tree, sites->main, "RemoteIPProxyProtocol");
}

static void add_name(apr_pool_t *p, apr_array_header_t *names, const char *name)
{
    char *lower = apr_pstrdup(p, name);
    size_t length = strlen(lower);

    if (length > 1 && lower[length - 1] == '.')
        lower[length - 1] = '\0';
    ap_str_tolower(lower);
    APR_ARRAY_PUSH(names, const char *) = lower;
}

static void add_names(apr_pool_t *p, apr_array_header_t *names,
                      const apr_array_header_t *more)
{
    int i;

    for (i = 0; more && i < more->nelts; i++)
        add_name(p, names, APR_ARRAY_IDX(more, i, const char *));
}

apr_array_header_t *cfo_site_names(const cfo_sites_t *sites, const cfo_site_t *site)
{
    apr_array_header_t *names = apr_array_make(sites->pool, 4, sizeof(const char *));

    /* httpd makes up a name for a server that has none. */
    if (cfo_tree_own(sites->tree, site->s, "ServerName"))
        add_name(sites->pool, names, site->s->server_hostname);
    add_names(sites->pool, names, site->s->names);
    add_names(sites->pool, names, site->s->wild_names);
    return names;
}

const cfo_view_t *cfo_site_zones(const cfo_sites_t *sites, const cfo_site_t *site)
{
    return &sites->snapshot->views[site->conf->view];
}

/* What remains of a name behind its last label with a wildcard: all that it stands for
 * ends like that. */
static const char *certain_part(const char *name)
{
    const char *wildcard;

    while ((wildcard = strpbrk(name, "*?")) != NULL) {
        name = strchr(wildcard, '.');
        if (!name)
            return "*";
        name++;
    }
    return name;
}

const cfo_zone_t *cfo_site_zone(const cfo_sites_t *sites, const cfo_site_t *site,
                                const char *name)
{
    const cfo_view_t *view = cfo_site_zones(sites, site);

    return cfo_zones_find(view->tables, view->count, certain_part(name));
}

/* Kept under both names: thousands of virtual hosts may share one file. */
const cfo_ca_store_t *cfo_site_store(const cfo_sites_t *sites, const cfo_site_t *site)
{
    const char *key = apr_pstrcat(sites->pool, site->ca_file ? site->ca_file : "", "\n",
                                  site->ca_path, NULL);
    const cfo_ca_store_t *store = apr_hash_get(sites->stores, key, APR_HASH_KEY_STRING);

    if (store || (!site->ca_file && !site->ca_path))
        return store;
    store = cfo_ca_store_open(sites->pool, site->ca_file, site->ca_path);
    apr_hash_set(sites->stores, key, APR_HASH_KEY_STRING, store);
    return store;
}

int cfo_site_verifies(const cfo_site_t *site)
{
    return site->verify == CFO_VERIFY_OPTIONAL || site->verify == CFO_VERIFY_REQUIRE;
}
