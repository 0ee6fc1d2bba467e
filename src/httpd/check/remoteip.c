/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: mod_remoteip, and proxies in front that end TLS. */
#include "httpd/check/checks.h"

#include <strings.h>

#include "apr_strings.h"

#include "httpd/survey/known_edge.h"

/* Lines of mod_remoteip that list proxies; the first two list addresses. */
static const char *const proxy_lines[] = { "RemoteIPTrustedProxy",
                                           "RemoteIPInternalProxy",
                                           "RemoteIPTrustedProxyList",
                                           "RemoteIPInternalProxyList" };
enum { WITH_ADDRESSES = 2, ALL_PROXY_LINES = 4 };

/* Whether mod_remoteip trusts only proxies that are listed. */
static int has_trusted_proxies(const cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    int i;

    for (i = 0; i < ALL_PROXY_LINES; i++) {
        if (cfo_vhost_line(checking->vhosts, vhost, proxy_lines[i]))
            return 1;
    }
    return 0;
}

/* Networks that nobody reaches over the internet. */
static int is_private(apr_pool_t *p, const cfo_range_t *network)
{
    static const char *const networks[] = { "127.0.0.0/8",    "10.0.0.0/8",
                                            "172.16.0.0/12",  "192.168.0.0/16",
                                            "169.254.0.0/16", "100.64.0.0/10",
                                            "::1/128",        "fc00::/7",
                                            "fe80::/10",      NULL };
    const char *const *text;
    cfo_range_t other;

    for (text = networks; *text; text++) {
        if (cfo_network_parse(p, *text, &other) &&
            other.first.bits == network->first.bits &&
            cfo_address_compare(&other.first, &network->first) <= 0 &&
            cfo_address_compare(&network->last, &other.last) <= 0)
            return 1;
    }
    return 0;
}

/* Whether a network is one address of a server. */
static int is_own(const cfo_vhost_t *vhost, const cfo_range_t *network)
{
    const server_addr_rec *addr;

    for (addr = vhost->s->addrs; addr; addr = addr->next) {
        cfo_address_t own = cfo_address_from_sockaddr(addr->host_addr);

        if (own.bits && !cfo_address_compare(&own, &network->first) &&
            !cfo_address_compare(&own, &network->last))
            return 1;
    }
    return 0;
}

static int is_cloudflares(const char *header)
{
    return !strncasecmp(header, "CF-", 3) || !strcasecmp(header, "True-Client-IP");
}

/* Whether a network next to this host is Cloudflare's edge according to
 * CFOriginPullRanges; not where the header is one that Cloudflare does not send. */
static int is_edge(const cfo_checking_t *checking, const cfo_vhost_t *vhost,
                   const cfo_range_t *network)
{
    const cfo_vhosts_t *vhosts = checking->vhosts;
    const ap_directive_t *line = cfo_vhost_line(vhosts, vhost, "RemoteIPHeader");

    return is_cloudflares(cfo_conf_tree_word(checking->pool, line, 0)) &&
           cfo_known_edge_overlaps(
               cfo_known_edge_make(checking->pool, vhosts->snapshot->edge), network);
}

/* What the networks of a line are. */
typedef struct {
    int are_near; /* all are private, or the server's own, and not the edge */
    int has_own;  /* some are: a proxy on this host connects to that address */
} networks_t;

static networks_t look_at_networks(const cfo_checking_t *checking,
                                   const cfo_vhost_t *vhost, const ap_directive_t *line)
{
    apr_pool_t *p = checking->pool;
    networks_t networks = { 1, 0 };
    const char *word;
    cfo_range_t network;
    int i;

    for (i = 0; *(word = cfo_conf_tree_word(p, line, i)); i++) {
        if (!strcasecmp(word, "localhost"))
            continue;
        if (!cfo_network_parse(p, word, &network)) {
            networks.are_near = 0;
            continue;
        }
        networks.has_own |= is_own(vhost, &network);
        networks.are_near &= (is_own(vhost, &network) || is_private(p, &network)) &&
                             !is_edge(checking, vhost, &network);
    }
    return networks;
}

