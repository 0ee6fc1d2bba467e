/* SPDX-License-Identifier: Apache-2.0 */
/* Who reaches a virtual host, and by which names. */
#include "httpd/check/kinship.h"

#include <string.h>

#include "ap_listen.h"

#include "apr_strings.h"

#include "httpd/stranger/probes.h"

static int is_loopback(const apr_sockaddr_t *addr)
{
    if (addr->family == APR_INET)
        return (ntohl(addr->sa.sin.sin_addr.s_addr) >> 24) == 127;
    return IN6_IS_ADDR_LOOPBACK(&addr->sa.sin6.sin6_addr);
}

/* Whether all ports that httpd opens for an address of a virtual host are on loopback. */
static int listens_on_loopback(const server_addr_rec *addr)
{
    const ap_listen_rec *listener;
    int any = 0;

    for (listener = ap_listeners; listener; listener = listener->next) {
        if (addr->host_port && listener->bind_addr->port != addr->host_port)
            continue;
        if (!is_loopback(listener->bind_addr))
            return 0;
        any = 1;
    }
    return any;
}

int cfo_reach_main_is_local(const server_rec *main)
{
    const ap_listen_rec *listener;

    for (listener = ap_listeners; listener; listener = listener->next) {
        if (!is_loopback(listener->bind_addr) && cfo_vhosts_leads_to_main(main, listener))
            return 0;
    }
    return 1;
}

/* Whether strangers cannot reach a virtual host, as its <VirtualHost> says, or also as
 * Listen says. */
static int is_local(const cfo_vhost_t *vhost, int with_listen)
{
    const server_addr_rec *addr;

    for (addr = vhost->s->addrs; addr; addr = addr->next) {
        if (!is_loopback(addr->host_addr) &&
            !(with_listen && apr_sockaddr_is_wildcard(addr->host_addr) &&
              listens_on_loopback(addr)))
            return 0;
    }
    return vhost->s->addrs != NULL;
}

int cfo_reach_is_behind(const cfo_vhost_t *vhost, const cfo_vhost_t *guarded)
{
    return (is_local(vhost, 0) && !is_local(guarded, 0)) ||
           (is_local(vhost, 1) && !is_local(guarded, 1));
}

static int opens(const ap_listen_rec *listener, const server_addr_rec *addr)
{
    const apr_sockaddr_t *own = addr->host_addr, *bound = listener->bind_addr;

    return (!addr->host_port || bound->port == addr->host_port) &&
           (apr_sockaddr_is_wildcard(own) || apr_sockaddr_is_wildcard(bound) ||
            apr_sockaddr_equal(own, bound));
}

int cfo_reach_is_listened(const cfo_vhost_t *vhost)
{
    const server_addr_rec *addr;
    const ap_listen_rec *listener;

    for (addr = vhost->s->addrs; addr; addr = addr->next) {
        for (listener = ap_listeners; listener; listener = listener->next) {
            if (opens(listener, addr))
                return 1;
        }
    }
    return !vhost->s->is_virtual;
}

int cfo_reach_serves(cfo_checking_t *checking, apr_pool_t *p, const cfo_vhost_t *vhost,
                     const char *host)
{
    const cfo_guarded_t *guarded = cfo_guarded_of(checking);
    const server_addr_rec *addr;

    for (addr = vhost->s->addrs; addr; addr = addr->next) {
        if (cfo_name_index_serving(guarded->all_names, p, checking->vhosts, addr, host) ==
            vhost)
            return 1;
    }
    return !vhost->s->is_virtual;
}

static void add_host(apr_array_header_t *hosts, const char *name, const char *header)
{
    int i;

    for (i = 0; i < hosts->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(hosts, i, cfo_host_t).header, header))
            return;
    }
    APR_ARRAY_PUSH(hosts, cfo_host_t) = (cfo_host_t){ name, header };
}

/* Whether it is the first at one of its addresses: for names that no other has. */
static int is_default(const cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const server_addr_rec *addr;

    for (addr = vhost->s->addrs; addr; addr = addr->next) {
        const apr_array_header_t *there = cfo_vhosts_at(checking->vhosts, addr);

        if (there->nelts && APR_ARRAY_IDX(there, 0, const cfo_vhost_t *) == vhost)
            return 1;
    }
    return !vhost->s->is_virtual;
}

/* A name for the virtual host that begins as its conditions demand: the whole name where
 * it takes any, or what a wildcard of its names may stand for. */
static void add_sample(cfo_checking_t *checking, const cfo_site_t *site,
                       apr_array_header_t *hosts, const char *sample)
{
    apr_pool_t *p = site->pool;
    const apr_array_header_t *names = cfo_vhost_names(site->vhosts, site->vhost);
    char *host = apr_pstrdup(p, sample);
    size_t length = strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "0123456789-.");
    int i;

    while (length && host[length - 1] == '.')
        length--;
    host[length] = '\0';
    ap_str_tolower(host);
    if (!length)
        return;
    if (cfo_reach_serves(checking, p, site->vhost, host))
        add_host(hosts, host, host);
    for (i = 0; i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *), *below;

        below = apr_pstrcat(p, host, name + 1, NULL);
        if (*name == '*' && !strpbrk(name + 1, "*?") &&
            cfo_reach_serves(checking, p, site->vhost, below))
            add_host(hosts, below, below);
    }
}

static void add_names(cfo_checking_t *checking, const cfo_site_t *site,
                      apr_array_header_t *hosts)
{
    const apr_array_header_t *names = cfo_vhost_names(site->vhosts, site->vhost);
    int i;

    for (i = 0; i < names->nelts; i++) {
        const char *host =
            cfo_host_name_sample(site->pool, APR_ARRAY_IDX(names, i, const char *));

        if (cfo_reach_serves(checking, site->pool, site->vhost, host))
            add_host(hosts, host, host);
    }
}

apr_array_header_t *cfo_reach_hosts(cfo_checking_t *checking, const cfo_site_t *site,
                                    const cfo_kinship_t *kinship)
{
    static const char any[] = "stranger.invalid";
    apr_pool_t *p = site->pool;
    const cfo_vhost_t *vhost = site->vhost;
    const apr_array_header_t *samples = cfo_probe_host_samples(site);
    const char *own = vhost->s->server_hostname ? vhost->s->server_hostname : "";
    apr_array_header_t *hosts = apr_array_make(p, 8, sizeof(cfo_host_t));
    int i;

    if (kinship->name) {
        const char *host = cfo_host_name_sample(p, kinship->name);

        add_host(hosts, host, host);
    }
    add_names(checking, site, hosts);
    if (cfo_reach_serves(checking, p, vhost, any))
        add_host(hosts, any, any);
    if (is_default(checking, vhost))
        add_host(hosts, own, "");
    else if (!hosts->nelts && cfo_reach_serves(checking, p, vhost, own))
        add_host(hosts, own, own);
    for (i = 0; i < samples->nelts; i++)
        add_sample(checking, site, hosts, APR_ARRAY_IDX(samples, i, const char *));
    return hosts;
}
