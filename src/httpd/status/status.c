/* SPDX-License-Identifier: Apache-2.0 */
/* SetHandler cf-origin-status. */
#include "httpd/status/status.h"

#include <stdlib.h>
#include <string.h>

#include "http_config.h"
#include "http_core.h"
#include "http_main.h"
#include "http_protocol.h"
#include "http_request.h"
#include "util_script.h"

#include "apr_strings.h"

#include "core/report/page.h"
#include "core/report/json_report.h"
#include "core/report/metrics.h"
#include "core/report/problem.h"
#include "core/report/style.h"
#include "core/stats/history.h"
#include "version.h"
#include "httpd/survey/vhost.h"

enum { REFRESH_LEAST = 5, REFRESH_MOST = 3600 };

typedef struct {
    const char *name; /* in the query */
    const char *type;
    void (*render)(const cfo_writer_t *out, const cfo_report_t *report);
} format_t;

/* The last one is the default. */
static const format_t formats[] = {
    { "json", "application/json", cfo_report_json },
    { "metrics", "application/openmetrics-text; version=1.0.0; charset=utf-8",
      cfo_report_metrics },
    { NULL, "text/html; charset=utf-8", cfo_report_html },
};

static int by_name(const void *a, const void *b)
{
    const cfo_report_vhost_t *first = a, *second = b;
    int order = strcmp(first->name, second->name);

    return order ? order : (int)first->mode - (int)second->mode;
}

/* Keeps the first of each name, which has the weakest policy. */
static void drop_doubles(apr_array_header_t *vhosts)
{
    int i, kept = 0;

    for (i = 0; i < vhosts->nelts; i++) {
        const cfo_report_vhost_t *vhost = &APR_ARRAY_IDX(vhosts, i, cfo_report_vhost_t);

        if (kept && !strcmp(vhost->name,
                            APR_ARRAY_IDX(vhosts, kept - 1, cfo_report_vhost_t).name))
            continue;
        APR_ARRAY_IDX(vhosts, kept++, cfo_report_vhost_t) = *vhost;
    }
    vhosts->nelts = kept;
}

static cfo_report_vhost_t describe(apr_pool_t *p, const server_rec *s)
{
    const cfo_server_conf_t *conf = cfo_server_conf(s);
    cfo_report_vhost_t vhost = { .name = cfo_vhost_name(p, s),
                                 .mode = (cfo_mode_t)conf->mode,
                                 .directory_mode = (cfo_mode_t)conf->directory_mode };

    if (vhost.mode == CFO_MODE_OFF && vhost.directory_mode == CFO_MODE_OFF)
        return vhost;
    vhost.require = cfo_require_name(conf->require);
    vhost.client_ip = cfo_client_ip_name(conf->client_ip);
    vhost.scheme = conf->scheme == CFO_SCHEME_VISITOR ? "visitor" : "connection";
    vhost.scrub = conf->scrub ? "On" : "Off";
    return vhost;
}

apr_array_header_t *cfo_status_vhosts(apr_pool_t *p, server_rec *main)
{
    apr_array_header_t *vhosts = apr_array_make(p, 16, sizeof(cfo_report_vhost_t));
    const server_rec *s;

    for (s = cfo_vhosts_reach_main(main) ? main : main->next; s; s = s->next) {
        APR_ARRAY_PUSH(vhosts, cfo_report_vhost_t) = describe(p, s);
    }
    qsort(vhosts->elts, vhosts->nelts, vhosts->elt_size, by_name);
    drop_doubles(vhosts);
    return vhosts;
}

cfo_report_t *cfo_status_report(apr_pool_t *p, const server_rec *main, const char *vhost)
{
    const cfo_server_conf_t *conf = cfo_server_conf(main);
    cfo_report_t *report = apr_pcalloc(p, sizeof *report);
    cfo_totals_t *totals;

    report->pool = p;
    report->version = CFO_VERSION;
    report->server = main->server_hostname;
    report->now = apr_time_now();
    report->expiry_warn = conf->expiry_warn;
    report->vhost = vhost;
    totals = cfo_counters_total(p, conf->shared->counters);
    cfo_history_read(p, conf->shared->counters, report->now, vhost, totals);
    report->totals = totals;
    report->vhosts = cfo_report_join(p, conf->shared->vhosts, report->totals);
    report->snapshot = cfo_snapshots_acquire(conf->shared->snapshots);
    report->usages = cfo_cert_cache_usages(conf->shared->cert_cache);
    report->findings = conf->shared->findings;
    cfo_report_complete(report);
    report->problems = cfo_problems_list(report);
    return report;
}

/* The reader is an administrator: no other site may use that browser to read the page. */
static void set_headers(request_rec *r, const format_t *format)
{
    apr_table_t *headers = r->headers_out;

    ap_set_content_type(r, format->type);
    apr_table_setn(headers, "Cache-Control", "no-store");
    apr_table_setn(headers, "Content-Security-Policy", cfo_report_style_policy(r->pool));
    apr_table_setn(headers, "Cross-Origin-Resource-Policy", "same-origin");
    apr_table_setn(headers, "Referrer-Policy", "no-referrer");
    apr_table_setn(headers, "X-Content-Type-Options", "nosniff");
    apr_table_setn(headers, "X-Frame-Options", "DENY");
    apr_table_setn(headers, "X-Robots-Tag", "noindex");
}

static const format_t *choose_format(const apr_table_t *query)
{
    const format_t *format = formats;

    while (format->name && !apr_table_get(query, format->name))
        format++;
    return format;
}

static int read_refresh(const apr_table_t *query)
{
    const char *text = apr_table_get(query, "refresh");
    int seconds = text ? atoi(text) : 0;

    if (seconds <= 0)
        return 0;
    if (seconds < REFRESH_LEAST)
        return REFRESH_LEAST;
    return seconds < REFRESH_MOST ? seconds : REFRESH_MOST;
}

static void write_out(void *to, const char *text, apr_size_t length)
{
    ap_rwrite(text, (int)length, to);
}

static void render(request_rec *r, const format_t *format, const apr_table_t *query)
{
    cfo_writer_t out = { write_out, r };
    cfo_report_t *report =
        cfo_status_report(r->pool, ap_server_conf, apr_table_get(query, "vhost"));

    report->zone = apr_table_get(query, "zone");
    report->refresh = read_refresh(query);
    format->render(&out, report);
    cfo_snapshot_release(report->snapshot);
}

int cfo_status_handle(request_rec *r)
{
    const format_t *format;
    apr_table_t *query;

    if (!r->handler || strcmp(r->handler, "cf-origin-status"))
        return DECLINED;
    ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, -1);
    if (r->method_number != M_GET)
        return HTTP_METHOD_NOT_ALLOWED;
    ap_args_to_table(r, &query);
    format = choose_format(query);
    set_headers(r, format);
    if (!format->name && read_refresh(query))
        apr_table_setn(r->headers_out, "Refresh", apr_itoa(r->pool, read_refresh(query)));
    if (!r->header_only)
        render(r, format, query);
    return OK;
}
