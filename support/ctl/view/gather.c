/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge status: asks the API and the origin, several zones at a time. */
#include "ctl/view/gather.h"

#include <stdlib.h>
#include <string.h>

#include "apr_strings.h"

#include "ctl/edge/crew.h"

void cfo_gather_find(cfo_gathering_t *g, cfo_edge_level_t level, const char *code,
                     const char *zone, const char *text, const char *remedy)
{
    APR_ARRAY_PUSH(g->status.findings, cfo_edge_finding_t) =
        (cfo_edge_finding_t){ level, code, zone, NULL, 0, text, remedy };
}

/* A token of an account is not known to this call, which is no fault if the others
 * work. */
static void look_at_token(cfo_gathering_t *g)
{
    g->token_error = cfo_api_token_status(g->edge.api, g->ctl->pool, &g->status.token);
    if (g->token_error)
        g->status.token = NULL;
}

/* Whether it is of any use to go on. */
static int is_token_usable(const cfo_gathering_t *g)
{
    if (g->token_error)
        return g->token_error->failure != CFO_API_UNREACHABLE &&
               g->token_error->failure != CFO_API_LIMITED;
    return !strcmp(g->status.token, "active");
}

static void look_at_origin(cfo_gathering_t *g)
{
    const char *error = cfo_origin_read(g->ctl, &g->edge.sources, &g->status.origin);

    g->status.status_urls = g->edge.sources.status;
    if (!error)
        return;
    g->status.origin = NULL;
    g->status.origin_error = error;
    cfo_gather_find(
        g, CFO_EDGE_UNKNOWN, "origin-unreadable", NULL,
        apr_pstrcat(g->ctl->pool,
                    "what this origin accepts cannot be read, so nothing is compared "
                    "with it: ",
                    error, NULL),
        "run it as root on the origin, or use --dump or --folder");
}

/* A job of the first crew: the zone of Cloudflare's that has a zone of the origin. */
static int run_find(cfo_job_t *job)
{
    const cfo_gathering_t *g = job->crew->baton;
    cfo_api_zone_t *zone = apr_pcalloc(job->ctl.pool, sizeof *zone);
    const cfo_api_error_t *error;

    cfo_job_doing(job, "looking for its zone");
    error = cfo_api_zone_of_host(g->edge.api, job->ctl.pool, job->name, zone);
    if (!error) {
        job->found = zone;
        return CFO_CTL_OK;
    }
    job->found = (void *)error;
    return CFO_CTL_INVALID;
}

