/* SPDX-License-Identifier: Apache-2.0 */
/* Collects the facts about a request that its verdict depends on. */
#include "httpd/request/facts.h"

#include <limits.h>

#include "http_config.h"
#include "http_vhost.h"

#include "apr_strings.h"

#include "core/trust/zone_check.h"

/* Whether mod_remoteip has read a PROXY header on this connection: if so, it keeps a
 * record there. If not, useragent_addr may come from a request header, which any client
 * can send (internals 4.2). */
static int speaks_proxy(const request_rec *r, const cfo_shared_t *shared)
{
    return shared->remoteip &&
           ap_get_module_config(r->connection->conn_config, shared->remoteip);
}

/* The address that a listed load balancer names in its PROXY header. If it names none,
 * its own address is the edge address, and is never one of Cloudflare's. */
static cfo_address_t ask_balancer(request_rec *r, const cfo_server_conf_t *conf,
                                  cfo_request_t *request)
{
    cfo_address_t balancer = request->connection->peer;
    cfo_address_t named = cfo_address_from_sockaddr(r->useragent_addr);

    request->facts.edge_known = 0;
    request->is_unnamed =
        !speaks_proxy(r, conf->shared) || !cfo_address_compare(&named, &balancer);
    if (request->is_unnamed)
        return balancer;
    request->edge = r->useragent_ip;
    request->facts.edge_known = cfo_edge_contains(request->snapshot->edge, &named);
    return named;
}

/* Looked up with the connection, and again only if the ranges may have changed since. */
static int is_peer_known(const cfo_request_t *request)
{
    const cfo_connection_t *connection = request->connection;

    if (connection->serial == request->snapshot->serial)
        return connection->peer_known;
    return cfo_edge_contains(request->snapshot->edge, &connection->peer);
}

/* The edge address is the TCP peer, except behind listed load balancers. */
static void collect_edge(request_rec *r, const cfo_server_conf_t *conf,
                         cfo_request_t *request)
{
    cfo_facts_t *facts = &request->facts;
    cfo_address_t edge = request->connection->peer;

    facts->edge_known = is_peer_known(request);
    if (conf->balancers && cfo_ranges_contain(conf->balancers, &edge))
        edge = ask_balancer(r, conf, request);
    else
        request->is_unlisted = speaks_proxy(r, conf->shared);
    facts->edge_tunnel = cfo_ranges_contain(conf->tunnels, &edge);
    facts->edge_exempt = cfo_ranges_contain(conf->exempt_addresses, &edge);
}

/* How many tables of the view are not inherited. */
static int own_tables(const request_rec *r, const cfo_server_conf_t *conf)
{
    if (!r->server->is_virtual)
        return INT_MAX;
    return conf->base ? cfo_conf_own_tables(conf) : 0;
}

static int is_in(const cfo_view_t *view, int count, const cfo_zone_t *zone)
{
    int i;

    if (count >= view->count)
        return 1;
    for (i = 0; i < count; i++) {
        if (cfo_zone_table_get(view->tables[i], zone->name) == zone)
            return 1;
    }
    return 0;
}

/* httpd serves a host that no virtual host names from the first virtual host of the
 * address. There an inherited zone proves nothing, unless it is the zone of that virtual
 * host: otherwise the owner of any zone of the server could reach that virtual host by an
 * invented name. */
static int is_stray(request_rec *r, const cfo_server_conf_t *conf, const cfo_view_t *view,
                    const cfo_zone_t *zone)
{
    char *name;

    if (is_in(view, own_tables(r, conf), zone) ||
        ap_matches_request_vhost(r, r->hostname, r->server->port))
        return 0;
    if (!r->server->server_hostname)
        return 1;
    name = apr_pstrdup(r->pool, r->server->server_hostname);
    ap_str_tolower(name);
    return cfo_zones_find(view->tables, view->count, name) != zone;
}

