/* SPDX-License-Identifier: Apache-2.0 */
/* From what was written to what requests are judged by. */
#include "startup.h"

#include "http_config.h"
#include "http_core.h"
#include "http_log.h"

#include "apr_strings.h"

#include "../core/zone_folder.h"
#include "check.h"
#include "conf.h"

APLOG_USE_MODULE(cf_origin);

/* The value that will hold, before defaults are set. */
static int mode_of(const cfo_server_conf_t *conf)
{
    int mode = conf->mode > conf->directory_mode ? conf->mode : conf->directory_mode;

    return mode == CFO_UNSET ? CFO_MODE_OFF : mode;
}

static int requires_certificate(const cfo_server_conf_t *conf)
{
    return conf->require == CFO_UNSET || conf->require & CFO_REQUIRE_CERT;
}

static int has_zones(const cfo_server_conf_t *conf)
{
    const cfo_server_conf_t *base = conf->base;

    return conf->zones || conf->folders || (base && base->zones && !conf->zones_none) ||
           (base && base->folders && !conf->folders_none);
}

static const char *where(apr_pool_t *p, const server_rec *s)
{
    if (!s->defn_name)
        return "the main server";
    return apr_psprintf(p, "the virtual host %s (%s:%u)",
                        s->server_hostname ? s->server_hostname : "without a ServerName",
                        s->defn_name, s->defn_line_number);
}

static int check_server(apr_pool_t *p, const server_rec *s, int has_hosts)
{
    const cfo_server_conf_t *conf = cfo_server_conf(s);

    if (mode_of(conf) == CFO_MODE_OFF || !requires_certificate(conf))
        return OK;
    if (!ap_find_linked_module("mod_ssl.c")) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, s,
                     "CFO0100 no-mod-ssl %s requires a client "
                     "certificate (CFOriginPullRequire cert), but mod_ssl is not loaded: "
                     "load it, or say CFOriginPullRequire ip",
                     where(p, s));
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    /* What matches no virtual host, if there are any, may well have no zone. */
    if (!has_zones(conf) && !has_hosts) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, s,
                     "CFO0101 no-zone %s requires a client "
                     "certificate, but no zone is configured, so every request would be "
                     "refused: add CFOriginPullZone or CFOriginPullZoneDir, or say "
                     "CFOriginPullRequire ip",
                     where(p, s));
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

static const cfo_ranges_t *build_ranges(apr_pool_t *p, const apr_array_header_t *list)
{
    return list && list->nelts ? cfo_ranges_build(p, list) : NULL;
}

static void add_table(apr_array_header_t *tables, cfo_zone_table_t *table)
{
    if (table)
        APR_ARRAY_PUSH(tables, cfo_zone_table_t *) = table;
}

static void add_folders(apr_array_header_t *tables, const apr_array_header_t *folders)
{
    int i;

    for (i = 0; folders && i < folders->nelts; i++)
        add_table(tables, APR_ARRAY_IDX(folders, i, cfo_folder_t).table);
}

/* The server's own zones before the main server's, explicit ones before folders. */
static void collect_tables(apr_pool_t *p, cfo_server_conf_t *conf)
{
    apr_array_header_t *tables = apr_array_make(p, 4, sizeof(cfo_zone_table_t *));

    add_table(tables, conf->zones);
    add_folders(tables, conf->folders);
    if (conf->base && !conf->zones_none)
        add_table(tables, conf->base->zones);
    if (conf->base && !conf->folders_none)
        add_folders(tables, conf->base->folders);
    conf->tables = (cfo_zone_table_t **)tables->elts;
    conf->table_count = tables->nelts;
}

static void prepare_conf(apr_pool_t *p, cfo_server_conf_t *conf,
                         const cfo_shared_t *shared)
{
    cfo_server_conf_set_defaults(conf);
    collect_tables(p, conf);
    conf->policy.require_cert = conf->require & CFO_REQUIRE_CERT;
    conf->policy.require_ip = conf->require & CFO_REQUIRE_IP;
    conf->policy.workers = (cfo_workers_t)conf->workers;
    conf->balancers = build_ranges(p, conf->balancer_list);
    conf->tunnels = build_ranges(p, conf->tunnel_list);
    conf->exempt_addresses = build_ranges(p, conf->exempt_list);
    conf->waits_for_remoteip = shared->remoteip != NULL;
    conf->shared = shared;
}

static void log_problems(const server_rec *s, const apr_array_header_t *problems)
{
    int i;

    for (i = 0; i < problems->nelts; i++) {
        const cfo_zone_problem_t *problem =
            &APR_ARRAY_IDX(problems, i, cfo_zone_problem_t);

        if (problem->zone)
            ap_log_error(APLOG_MARK, APLOG_ERR, 0, s,
                         "CFO0102 zone-shut %s: %s; zone %s is "
                         "shut (cert-unknown) until the file is mended",
                         problem->file, problem->reason, problem->zone);
        else
            ap_log_error(APLOG_MARK, APLOG_ERR, 0, s,
                         "CFO0103 zone-file-ignored %s: %s; "
                         "the file is passed over",
                         problem->file, problem->reason);
    }
}

