/* SPDX-License-Identifier: Apache-2.0 */
/* What would leave a server closed to everybody. */
#include "httpd/run/start_check.h"

#include "http_config.h"
#include "http_log.h"

#include "apr_strings.h"

#include "httpd/config/conf.h"

APLOG_USE_MODULE(cf_origin);

static int requires_certificate(const cfo_server_conf_t *conf)
{
    return conf->require == CFO_UNSET || conf->require & CFO_REQUIRE_CERT;
}

static const char *where(apr_pool_t *p, const server_rec *s)
{
    if (!s->defn_name)
        return "the main server";
    return apr_psprintf(p, "the virtual host %s (%s:%u)",
                        s->server_hostname ? s->server_hostname : "without a ServerName",
                        s->defn_name, s->defn_line_number);
}

static int is_filled(const apr_array_header_t *list)
{
    return list && list->nelts;
}

/* Whether anybody gets in without a proof. */
static int has_exemptions(const cfo_server_conf_t *conf)
{
    return is_filled(conf->exempt_list) || is_filled(conf->exempt_paths);
}

/* Without mod_ssl, where zones show that certificates are meant to be presented, the lock
 * does not work; without zones, only tunnels and exempt peers are meant to come in. */
static int lacks_mod_ssl(const cfo_server_conf_t *conf, int has_zones)
{
    return !ap_find_linked_module("mod_ssl.c") && !is_filled(conf->tunnel_list) &&
           (has_zones || !has_exemptions(conf));
}

/* What would leave a server closed to everybody; NULL: nothing. The main server needs no
 * zone and no tunnel if there are virtual hosts: it serves what matches none. */
static const char *find_obstacle(apr_pool_t *p, const cfo_server_conf_t *conf,
                                 int has_hosts)
{
    int admits = is_filled(conf->tunnel_list) || has_exemptions(conf);
    int has_zones = cfo_conf_tables(p, conf)->nelts > 0;

    if (conf->require == CFO_REQUIRE_TUNNEL && !admits && !has_hosts)
        return "CFO0108 no-tunnel %s admits only tunnels (CFOriginPullRequire tunnel), but "
               "lists none, so that every request would be refused: add the address from "
               "which cloudflared connects to CFOriginPullTunnel";
    if (!requires_certificate(conf))
        return NULL;
    if (lacks_mod_ssl(conf, has_zones))
        return "CFO0100 no-mod-ssl %s requires a client certificate (CFOriginPullRequire "
               "cert), but mod_ssl is not loaded: load it. For a server that is reached "
               "through Cloudflare Tunnel only, set CFOriginPullRequire tunnel, and list "
               "cloudflared in CFOriginPullTunnel";
    if (!has_zones && !admits && !has_hosts)
        return "CFO0101 no-zone %s requires a client certificate, but has no zone, so "
               "that every request would be refused: add CFOriginPullZone or "
               "CFOriginPullZoneDir. For a server that is reached through Cloudflare "
               "Tunnel only, set CFOriginPullRequire tunnel, and list cloudflared in "
               "CFOriginPullTunnel";
    return NULL;
}

int cfo_start_check(apr_pool_t *p, const server_rec *s, int has_hosts)
{
    const char *obstacle;

    if (cfo_mode_anywhere(s) == CFO_MODE_OFF)
        return OK;
    obstacle = find_obstacle(p, cfo_server_conf(s), has_hosts);
    if (!obstacle)
        return OK;
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, s, obstacle, where(p, s));
    return HTTP_INTERNAL_SERVER_ERROR;
}

static int has_a_zone(apr_pool_t *p, const cfo_server_conf_t *conf)
{
    const apr_array_header_t *tables = cfo_conf_tables(p, conf);
    int i;

    for (i = 0; i < tables->nelts; i++) {
        const cfo_table_builder_t *table =
            APR_ARRAY_IDX(tables, i, cfo_table_builder_t *);

        if (apr_hash_count(table->folder ? table->folder->zones : table->zones))
            return 1;
    }
    return 0;
}

void cfo_start_check_folders(apr_pool_t *p, const server_rec *s)
{
    const cfo_server_conf_t *conf = cfo_server_conf(s);

    if (cfo_mode_anywhere(s) != CFO_MODE_OFF && requires_certificate(conf) &&
        !is_filled(conf->tunnel_list) && cfo_conf_tables(p, conf)->nelts &&
        !has_a_zone(p, conf))
        ap_log_error(
            APLOG_MARK, APLOG_WARNING, 0, s,
            "CFO0107 no-zone-file %s requires a client certificate, but there is no file "
            "NAME.pem in its CFOriginPullZoneDir, so that every request%s is refused "
            "(zone-unknown) until there is one",
            where(p, s), has_exemptions(conf) ? " that is not exempt" : "");
}
