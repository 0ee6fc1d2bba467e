/* SPDX-License-Identifier: Apache-2.0 */
/* Turns the configuration that was read into what requests are judged by. */
#include "httpd/run/startup.h"

#include "http_config.h"
#include "http_core.h"
#include "http_log.h"

#include "apr_strings.h"

#include "core/live/zone_folder.h"
#include "httpd/check/config_check.h"
#include "httpd/check/zone_files.h"
#include "httpd/config/conf.h"
#include "httpd/log/expiry_log.h"
#include "httpd/tls/handshake_watch.h"
#include "httpd/request/environment.h"
#include "httpd/status/status.h"
#include "httpd/survey/conf_tree.h"
#include "httpd/log/metering.h"
#include "httpd/run/child_start.h"
#include "httpd/run/start_check.h"
#include "httpd/run/ticker.h"

APLOG_USE_MODULE(cf_origin);

static const cfo_ranges_t *build_ranges(apr_pool_t *p, const apr_array_header_t *list)
{
    return apr_is_empty_array(list) ? NULL : cfo_ranges_build(p, list);
}

static void prepare_conf(apr_pool_t *p, cfo_server_conf_t *conf,
                         const cfo_shared_t *shared)
{
    cfo_server_conf_set_defaults(conf);
    conf->view = cfo_snapshot_builder_add_view(shared->builder, cfo_conf_tables(p, conf));
    conf->policy.require_cert = conf->require & CFO_REQUIRE_CERT;
    conf->policy.require_ip = conf->require & CFO_REQUIRE_IP;
    conf->policy.require_tunnel = conf->require == CFO_REQUIRE_TUNNEL;
    conf->policy.workers = (cfo_workers_t)conf->workers;
    conf->balancers = build_ranges(p, conf->balancer_list);
    conf->tunnels = build_ranges(p, conf->tunnel_list);
    conf->exempt_addresses = build_ranges(p, conf->exempt_list);
    conf->waits_for_remoteip = shared->uses_remoteip;
    conf->shared = shared;
}

/* apachectl -t, which does not reach cfo_startup_prepare(). */
static int is_test(void)
{
    return ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_TEST;
}

/* A test says what a start would do: the httpd that runs keeps the last good content. */
static void log_problems(const server_rec *s, const apr_array_header_t *problems)
{
    int i;

    for (i = 0; i < problems->nelts; i++) {
        const cfo_zone_file_t *file = &APR_ARRAY_IDX(problems, i, cfo_zone_file_t);

        if (file->zone)
            ap_log_error(
                APLOG_MARK, APLOG_ERR, 0, s,
                "CFO0102 zone-shut %s: %s; %s %s%s (all of its requests are refused as "
                "cert-unknown) until the file is fixed",
                file->path, file->error,
                is_test() ? "a start or reload of httpd shuts zone" : "zone", file->zone,
                is_test() ? "" : " is shut");
        else
            ap_log_error(APLOG_MARK, APLOG_ERR, 0, s,
                         "CFO0103 zone-file-ignored %s: %s; the file is ignored: "
                         "rename or remove it",
                         file->path, file->error);
    }
}

/* The folders of this server's own CFOriginPullZoneDir lines. */
static int read_folders(apr_pool_t *p, const server_rec *s,
                        cfo_snapshot_builder_t *builder)
{
    apr_array_header_t *folders = cfo_server_conf(s)->folders;
    int i;

    for (i = 0; folders && i < folders->nelts; i++) {
        cfo_folder_t *folder = APR_ARRAY_IDX(folders, i, cfo_table_builder_t *)->folder;
        apr_array_header_t *problems = apr_array_make(p, 1, sizeof(cfo_zone_file_t));
        const char *reason = cfo_zone_folder_load(p, builder->watched, folder, problems);

        log_problems(s, problems);
        if (reason) {
            ap_log_error(
                APLOG_MARK, APLOG_ERR, 0, s,
                "CFO0104 zone-folder-unreadable CFOriginPullZoneDir %s: %s; httpd does "
                "not start: check the path and its permissions",
                folder->path, reason);
            return HTTP_INTERNAL_SERVER_ERROR;
        }
    }
    return OK;
}

