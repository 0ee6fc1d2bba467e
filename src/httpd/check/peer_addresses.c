/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: who connects, and whose address counts. */
#include "httpd/check/checks.h"

#include <strings.h>

#include "apr_strings.h"

static int is_empty(const apr_array_header_t *list)
{
    return !list || !list->nelts;
}

/* Whether mod_remoteip believes only those that it was told of. */
static int has_trusted_proxies(const cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    static const char *const names[] = { "RemoteIPTrustedProxy", "RemoteIPInternalProxy",
                                         "RemoteIPTrustedProxyList",
                                         "RemoteIPInternalProxyList" };
    int i;

    for (i = 0; i < 4; i++) {
        if (cfo_conf_tree_last(checking->vhosts->conf_tree, vhost->s, names[i]))
            return 1;
    }
    return 0;
}

static int is_cloudflares(const char *header)
{
    return !strncasecmp(header, "CF-", 3) || !strcasecmp(header, "True-Client-IP");
}

static void check_remoteip_header(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const ap_directive_t *line =
        cfo_conf_tree_last(checking->vhosts->conf_tree, vhost->s, "RemoteIPHeader");
    const char *text;

    if (!vhost->is_judged || !line)
        return;
    if (is_cloudflares(cfo_conf_tree_word(checking->pool, line, 0)))
        text = "RemoteIPHeader reads a header of Cloudflare's, which mod_remoteip does "
               "not get to see any more: this module makes CF-Connecting-IP of proved "
               "requests the visitor's address; remove the line";
    else if (has_trusted_proxies(checking, vhost))
        text = "mod_remoteip takes the visitor's address from another header than this "
               "module, which has the last word for proved requests only; remove the "
               "line";
    else
        text = "RemoteIPHeader without RemoteIPTrustedProxy or RemoteIPInternalProxy "
               "believes anybody: requests that are not proved choose their address, for "
               "the log and for access rules; remove the line";
    cfo_check_add(checking, vhost, line, text);
}

static void check_balancer_unlisted(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const ap_directive_t *line = cfo_vhost_proxy_line(checking->vhosts, vhost);

    if (vhost->is_judged && vhost->conf->require & CFO_REQUIRE_IP &&
        is_empty(vhost->conf->balancer_list) &&
        cfo_conf_tree_says(checking->pool, line, 0, "on"))
        cfo_check_add(checking, vhost, line,
                      "a load balancer speaks PROXY here, and none is listed whose word "
                      "counts: what comes through it is refused (edge-unknown); add its "
                      "address to CFOriginPullProxyProtocol");
}

static void check_balancer_unheard(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    if (vhost->is_judged && !is_empty(vhost->conf->balancer_list) &&
        !cfo_conf_tree_says(checking->pool, cfo_vhost_proxy_line(checking->vhosts, vhost),
                            0, "on"))
        cfo_check_add(checking, vhost,
                      cfo_conf_tree_last(checking->vhosts->conf_tree, vhost->s,
                                         "CFOriginPullProxyProtocol"),
                      "nothing reads the PROXY header of the load balancers listed here, "
                      "so that they name nobody and what comes through them is refused "
                      "(edge-unknown): load mod_remoteip and say RemoteIPProxyProtocol "
                      "On, or remove them");
}

/* Whose CFOriginPullEarlyDrop counts at an address: the first there, as for SNI. */
static const cfo_vhost_t *owner_of(const cfo_checking_t *checking,
                                   const server_addr_rec *addr)
{
    return APR_ARRAY_IDX(cfo_vhosts_beside(checking->vhosts, addr), 0,
                         const cfo_vhost_t *);
}

static int drops(const cfo_vhost_t *vhost)
{
    return vhost->conf->early_drop && vhost->conf->mode == CFO_MODE_ON;
}

/* The one that closes connections before `site` sees them, `site` itself included; NULL
 * if nobody does. */
