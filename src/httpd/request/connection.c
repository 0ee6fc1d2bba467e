/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a connection after its handshake. */
#include "httpd/request/connection.h"

#include "http_config.h"
#include "http_connection.h"
#include "http_log.h"
#include "http_ssl.h"
#include "http_vhost.h"

#include "httpd/config/conf.h"
#include "httpd/log/metering.h"
#include "httpd/tls/handshake_log.h"
#include "httpd/tls/leaf.h"

APLOG_USE_MODULE(cf_origin);

/* Load balancers are accepted too: the address behind them is known later. */
static int lists(const cfo_server_conf_t *conf, const cfo_address_t *peer)
{
    return cfo_ranges_contain(conf->tunnels, peer) ||
           cfo_ranges_contain(conf->exempt_addresses, peer) ||
           cfo_ranges_contain(conf->balancers, peer);
}

static int is_edge(const cfo_shared_t *shared, const cfo_address_t *peer)
{
    cfo_snapshot_t *snapshot = cfo_snapshots_acquire(shared->snapshots);
    int found = cfo_edge_contains(snapshot->edge, peer);

    cfo_snapshot_release(snapshot);
    return found;
}

static int lists_peer(void *peer, conn_rec *c, server_rec *s)
{
    (void)c;
    return lists(cfo_server_conf(s), peer);
}

/* Which virtual host of the address a client means, it says later: so the lists of each
 * count. Strangers are in no list of any address, and cost nothing. */
static int is_listed(conn_rec *c, const cfo_server_conf_t *conf, cfo_address_t *peer)
{
    return cfo_ranges_contain(conf->shared->listed, peer) &&
           (lists(conf, peer) || ap_vhost_iterate_given_conn(c, lists_peer, peer));
}

/* Not an HTTP/2 stream, nor a connection that httpd itself opens. */
static int is_from_a_client(const conn_rec *c)
{
    return !c->master && !c->outgoing;
}

int cfo_connection_accept(conn_rec *c, void *socket)
{
    const cfo_server_conf_t *conf = cfo_server_conf(c->base_server);
    cfo_address_t peer;
    int is_on;

    (void)socket;
    if (!conf->early_drop || conf->mode == CFO_MODE_OFF || !is_from_a_client(c))
        return DECLINED;
    peer = cfo_address_from_sockaddr(c->client_addr);
    if (is_edge(conf->shared, &peer) || is_listed(c, conf, &peer))
        return DECLINED;
    is_on = conf->mode == CFO_MODE_ON;
    if (is_on)
        cfo_counters_early_drop(conf->shared->counters);
    if (ap_get_conn_module_loglevel(c, APLOG_MODULE_INDEX) >= APLOG_INFO &&
        cfo_metering_admits_line(c->base_server, CFO_REASON_EDGE_UNKNOWN))
        ap_log_cerror(APLOG_MARK, APLOG_INFO, 0, c, "%s edge=%s vhost=%s",
                      is_on ? "CFO0120 early-drop" : "CFO0121 would-drop", c->client_ip,
                      cfo_vhost_name(c->pool, c->base_server));
    return is_on ? HTTP_FORBIDDEN : DECLINED;
}

static const cfo_certificate_t *parse(conn_rec *c, const cfo_shared_t *shared,
                                      cfo_connection_t *conn, const cfo_leaf_t *leaf)
{
    const cfo_certificate_t *known =
        cfo_cert_cache_find(shared->cert_cache, c->pool, leaf->encoding, leaf->size);
    cfo_certificate_t *parsed = NULL;

    if (known)
        return known;
    conn->certificate_problem =
        leaf->is_text
            ? cfo_certificate_read(c->pool, leaf->encoding, leaf->size, &parsed)
            : cfo_certificate_decode(c->pool, leaf->encoding, (long)leaf->size, &parsed);
    return parsed;
}

/* Once for each connection: parsing a certificate, if it is not in the cache, takes a
 * million instructions. Only bytes are passed from mod_ssl, which may be linked to
 * another OpenSSL than this module. */
static void read_certificate(conn_rec *c, const cfo_shared_t *shared,
                             cfo_connection_t *conn)
{
    cfo_leaf_t leaf = cfo_leaf_of(c);

    conn->has_certificate = leaf.encoding != NULL;
    if (!leaf.encoding)
        return;
    conn->certificate = parse(c, shared, conn, &leaf);
    if (!conn->certificate)
        return;
    conn->credential =
        cfo_credential_create(c->pool, conn->certificate, leaf.encoding, leaf.size);
    if (!conn->credential) {
        conn->certificate = NULL;
        conn->certificate_problem = "out of memory";
    }
}

static void look_up_peer(conn_rec *c, const cfo_shared_t *shared, cfo_connection_t *conn)
{
    cfo_snapshot_t *snapshot = cfo_snapshots_acquire(shared->snapshots);

    conn->peer = cfo_address_from_sockaddr(c->client_addr);
    conn->peer_known = cfo_edge_contains(snapshot->edge, &conn->peer);
    conn->serial = snapshot->serial;
    cfo_snapshot_release(snapshot);
}

int cfo_connection_read(conn_rec *c)
{
    const cfo_shared_t *shared = cfo_server_conf(c->base_server)->shared;
    cfo_connection_t *conn;

    /* The event MPM calls this again for each request that it had to wait for. */
    if (c->master || ap_get_module_config(c->conn_config, &cf_origin_module))
        return DECLINED;
    conn = apr_pcalloc(c->pool, sizeof *conn);
    look_up_peer(c, shared, conn);
    /* False after a failed handshake, and for plain HTTP on the TLS port. */
    conn->is_tls = ap_ssl_conn_is_ssl(c);
    if (conn->is_tls) {
        conn->sni = cfo_ssl_variable(c, "SSL_TLS_SNI");
        if (shared->wants_certificates)
            read_certificate(c, shared, conn);
    }
    else
        cfo_handshake_report(c);
    ap_set_module_config(c->conn_config, &cf_origin_module, conn);
    return DECLINED;
}

const cfo_connection_t *cfo_connection_of(const conn_rec *c)
{
    return ap_get_module_config((c->master ? c->master : c)->conn_config,
                                &cf_origin_module);
}
