/* SPDX-License-Identifier: Apache-2.0 */
/* One row for each reason, in the order in which cfo_judge() looks for them. A new reason
 * is a row here and its condition in cfo_judge(). Included by reason.h and reason.c only,
 * which define REASON, so there is no include guard.
 *
 * REASON(ID, name, verdict, group, doubtful, meaning, remedy, advice): the fields are
 * those of cfo_reason_info_t. The advice is, word for word, the table of docs/log.md;
 * support/check-names.sh compares them. */

REASON(
    UNJUDGED, "unjudged", UNPROVEN, OTHER, 0, /* 0: what was never set is a refusal */
    "no verdict at the gate", "Malformed requests end like this; others should not.",
    "the request reached the gate without a verdict. This happens when httpd rejects a "
    "malformed request and an ErrorDocument then leads into the site; otherwise "
    "report it")
REASON(VERIFIED, "verified", VERIFIED, VERIFIED, 0, "everything required holds", NULL,
       "nothing: everything required holds")
REASON(TUNNEL, "tunnel", TUNNEL, TUNNEL, 0, "from an address in CFOriginPullTunnel", NULL,
       "nothing: the edge address is in CFOriginPullTunnel")
REASON(EXEMPT_ADDRESS, "exempt-address", EXEMPT, EXEMPT, 0,
       "from an address in CFOriginPullExemptFrom", NULL,
       "nothing: the edge address is in CFOriginPullExemptFrom")
REASON(EXEMPT_PATH, "exempt-path", EXEMPT, EXEMPT, 0, "a path in CFOriginPullExemptPath",
       NULL, "nothing: the path is below CFOriginPullExemptPath")
REASON(NOT_TLS, "not-tls", UNPROVEN, OTHER, 0,
       "plain HTTP, where a certificate is required",
       "Set Cloudflare's SSL mode to Full (strict).",
       "a certificate is required and the connection is plain HTTP. If it came from "
       "the edge (edge_known=yes), the zone's SSL mode is Off or Flexible: set it to "
       "Full (strict). A virtual host that only redirects to HTTPS can stay Off")
REASON(HOST_MISSING, "host-missing", UNPROVEN, HOST, 0, "no host name to find a zone by",
       "If it is your monitor, exempt its address.",
       "HTTP/1.0 without a Host: a scanner or an old health check. Exempt the check's "
       "address")
REASON(ZONE_UNKNOWN, "zone-unknown", UNPROVEN, HOST, 0,
       "no zone is configured for the host", "Add CFOriginPullZone for it.",
       "no zone is configured for this host, or the zone is the main server's and the "
       "virtual host does not name the host (see hint): add the zone, or add the "
       "name to ServerAlias, or remove the name from the virtual host. Unknown names "
       "come from scanners; StrictHostCheck On rejects them earlier")
REASON(CERT_MISSING, "cert-missing", UNPROVEN, CERTIFICATE, 0,
       "the peer presented no certificate",
       "Is Authenticated Origin Pulls on at Cloudflare for this zone, and "
       "SSLVerifyClient set here?",
       "with edge_known=no someone bypasses Cloudflare, which is what the module stops. "
       "With edge_known=yes either Authenticated Origin Pulls is off for this zone or "
       "host name, or this virtual host does not ask for a certificate: set "
       "SSLVerifyClient optional_no_ca. Otherwise another customer's zone points here")
REASON(CERT_OTHER_ZONE, "cert-other-zone", UNPROVEN, CERTIFICATE, 0,
       "the certificate of another configured zone",
       "Compare zone= and cert_zone= in the error log.",
       "the certificate proves the zone in cert_zone, not that of the host. Either the "
       "host belongs to that zone (fix CFOriginPullZone), or a certificate was uploaded "
       "to the wrong zone, or someone with that certificate asked for a host of another "
       "zone")
REASON(CERT_UNKNOWN, "cert-unknown", UNPROVEN, CERTIFICATE, 0,
       "a certificate that proves no zone",
       "If it is yours, add its CA (cert_issuer= in the error log) or a pin to the zone.",
       "the certificate proves no configured zone. cert_issuer names the CA that is "
       "missing from the proof file, and cert can be pinned. Or the file of the zone did "
       "not load: see hint and CFO0102. After a change at Cloudflare: the proof of "
       "the new certificate is missing here")
REASON(
    CERT_EXPIRED, "cert-expired", UNPROVEN, CERTIFICATE, 1,
    "the certificate or its CA has expired",
    "Upload a new certificate to Cloudflare; put its CA next to the old one here first.",
    "the certificate or the CA in the proof file has expired; Cloudflare continues to "
    "present it. Renew (cloudflare.md). Most expired certificates never become "
    "requests: mod_ssl ends the handshake (CFO0005)")
REASON(CERT_NOT_YET_VALID, "cert-not-yet-valid", UNPROVEN, CERTIFICATE, 1,
       "the certificate or its CA is not valid yet", "Check the clock of this host.",
       "the certificate or its CA is not valid yet, or a clock is wrong")
REASON(CERT_UNSUITABLE, "cert-unsuitable", UNPROVEN, CERTIFICATE, 1,
       "from the right CA, but of the wrong kind",
       "Issue another; hint= in the error log tells what is wrong with it.",
       "issued by the zone's CA, but of the wrong kind: not for TLS clients, a CA "
       "certificate, or a key or signature that is too weak; see hint")
REASON(EDGE_UNKNOWN, "edge-unknown", UNPROVEN, ADDRESS, 0,
       "not one of Cloudflare's addresses",
       "With a cert_zone= in the error log the list of ranges is out of date: check "
       "CFOriginPullRanges.",
       "the address is not Cloudflare's. If cert_zone is the host's zone, the "
       "certificate holds, and either Cloudflare has new addresses "
       "(CFOriginPullRanges), or a balancer is in between "
       "(CFOriginPullProxyProtocol), or someone else has the key. With "
       "CFOriginPullRequire tunnel the address is not in CFOriginPullTunnel")
REASON(WORKER_FOREIGN, "worker-foreign", UNPROVEN, OTHER, 0,
       "a Worker that CFOriginPullWorkers does not admit", "If it is yours, admit it.",
       "a Worker that CFOriginPullWorkers does not admit made the request")
