/* SPDX-License-Identifier: Apache-2.0 */
/* CFO0005: a handshake that mod_ssl ended because of the client certificate. */
#include "httpd/tls/handshake_log.h"

#include "http_config.h"
#include "http_log.h"

#include "apr_strings.h"

#include "core/base/text.h"
#include "core/trust/zone_name.h"
#include "httpd/config/conf.h"
#include "httpd/log/metering.h"

APLOG_USE_MODULE(cf_origin);

#define NOTE "cfo_tls" /* short: it is hashed for each connection */

enum { NAME_MOST = 256, HINT_MOST = 512 };

void cfo_handshake_note(conn_rec *c, const cfo_handshake_end_t *end)
{
    apr_pool_userdata_setn(end, NOTE, NULL, c->pool);
}

const cfo_handshake_end_t *cfo_handshake_end_of(const conn_rec *c)
{
    void *note = NULL;

    apr_pool_userdata_get(&note, NOTE, c->pool);
    return note;
}

static const cfo_certificate_t *decode_leaf(const conn_rec *c,
                                            const cfo_handshake_state_t *state)
{
    cfo_certificate_t *leaf = NULL;

    if (state->leaf)
        cfo_certificate_decode(c->pool, state->leaf, state->leaf_size, &leaf);
    return leaf;
}

/* Names of zones are copied, because the snapshot is released. */
typedef struct {
    int edge_known;
    const char *zone;      /* that covers the SNI */
    const char *cert_zone; /* that the certificate would prove if it was valid */
} view_t;

static const char *zone_of(apr_pool_t *p, const cfo_view_t *view, const char *sni)
{
    const cfo_zone_t *zone = NULL;
    const char *name;

    if (sni && !cfo_zone_name_read(p, sni, &name))
        zone = cfo_zones_find(view->tables, view->count, name);
    return zone ? apr_pstrdup(p, zone->name) : NULL;
}

static view_t look_up(const conn_rec *c, const cfo_server_conf_t *conf,
                      const cfo_handshake_end_t *end, const cfo_certificate_t *leaf)
{
    cfo_snapshot_t *snapshot = cfo_snapshots_acquire(conf->shared->snapshots);
    const cfo_view_t *view = &snapshot->views[conf->view];
    cfo_address_t peer = cfo_address_from_sockaddr(c->client_addr);
    view_t seen = { 0, NULL, NULL };
    cfo_credential_t *credential =
        leaf ? cfo_credential_create(c->pool, leaf, NULL, 0) : NULL;
    const cfo_zone_t *meant = NULL;

    seen.edge_known = cfo_edge_contains(snapshot->edge, &peer);
    seen.zone = zone_of(c->pool, view, end->sni);
    if (credential)
        meant = cfo_zones_meant_by(view->tables, view->count, credential, apr_time_now());
    seen.cert_zone = meant ? apr_pstrdup(c->pool, meant->name) : NULL;
    cfo_snapshot_release(snapshot);
    return seen;
}

static void log_end(conn_rec *c, const cfo_server_conf_t *conf,
                    const cfo_handshake_end_t *end, cfo_handshake_t reason)
{
    apr_pool_t *p = c->pool;
    const cfo_certificate_t *leaf = decode_leaf(c, &end->state);
    view_t seen = look_up(c, conf, end, leaf);
    const char *hint =
        cfo_handshake_hint(p, reason, &end->state, end->error, leaf, apr_time_now());

    ap_log_cserror(APLOG_MARK, APLOG_WARNING, 0, c, end->s,
                   "CFO0005 handshake-failed reason=%s vhost=%s zone=%s edge=%s "
                   "edge_known=%s cert=%s cert_subject=%s cert_issuer=%s cert_zone=%s "
                   "sni=%s hint=%s",
                   cfo_handshake_name(reason),
                   cfo_text_word(p, cfo_vhost_name(p, end->s)),
                   cfo_text_word(p, seen.zone), cfo_text_word(p, c->client_ip),
                   seen.edge_known ? "yes" : "no", leaf ? leaf->sha256_hex : "-",
                   cfo_text_quote(p, leaf ? leaf->subject : NULL, NAME_MOST),
                   cfo_text_quote(p, leaf ? leaf->issuer : NULL, NAME_MOST),
                   cfo_text_word(p, seen.cert_zone), cfo_text_word(p, end->sni),
                   cfo_text_quote(p, hint, HINT_MOST));
}

void cfo_handshake_report(conn_rec *c)
{
    const cfo_handshake_end_t *end = cfo_handshake_end_of(c);
    const cfo_server_conf_t *conf;
    cfo_handshake_t reason;

    if (!end || !end->is_refused || cfo_mode_anywhere(end->s) == CFO_MODE_OFF)
        return;
    reason = cfo_handshake_reason(&end->state, end->error);
    conf = cfo_server_conf(end->s);
    cfo_counters_handshake(conf->shared->counters, reason);
    if (cfo_metering_admits_line(end->s, cfo_handshake_limited_with(reason)))
        log_end(c, conf, end, reason);
}
