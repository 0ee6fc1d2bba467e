/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: who connects, and which address counts. */
#include "httpd/check/checks.h"

#include "apr_strings.h"

/* The virtual host whose CFOriginPullEarlyDrop counts at an address: the first there, as
 * for a connection without SNI. */
static const cfo_vhost_t *owner_of(const cfo_checking_t *checking,
                                   const server_addr_rec *addr)
{
    return APR_ARRAY_IDX(cfo_vhosts_at(checking->vhosts, addr), 0, const cfo_vhost_t *);
}

static int drops(const cfo_vhost_t *vhost)
{
    return vhost->conf->early_drop && vhost->conf->mode == CFO_MODE_ON;
}

/* The virtual host (maybe `vhost` itself) that closes connections before `vhost` sees
 * them; NULL: none. */
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

typedef int has_list_t(const cfo_server_conf_t *conf);

static int has_balancers(const cfo_server_conf_t *conf)
{
    return !apr_is_empty_array(conf->balancer_list);
}

static int has_any_list(const cfo_server_conf_t *conf)
{
    return has_balancers(conf) || !apr_is_empty_array(conf->tunnel_list) ||
           !apr_is_empty_array(conf->exempt_list);
}

/* Whether `vhost`, or another one of its addresses, has such a list:
 * CFOriginPullEarlyDrop spares the addresses in all of them. */
static int is_spared_at(const cfo_checking_t *checking, const cfo_vhost_t *vhost,
                        has_list_t *has_list)
{
    const server_addr_rec *addr;

    if (has_list(vhost->conf))
        return 1;
    for (addr = vhost->s->addrs; addr; addr = addr->next) {
        const apr_array_header_t *all = cfo_vhosts_at(checking->vhosts, addr);
        int i;

        for (i = 0; i < all->nelts; i++) {
            if (has_list(APR_ARRAY_IDX(all, i, const cfo_vhost_t *)->conf))
                return 1;
        }
    }
    return 0;
}

/* What becomes of a load balancer that is not listed; NULL: nothing. */
static const char *end_of_unlisted(const cfo_checking_t *checking,
                                   const cfo_vhost_t *vhost)
{
    if (has_balancers(vhost->conf))
        return NULL;
    if (find_dropper(checking, vhost) && !is_spared_at(checking, vhost, has_balancers))
        return "connections through one are closed (CFOriginPullEarlyDrop)";
    if (vhost->is_judged && vhost->conf->require & CFO_REQUIRE_IP)
        return "requests through one are refused (edge-unknown)";
    return NULL;
}

static void check_balancer_unlisted(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const ap_directive_t *line = cfo_vhost_proxy_line(checking->vhosts, vhost);
    const char *end = end_of_unlisted(checking, vhost);

    if (end && cfo_conf_tree_word_is(checking->pool, line, 0, "on"))
        cfo_check_add(
            checking, vhost, line,
            apr_pstrcat(
                checking->pool,
                "RemoteIPProxyProtocol is On, but CFOriginPullProxyProtocol lists "
                "no load balancer, so that ",
                end,
                ": add the address of the load balancer to "
                "CFOriginPullProxyProtocol",
                NULL));
}

static void check_balancer_unheard(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    if (vhost->is_judged && !apr_is_empty_array(vhost->conf->balancer_list) &&
        !cfo_conf_tree_word_is(checking->pool,
                               cfo_vhost_proxy_line(checking->vhosts, vhost), 0, "on"))
        cfo_check_add(
            checking, vhost,
            cfo_vhost_line(checking->vhosts, vhost, "CFOriginPullProxyProtocol"),
            "nothing reads the PROXY header of the load balancers listed here, so that "
            "their connections fail in the TLS handshake, or, if they send no such header, "
            "requests through them are refused (edge-unknown): load mod_remoteip and set "
            "RemoteIPProxyProtocol On, or remove the load balancers");
}

static void check_early_drop_for_others(cfo_checking_t *checking,
                                        const cfo_vhost_t *vhost)
{
    const cfo_vhost_t *dropper = find_dropper(checking, vhost);

    if (dropper && vhost->conf->mode != CFO_MODE_ON)
        cfo_check_add(
            checking, vhost, NULL,
            apr_psprintf(
                checking->pool,
                "CFOriginPullEarlyDrop of %s, the first virtual host of this address and "
                "port, also closes connections to this virtual host, which is not On and "
                "would serve them: give this virtual host an address or port of its own, "
                "or set CFOriginPullEarlyDrop Off in the first one",
                dropper->name));
}

