/* SPDX-License-Identifier: Apache-2.0 */
/* One line in the error log for what became of a request. */
#include "audit.h"

#include "http_config.h"
#include "http_log.h"

#include "apr_strings.h"

#include "../core/event.h"
#include "../core/text.h"
#include "facts.h"
#include "tally.h"

APLOG_USE_MODULE(cf_origin);

enum { QUOTE_MOST = 500 };

const char *cfo_audit_vhost(apr_pool_t *p, const server_rec *s)
{
    const char *name = s->server_hostname ? s->server_hostname : "-";
    apr_port_t port = s->addrs && s->addrs->host_port ? s->addrs->host_port : s->port;

    return port ? apr_psprintf(p, "%s:%u", name, port) : name;
}

/* Whatever a request is refused for: who reads the log must not take a load balancer for
 * a stranger (and ban it). */
static const char *balancer_hint(const cfo_request_t *request)
{
    if (cfo_reason_verdict(request->reason) != CFO_VERDICT_UNPROVEN)
        return NULL;
    if (request->is_unnamed)
        return "the load balancer (CFOriginPullProxyProtocol) named no edge address: does "
               "it send a PROXY header, and does mod_remoteip read it here "
               "(RemoteIPProxyProtocol)?";
    if (request->is_unlisted)
        return "the peer sent a PROXY header, but is not a load balancer that is listed in "
               "CFOriginPullProxyProtocol";
    return NULL;
}

static const char *unknown_hint(apr_pool_t *p, const cfo_request_t *request)
{
    const cfo_connection_t *connection = request->connection;
    const cfo_proof_t *signer = NULL;

    if (connection && connection->certificate_problem)
        return connection->certificate_problem;
    if (request->why_unsuitable)
        return request->why_unsuitable;
    if (request->zone && request->zone->problem)
        return apr_psprintf(p, "the zone's file did not load: %s",
                            request->zone->problem);
    if (request->zone && connection && connection->certificate)
        signer = cfo_proof_signer(request->zone->proofs, connection->certificate);
    if (signer)
        return apr_psprintf(p,
                            "what issued it is in %s, but is no CA certificate "
                            "(basicConstraints CA:TRUE), so that it was taken for a leaf "
                            "and pinned: issue that CA anew, or add this leaf",
                            signer->source);
    return "the CA certificate that issued it, or its own pin, is not among the zone's "
           "proofs";
}

/* What the reason alone does not say. */
static const char *hint(apr_pool_t *p, const cfo_request_t *request)
{
    const char *balancer = balancer_hint(request);

    if (request->reason == CFO_REASON_EDGE_UNKNOWN && !balancer &&
        request->facts.cert == CFO_CERT_HOLDS)
        return "the certificate holds: if the edge address is Cloudflare's, the range list "
               "is stale (CFOriginPullRanges)";
    if (request->reason == CFO_REASON_ZONE_UNKNOWN && request->is_stray)
        return "the virtual host does not name this host: a zone of the main server counts "
               "where ServerName or ServerAlias does";
    if (request->reason == CFO_REASON_CERT_UNSUITABLE)
        return request->why_unsuitable;
    return request->reason == CFO_REASON_CERT_UNKNOWN ? unknown_hint(p, request)
                                                      : balancer;
}

static void fill_certificate(cfo_event_t *event, const cfo_request_t *request)
{
    const cfo_connection_t *connection = request->connection;

    if (!connection)
        return;
    event->sni = connection->sni;
    if (!connection->certificate)
        return;
    event->cert = connection->certificate->sha256_hex;
    event->cert_subject = connection->certificate->subject;
    if (request->reason == CFO_REASON_CERT_UNKNOWN)
        event->cert_issuer = connection->certificate->issuer;
}

static const char *render(const request_rec *r, const cfo_request_t *request,
                          const char *code, int with_client_ip)
{
    cfo_event_t event = { 0 };

    while (r->prev || r->main)
        r = r->prev ? r->prev : r->main;
    event.code = code;
    event.reason = cfo_reason_name(request->reason);
    event.vhost = cfo_audit_vhost(r->pool, r->server);
    event.host = r->hostname;
    event.zone = request->zone ? request->zone->name : NULL;
    event.edge = request->edge;
    event.edge_known = request->facts.edge_known;
    event.cert_zone = cfo_facts_cert_zone(r, request);
    event.ray = request->ray;
    event.claimed_ray = request->claimed_ray;
    event.method = r->method;
    event.uri = r->unparsed_uri;
    event.hint = hint(r->pool, request);
    fill_certificate(&event, request);
    if (with_client_ip)
        event.client_ip =
            request->believed ? cfo_visitor_status_name(request->client_ip) : "-";
    return cfo_event_render(r->pool, &event);
}

