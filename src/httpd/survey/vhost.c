/* SPDX-License-Identifier: Apache-2.0 */
/* What the configuration check knows about each server. */
#include "httpd/survey/vhost.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ap_listen.h"
#include "http_config.h"
#include "http_core.h"

#include "apr_strings.h"

enum { DEFAULT_DEPTH = 1 }; /* mod_ssl's */

/* httpd copies the protocol of Listen to the server when it opens ports; -t does not get
 * that far. */
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

static cfo_tls_t read_tls(const cfo_vhosts_t *vhosts, const server_rec *s)
{
    const ap_directive_t *line = cfo_conf_tree_last(vhosts->conf_tree, s, "SSLEngine");

    if (cfo_conf_tree_word_is(vhosts->pool, line, 0, "on"))
        return CFO_TLS_ON;
    if (cfo_conf_tree_word_is(vhosts->pool, line, 0, "optional"))
        return CFO_TLS_OPTIONAL;
    /* Without SSLEngine, mod_ssl enables itself on an https port if it has a certificate.
     */
    if (!line && !strcmp(protocol_of(s), "https") &&
        cfo_conf_tree_last(vhosts->conf_tree, s, "SSLCertificateFile"))
        return CFO_TLS_ON;
    return CFO_TLS_OFF;
}

static cfo_verify_t read_verify(const cfo_vhosts_t *vhosts, const server_rec *s)
{
    const ap_directive_t *line =
        cfo_conf_tree_last(vhosts->conf_tree, s, "SSLVerifyClient");

    if (cfo_conf_tree_word_is(vhosts->pool, line, 0, "optional_no_ca"))
        return CFO_VERIFY_OPTIONAL_NO_CA;
    if (cfo_conf_tree_word_is(vhosts->pool, line, 0, "optional"))
        return CFO_VERIFY_OPTIONAL;
    if (cfo_conf_tree_word_is(vhosts->pool, line, 0, "require") ||
        cfo_conf_tree_word_is(vhosts->pool, line, 0, "on"))
        return CFO_VERIFY_REQUIRE;
    return CFO_VERIFY_NONE;
}

static const char *read_path(const cfo_vhosts_t *vhosts, const server_rec *s,
                             const char *name)
{
    const ap_directive_t *line = cfo_conf_tree_last(vhosts->conf_tree, s, name);

    return line ? ap_server_root_relative(vhosts->pool,
                                          cfo_conf_tree_word(vhosts->pool, line, 0))
                : NULL;
}

/* Whether no certificate is meant to be presented: there is no zone, and only tunnels and
 * exempt peers are wanted. (Otherwise the server does not start.) */
static int is_without_zones(apr_pool_t *p, const cfo_server_conf_t *conf)
{
    return !cfo_conf_tables(p, conf)->nelts && (!apr_is_empty_array(conf->tunnel_list) ||
                                                !apr_is_empty_array(conf->exempt_list) ||
                                                !apr_is_empty_array(conf->exempt_paths));
}

