/* SPDX-License-Identifier: Apache-2.0 */
/* The hint in the log lines of requests. */
#include "httpd/request/hint.h"

#include <string.h>

#include "apr_strings.h"

#include "httpd/tls/ssl_context.h"

enum { FILES_SHOWN = 3 };

/* With every reason of a refusal: a reader of the log must not take a load balancer
 * for an attacker, and ban it. */
static const char *balancer_hint(const cfo_request_t *request, cfo_reason_t reason)
{
    if (cfo_reason_verdict(reason) != CFO_VERDICT_UNPROVEN)
        return NULL;
    if (request->is_unnamed)
        return "the load balancer (CFOriginPullProxyProtocol) named no edge address: if "
               "this is its own health check, exempt the path (CFOriginPullExemptPath); "
               "otherwise check that it sends a PROXY header, and that "
               "RemoteIPProxyProtocol is On in this virtual host";
    if (request->is_unlisted)
        return "the peer sent a PROXY header, but is not listed in "
               "CFOriginPullProxyProtocol";
    return NULL;
}

#define UNKNOWN                                                                          \
    "neither the CA certificate that issued it nor a pin of it is among the zone's proofs"

/* A file of the zone with CA certificates that are ignored, or NULL. */
static const char *file_with_ignored_cas(const cfo_zone_t *zone)
{
    int i;

    for (i = 0; i < zone->proofs->nelts; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(zone->proofs, i, const cfo_proof_t *);

        if (proof->ignored_cas)
            return proof->source;
    }
    return NULL;
}

/* " (its files: /a.pem, /b.pem)"; "" if there are only pins. */
static const char *proof_files(apr_pool_t *p, const cfo_zone_t *zone)
{
    const char *list = "", *last = "";
    int i, count = 0;

    for (i = 0; i < zone->proofs->nelts && count < FILES_SHOWN; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(zone->proofs, i, const cfo_proof_t *);

        if (!proof->certificate || !strcmp(proof->source, last))
            continue;
        last = proof->source;
        list = apr_pstrcat(p, list, count++ ? ", " : " (its files: ", last, NULL);
    }
    return count ? apr_pstrcat(p, list, ")", NULL) : "";
}

/* For the reason cert-unknown: there is a certificate, and a zone. */
static const char *unknown_hint(apr_pool_t *p, const cfo_request_t *request)
{
    const cfo_connection_t *connection = request->connection;
    const cfo_zone_t *zone = request->zone;
    const cfo_proof_t *signer;
    const char *file;

    if (connection->certificate_problem)
        return connection->certificate_problem;
    if (request->why_unsuitable)
        return request->why_unsuitable;
    if (zone->error)
        return apr_psprintf(p, "the zone's file did not load: %s", zone->error);
    signer = cfo_proof_signer(zone->proofs, connection->certificate);
    if (signer)
        return apr_psprintf(p,
                            "its issuer is in %s, but is not a CA certificate "
                            "(basicConstraints CA:TRUE), so it is treated as a pinned "
                            "leaf: reissue that CA, or add this leaf",
                            signer->source);
    file = file_with_ignored_cas(zone);
    return apr_pstrcat(
        p, UNKNOWN, proof_files(p, zone), file ? "; the CA certificates in " : NULL, file,
        " are ignored, because it has a leaf: put that leaf into a file of "
        "its own, or pin it by its sha256",
        NULL);
}

/* Where the peer, or the one that a load balancer names, is, as far as its address shows
 * it. */
typedef enum { PEER_ELSEWHERE, PEER_THIS_HOST, PEER_PRIVATE } place_t;

static place_t place_of(const request_rec *r, const cfo_request_t *request)
{
    cfo_address_t local = cfo_address_from_sockaddr(r->connection->local_addr);
    cfo_address_t peer;

    if (!cfo_address_parse(request->edge, &peer))
        peer = request->connection->peer;
    if (cfo_address_is_loopback(&peer) || !cfo_address_compare(&peer, &local))
        return PEER_THIS_HOST;
    return cfo_address_is_private(&peer) ? PEER_PRIVATE : PEER_ELSEWHERE;
}