static void check_early_drop_exempt_path(cfo_checking_t *checking,
                                         const cfo_vhost_t *vhost)
{
    if (vhost->conf->mode == CFO_MODE_ON && find_dropper(checking, vhost) &&
        !apr_is_empty_array(vhost->conf->exempt_paths))
        cfo_check_add(
            checking, vhost,
            cfo_vhost_line(checking->vhosts, vhost, "CFOriginPullExemptPath"),
            "CFOriginPullEarlyDrop closes connections from addresses that are not "
            "Cloudflare's before they can request an exempt path: if other clients need "
            "the path, list their addresses in CFOriginPullExemptFrom, or set "
            "CFOriginPullEarlyDrop Off");
}

static int drops_all(const cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    return drops(vhost) && find_dropper(checking, vhost) == vhost &&
           cfo_conf_has_no_ranges(vhost->conf) &&
           !is_spared_at(checking, vhost, has_any_list);
}

static void check_early_drop_all(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    if (drops_all(checking, vhost))
        cfo_check_add(
            checking, vhost,
            cfo_vhost_line(checking->vhosts, vhost, "CFOriginPullEarlyDrop"),
            "CFOriginPullEarlyDrop closes every connection, because CFOriginPullRanges "
            "is none and there is no tunnel, exempt address or load balancer: remove "
            "CFOriginPullRanges none");
}

static int any_has_tunnels(const cfo_vhosts_t *vhosts)
{
    int i;

    for (i = 0; i < vhosts->all->nelts; i++) {
        if (!apr_is_empty_array(
                APR_ARRAY_IDX(vhosts->all, i, cfo_vhost_t).conf->tunnel_list))
            return 1;
    }
    return 0;
}

/* Not next to tunnels: those who write none there mean it. */
static void check_no_ranges(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const cfo_server_conf_t *conf = vhost->conf;
    const cfo_vhost_t *dropper = find_dropper(checking, vhost);
    int spares =
        !apr_is_empty_array(conf->exempt_list) || !apr_is_empty_array(conf->exempt_paths);

    if (!vhost->is_judged || !(conf->require & CFO_REQUIRE_IP) ||
        !cfo_conf_has_no_ranges(conf) || (dropper && drops_all(checking, dropper)) ||
        any_has_tunnels(checking->vhosts))
        return;
    cfo_check_add(
        checking, vhost,
        cfo_conf_tree_last(checking->vhosts->conf_tree, checking->vhosts->main,
                           "CFOriginPullRanges"),
        apr_pstrcat(checking->pool,
                    "an address of Cloudflare's is required, but CFOriginPullRanges is "
                    "none: every request",
                    spares ? " that is not exempt" : "", " is refused (edge-unknown). ",
                    conf->require == CFO_REQUIRE_BOTH
                        ? "Remove the line; or to require the certificate alone, set "
                        : "Set ",
                    "CFOriginPullRequire cert", NULL));
}

static void check_early_drop_idle(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const ap_directive_t *line =
        cfo_vhost_own_line(checking->vhosts, vhost, "CFOriginPullEarlyDrop");

    if (line && vhost->s->addrs && drops(vhost) && !find_dropper(checking, vhost))
        cfo_check_add(
            checking, vhost, line,
            apr_psprintf(
                checking->pool,
                "CFOriginPullEarlyDrop has no effect here: %s, the first virtual host of "
                "this address and port, decides, and does not drop connections. Set "
                "CFOriginPullEarlyDrop On there, which needs CFOriginPull On",
                owner_of(checking, vhost->s->addrs)->name));
}

const cfo_check_t cfo_peer_addresses_checks[] = {
    { CFO_LEVEL_WARNING, "CFO0213 early-drop-beside", check_early_drop_for_others },
    { CFO_LEVEL_WARNING, "CFO0221 balancer-unlisted", check_balancer_unlisted },
    { CFO_LEVEL_WARNING, "CFO0222 balancer-unheard", check_balancer_unheard },
    { CFO_LEVEL_WARNING, "CFO0225 early-drop-all", check_early_drop_all },
    { CFO_LEVEL_WARNING, "CFO0226 early-drop-idle", check_early_drop_idle },
    { CFO_LEVEL_NOTICE, "CFO0227 early-drop-exempt-path", check_early_drop_exempt_path },
    { CFO_LEVEL_WARNING, "CFO0231 no-ranges", check_no_ranges },
    { 0 }
};