/* The line in the scope of `s` that lists proxies, if all proxies there are on this host
 * or in a private network, and `is_meant` or one of them is `vhost` itself; NULL: none.
 */
static const ap_directive_t *find_near_proxies(const cfo_checking_t *checking,
                                               const cfo_vhost_t *vhost,
                                               const server_rec *s, int is_meant)
{
    const ap_directive_t *found = NULL;
    int i, j;

    for (i = 0; i < ALL_PROXY_LINES; i++) {
        const apr_array_header_t *lines =
            cfo_conf_tree_lines(checking->vhosts->conf_tree, s, proxy_lines[i]);

        for (j = 0; j < lines->nelts; j++) {
            networks_t networks;

            found = APR_ARRAY_IDX(lines, j, const ap_directive_t *);
            networks = look_at_networks(checking, vhost, found);
            if (i >= WITH_ADDRESSES || !networks.are_near)
                return NULL;
            is_meant |= networks.has_own;
        }
    }
    return is_meant ? found : NULL;
}

static int has_private_address(const cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const server_addr_rec *addr;

    for (addr = vhost->s->addrs; addr; addr = addr->next) {
        cfo_range_t one = { .first = cfo_address_from_sockaddr(addr->host_addr) };

        one.last = one.first;
        if (!is_private(checking->pool, &one))
            return 0;
    }
    return vhost->s->addrs != NULL;
}

/* The line that tells that the clients of a server are a proxy that is not Cloudflare's;
 * NULL: none does. A line of the main server may be for other virtual hosts. */
static const ap_directive_t *find_proxy_in_front(const cfo_checking_t *checking,
                                                 const cfo_vhost_t *vhost)
{
    const ap_directive_t *line = NULL;

    if (!cfo_vhost_line(checking->vhosts, vhost, "RemoteIPHeader"))
        return NULL;
    if (vhost->s->is_virtual)
        line = find_near_proxies(checking, vhost, vhost->s, 1);
    return line ? line
                : find_near_proxies(checking, vhost, checking->vhosts->main,
                                    has_private_address(checking, vhost));
}

/* Whether the proxy may be one that the module knows what to make of. */
static int is_known_front(const cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const cfo_server_conf_t *conf = vhost->conf;

    return !apr_is_empty_array(conf->tunnel_list) ||
           !apr_is_empty_array(conf->balancer_list) ||
           cfo_conf_tree_word_is(checking->pool,
                                 cfo_vhost_proxy_line(checking->vhosts, vhost), 0, "on");
}

static const ap_directive_t *find_unknown_front(const cfo_checking_t *checking,
                                                const cfo_vhost_t *vhost)
{
    return vhost->is_judged && vhost->conf->require & CFO_REQUIRE_BOTH &&
                   !is_known_front(checking, vhost)
               ? find_proxy_in_front(checking, vhost)
               : NULL;
}

static void check_proxy_in_front(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const ap_directive_t *line = find_unknown_front(checking, vhost);

    if (line)
        cfo_check_add(
            checking, vhost, line,
            "by this line the clients of this virtual host are a proxy in front (nginx, "
            "Varnish, a load balancer). If that proxy ends TLS, the certificate and the "
            "address of Cloudflare do not reach this module, and no request is proved: "
            "let it pass TLS through with the PROXY protocol (CFOriginPullProxyProtocol), "
            "or let it verify the certificate itself; see docs/frontends.md");
}

/* Whether this module sets the client address of proved requests. */
static int sets_address(const cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    return vhost->is_judged && vhost->conf->client_ip != CFO_CLIENT_IP_OFF &&
           (vhost->conf->mode == CFO_MODE_ON ||
            cfo_vhost_line(checking->vhosts, vhost, "CFOriginPullClientIP"));
}