/* Logs each file with CA certificates that are ignored, once. */
static void log_ignored(apr_pool_t *p, const server_rec *s, const cfo_zone_table_t *table)
{
    apr_array_header_t *zones = cfo_zone_table_list(p, table);
    int i, j;

    for (i = 0; i < zones->nelts; i++) {
        const cfo_zone_t *zone = APR_ARRAY_IDX(zones, i, cfo_zone_t *);

        for (j = 0; j < zone->proofs->nelts; j++) {
            const cfo_proof_t *proof =
                APR_ARRAY_IDX(zone->proofs, j, const cfo_proof_t *);

            if (proof->ignored_cas)
                ap_log_error(
                    APLOG_MARK, APLOG_NOTICE, 0, s,
                    "CFO0105 ca-not-an-anchor zone %s: %s contains a leaf certificate, "
                    "so that only this leaf is accepted, and the %d CA certificate(s) in "
                    "the file are ignored. To accept every certificate that the CA "
                    "issues, put the CA into a file of its own",
                    zone->name, proof->source, proof->ignored_cas);
        }
    }
}

static void log_all_ignored(apr_pool_t *p, const server_rec *main,
                            const cfo_snapshot_t *snapshot)
{
    int i;

    for (i = 0; i < snapshot->tables->nelts; i++)
        log_ignored(p, main, APR_ARRAY_IDX(snapshot->tables, i, cfo_zone_table_t *));
}

/* Whether the line is there, in any scope, with anything but On. */
static int has_no_fallback(apr_pool_t *p, const ap_directive_t *line)
{
    for (; line; line = line->next) {
        if (!ap_cstr_casecmp(line->directive, "ProxyWebsocketFallbackToProxyHttp") &&
            !cfo_conf_tree_word_is(p, line, 0, "on"))
            return 1;
        if (has_no_fallback(p, line->first_child))
            return 1;
    }
    return 0;
}

/* Otherwise mod_proxy_http makes the tunnels of WebSockets (internals 3.13). */
static int has_raw_tunnels(apr_pool_t *p)
{
    return ap_find_linked_module("mod_proxy_wstunnel.c") &&
           (!ap_find_linked_module("mod_proxy_http.c") ||
            has_no_fallback(p, ap_conftree));
}

/* Whether it may do anything to a request (internals 5.3). What the lines say does not
 * matter: to wait for it in vain only costs time. */
static int uses_remoteip(const cfo_shared_t *shared)
{
    return shared->remoteip &&
           (ap_find_linked_module("mod_perl.c") ||
            cfo_conf_tree_mentions(ap_conftree, "RemoteIPHeader") ||
            cfo_conf_tree_mentions(ap_conftree, "RemoteIPProxyProtocol"));
}

static cfo_shared_t *make_shared(apr_pool_t *p, const server_rec *main)
{
    cfo_shared_t *shared = apr_pcalloc(p, sizeof *shared);

    shared->builder = cfo_conf_builder(p);
    shared->builder->edge = cfo_server_conf(main)->edge_list;
    shared->snapshots = cfo_snapshots_create(p);
    shared->remoteip = ap_find_linked_module("mod_remoteip.c");
    shared->uses_remoteip = uses_remoteip(shared);
    shared->cert_cache = cfo_cert_cache_create(p);
    shared->has_raw_tunnels = has_raw_tunnels(p);
    shared->variables = cfo_environment_prepare(p);
    shared->libssl = cfo_handshake_watch_prepare(p);
    return shared;
}

/* A failure does not prevent the start. */
static void keep_usages(apr_pool_t *p, const server_rec *main, const cfo_shared_t *shared)
{
    const char *path = ap_runtime_dir_relative(p, CFO_USAGE_FILE);
    int expected = cfo_watched_files_count(shared->builder->watched, CFO_FILE_PROOFS);
    cfo_usages_t *usages;
    apr_status_t status;

    if (!shared->is_in_use)
        return;
    status = cfo_usages_create(p, path, expected, &usages);
    if (status == APR_SUCCESS)
        cfo_cert_cache_set_usages(shared->cert_cache, usages);
    else
        ap_log_error(
            APLOG_MARK, APLOG_WARNING, status, main,
            "CFO0136 not-kept cannot write %s, so that it will not be known which "
            "certificates are used: make DefaultRuntimeDir a directory that exists and "
            "that httpd can write to",
            path);
}

/* A virtual host without a directive of ours shares the main server's configuration. */
static int has_own_conf(const server_rec *main, const server_rec *s)
{
    return s == main || cfo_server_conf(s) != cfo_server_conf(main);
}

