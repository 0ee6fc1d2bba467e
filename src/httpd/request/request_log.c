/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of the error log about requests. */
#include "httpd/request/request_log.h"

#include "http_config.h"
#include "http_log.h"

#include "apr_strings.h"

#include "core/log/event.h"
#include "core/base/text.h"
#include "httpd/log/expiry_log.h"
#include "httpd/log/metering.h"
#include "httpd/request/facts.h"
#include "httpd/request/hint.h"

APLOG_USE_MODULE(cf_origin);

enum { QUOTE_MOST = 500 };

static const char admitted[] = "CFO0003 admitted";

static void fill_certificate(cfo_event_t *event, const cfo_request_t *request,
                             cfo_reason_t reason)
{
    const cfo_connection_t *connection = request->connection;

    if (!connection)
        return;
    event->sni = connection->sni;
    if (!connection->certificate)
        return;
    event->cert = connection->certificate->sha256_hex;
    event->cert_subject = connection->certificate->subject;
    if (reason == CFO_REASON_CERT_UNKNOWN)
        event->cert_issuer = connection->certificate->issuer;
}

static const char *render(request_rec *r, const cfo_request_t *request,
                          cfo_outcome_t outcome, const char *code)
{
    cfo_event_t event = { 0 };

    r = cfo_request_first(r);
    event.code = code;
    event.reason = cfo_reason_name(outcome.reason);
    event.vhost = cfo_server_conf(r->server)->name;
    event.host = r->hostname;
    event.zone = request->zone_name;
    event.edge = request->edge;
    event.edge_known = request->facts.edge_known;
    event.cert_zone = cfo_facts_cert_zone(r, request);
    event.ray = outcome.believed ? request->ray : NULL;
    event.claimed_ray = outcome.believed ? NULL : request->ray;
    event.method = r->method;
    event.uri = r->unparsed_uri;
    event.hint = cfo_request_hint(r->pool, r, request, outcome.reason);
    fill_certificate(&event, request, outcome.reason);
    if (code == admitted)
        event.client_ip =
            outcome.believed ? cfo_visitor_status_name(request->client_ip) : "-";
    return cfo_event_render(r->pool, &event);
}

static void log_first_proof(request_rec *r, const cfo_zone_t *zone,
                            const cfo_proof_t *proof)
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

void cfo_request_log_refused(request_rec *r, cfo_request_t *request)
{
    if (request->refused)
        return;
    request->refused = 1;
    if (cfo_metering_may_log(r, request->outcome.reason))
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "%s",
                      render(r, request, request->outcome, "CFO0001 refused"));
}

void cfo_request_log_part(request_rec *r, const cfo_part_t *part, int is_refused)
{
    const char *code = is_refused ? "CFO0111 part-refused" : "CFO0112 part-would-refuse";
    cfo_part_t *own = cfo_request_part(r);

    /* It passes several gates, but one line is enough; and none where the whole request,
     * which would be refused, has its own. */
    if (own->is_logged || (own != part && !is_refused))
        return;
    own->is_logged = 1;
    if (APLOG_R_IS_LEVEL(r, APLOG_INFO))
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "%s path=%s",
                      render(r, part->request, part->outcome, code),
                      cfo_text_quote(r->pool, r->uri, QUOTE_MOST));
}

static void log_served(request_rec *r, const cfo_request_t *request)
{
    cfo_reason_t reason = request->outcome.reason;
    int is_proven = cfo_reason_verdict(reason) != CFO_VERDICT_UNPROVEN;

    if (is_proven && APLOG_R_IS_LEVEL(r, APLOG_INFO))
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "%s",
                      render(r, request, request->outcome, admitted));
    else if (!is_proven && cfo_metering_may_log(r, reason))
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "%s",
                      render(r, request, request->outcome, "CFO0002 would-refuse"));
}

/* Counts for CFOriginPullLogLimit as a line of the reason that the whole request has,
 * even if only a part of it was believed. */
static void log_invalid_visitor(request_rec *r, const cfo_request_t *request)
{
    if (!request->is_visitor_read || request->client_ip != CFO_VISITOR_INVALID ||
        !cfo_metering_may_log(
            r, cfo_judge(&request->facts, &cfo_server_conf(r->server)->policy)))
        return;
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                  "CFO0110 visitor-invalid vhost=%s edge=%s connecting_ip=%s "
                  "hint=\"not exactly one public address: the header was removed, and "
                  "the client address stays the edge address\"",
                  cfo_vhost_name(r->pool, r->server), request->edge,
                  cfo_text_quote(r->pool, request->headers.connecting_ip, 100));
}

void cfo_request_log_first(request_rec *r, const cfo_request_t *request)
{
    if (request->is_first & CFO_FIRST_PROOF)
        log_first_proof(r, request->zone, request->proof);
    if (request->is_first & CFO_FIRST_LEAF)
        cfo_expiry_first_seen(r, request->zone, request->proof,
                              request->connection->certificate);
}

/* httpd has answered a malformed request itself. Nobody is to read in a log of his own
 * what it claims. */
static void forget_claims(request_rec *r)
{
    const cfo_server_conf_t *conf = cfo_server_conf(r->server);

    if (cfo_effects(conf, (cfo_mode_t)conf->mode)->scrub)
        cfo_headers_remove(r->pool, r->headers_in, 1);
}

int cfo_request_log_finished(request_rec *r)
{
    const cfo_request_t *request = cfo_request_whole(r);

    if (!request || request->outcome.reason == CFO_REASON_UNJUDGED)
        forget_claims(r);
    if (!request)
        return DECLINED;
    if (!request->refused)
        log_invalid_visitor(r, request);
    /* Off: another module answered before any gate. */
    if (request->mode == CFO_MODE_OFF)
        return DECLINED;
    cfo_metering_request(r, request->outcome.reason);
    if (!request->refused)
        log_served(r, request);
    return DECLINED;
}
