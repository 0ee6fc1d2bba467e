/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict on a request, and what it changes in the request. */
#include "request.h"

#include <string.h>

#include "http_config.h"
#include "http_core.h"
#include "http_log.h"

#include "apr_strings.h"

#include "../core/exempt_path.h"
#include "../core/ray.h"
#include "../core/text.h"
#include "audit.h"
#include "facts.h"

APLOG_USE_MODULE(cf_origin);

static request_rec *parent(const request_rec *r)
{
    return r->prev ? r->prev : r->main;
}

cfo_request_t *cfo_request_find(const request_rec *r)
{
    cfo_request_t *request = NULL;

    for (; r && !request; r = parent(r))
        request = ap_get_module_config(r->request_config, &cf_origin_module);
    return request;
}

/* Whether a back end might make something else of the path than httpd does. Looks at it
 * as it came, for normalising may take away what gives that away. */
static int path_is_ambiguous(const request_rec *r)
{
    char *path = apr_pstrdup(r->pool, r->unparsed_uri);

    path[strcspn(path, "?")] = '\0';
    /* An encoded slash makes ap_unescape_url() fail. Whatever AllowEncodedSlashes makes
     * of it, it makes no exempt path. */
    return ap_unescape_url(path) != OK || cfo_exempt_path_is_ambiguous(path) ||
           cfo_exempt_path_is_contested(path);
}

const char *cfo_request_path(const request_rec *r)
{
    const core_server_config *core = ap_get_core_module_config(r->server->module_config);
    char *path;
#if AP_MODULE_MAGIC_AT_LEAST(20120211, 109) /* 2.4.49 */
    unsigned int flags = AP_NORMALIZE_NOT_ABOVE_ROOT | AP_NORMALIZE_DECODE_UNRESERVED;

    if (!r->parsed_uri.path)
        return NULL;
    if (core->merge_slashes != AP_CORE_CONFIG_OFF)
        flags |= AP_NORMALIZE_MERGE_SLASHES;
    path = apr_pstrdup(r->pool, r->parsed_uri.path);
    /* An encoded slash makes ap_unescape_url() fail. Whatever AllowEncodedSlashes makes
     * of it, it makes no exempt path. */
    return ap_normalize_path(path, flags) && ap_unescape_url(path) == OK ? path : NULL;
#else

    if (!r->parsed_uri.path)
        return NULL;
    path = apr_pstrdup(r->pool, r->parsed_uri.path);
    if (ap_unescape_url(path) != OK)
        return NULL;
    ap_getparents(path);
    if (core->merge_slashes != AP_CORE_CONFIG_OFF)
        ap_no2slash(path);
    return path;
#endif
}

static int path_is_exempt(const request_rec *r, const cfo_server_conf_t *conf,
                          const cfo_request_t *request)
{
    const char *path = request->is_late ? r->uri : cfo_request_path(r);

    return path && !path_is_ambiguous(r) &&
           cfo_exempt_path_covers(conf->exempt_paths, path);
}

static void decide(request_rec *r, const cfo_server_conf_t *conf, cfo_request_t *request)
{
    request->reason = cfo_judge(&request->facts, &conf->policy);
    if (cfo_reason_verdict(request->reason) != CFO_VERDICT_UNPROVEN ||
        !conf->exempt_paths)
        return; /* the path is looked at only where it matters */
    request->facts.path_exempt = path_is_exempt(r, conf, request);
    request->reason = cfo_judge(&request->facts, &conf->policy);
}

static int is_believed(const cfo_server_conf_t *conf, const cfo_request_t *request)
{
    switch (cfo_reason_verdict(request->reason)) {
    case CFO_VERDICT_VERIFIED:
    case CFO_VERDICT_TUNNEL:
        return 1;
    case CFO_VERDICT_UNPROVEN:
        return conf->client_ip == CFO_CLIENT_IP_EDGE && request->facts.edge_known;
    case CFO_VERDICT_EXEMPT:
        break;
    }
    return 0;
}

/* The connection keeps its own. apr_sockaddr_info_get() would ask the DNS and take
 * shorthand, so the bytes that were checked are filled in here. */