static void find_zone(request_rec *r, const cfo_server_conf_t *conf,
                      cfo_request_t *request)
{
    const cfo_view_t *view = &request->snapshot->views[conf->view];
    cfo_zone_t *zone = cfo_zones_find(view->tables, view->count, r->hostname);

    request->is_stray = zone && is_stray(r, conf, view, zone);
    request->zone = request->is_stray ? NULL : zone;
}

/* Another zone that the certificate proves; NULL: none. */
static const char *find_other_zone(const request_rec *r, const cfo_server_conf_t *conf,
                                   const cfo_request_t *request,
                                   const cfo_snapshot_t *snapshot)
{
    const cfo_view_t *view = &snapshot->views[conf->view];
    const cfo_zone_t *zone =
        cfo_zones_proved_by(view->tables, view->count, request->connection->credential,
                            r->request_time, request->zone);

    return zone ? zone->name : NULL;
}

const char *cfo_facts_cert_zone(const request_rec *r, const cfo_request_t *request)
{
    const cfo_server_conf_t *conf = cfo_server_conf(r->server);
    cfo_snapshot_t *snapshot;
    const char *name;

    if (request->zone_name || !request->connection || !conf->policy.require_cert ||
        !request->connection->credential)
        return request->cert_zone;
    snapshot = cfo_snapshots_acquire(conf->shared->snapshots);
    name = apr_pstrdup(r->pool, find_other_zone(r, conf, request, snapshot));
    cfo_snapshot_release(snapshot);
    return name;
}

static cfo_cert_state_t check_certificate(request_rec *r, const cfo_server_conf_t *conf,
                                          cfo_request_t *request)
{
    cfo_credential_t *credential = request->connection->credential;
    cfo_cert_state_t state;
    cfo_match_t found;

    if (!credential)
        return request->connection->has_certificate ? CFO_CERT_UNKNOWN : CFO_CERT_MISSING;
    if (!request->zone)
        return CFO_CERT_UNKNOWN; /* no zone covers the host */
    state = cfo_zone_check(r->pool, conf->shared->cert_cache, request->zone, credential,
                           r->request_time, &found, &request->why_unsuitable);
    if (state == CFO_CERT_HOLDS) {
        request->proof = found.proof;
        request->is_first = found.is_first;
        return state;
    }
    request->cert_zone = find_other_zone(r, conf, request, request->snapshot);
    return request->cert_zone ? CFO_CERT_OTHER_ZONE : state;
}

static void collect_certificate(request_rec *r, const cfo_server_conf_t *conf,
                                cfo_request_t *request)
{
    if (!conf->policy.require_cert)
        return;
    if (r->hostname)
        find_zone(r, conf, request);
    request->facts.has_zone = request->zone != NULL;
    request->facts.cert = check_certificate(r, conf, request);
}

void cfo_facts_collect(request_rec *r, const cfo_server_conf_t *conf,
                       cfo_request_t *request)
{
    cfo_facts_t *facts = &request->facts;

    request->connection = cfo_connection_of(r->connection);
    request->edge = r->connection->client_ip;
    facts->has_host = r->hostname != NULL;
    facts->worker = cfo_worker_classify(request->headers.worker, r->hostname);
    if (!request->connection)
        return;
    request->snapshot = cfo_snapshots_acquire(conf->shared->snapshots);
    facts->is_tls = request->connection->is_tls;
    collect_edge(r, conf, request);
    collect_certificate(r, conf, request);
}

void cfo_facts_let_go(request_rec *r, cfo_request_t *request)
{
    if (!request->snapshot)
        return;
    if (request->zone)
        request->zone_name = apr_pstrdup(r->pool, request->zone->name);
    if (request->facts.cert == CFO_CERT_HOLDS)
        request->cert_zone = request->zone_name;
    else
        request->cert_zone = apr_pstrdup(r->pool, request->cert_zone);
    cfo_snapshot_release(request->snapshot);
    request->snapshot = NULL;
    request->zone = NULL;
    request->proof = NULL;
}
