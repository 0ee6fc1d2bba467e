/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a connection after its handshake. */
#include "httpd/request/connection.h"

#include <string.h>

#include "http_config.h"
#include "http_connection.h"
#include "http_log.h"
#include "http_ssl.h"
#include "http_vhost.h"

#include "httpd/config/conf.h"
#include "httpd/log/metering.h"
#include "httpd/tls/handshake_log.h"

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
    int found = cfo_ranges_contain(snapshot->edge, peer);

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

static const char *ssl_variable(conn_rec *c, const char *name)
{
    const char *value = ap_ssl_var_lookup(c->pool, c->base_server, c, NULL, name);

    return value && *value ? value : NULL;
}

static const cfo_certificate_t *parse(conn_rec *c, const cfo_shared_t *shared,
                                      cfo_connection_t *conn)
{
    apr_size_t length = strlen(conn->pem);
    const cfo_certificate_t *known =
        cfo_cert_cache_find(shared->cert_cache, c->pool, conn->pem, length);
    cfo_certificate_t *parsed = NULL;

    if (known)
        return known;
    conn->certificate_problem = cfo_certificate_read(c->pool, conn->pem, length, &parsed);
    return parsed;
}

/* Once for each connection: getting the PEM text takes 30,000 instructions, and parsing
 * it, if the certificate is not in the cache, a million. Only strings are passed from
 * mod_ssl, which may be linked to another OpenSSL than this module. */
static void read_certificate(conn_rec *c, const cfo_shared_t *shared,
                             cfo_connection_t *conn)
{
    conn->pem = ssl_variable(c, "SSL_CLIENT_CERT");
    if (!conn->pem)
        return;
    conn->certificate = parse(c, shared, conn);
    if (!conn->certificate)
        return;
    conn->credential = cfo_credential_create(c->pool, conn->certificate, conn->pem);
    if (!conn->credential) {
        conn->certificate = NULL;
        conn->certificate_problem = "out of memory";
    }
}

static void look_up_peer(conn_rec *c, const cfo_shared_t *shared, cfo_connection_t *conn)
{
    cfo_snapshot_t *snapshot = cfo_snapshots_acquire(shared->snapshots);

    conn->peer = cfo_address_from_sockaddr(c->client_addr);
    conn->peer_known = cfo_ranges_contain(snapshot->edge, &conn->peer);
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
        conn->sni = ssl_variable(c, "SSL_TLS_SNI");
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
