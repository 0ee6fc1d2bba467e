/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict on a request, and what it changes in the request. */
#include "httpd/request/request.h"

#include <string.h>

#include "apr_strings.h"

#include "core/verdict/ray.h"
#include "httpd/request/environment.h"
#include "httpd/request/facts.h"
#include "httpd/request/request_log.h"
#include "httpd/request/request_path.h"
#include "httpd/request/scheme.h"
#include "httpd/request/trailers.h"
#include "httpd/request/visitor_address.h"

/* Whether there is no verdict until a directory needs one. */
static int is_off(const request_rec *r)
{
    return cfo_server_conf(r->server)->mode == CFO_MODE_OFF;
}

static cfo_reason_t judge_path(const request_rec *r, const cfo_request_t *request,
                               int is_exempt)
{
    cfo_facts_t facts = request->facts;

    facts.path_exempt = is_exempt;
    return cfo_judge(&facts, &cfo_server_conf(r->server)->policy);
}

static cfo_reason_t decide(const request_rec *r, const cfo_request_t *request)
{
    cfo_reason_t reason = judge_path(r, request, 0);

    if (cfo_reason_verdict(reason) != CFO_VERDICT_UNPROVEN ||
        !cfo_server_conf(r->server)->exempt_paths)
        return reason; /* the path is read only where it matters */
    return judge_path(
        r, request,
        cfo_request_path_is_exempt(r, is_off(r) ? r->uri : cfo_request_path(r)));
}