/* For `apachectl -t`, which does not reach cfo_startup_prepare(). */
static void test_findings(apr_pool_t *p, apr_pool_t *ptemp, server_rec *main)
{
    cfo_snapshot_builder_t *builder = cfo_conf_builder(p);
    cfo_snapshot_t snapshot;
    const server_rec *s;

    builder->edge = cfo_server_conf(main)->edge_list;
    for (s = main; s; s = s->next) {
        cfo_server_conf_t *conf = cfo_server_conf(s);

        if (has_own_conf(main, s))
            conf->view =
                cfo_snapshot_builder_add_view(builder, cfo_conf_tables(ptemp, conf));
    }
    cfo_snapshot_build(builder, ptemp, builder->watched->start, NULL, &snapshot);
    log_all_ignored(ptemp, main, &snapshot);
    cfo_config_check_log(ptemp, main, &snapshot);
    cfo_expiry_check(ptemp, main, &snapshot);
}

int cfo_startup_check(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp,
                      server_rec *main)
{
    const server_rec *s = main;
    int result = OK;

    (void)plog;
    do {
        if (cfo_start_check(ptemp, s, s == main && main->next) ||
            (is_test() && has_own_conf(main, s) &&
             read_folders(ptemp, s, cfo_conf_builder(p))))
            result = HTTP_INTERNAL_SERVER_ERROR;
        else if (is_test())
            cfo_start_check_folders(ptemp, s);
        s = s->next;
    } while (s);
    if (is_test() && result == OK)
        test_findings(p, ptemp, main);
    return result;
}

static int prepare_server(apr_pool_t *p, apr_pool_t *ptemp, const server_rec *s,
                          cfo_shared_t *shared)
{
    cfo_server_conf_t *conf = cfo_server_conf(s);
    int mode = cfo_mode_anywhere(s);

    if (read_folders(ptemp, s, shared->builder))
        return HTTP_INTERNAL_SERVER_ERROR;
    cfo_start_check_folders(ptemp, s);
    prepare_conf(p, conf, shared);
    if (conf->mode != CFO_MODE_OFF || conf->zones || conf->folders)
        shared->wants_certificates = 1;
    if (mode != CFO_MODE_OFF)
        shared->wants_handshakes = 1;
    if (conf->scheme == CFO_SCHEME_VISITOR)
        shared->uses_visitor_scheme = 1;
    if (mode != CFO_MODE_OFF || shared->wants_certificates || conf->edge_list)
        shared->is_in_use = 1; /* ranges may be used by a .htaccess file */
    return OK;
}

/* The snapshot that the children start with. */
static void publish_first(apr_pool_t *p, apr_pool_t *ptemp, const server_rec *main,
                          const cfo_shared_t *shared)
{
    cfo_snapshot_t first;

    cfo_snapshot_build(shared->builder, p, shared->builder->watched->start, NULL, &first);
    log_all_ignored(ptemp, main, &first);
    cfo_snapshots_publish(shared->snapshots, &first);
}

static void log_findings(apr_pool_t *p, apr_pool_t *ptemp, server_rec *main,
                         cfo_shared_t *shared)
{
    cfo_snapshot_t *snapshot = cfo_snapshots_acquire(shared->snapshots);

    shared->findings = cfo_findings_copy(p, cfo_config_check_log(ptemp, main, snapshot));
    cfo_snapshot_release(snapshot);
}

static int prepare(apr_pool_t *p, apr_pool_t *ptemp, server_rec *main)
{
    cfo_shared_t *shared = make_shared(p, main);
    const server_rec *s;

    if (!shared->cert_cache) {
        ap_log_error(
            APLOG_MARK, APLOG_ERR, 0, main,
            "CFO0106 no-memory httpd does not start: there is no memory, or no lock, "
            "for the certificates: check the limits of the system");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    /* The main server comes first: the others inherit its folders. */
    for (s = main; s; s = s->next) {
        if (has_own_conf(main, s) && prepare_server(p, ptemp, s, shared))
            return HTTP_INTERNAL_SERVER_ERROR;
    }
    publish_first(p, ptemp, main, shared);
    keep_usages(p, main, shared);
    log_findings(p, ptemp, main, shared);
    if (shared->builder->watched->folders->nelts)
        shared->host_names = cfo_zone_files_names(p, main);
    shared->vhosts = cfo_status_vhosts(p, main);
    if (cfo_metering_prepare(p, main, shared))
        return HTTP_INTERNAL_SERVER_ERROR;
    cfo_ticker_prepare(p, main, shared);
    return OK;
}

int cfo_startup_prepare(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp,
                        server_rec *main)
{
    apr_pool_t *scratch;
    int result;

    (void)plog;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return OK;
    apr_pool_create(&scratch, ptemp);
    result = prepare(p, scratch, main);
    apr_pool_destroy(scratch);
    cfo_child_start_tidy_heap();
    return result;
}