static void set_address(request_rec *r, const cfo_visitor_t *visitor)
{
    apr_sockaddr_t *addr = apr_pcalloc(r->pool, sizeof *addr);

    addr->pool = r->pool;
    if (visitor->length == 4) {
        addr->family = addr->sa.sin.sin_family = APR_INET;
        addr->salen = sizeof addr->sa.sin;
        addr->addr_str_len = 16;
        addr->ipaddr_ptr = &addr->sa.sin.sin_addr;
    }
    else {
        addr->family = addr->sa.sin6.sin6_family = APR_INET6;
        addr->salen = sizeof addr->sa.sin6;
        addr->addr_str_len = 46;
        addr->ipaddr_ptr = &addr->sa.sin6.sin6_addr;
    }
    addr->ipaddr_len = visitor->length;
    memcpy(addr->ipaddr_ptr, visitor->bytes, visitor->length);
    r->useragent_addr = addr;
    r->useragent_ip = (char *)visitor->text;
}

static void believe_visitor(request_rec *r, const cfo_server_conf_t *conf,
                            cfo_request_t *request)
{
    cfo_visitor_t visitor;

    request->client_ip = CFO_VISITOR_OFF;
    if (conf->client_ip == CFO_CLIENT_IP_OFF)
        return;
    cfo_visitor_read(r->pool, request->headers.connecting_ip,
                     request->headers.connecting_ipv6, &visitor);
    request->client_ip = visitor.status;
    if (visitor.text)
        set_address(r, &visitor);
    else if (visitor.status == CFO_VISITOR_INVALID) {
        apr_table_unset(r->headers_in, "CF-Connecting-IP");
        ap_log_rerror(
            APLOG_MARK, APLOG_WARNING, 0, r,
            "CFO0110 visitor-invalid vhost=%s edge=%s connecting_ip=%s "
            "hint=\"not exactly one public address: the header was removed, and "
            "the request goes under the address of the edge\"",
            cfo_audit_vhost(r->pool, r->server), request->edge,
            cfo_text_quote(r->pool, request->headers.connecting_ip, 100));
    }
}

/* Leaves in the request which of Cloudflare's headers are to be there. */
static void settle_headers(request_rec *r, const cfo_server_conf_t *conf,
                           cfo_request_t *request)
{
    cfo_headers_t *headers = &request->headers;

    if (headers->parked && (request->believed || !conf->scrub))
        cfo_headers_restore(r, headers, !conf->scrub);
    else if (!headers->parked && conf->scrub && !request->believed)
        cfo_headers_remove(r, 1);
    else if (!headers->parked && conf->scrub && headers->lookalikes)
        cfo_headers_remove(r, 0);
}

/* What the verdict changes in the request itself. */
static void apply(request_rec *r, const cfo_server_conf_t *conf, cfo_request_t *request)
{
    const char *ray =
        cfo_ray_is_valid(request->headers.ray) ? request->headers.ray : NULL;

    request->believed = is_believed(conf, request);
    settle_headers(r, conf, request);
    /* mod_remoteip believes a PROXY header from anybody (facts 7.8). */
    if (request->is_unlisted) {
        r->useragent_addr = r->connection->client_addr;
        r->useragent_ip = r->connection->client_ip;
    }
    if (!request->believed) {
        request->claimed_ray = ray;
        return;
    }
    request->ray = ray;
    if (ray && conf->log_id)
        r->log_id = ray;
    believe_visitor(r, conf, request);
}

/* Looking for an old value costs four times as much as adding one; only where others have
 * had the request before us can there be an old value. */
static void set_variable(request_rec *r, int is_fresh, const char *name,
                         const char *value)
{
    if (!value)
        return;
    if (is_fresh)
        apr_table_addn(r->subprocess_env, name, value);
    else
        apr_table_setn(r->subprocess_env, name, value);
}