void cfo_audit_first_use(request_rec *r, const cfo_zone_t *zone, const cfo_proof_t *proof)
{
    const cfo_certificate_t *certificate = proof->certificate;

    ap_log_rerror(
        APLOG_MARK, APLOG_INFO, 0, r,
        "CFO0137 proof-first-used zone=%s proof=%s cert=%s cert_subject=%s",
        cfo_text_word(r->pool, zone->name),
        cfo_text_quote(r->pool, proof->source, QUOTE_MOST),
        certificate ? certificate->sha256_hex : "-",
        cfo_text_quote(r->pool, certificate ? certificate->subject : NULL, QUOTE_MOST));
}

void cfo_audit_refused(request_rec *r, cfo_request_t *request)
{
    if (request->refused)
        return;
    request->refused = 1;
    if (cfo_tally_may_log(r, request->reason))
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "%s",
                      render(r, request, "CFO0001 refused", 0));
}

static const char part_key[] = "cf_origin:refused-part";

void cfo_audit_part(request_rec *r, cfo_request_t *request, int is_refused)
{
    int is_own = ap_get_module_config(r->request_config, &cf_origin_module) == request;
    const char *code = is_refused ? "CFO0111 part-refused" : "CFO0112 part-would-refuse";
    const request_rec *whole = r;

    /* Several gates stand on its way, and one line is enough; what only goes with a whole
     * that would be refused needs none. */
    if ((is_own && request->is_part) || (!is_own && !is_refused))
        return;
    request->is_part = is_own;
    if (APLOG_R_IS_LEVEL(r, APLOG_INFO))
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "%s path=%s",
                      render(r, request, code, 0),
                      cfo_text_quote(r->pool, r->uri, QUOTE_MOST));
    while (whole->main)
        whole = whole->main;
    if (is_refused && r->main)
        apr_pool_userdata_setn(request, part_key, NULL, whole->pool);
}

/* The part for which the whole was refused: an index, for instance. */
static cfo_request_t *refused_part(const request_rec *r)
{
    void *part = NULL;

    if (r->status == HTTP_FORBIDDEN)
        apr_pool_userdata_get(&part, part_key, r->pool);
    return part;
}

/* What it was refused by on its way, and so has its line; NULL: it was not. */
static const cfo_request_t *refusal(const request_rec *r)
{
    for (; r; r = r->prev) {
        const cfo_request_t *request =
            ap_get_module_config(r->request_config, &cf_origin_module);

        if (request && request->refused)
            return request;
    }
    return NULL;
}

static void log_served(request_rec *r, const cfo_request_t *request)
{
    int is_proven = cfo_reason_verdict(request->reason) != CFO_VERDICT_UNPROVEN;

    if (is_proven && APLOG_R_IS_LEVEL(r, APLOG_INFO))
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "%s",
                      render(r, request, "CFO0003 admitted", 1));
    else if (!is_proven && cfo_tally_may_log(r, request->reason))
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "%s",
                      render(r, request, "CFO0002 would-refuse", 0));
}

int cfo_audit_finished(request_rec *r)
{
    const cfo_request_t *request, *refused;
    cfo_request_t *part;

    while (r->next)
        r = r->next;
    request = cfo_request_find(r);
    for (; request && request->is_part && r->prev; r = r->prev)
        request = cfo_request_find(r->prev);
    refused = refusal(r);
    part = refused ? NULL : refused_part(r);
    if (part) {
        cfo_audit_refused(r, part);
        refused = part;
    }
    if (refused) {
        cfo_tally_request(r, refused->reason);
        return DECLINED;
    }
    /* Off: another module answered before any gate, which is its own doing. */
    if (!request || request->mode == CFO_MODE_OFF)
        return DECLINED;
    cfo_tally_request(r, request->reason);
    log_served(r, request);
    return DECLINED;
}
