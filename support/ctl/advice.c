/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: what each reason means, and what to do. Word for word the table of
 * docs/log.md (support/check-names.sh compares them), without its marks. */
#include "advice.h"

#include <string.h>

#include "core/verdict/verdict.h"

static const char *const advice[CFO_REASON_COUNT] = {
    [CFO_REASON_VERIFIED] = "nothing: all that is required holds",
    [CFO_REASON_TUNNEL] = "nothing: the edge address is in CFOriginPullTunnel",
    [CFO_REASON_EXEMPT_ADDRESS] = "nothing: it is in CFOriginPullExemptFrom",
    [CFO_REASON_EXEMPT_PATH] = "nothing: it is below CFOriginPullExemptPath",
    [CFO_REASON_NOT_TLS] =
        "a certificate is required and the connection is plain HTTP. If it came from "
        "the edge (edge_known=yes), the zone's SSL mode is Off or Flexible: make it "
        "Full (strict). A virtual host that only redirects to HTTPS can stay Off",
    [CFO_REASON_HOST_MISSING] =
        "HTTP/1.0 without a Host: a scanner or an old health check. Exempt the check's "
        "address",
    [CFO_REASON_ZONE_UNKNOWN] =
        "no zone is configured for this host, or the zone is the main server's and the "
        "virtual host does not name the host (hint says so): add the zone, or the name "
        "to ServerAlias, or remove the name from the virtual host. Strange names come "
        "from scanners; StrictHostCheck On rejects them earlier",
    [CFO_REASON_CERT_MISSING] =
        "with edge_known=no somebody comes past Cloudflare, which is what the module "
        "is for. With edge_known=yes either Authenticated Origin Pulls is off for this "
        "zone or host name, or this virtual host does not ask: SSLVerifyClient "
        "optional_no_ca. Otherwise it is another customer's zone that points here",
    [CFO_REASON_CERT_OTHER_ZONE] =
        "the certificate proves the zone in cert_zone, not that of the host. Either "
        "the host belongs to that zone (mend CFOriginPullZone), or a certificate was "
        "uploaded to the wrong zone, or somebody with that certificate asked for a "
        "host that is not his",
    [CFO_REASON_CERT_UNKNOWN] =
        "the certificate proves no configured zone. cert_issuer names the CA that "
        "would have to be in the proof file, and cert is what could be pinned. Or the "
        "file of the zone did not load, which hint and CFO0102 say. After a change at "
        "Cloudflare: the new certificate's proof is missing here",
    [CFO_REASON_CERT_EXPIRED] =
        "the certificate or the CA in the proof file has expired; Cloudflare goes on "
        "presenting it. Renew (cloudflare.md). Most expired certificates never become "
        "requests: mod_ssl ends the handshake (CFO0005)",
    [CFO_REASON_CERT_NOT_YET_VALID] = "as above, or a clock is wrong",
    [CFO_REASON_CERT_UNSUITABLE] =
        "issued by the zone's CA, but of the wrong kind: not for TLS clients, a CA "
        "certificate, or a key or signature that is too weak; hint says which",
    [CFO_REASON_EDGE_UNKNOWN] =
        "the address is not Cloudflare's. If cert_zone is the host's zone, the "
        "certificate holds, and either Cloudflare has new addresses "
        "(CFOriginPullRanges), or a balancer stands in between "
        "(CFOriginPullProxyProtocol), or somebody else has the key",
    [CFO_REASON_WORKER_FOREIGN] =
        "a Worker made the request that CFOriginPullWorkers does not admit",
    [CFO_REASON_UNJUDGED] =
        "the request came to the gate without a verdict. Seen when httpd rejects a "
        "malformed request and an ErrorDocument then leads into the site; otherwise "
        "report it",
};

const char *cfo_ctl_advice(const char *reason)
{
    int i;

    for (i = 0; i < CFO_REASON_COUNT; i++) {
        if (!strcmp(reason, cfo_reason_name((cfo_reason_t)i)))
            return advice[i];
    }
    return NULL;
}
