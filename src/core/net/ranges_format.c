/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations of other programs that have address ranges. */
#include "core/net/ranges_format.h"

#include <string.h>
#include <strings.h>

/* The formats that are recognized by a word of a line; the first that applies. */
static const struct {
    const char *word, *format;
} formats[] = {
    { "set_real_ip_from", "a list for nginx (set_real_ip_from)" },
    { "RemoteIPTrustedProxy", "a list for mod_remoteip (RemoteIPTrustedProxy)" },
    { "RemoteIPInternalProxy", "a list for mod_remoteip (RemoteIPInternalProxy)" },
    { "CloudFlareRemoteIPTrustedProxy", "a list for mod_cloudflare" },
    { "CFOriginPullRanges", "a line of a configuration (CFOriginPullRanges)" },
    { "Require", "a list of access rules (Require ip)" },
    { "Allow", "a list of access rules (Allow from)" },
    { "allow", "a list of access rules (allow)" },
    { "acl", "a list for HAProxy (acl)" },
    { "iptables", "a list of firewall rules" },
    { "ip6tables", "a list of firewall rules" },
    { "-A", "a list of firewall rules" },
    { "-I", "a list of firewall rules" },
    { "ufw", "a list of firewall rules" },
    { "ipset", "a list for ipset" },
    { "add", "a list for ipset" },
    { "trusted_proxies", "a list for Caddy (trusted_proxies)" },
    { "geo", "a list for nginx (geo)" },
    { "RPAF_ProxyIPs", "a list for mod_rpaf" },
    { "RPAFproxy_ips", "a list for mod_rpaf" },
};

/* Words that lines without a range may begin with: the rest of such configurations. */
static const char *const other_lines[] = {
    "real_ip_header",
    "real_ip_recursive",
    "RemoteIPHeader",
    "RemoteIPProxiesHeader",
    "CloudFlareRemoteIPHeader",
    "Order",
    "deny",
    "Satisfy",
    "create",
    "default",
    "flush",
    "COMMIT",
    "LoadModule",
    "elements",
    "set",
    "type",
    "flags",
    "version",
    "table",
    "name",
    "ipv4",
    "ipv6",
    "ip",
    "ips",
    "range",
    "ranges",
    "cidr",
    "prefix",
    "prefixes",
    "network",
    "address",
    "echo",
    "return",
    "array",
    "RemoteIPTrustedProxyList",
};

/* By the word as it is usually written, or else in any case: nginx's "allow" is not
 * Apache's. */
const char *cfo_ranges_format(const char *word)
{
    size_t i, count = sizeof formats / sizeof *formats;

    for (i = 0; i < count; i++) {
        if (!strcmp(word, formats[i].word))
            return formats[i].format;
    }
    for (i = 0; i < count; i++) {
        if (!strcasecmp(word, formats[i].word))
            return formats[i].format;
    }
    return NULL;
}

int cfo_ranges_format_has(const char *word)
{
    size_t i, length = strcspn(word, ":");

    for (i = 0; i < sizeof other_lines / sizeof *other_lines; i++) {
        if (strlen(other_lines[i]) == length &&
            !strncasecmp(other_lines[i], word, length))
            return 1;
    }
    return cfo_ranges_format(word) || !strncasecmp(word, "RPAF", 4);
}