/* Whether it does so already, or as soon as Audit becomes On. */
static int will_set_address(const cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    return sets_address(checking, vhost) ||
           (vhost->conf->mode == CFO_MODE_AUDIT &&
            !cfo_vhost_line(checking->vhosts, vhost, "CFOriginPullClientIP"));
}

typedef int test_t(const cfo_checking_t *checking, const cfo_vhost_t *vhost);

/* A virtual host for which a line of the main server has to stay, because the module does
 * not set its addresses; NULL: none. */
static const cfo_vhost_t *find_heir(const cfo_checking_t *checking,
                                    const ap_directive_t *line, test_t *sets)
{
    const apr_array_header_t *all = checking->vhosts->all;
    int i;

    for (i = 0; i < all->nelts; i++) {
        const cfo_vhost_t *vhost = &APR_ARRAY_IDX(all, i, const cfo_vhost_t);

        if (cfo_vhost_line(checking->vhosts, vhost, "RemoteIPHeader") == line &&
            !sets(checking, vhost))
            return vhost;
    }
    return NULL;
}

/* Under Audit the line is needed, also where On is rehearsed, which is taken back. */
static const char *what_to_do(const cfo_checking_t *checking, const cfo_vhost_t *vhost,
                              const ap_directive_t *line)
{
    int is_audit = vhost->conf->mode == CFO_MODE_AUDIT;
    const cfo_vhost_t *heir =
        find_heir(checking, line, is_audit ? will_set_address : sets_address);

    if (heir)
        return apr_psprintf(checking->pool,
                            "Leave the line for %s and others that inherit it%s",
                            heir->name, is_audit ? "" : ", or move it there");
    return is_audit ? "Leave the line until CFOriginPull is On, and remove it then"
                    : "Remove the line";
}

static void check_remoteip_idle(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const ap_directive_t *line =
        cfo_vhost_line(checking->vhosts, vhost, "RemoteIPHeader");

    if (!line || !will_set_address(checking, vhost) ||
        find_unknown_front(checking, vhost) ||
        (!is_cloudflares(cfo_conf_tree_word(checking->pool, line, 0)) &&
         !has_trusted_proxies(checking, vhost)))
        return;
    cfo_check_add(checking, vhost, line,
                  apr_pstrcat(checking->pool, "this line ",
                              sets_address(checking, vhost)
                                  ? "has no effect on proved requests, whose client "
                                    "address this module sets from CF-Connecting-IP. "
                                  : "will have no effect on proved requests as soon as "
                                    "CFOriginPull is On: this module then sets their "
                                    "client address from CF-Connecting-IP. ",
                              what_to_do(checking, vhost, line), NULL));
}

/* Also where CFOriginPull is Audit: the address is the clients' choice already. */
static void check_remoteip_trusts_all(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const ap_directive_t *line =
        cfo_vhost_line(checking->vhosts, vhost, "RemoteIPHeader");

    if (!vhost->is_judged || !line || has_trusted_proxies(checking, vhost) ||
        (sets_address(checking, vhost) &&
         is_cloudflares(cfo_conf_tree_word(checking->pool, line, 0))))
        return;
    cfo_check_add(
        checking, vhost, line,
        apr_pstrcat(
            checking->pool,
            "RemoteIPHeader without RemoteIPTrustedProxy or RemoteIPInternalProxy "
            "trusts every client: requests that are not proved can choose the "
            "address that the log and access rules see. ",
            sets_address(checking, vhost) && !find_heir(checking, line, sets_address)
                ? "Remove the line"
                : "List the proxies in RemoteIPTrustedProxy",
            NULL));
}

const cfo_check_t cfo_remoteip_checks[] = {
    { CFO_LEVEL_WARNING, "CFO0211 remoteip-header", check_remoteip_trusts_all },
    { CFO_LEVEL_NOTICE, "CFO0211 remoteip-header", check_remoteip_idle },
    { CFO_LEVEL_WARNING, "CFO0246 proxy-in-front", check_proxy_in_front },
    { 0 }
};