static const cfo_vhost_t *find_dropper(const cfo_checking_t *checking,
                                       const cfo_vhost_t *vhost)
{
    const server_addr_rec *addr;

    if (!vhost->s->is_virtual)
        return drops(vhost) ? vhost : NULL;
    for (addr = vhost->s->addrs; addr; addr = addr->next) {
        const cfo_vhost_t *owner = owner_of(checking, addr);

        if (drops(owner))
            return owner;
    }
    return NULL;
}

static void check_early_drop_beside(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const cfo_vhost_t *dropper = find_dropper(checking, vhost);

    if (dropper && vhost->conf->mode != CFO_MODE_ON)
        cfo_check_add(
            checking, vhost, NULL,
            apr_psprintf(checking->pool,
                         "CFOriginPullEarlyDrop of %s, which is the first on this "
                         "address and port, closes connections that this virtual host "
                         "would serve, for it is not On: give it an address or port of "
                         "its own, or say CFOriginPullEarlyDrop Off there",
                         dropper->name));
}

static void check_early_drop_exempt_path(cfo_checking_t *checking,
                                         const cfo_vhost_t *vhost)
{
    if (vhost->conf->mode == CFO_MODE_ON && find_dropper(checking, vhost) &&
        !is_empty(vhost->conf->exempt_paths))
        cfo_check_add(
            checking, vhost,
            cfo_conf_tree_last(checking->vhosts->conf_tree, vhost->s,
                               "CFOriginPullExemptPath"),
            "CFOriginPullEarlyDrop closes the connections of strangers before they can "
            "ask for an exempt path, which is there for Cloudflare's own addresses only; "
            "if it is meant for others, list them in CFOriginPullExemptFrom, or say "
            "CFOriginPullEarlyDrop Off");
}

static void check_early_drop_all(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const cfo_server_conf_t *conf = vhost->conf;

    if (drops(vhost) && find_dropper(checking, vhost) == vhost && conf->edge_list &&
        !conf->edge_list->nelts && is_empty(conf->tunnel_list) &&
        is_empty(conf->exempt_list) && is_empty(conf->balancer_list))
        cfo_check_add(checking, vhost,
                      cfo_conf_tree_last(checking->vhosts->conf_tree, vhost->s,
                                         "CFOriginPullEarlyDrop"),
                      "with CFOriginPullRanges none, and no tunnel, exempt address or "
                      "balancer, CFOriginPullEarlyDrop closes every connection; remove "
                      "CFOriginPullRanges none");
}

static void check_early_drop_idle(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const ap_directive_t *line =
        cfo_conf_tree_own(checking->vhosts->conf_tree, vhost->s, "CFOriginPullEarlyDrop");

    if (line && vhost->s->addrs && drops(vhost) && !find_dropper(checking, vhost))
        cfo_check_add(checking, vhost, line,
                      apr_psprintf(checking->pool,
                                   "CFOriginPullEarlyDrop has no effect here: %s, which "
                                   "is the first on this address and port, decides and "
                                   "does not drop; say it there",
                                   owner_of(checking, vhost->s->addrs)->name));
}

const cfo_check_t cfo_peer_addresses_checks[] = {
    { CFO_LEVEL_WARNING, "CFO0211 remoteip-header", check_remoteip_header },
    { CFO_LEVEL_WARNING, "CFO0213 early-drop-beside", check_early_drop_beside },
    { CFO_LEVEL_WARNING, "CFO0221 balancer-unlisted", check_balancer_unlisted },
    { CFO_LEVEL_WARNING, "CFO0222 balancer-unheard", check_balancer_unheard },
    { CFO_LEVEL_WARNING, "CFO0225 early-drop-all", check_early_drop_all },
    { CFO_LEVEL_WARNING, "CFO0226 early-drop-idle", check_early_drop_idle },
    { CFO_LEVEL_NOTICE, "CFO0227 early-drop-exempt-path", check_early_drop_exempt_path },
    { 0 }
};
