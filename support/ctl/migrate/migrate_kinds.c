/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl migrate: what each kind of line means for a virtual host that moves. */
#include "ctl/migrate/migrate.h"

typedef struct {
    const char *name, *text;
} kind_t;

static const kind_t kinds[] = {
    [CFO_KIND_NONE] = { "", "" },
    [CFO_KIND_REQUIRE_CERT] = { "certificate-required",
                                "mod_ssl ends every handshake without a certificate that "
                                "it accepts. The line stays until CFOriginPull is On: "
                                "without it, Audit serves everybody" },
    [CFO_KIND_OPTIONAL_CERT] = { "certificate-asked-for",
                                 "mod_ssl asks for a client certificate" },
    [CFO_KIND_CA] = { "ca", "the CA of client certificates" },
    [CFO_KIND_DIRECTORY_CERT] = { "certificate-of-directory",
                                  "Cloudflare does not present a certificate for a part "
                                  "of a site. Set SSLVerifyClient for the virtual host, "
                                  "and remove this line after On" },
    [CFO_KIND_CERT_RULE] = { "certificate-rule",
                             "an access rule that relies on mod_ssl, which verifies "
                             "nothing under optional_no_ca" },
    [CFO_KIND_CERT_EXPRESSION] = { "certificate-expression",
                                   "a rule on SSL_CLIENT_..., which mod_ssl does not "
                                   "verify under optional_no_ca. With On, use "
                                   "%{reqenv:CF_ORIGIN} == 'verified' instead" },
    [CFO_KIND_RANGE_RULE] = { "require-ip",
                              "admits Cloudflare's addresses. Under On it would compare "
                              "the visitor's address, and refuse every visitor" },
    [CFO_KIND_NOT_RANGE_RULE] = { "require-not-ip",
                                  "refuses Cloudflare's addresses; under On it compares "
                                  "the visitor's address" },
    [CFO_KIND_ALLOW_RULE] = { "allow-from",
                              "admits Cloudflare's addresses. Under On it would compare "
                              "the visitor's address, and refuse every visitor" },
    [CFO_KIND_DENY_RULE] = { "deny-from",
                             "refuses Cloudflare's addresses; under On it compares the "
                             "visitor's address" },
    [CFO_KIND_RANGE_EXPRESSION] = { "range-expression",
                                    "compares the client address with Cloudflare's "
                                    "ranges. Under On that is the visitor's address" },
    [CFO_KIND_PEER_EXPRESSION] = { "peer-expression",
                                   "compares the TCP peer with Cloudflare's ranges. It "
                                   "works as before under On; keep it, or remove it "
                                   "after On" },
    [CFO_KIND_RANGE_PATTERN] = { "range-pattern",
                                 "compares the client address with Cloudflare's ranges. "
                                 "Under On that is the visitor's address: rewrite it "
                                 "with "
                                 "SetEnvIfExpr and %{CONN_REMOTE_ADDR} before On" },
    [CFO_KIND_HEADER_GATE] = { "header-gate",
                               "refuses requests without a header of Cloudflare's, which "
                               "anybody can send. It works as before under On; remove "
                               "it after that" },
    [CFO_KIND_HEADER_USE] = { "header-use",
                              "uses a header of Cloudflare's. It works as before for "
                              "proved requests; under On all others lose the header" },
    [CFO_KIND_SECRET_GATE] = { "secret-header",
                               "a gate on a header that a Transform Rule or Worker may "
                               "add (its value is not shown). It works as before under "
                               "Audit "
                               "and On; remove it, and the secret, after On" },
    [CFO_KIND_REMOTEIP_CF] = { "remoteip",
                               "mod_remoteip takes the visitor's address from a header "
                               "of "
                               "Cloudflare's. Nothing changes under Audit. Under On "
                               "this module sets the address of proved requests" },
    [CFO_KIND_REMOTEIP_OTHER] = { "remoteip-other",
                                  "mod_remoteip takes the visitor's address from another "
                                  "header. Under On this module sets it for proved "
                                  "requests, from CF-Connecting-IP" },
    [CFO_KIND_REMOTEIP_PROXY] = { "remoteip-proxies",
                                  "the proxies that mod_remoteip trusts" },
    [CFO_KIND_REMOTEIP_LOCAL] = { "local-proxy",
                                  "a proxy on this host is trusted (nginx, Varnish, a "
                                  "panel). If it ends TLS, no certificate reaches "
                                  "httpd" },
    [CFO_KIND_PROXY_PROTOCOL] = { "proxy-protocol",
                                  "a load balancer in front sends the PROXY header. Keep "
                                  "the line" },
    [CFO_KIND_MOD_CLOUDFLARE] = { "mod-cloudflare",
                                  "mod_cloudflare takes the visitor's address from a "
                                  "header. "
                                  "It works as before under Audit. Under On this module "
                                  "sets the address of proved requests: unload it then" },
    [CFO_KIND_MOD_CLOUDFLARE_DENY] = { "mod-cloudflare-deny",
                                       "mod_cloudflare refuses what does not come from "
                                       "its list of addresses. Keep it until On" },
};

const char *cfo_kind_name(cfo_kind_t kind)
{
    return kinds[kind].name;
}

const char *cfo_kind_text(cfo_kind_t kind)
{
    return kinds[kind].text;
}