static int compare_names(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

static void sort_names(apr_array_header_t *names)
{
    if (names->nelts)
        qsort(names->elts, (size_t)names->nelts, sizeof(const char *), compare_names);
}

/* A signal came before its turn. */
static const cfo_api_error_t stopped = { .failure = CFO_API_STOPPED,
                                         .reason = "a signal ended the work before" };

/* A zone that could not be looked at; `error` NULL: a signal came. */
static void add_failed(cfo_gathering_t *g, const char *name, const cfo_api_error_t *error)
{
    cfo_look_t *look = apr_pcalloc(g->ctl->pool, sizeof *look);
    int part;

    if (!error)
        error = &stopped;
    look->name = name;
    look->hosts = apr_array_make(g->ctl->pool, 0, sizeof(cfo_look_host_t));
    for (part = 0; part < CFO_LOOK_PARTS; part++)
        look->errors[part] = error;
    APR_ARRAY_PUSH(g->status.zones, const cfo_edge_zone_t *) =
        cfo_edge_zone_judge(g->ctl, look, g->status.origin, &g->status.at);
}

/* Without operands; "*" is the name of no zone. */
static int add_zones_of_origin(const cfo_gathering_t *g, apr_array_header_t *names)
{
    const apr_array_header_t *all;
    int i, is_any = 0;

    if (!g->status.origin || names->nelts)
        return 0;
    all = cfo_origin_zone_names(g->ctl->pool, g->status.origin);
    for (i = 0; i < all->nelts; i++) {
        const char *name = APR_ARRAY_IDX(all, i, const char *);

        if (strcmp(name, "*") != 0)
            APR_ARRAY_PUSH(names, const char *) = name;
        else
            is_any = 1;
    }
    return is_any;
}

/* Without operands: the zones that Cloudflare has for those of the origin. Several of
 * those may be in one. */
static void map_zones(cfo_gathering_t *g, apr_array_header_t *names)
{
    apr_array_header_t *asked = apr_array_make(g->ctl->pool, 4, sizeof(const char *));
    cfo_crew_t *crew;
    int i;

    if (add_zones_of_origin(g, asked))
        cfo_gather_find(
            g, asked->nelts ? CFO_EDGE_NOTE : CFO_EDGE_UNKNOWN, "zone-any", NULL,
            "the zone \"*\" of the origin does not tell which zones it stands for",
            "name the zones: cf-originctl edge status ZONE ...");
    crew = cfo_crew_run(g->ctl, asked, g->edge.jobs, run_find, g);
    for (i = 0; i < crew->jobs->nelts; i++) {
        const cfo_job_t *job = APR_ARRAY_IDX(crew->jobs, i, const cfo_job_t *);
        const cfo_api_zone_t *zone = job->found;

        if (job->result != CFO_CTL_OK) {
            add_failed(g, job->name, job->found);
            continue;
        }
        if (apr_hash_get(g->found, zone->name, APR_HASH_KEY_STRING))
            continue;
        apr_hash_set(g->found, zone->name, APR_HASH_KEY_STRING, zone);
        APR_ARRAY_PUSH(names, const char *) = zone->name;
    }
}

/* A job of the second crew. */
static int run_look(cfo_job_t *job)
{
    const cfo_gathering_t *g = job->crew->baton;
    const cfo_look_t *look;

    cfo_job_doing(job, "reading");
    look = cfo_look(job->ctl.pool, g->edge.api, job->name,
                    apr_hash_get(g->found, job->name, APR_HASH_KEY_STRING),
                    g->status.origin);
    cfo_job_doing(job, "judging");
    job->found = cfo_edge_zone_judge(&job->ctl, look, g->status.origin, &g->status.at);
    return CFO_CTL_OK;
}

static void look_at_zones(cfo_gathering_t *g, const apr_array_header_t *names)
{
    cfo_crew_t *crew = cfo_crew_run(g->ctl, names, g->edge.jobs, run_look, g);
    int i;

    for (i = 0; i < crew->jobs->nelts; i++) {
        const cfo_job_t *job = APR_ARRAY_IDX(crew->jobs, i, const cfo_job_t *);

        if (job->found)
            APR_ARRAY_PUSH(g->status.zones, const cfo_edge_zone_t *) = job->found;
        else
            add_failed(g, job->name, NULL);
    }
}

/* 1 if a part was read that needs it, unless another zone denied it. */
static void see_permissions(cfo_gathering_t *g)
{
    int i, part;

    for (i = 0; i < CFO_PERMISSIONS; i++)
        g->status.permissions[i] = -1;
    for (i = 0; i < g->status.zones->nelts; i++) {
        const cfo_look_t *look =
            APR_ARRAY_IDX(g->status.zones, i, const cfo_edge_zone_t *)->look;

        for (part = 0; part < CFO_LOOK_ASSOCIATIONS; part++) {
            int *has = &g->status.permissions[cfo_look_parts[part].permission];
            const cfo_api_error_t *error = look->errors[part];

            if (error && error->failure == CFO_API_DENIED)
                *has = 0;
            else if (!error && *has < 0)
                *has = 1;
        }
    }
}

static int some_zone_was_read(const cfo_gathering_t *g)
{
    int i;

    for (i = 0; i < g->status.zones->nelts; i++) {
        if (!APR_ARRAY_IDX(g->status.zones, i, const cfo_edge_zone_t *)
                 ->look->errors[CFO_LOOK_ZONE])
            return 1;
    }
    return 0;
}

/* What the first call says of the token counts only if no other call works. */
static void judge_token(cfo_gathering_t *g)
{
    apr_pool_t *p = g->ctl->pool;

    if (g->token_error && some_zone_was_read(g))
        g->status.token_note =
            "which is usual for a token of an account: it works, but /user/tokens/verify "
            "does not know it";
    else if (g->token_error)
        cfo_gather_find(g, CFO_EDGE_UNKNOWN, "token", NULL, g->token_error->reason,
                        g->token_error->remedy);
    else if (strcmp(g->status.token, "active") != 0)
        cfo_gather_find(
            g, CFO_EDGE_UNKNOWN, "token", NULL,
            apr_pstrcat(p, "the token is ", cfo_ctl_shown(p, g->status.token), NULL),
            "make a new token at Cloudflare, and put it into the token file");
}

/* The error of a token that cannot be used, for every zone. */
static void fail_all(cfo_gathering_t *g, const apr_array_header_t *names)
{
    const cfo_api_error_t *error = g->token_error;
    int i;

    if (!error) {
        cfo_api_error_t *made = apr_pcalloc(g->ctl->pool, sizeof *made);

        made->failure = CFO_API_TOKEN;
        made->reason = "the token cannot be used";
        error = made;
    }
    for (i = 0; i < names->nelts; i++)
        add_failed(g, APR_ARRAY_IDX(names, i, const char *), error);
}

void cfo_gather_nothing(cfo_gathering_t *g, const apr_array_header_t *names)
{
    fail_all(g, names);
    see_permissions(g);
}

void cfo_gather(cfo_gathering_t *g, apr_array_header_t *names)
{
    look_at_token(g);
    look_at_origin(g);
    if (!is_token_usable(g)) {
        add_zones_of_origin(g, names);
        fail_all(g, names);
    }
    else {
        if (!names->nelts && g->status.origin)
            map_zones(g, names);
        sort_names(names);
        look_at_zones(g, names);
    }
    see_permissions(g);
    judge_token(g);
}