/* Why a client that is not Cloudflare itself has no certificate, or no TLS. */
static const char *peer_hint(const request_rec *r, const cfo_request_t *request)
{
    switch (place_of(r, request)) {
    case PEER_THIS_HOST:
        return "the peer is this host itself: a program on it, or a proxy that ends TLS "
               "in front of httpd, where the certificate is lost (docs/frontends.md), or "
               "cloudflared without CFOriginPullTunnel";
    case PEER_PRIVATE:
        return "the peer has a private address: a proxy or load balancer that ends TLS "
               "in front of httpd, where the certificate is lost (docs/frontends.md), or "
               "cloudflared without CFOriginPullTunnel, or a host of yours";
    case PEER_ELSEWHERE:
        break;
    }
    return CFO_HINT_STRANGER;
}

static const char *missing_hint(const request_rec *r, const cfo_request_t *request)
{
    int asks = cfo_ssl_context_asks(r->server);

    if (!asks)
        return "this virtual host never asks for a certificate: set SSLVerifyClient "
               "optional_no_ca and SSLVerifyDepth 3 in it";
    if (!request->facts.edge_known)
        return peer_hint(r, request);
    if (asks < 0) /* not known in this build */
        return "Cloudflare presents no certificate: Authenticated Origin Pulls is off for "
               "this zone or host name, or SSLVerifyClient is not set in this virtual "
               "host, or the zone is another customer's";
    return "Cloudflare presents no certificate: Authenticated Origin Pulls is off for "
           "this zone or host name, or the zone is another customer's";
}

static const char *no_tls_hint(const request_rec *r, const cfo_request_t *request)
{
    if (!request->facts.edge_known)
        return peer_hint(r, request);
    return "Cloudflare connects without TLS: the SSL mode of the zone is Off or Flexible, "
           "or the visitor used http, which Always Use HTTPS ends";
}

#define TUNNEL_ONLY                                                                      \
    "CFOriginPullRequire tunnel admits only the addresses of CFOriginPullTunnel"

static const char *tunnel_hint(const request_rec *r, const cfo_request_t *request)
{
    if (request->facts.edge_known)
        return TUNNEL_ONLY ": this comes through Cloudflare, but not through the tunnel; "
                           "a DNS record names the address of this host";
    return place_of(r, request) == PEER_ELSEWHERE ? TUNNEL_ONLY
                                                  : TUNNEL_ONLY
               ": if cloudflared connects from this address, add it there";
}

static const char *edge_hint(const request_rec *r, const cfo_request_t *request)
{
    if (cfo_server_conf(r->server)->policy.require_tunnel)
        return tunnel_hint(r, request);
    if (request->facts.cert == CFO_CERT_HOLDS)
        return "the certificate is valid: if the edge address is Cloudflare's, the range "
               "list is out of date (CFOriginPullRanges)";
    return NULL;
}

/* mod_ssl ends the handshake of a leaf that has expired, so this connection or session is
 * older, and Cloudflare may have a new certificate meanwhile. */
static const char *expired_hint(const request_rec *r, const cfo_request_t *request)
{
    if (request->connection->certificate->not_after >= r->request_time)
        return "the certificate of the CA, in the proof, has expired, not the one that is "
               "presented: renew it, and add the new one to the proof";
    return "it expired while this connection, or its TLS session, was in use: upload a "
           "new certificate to Cloudflare; if that is done, apachectl graceful closes old "
           "connections, so that the new one is presented";
}

const char *cfo_request_hint(apr_pool_t *p, const request_rec *r,
                             const cfo_request_t *request, cfo_reason_t reason)
{
    const char *balancer = balancer_hint(request, reason);

    if (reason == CFO_REASON_ZONE_UNKNOWN && request->is_stray)
        return "the virtual host does not have this host as ServerName or ServerAlias, "
               "so zones of the main server do not count for it";
    if (reason == CFO_REASON_CERT_UNSUITABLE)
        return request->why_unsuitable;
    if (reason == CFO_REASON_CERT_UNKNOWN)
        return unknown_hint(p, request);
    if (balancer || !request->connection)
        return balancer;
    if (reason == CFO_REASON_CERT_EXPIRED)
        return expired_hint(r, request);
    if (reason == CFO_REASON_CERT_MISSING)
        return missing_hint(r, request);
    if (reason == CFO_REASON_NOT_TLS)
        return no_tls_hint(r, request);
    return reason == CFO_REASON_EDGE_UNKNOWN ? edge_hint(r, request) : NULL;
}