/* All folders that this server names itself. */
static int read_folders(apr_pool_t *p, const server_rec *s)
{
    apr_array_header_t *folders = cfo_server_conf(s)->folders;
    int i;

    for (i = 0; folders && i < folders->nelts; i++) {
        cfo_folder_t *folder = &APR_ARRAY_IDX(folders, i, cfo_folder_t);
        apr_array_header_t *problems = apr_array_make(p, 1, sizeof(cfo_zone_problem_t));
        const char *reason;

        folder->table = cfo_zone_table_create(p);
        reason = cfo_zone_folder_read(p, folder->path, folder->table, problems);
        log_problems(s, problems);
        if (reason) {
            ap_log_error(APLOG_MARK, APLOG_ERR, 0, s,
                         "CFO0104 zone-folder-unreadable "
                         "CFOriginPullZoneDir %s: %s",
                         folder->path, reason);
            return HTTP_INTERNAL_SERVER_ERROR;
        }
    }
    return OK;
}

/* Which files have CA certificates that count for nothing, said once for each file. */
static void log_ignored(apr_pool_t *p, const server_rec *s, const cfo_zone_table_t *table)
{
    apr_array_header_t *zones = cfo_zone_table_list(p, table);
    int i, j;

    for (i = 0; i < zones->nelts; i++) {
        const cfo_zone_t *zone = APR_ARRAY_IDX(zones, i, cfo_zone_t *);

        for (j = 0; j < zone->proofs->nelts; j++) {
            const cfo_proof_t *proof =
                APR_ARRAY_IDX(zone->proofs, j, const cfo_proof_t *);

            if (proof->ignored_beside)
                ap_log_error(
                    APLOG_MARK, APLOG_NOTICE, 0, s,
                    "CFO0105 ca-not-an-anchor zone "
                    "%s: %s has a leaf in it, which is pinned exactly; the %d CA "
                    "certificate(s) beside it are no anchors. To accept whatever "
                    "the CA issues, put the CA into a file of its own",
                    zone->name, proof->source, proof->ignored_beside);
        }
    }
}

static void log_zones(apr_pool_t *p, const server_rec *s)
{
    const cfo_server_conf_t *conf = cfo_server_conf(s);
    int i;

    if (conf->zones)
        log_ignored(p, s, conf->zones);
    for (i = 0; conf->folders && i < conf->folders->nelts; i++)
        log_ignored(p, s, APR_ARRAY_IDX(conf->folders, i, cfo_folder_t).table);
}

static cfo_shared_t *make_shared(apr_pool_t *p, const server_rec *main)
{
    apr_array_header_t *edge = cfo_server_conf(main)->edge_list;
    cfo_shared_t *shared = apr_pcalloc(p, sizeof *shared);

    if (!edge) {
        edge = apr_array_make(p, 32, sizeof(cfo_range_t));
        cfo_ranges_add_builtin(edge);
    }
    shared->edge = build_ranges(p, edge);
    shared->remoteip = ap_find_linked_module("mod_remoteip.c");
    shared->recognition = cfo_recognition_create(p);
    return shared;
}

/* A virtual host without a directive of ours shares the main server's configuration. */
static int has_own_conf(const server_rec *main, const server_rec *s)
{
    return s == main || cfo_server_conf(s) != cfo_server_conf(main);
}

int cfo_startup_check(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp,
                      server_rec *main)
{
    /* apachectl -t never comes to cfo_startup_prepare(). */
    int is_test = ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_TEST;
    const server_rec *s;
    int result = OK;

    (void)plog;
    for (s = main; s; s = s->next) {
        if (check_server(ptemp, s, s == main && main->next) ||
            (is_test && has_own_conf(main, s) && read_folders(p, s)))
            result = HTTP_INTERNAL_SERVER_ERROR;
    }
    for (s = main; is_test && result == OK && s; s = s->next) {
        if (has_own_conf(main, s))
            collect_tables(p, cfo_server_conf(s));
    }
    if (is_test && result == OK)
        cfo_check_log(ptemp, main);
    return result;
}

static int prepare_server(apr_pool_t *p, const server_rec *s, cfo_shared_t *shared)
{
    cfo_server_conf_t *conf = cfo_server_conf(s);

    if (read_folders(p, s))
        return HTTP_INTERNAL_SERVER_ERROR;
    prepare_conf(p, conf, shared);
    if (conf->mode != CFO_MODE_OFF || conf->table_count)
        shared->wants_certificates = 1;
    return OK;
}

int cfo_startup_prepare(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp,
                        server_rec *main)
{
    cfo_shared_t *shared;
    const server_rec *s;

    (void)plog;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return OK;
    shared = make_shared(p, main);
    if (!shared->recognition) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, main, "CFO0106 no-memory cannot start");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    /* The main server comes first, so that its folders are there for the others. */
    for (s = main; s; s = s->next) {
        if (!has_own_conf(main, s))
            continue;
        if (prepare_server(p, s, shared))
            return HTTP_INTERNAL_SERVER_ERROR;
        log_zones(ptemp, s);
    }
    cfo_check_log(ptemp, main);
    return OK;
}