static void fill_vhost(const cfo_vhosts_t *vhosts, const server_rec *s,
                       cfo_vhost_t *vhost)
{
    cfo_server_conf_t *conf = apr_pmemdup(vhosts->pool, cfo_server_conf(s), sizeof *conf);
    const ap_directive_t *depth =
        cfo_conf_tree_last(vhosts->conf_tree, s, "SSLVerifyDepth");
    int has_directories =
        cfo_conf_tree_nested(vhosts->conf_tree, s, "CFOriginPull")->nelts > 0;

    cfo_server_conf_set_defaults(conf);
    vhost->s = s;
    vhost->conf = conf;
    vhost->name = cfo_vhost_name(vhosts->pool, s);
    vhost->is_judged = conf->mode != CFO_MODE_OFF;
    vhost->needs_certificate = (vhost->is_judged || has_directories) &&
                               conf->require & CFO_REQUIRE_CERT &&
                               !is_without_zones(vhosts->pool, conf);
    vhost->tls = read_tls(vhosts, s);
    vhost->verify = read_verify(vhosts, s);
    vhost->depth =
        depth ? atoi(cfo_conf_tree_word(vhosts->pool, depth, 0)) : DEFAULT_DEPTH;
    vhost->ca_file = read_path(vhosts, s, "SSLCACertificateFile");
    vhost->ca_path = read_path(vhosts, s, "SSLCACertificatePath");
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

int cfo_vhosts_leads_to_main(const server_rec *main, const ap_listen_rec *listener)
{
    const server_rec *s;

    for (s = main->next; s && !takes_all_of(s, listener); s = s->next)
        ;
    return !s;
}

int cfo_vhosts_reach_main(const server_rec *main)
{
    const ap_listen_rec *listener;

    for (listener = ap_listeners; listener; listener = listener->next) {
        if (cfo_vhosts_leads_to_main(main, listener))
            return 1;
    }
    return !main->next;
}

/* httpd's list has the virtual hosts in reverse order. */
static void list_servers(cfo_vhosts_t *vhosts, const server_rec *s)
{
    int count = 0, i;
    const server_rec *each;

    for (each = s; each; each = each->next)
        count++;
    vhosts->all = apr_array_make(vhosts->pool, count, sizeof(cfo_vhost_t));
    vhosts->all->nelts = count;
    for (i = count; s; s = s->next)
        fill_vhost(vhosts, s,
                   &APR_ARRAY_IDX(vhosts->all, s->is_virtual ? --i : 0, cfo_vhost_t));
}

static void index_vhost(apr_pool_t *p, apr_hash_t *index, const char *key,
                        const cfo_vhost_t *vhost)
{
    apr_array_header_t *list = apr_hash_get(index, key, APR_HASH_KEY_STRING);

    if (!list) {
        list = apr_array_make(p, 2, sizeof(const cfo_vhost_t *));
        apr_hash_set(index, key, APR_HASH_KEY_STRING, list);
    }
    if (!list->nelts ||
        APR_ARRAY_IDX(list, list->nelts - 1, const cfo_vhost_t *) != vhost)
        APR_ARRAY_PUSH(list, const cfo_vhost_t *) = vhost;
}

static const char *address_key(apr_pool_t *p, const server_addr_rec *addr)
{
    char *ip;

    if (apr_sockaddr_ip_get(&ip, addr->host_addr) != APR_SUCCESS)
        ip = addr->virthost;
    return apr_psprintf(p, "%s:%u", ip, addr->host_port);
}

static void index_address(cfo_vhosts_t *vhosts, const server_addr_rec *addr,
                          const cfo_vhost_t *vhost)
{
    const char *key = address_key(vhosts->pool, addr);
    const ap_directive_t *proxy =
        cfo_vhost_own_line(vhosts, vhost, "RemoteIPProxyProtocol");

    index_vhost(vhosts->pool, vhosts->by_address, key, vhost);
    if (proxy)
        apr_hash_set(vhosts->proxies, key, APR_HASH_KEY_STRING, proxy);
}

static void index_vhosts(cfo_vhosts_t *vhosts)
{
    const server_addr_rec *addr;
    int i, j;

    for (i = 0; i < vhosts->all->nelts; i++) {
        const cfo_vhost_t *vhost = &APR_ARRAY_IDX(vhosts->all, i, cfo_vhost_t);
        apr_array_header_t *names = cfo_vhost_names(vhosts, vhost);

        for (j = 0; j < names->nelts; j++)
            index_vhost(vhosts->pool, vhosts->by_name,
                        APR_ARRAY_IDX(names, j, const char *), vhost);
        for (addr = vhost->s->addrs; addr; addr = addr->next)
            index_address(vhosts, addr, vhost);
    }
}

cfo_vhosts_t *cfo_vhosts_make(apr_pool_t *p, const server_rec *main,
                              const cfo_snapshot_t *snapshot)
{
    cfo_vhosts_t *vhosts = apr_pcalloc(p, sizeof *vhosts);

    vhosts->pool = p;
    vhosts->conf_tree = cfo_conf_tree_make(p, ap_conftree);
    vhosts->main = main;
    vhosts->snapshot = snapshot;
    vhosts->by_name = apr_hash_make(p);
    vhosts->by_address = apr_hash_make(p);
    vhosts->proxies = apr_hash_make(p);
    vhosts->stores = apr_hash_make(p);
    vhosts->patterns = apr_hash_make(p);
    vhosts->sections = apr_hash_make(p);
    list_servers(vhosts, cfo_vhosts_reach_main(main) ? main : main->next);
    index_vhosts(vhosts);
    return vhosts;
}

static const apr_array_header_t *list_at(const cfo_vhosts_t *vhosts, apr_hash_t *index,
                                         const char *key)
{
    const apr_array_header_t *list = apr_hash_get(index, key, APR_HASH_KEY_STRING);

    return list ? list : apr_array_make(vhosts->pool, 0, sizeof(const cfo_vhost_t *));
}

const apr_array_header_t *cfo_vhosts_named(const cfo_vhosts_t *vhosts, const char *name)
{
    return list_at(vhosts, vhosts->by_name, name);
}

const apr_array_header_t *cfo_vhosts_at(const cfo_vhosts_t *vhosts,
                                        const server_addr_rec *addr)
{
    return list_at(vhosts, vhosts->by_address, address_key(vhosts->pool, addr));
}

const ap_directive_t *cfo_vhost_own_line(const cfo_vhosts_t *vhosts,
                                         const cfo_vhost_t *vhost, const char *name)
{
    return cfo_conf_tree_own(vhosts->conf_tree, vhost->s, name);
}

const ap_directive_t *cfo_vhost_line(const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost,
                                     const char *name)
{
    return cfo_conf_tree_last(vhosts->conf_tree, vhost->s, name);
}

const ap_directive_t *cfo_vhost_proxy_line(const cfo_vhosts_t *vhosts,
                                           const cfo_vhost_t *vhost)
{
    const ap_directive_t *line = NULL;
    const server_addr_rec *addr;

    for (addr = vhost->s->addrs; !line && addr; addr = addr->next)
        line = apr_hash_get(vhosts->proxies, address_key(vhosts->pool, addr),
                            APR_HASH_KEY_STRING);
    return line ? line
                : cfo_conf_tree_own(vhosts->conf_tree, vhosts->main,
                                    "RemoteIPProxyProtocol");
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

apr_array_header_t *cfo_vhost_names(const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost)
{
    apr_array_header_t *names = apr_array_make(vhosts->pool, 4, sizeof(const char *));

    /* httpd makes up a name for a server that has none. */
    if (cfo_vhost_own_line(vhosts, vhost, "ServerName"))
        add_name(vhosts->pool, names, vhost->s->server_hostname);
    add_names(vhosts->pool, names, vhost->s->names);
    add_names(vhosts->pool, names, vhost->s->wild_names);
    return names;
}

const cfo_view_t *cfo_vhost_zones(const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost)
{
    return &vhosts->snapshot->views[vhost->conf->view];
}

/* The part of a name after its last label with a wildcard: all names that it stands for
 * end like that. */
static const char *certain_part(const char *name)
{
    const char *wildcard;

    while ((wildcard = strpbrk(name, "*?")) != NULL) {
        name = ap_strchr_c(wildcard, '.');
        if (!name)
            return "*";
        name++;
    }
    return name;
}

const cfo_zone_t *cfo_vhost_zone(const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost,
                                 const char *name)
{
    const cfo_view_t *view = cfo_vhost_zones(vhosts, vhost);

    return cfo_zones_find(view->tables, view->count, certain_part(name));
}

/* Cached by file and path: thousands of virtual hosts may share one file. */
const cfo_ca_store_t *cfo_vhost_store(const cfo_vhosts_t *vhosts,
                                      const cfo_vhost_t *vhost)
{
    const char *key = apr_pstrcat(vhosts->pool, vhost->ca_file ? vhost->ca_file : "",
                                  "\n", vhost->ca_path, NULL);
    const cfo_ca_store_t *store = apr_hash_get(vhosts->stores, key, APR_HASH_KEY_STRING);

    if (store || (!vhost->ca_file && !vhost->ca_path))
        return store;
    store = cfo_ca_store_open(vhosts->pool, vhost->ca_file, vhost->ca_path);
    apr_hash_set(vhosts->stores, key, APR_HASH_KEY_STRING, store);
    return store;
}