static void set_environment(request_rec *r, const cfo_server_conf_t *conf,
                            const cfo_request_t *request, int is_fresh)
{
    const cfo_connection_t *connection = request->connection;
    cfo_verdict_t verdict = cfo_reason_verdict(request->reason);

    set_variable(r, is_fresh, "CF_ORIGIN", cfo_verdict_name(verdict));
    set_variable(r, is_fresh, "CF_ORIGIN_REASON", cfo_reason_name(request->reason));
    set_variable(r, is_fresh, "CF_ORIGIN_EDGE", request->edge);
    if (request->zone)
        set_variable(r, is_fresh, "CF_ORIGIN_ZONE", request->zone->name);
    if (connection && connection->certificate)
        set_variable(r, is_fresh, "CF_ORIGIN_CERT", connection->certificate->sha256_hex);
    if (!request->believed)
        return;
    set_variable(r, is_fresh, "CF_ORIGIN_CLIENT_IP",
                 cfo_visitor_status_name(request->client_ip));
    if (!request->ray)
        return;
    set_variable(r, is_fresh, "CF_RAY", request->ray);
    set_variable(r, is_fresh, "CF_COLO", cfo_ray_colo(request->ray));
    if (conf->log_id)
        r->log_id = request->ray;
}

static void judge(request_rec *r, const cfo_server_conf_t *conf, cfo_request_t *request)
{
    cfo_facts_collect(r, conf, request);
    decide(r, conf, request);
    apply(r, conf, request);
    set_environment(r, conf, request, apr_is_empty_table(r->subprocess_env));
}

static cfo_request_t *make(request_rec *r)
{
    cfo_request_t *request = apr_pcalloc(r->pool, sizeof *request);

    ap_set_module_config(r->request_config, &cf_origin_module, request);
    return request;
}

int cfo_request_begin(request_rec *r)
{
    const cfo_server_conf_t *conf = cfo_server_conf(r->server);
    cfo_request_t *request;

    if (conf->mode == CFO_MODE_OFF || r->prev || r->main)
        return DECLINED;
    request = make(r);
    cfo_headers_read(r, &request->headers);
    if (conf->waits_for_remoteip)
        cfo_headers_park(r, &request->headers);
    else
        judge(r, conf, request);
    return DECLINED;
}

int cfo_request_judge(request_rec *r)
{
    const cfo_server_conf_t *conf = cfo_server_conf(r->server);
    cfo_request_t *request = cfo_request_find(r);

    if (!request)
        return DECLINED;
    /* An internal redirect: httpd has renamed the environment to REDIRECT_*, and
     * mod_remoteip has put the address of its PROXY header back. */
    if (r->prev) {
        r->useragent_addr = r->prev->useragent_addr;
        r->useragent_ip = r->prev->useragent_ip;
        set_environment(r, conf, request, 0);
    }
    else if (request->reason == CFO_REASON_UNJUDGED)
        judge(r, conf, request);
    return DECLINED;
}

/* Whether the virtual host has to do without a verdict until a directory asks for one. */
static int is_off(const request_rec *r)
{
    return cfo_server_conf(r->server)->mode == CFO_MODE_OFF;
}

cfo_request_t *cfo_request_require(request_rec *r)
{
    cfo_request_t *request = cfo_request_find(r);

    if (request)
        return request;
    request = make(r);
    if (!is_off(r))
        return request; /* should have been judged long ago: stays unjudged */
    request->is_late = 1;
    cfo_headers_read(r, &request->headers);
    judge(r, cfo_server_conf(r->server), request);
    return request;
}

cfo_request_t *cfo_request_follow(request_rec *r, cfo_request_t *request,
                                  const char *path)
{
    const cfo_server_conf_t *conf = cfo_server_conf(r->server);
    cfo_request_t *follower;

    if (request->reason != CFO_REASON_EXEMPT_PATH ||
        (path && !path_is_ambiguous(r) &&
         cfo_exempt_path_covers(conf->exempt_paths, path)))
        return request;
    follower = make(r);
    *follower = *request;
    follower->facts.path_exempt = 0;
    follower->reason = cfo_judge(&follower->facts, &conf->policy);
    set_environment(r, conf, follower, 0);
    return follower;
}