static int is_believed(const cfo_server_conf_t *conf, const cfo_request_t *request,
                       cfo_reason_t reason)
{
    switch (cfo_reason_verdict(reason)) {
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

/* Leaves those of Cloudflare's headers in the request that handlers may see. */
static void settle_headers(request_rec *r, const cfo_effects_t *effects,
                           cfo_request_t *request, int believed)
{
    cfo_headers_t *headers = &request->headers;

    if (headers->parked && (believed || !effects->scrub))
        cfo_headers_restore(r, headers, !effects->scrub);
    else if (!headers->parked && effects->scrub && (!believed || headers->lookalikes))
        cfo_headers_remove(r->pool, r->headers_in, !believed);
    if (effects->scrub && !believed && cfo_request_parent(r))
        cfo_headers_remove_variables(r);
}

/* Whether the client address is this module's business: always under On, and under Audit
 * where a line says so. */
static int sets_address(const cfo_effects_t *effects)
{
    return effects->mode == CFO_MODE_ON || effects->client_ip != CFO_CLIENT_IP_OFF;
}

static int changes_anything(const cfo_effects_t *effects)
{
    return sets_address(effects) || effects->scrub;
}

/* Makes the changes of the verdict in the request, except in the environment. */
static void apply(request_rec *r, const cfo_part_t *part, const cfo_effects_t *effects)
{
    cfo_request_t *request = part->request;

    cfo_request_part(r)->effects = effects;
    settle_headers(r, effects, request, part->outcome.believed);
    /* What is in a tunnel to a back end passes no gate (internals 3.13). */
    if (effects->mode == CFO_MODE_ON && part->outcome.reason == CFO_REASON_EXEMPT_PATH)
        cfo_headers_forget_upgrade(r,
                                   cfo_server_conf(r->server)->shared->has_raw_tunnels);
    if (effects->scrub || effects->mode == CFO_MODE_ON)
        cfo_trailers_watch(r);
    if (!sets_address(effects))
        return;
    /* mod_remoteip believes PROXY headers of all clients (internals 4.2). */
    if (request->is_unlisted || request->is_taken) {
        r->useragent_addr = r->connection->client_addr;
        r->useragent_ip = r->connection->client_ip;
    }
    if (part->outcome.believed && effects->client_ip != CFO_CLIENT_IP_OFF)
        cfo_visitor_believe(r, request);
}

static cfo_part_t *make(request_rec *first)
{
    cfo_part_t *part = cfo_request_part(first);

    part->request = apr_pcalloc(first->pool, sizeof *part->request);
    return part;
}

static void learn(request_rec *first, const cfo_server_conf_t *conf,
                  cfo_request_t *request)
{
    if (cfo_ray_is_valid(request->headers.ray))
        request->ray = request->headers.ray;
    cfo_facts_collect(first, conf, request);
    cfo_request_log_first(first, request);
    cfo_facts_let_go(first, request);
}

/* `mode` is that of the place where the verdict is needed. */
static void judge(request_rec *r, const cfo_server_conf_t *conf, cfo_part_t *part,
                  cfo_mode_t mode)
{
    int is_fresh = apr_is_empty_table(r->subprocess_env);

    part->is_judged = 1;
    part->outcome.reason = decide(r, part->request);
    part->outcome.believed = is_believed(conf, part->request, part->outcome.reason);
    part->is_https = cfo_scheme_applies(conf, part->request, part->outcome.reason);
    apply(r, part, cfo_effects(conf, mode));
    if (part->is_https)
        cfo_scheme_apply(r);
    cfo_environment_set(r, part, is_fresh);
}

static void judge_first(request_rec *r, const cfo_server_conf_t *conf, cfo_part_t *part)
{
    learn(r, conf, part->request);
    judge(r, conf, part, (cfo_mode_t)conf->mode);
    part->request->outcome = part->outcome; /* if no gate follows */
}

/* Whether mod_remoteip has to run before the verdict, since it finds the address behind a
 * load balancer, or sets one that this module replaces. If only headers are removed, it
 * is to read those that are left, as it does without this module. */
static int waits_for_remoteip(const cfo_server_conf_t *conf, const cfo_effects_t *effects)
{
    return conf->waits_for_remoteip &&
           (sets_address(effects) || !effects->scrub || conf->balancers);
}

int cfo_request_begin(request_rec *r)
{
    const cfo_server_conf_t *conf = cfo_server_conf(r->server);
    const cfo_effects_t *effects = cfo_effects(conf, (cfo_mode_t)conf->mode);
    cfo_part_t *part;

    if (r->prev || r->main)
        return DECLINED;
    if (conf->shared->uses_visitor_scheme)
        cfo_scheme_forget(r->connection);
    if (conf->mode == CFO_MODE_OFF)
        return DECLINED;
    part = make(r);
    part->is_judged = 1;
    cfo_headers_read(r, &part->request->headers);
    if (!waits_for_remoteip(conf, effects))
        judge_first(r, conf, part);
    else if (changes_anything(effects))
        cfo_headers_park(r, &part->request->headers);
    else
        part->request->is_left = 1;
    return DECLINED;
}

/* Whether mod_remoteip, which just ran, has changed the address and read a header of
 * Cloudflare's that was left to it. */
static int is_taken(const request_rec *r, const cfo_request_t *request)
{
    return request->is_left && r->useragent_addr != r->connection->client_addr &&
           cfo_headers_were_taken(r, &request->headers);
}

/* An internal redirect: httpd has renamed the environment to REDIRECT_*, and mod_remoteip
 * has set the address of its PROXY header again. */
static void continue_judged(request_rec *r, const cfo_part_t *part)
{
    const cfo_effects_t *effects = cfo_request_effects(r);

    if (effects && sets_address(effects)) {
        r->useragent_addr = r->prev->useragent_addr;
        r->useragent_ip = r->prev->useragent_ip;
    }
    cfo_environment_set(r, part, 0);
}

int cfo_request_judge(request_rec *r)
{
    const cfo_server_conf_t *conf = cfo_server_conf(r->server);
    cfo_part_t *part = cfo_request_find(r);

    if (!part)
        return DECLINED;
    if (r->prev)
        continue_judged(r, part);
    else if (part->outcome.reason == CFO_REASON_UNJUDGED) {
        part->request->is_taken = is_taken(r, part->request);
        judge_first(r, conf, part);
    }
    return DECLINED;
}

/* The whole request, for a part that is judged late. */
static cfo_request_t *require_whole(request_rec *r)
{
    request_rec *first = cfo_request_first(r);
    cfo_request_t *request = cfo_request_whole(first);

    if (request)
        return request;
    request = make(first)->request;
    if (is_off(r)) { /* else it was to be judged before: it stays unjudged */
        cfo_headers_read(first, &request->headers);
        learn(first, cfo_server_conf(r->server), request);
    }
    return request;
}

/* Where a directory has a higher mode than what `r` came through, that mode's changes are
 * made there. */
static void raise_effects(request_rec *r, const cfo_part_t *part, cfo_mode_t mode)
{
    const cfo_effects_t *effects = cfo_request_effects(r);

    if (effects && effects->mode >= mode)
        return;
    apply(r, part, cfo_effects(cfo_server_conf(r->server), mode));
    cfo_environment_set(r, part, 0);
}

cfo_part_t *cfo_request_require_late(request_rec *r, cfo_part_t *part, cfo_mode_t mode)
{
    if (part) {
        raise_effects(r, part, mode);
        return part;
    }
    part = cfo_request_part(r);
    part->request = require_whole(r);
    part->is_judged = 1;
    if (is_off(r))
        judge(r, cfo_server_conf(r->server), part, mode);
    return part;
}

/* A subrequest goes where the configuration leads it, except with the method of a request
 * that carries a second path: COPY and MOVE, with their Destination. */
static int stays_exempt(const request_rec *r, const char *path)
{
    if (!path || (r->main && r->method_number != M_GET))
        return 0;
    return (r->main && !r->prev) || cfo_request_path_is_exempt(r, path);
}

cfo_part_t *cfo_request_follow(request_rec *r, cfo_part_t *part, const char *path)
{
    cfo_part_t *next;

    if (part->outcome.reason != CFO_REASON_EXEMPT_PATH || stays_exempt(r, path))
        return part;
    next = cfo_request_part(r);
    next->request = part->request;
    next->is_judged = 1;
    next->outcome.reason = judge_path(r, part->request, 0);
    next->outcome.believed = 0;
    cfo_environment_set(r, next, 0);
    return next;
}
