/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge status. */
#include "ctl/command/ctl.h"

#include <stdlib.h>
#include <string.h>

#include "apr_hash.h"
#include "apr_strings.h"

#include "core/trust/zone_name.h"
#include "ctl/edge/crew.h"
#include "ctl/edge/options.h"
#include "ctl/view/status.h"

enum { WARN = CFO_EDGE_OWN, CRITICAL, METRICS };
enum { WARN_DEFAULT = 30, CRITICAL_DEFAULT = 7, DAYS_MOST = 36500 };

/* Of the whole call; what its jobs share is not changed while they work. */
typedef struct {
    cfo_ctl_t *ctl;
    cfo_edge_t edge;
    cfo_edge_status_t status;
    apr_hash_t *found; /* of const cfo_api_zone_t *, by name */
    const cfo_api_error_t *token_error;
} view_t;

static void find(view_t *view, cfo_edge_level_t level, const char *code, const char *zone,
                 const char *text, const char *remedy)
{
    APR_ARRAY_PUSH(view->status.findings, cfo_edge_finding_t) =
        (cfo_edge_finding_t){ level, code, zone, NULL, 0, text, remedy };
}

static const char *read_days(const view_t *view, int option, const char *name, int preset,
                             int *days)
{
    const char *value = cfo_ctl_value(view->ctl, option);

    *days = value ? cfo_ctl_number(value, DAYS_MOST) : preset;
    return *days < 0 ? apr_pstrcat(view->ctl->pool, name, " takes a number of days", NULL)
                     : NULL;
}

/* Returns what is wrong with the command line, or NULL. */
static const char *read_options(view_t *view)
{
    const char *metrics = cfo_ctl_value(view->ctl, METRICS);
    const char *error =
        read_days(view, WARN, "--warn", WARN_DEFAULT, &view->status.at.warn);

    if (!error)
        error = read_days(view, CRITICAL, "--critical", CRITICAL_DEFAULT,
                          &view->status.at.critical);
    if (!error && view->status.at.warn < view->status.at.critical)
        error = "--warn must not be less than --critical";
    if (!error && metrics && !*metrics)
        error = "--metrics takes the name of a file";
    return error;
}

/* The operands as names of zones, each once. */
static const char *read_operands(const view_t *view, apr_array_header_t *names)
{
    apr_hash_t *seen = apr_hash_make(view->ctl->pool);
    int i;

    for (i = 0; i < view->ctl->operands->nelts; i++) {
        const char *operand = APR_ARRAY_IDX(view->ctl->operands, i, const char *);
        const char *name, *error = cfo_zone_name_read(view->ctl->pool, operand, &name);

        if (error || !strcmp(name, "*"))
            return apr_psprintf(view->ctl->pool, "%s is not the name of a zone%s%s",
                                cfo_ctl_shown(view->ctl->pool, operand),
                                error ? ": " : "", error ? error : "");
        if (apr_hash_get(seen, name, APR_HASH_KEY_STRING))
            continue;
        apr_hash_set(seen, name, APR_HASH_KEY_STRING, "");
        APR_ARRAY_PUSH(names, const char *) = name;
    }
    return NULL;
}

/* A token of an account is not known to this call, which is no fault if the others
 * work. */
static void look_at_token(view_t *view)
{
    view->token_error =
        cfo_api_token_status(view->edge.api, view->ctl->pool, &view->status.token);
    if (view->token_error)
        view->status.token = NULL;
}

/* Whether it is of any use to go on. */
static int is_token_usable(const view_t *view)
{
    if (view->token_error)
        return view->token_error->failure != CFO_API_UNREACHABLE &&
               view->token_error->failure != CFO_API_LIMITED;
    return !strcmp(view->status.token, "active");
}

static void look_at_origin(view_t *view)
{
    const char *error =
        cfo_origin_read(view->ctl, &view->edge.sources, &view->status.origin);

    view->status.status_urls = view->edge.sources.status;
    if (!error)
        return;
    view->status.origin = NULL;
    view->status.origin_error = error;
    find(view, CFO_EDGE_UNKNOWN, "origin-unreadable", NULL,
         apr_pstrcat(view->ctl->pool,
                     "what this origin accepts cannot be read, so nothing is compared "
                     "with it: ",
                     error, NULL),
         "run it as root on the origin, or use --dump or --folder");
}

/* A job of the first crew: the zone of Cloudflare's that has a zone of the origin. */
static int run_find(cfo_job_t *job)
{
    const view_t *view = job->crew->baton;
    cfo_api_zone_t *zone = apr_pcalloc(job->ctl.pool, sizeof *zone);
    const cfo_api_error_t *error;

    cfo_job_doing(job, "looking for its zone");
    error = cfo_api_zone_of_host(view->edge.api, job->ctl.pool, job->name, zone);
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

/* A zone that could not be looked at. */
static void add_failed(view_t *view, const char *name, const cfo_api_error_t *error)
{
    cfo_look_t *look = apr_pcalloc(view->ctl->pool, sizeof *look);
    int part;

    look->name = name;
    look->hosts = apr_array_make(view->ctl->pool, 0, sizeof(cfo_look_host_t));
    for (part = 0; part < CFO_LOOK_PARTS; part++)
        look->errors[part] = error;
    APR_ARRAY_PUSH(view->status.zones, const cfo_edge_zone_t *) =
        cfo_edge_zone_judge(view->ctl, look, view->status.origin, &view->status.at);
}

/* Without operands: the zones that Cloudflare has for those of the origin. Several of
 * those may be in one. */
static void map_zones(view_t *view, apr_array_header_t *names)
{
    const apr_array_header_t *all =
        cfo_origin_zone_names(view->ctl->pool, view->status.origin);
    apr_array_header_t *asked =
        apr_array_make(view->ctl->pool, all->nelts, sizeof(const char *));
    cfo_crew_t *crew;
    int i;

    for (i = 0; i < all->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(all, i, const char *), "*") != 0)
            APR_ARRAY_PUSH(asked, const char *) = APR_ARRAY_IDX(all, i, const char *);
    }
    if (asked->nelts < all->nelts)
        find(view, asked->nelts ? CFO_EDGE_NOTE : CFO_EDGE_UNKNOWN, "zone-any", NULL,
             "the zone \"*\" of the origin does not tell which zones it stands for",
             "name the zones: cf-originctl edge status ZONE ...");
    crew = cfo_crew_run(view->ctl, asked, view->edge.jobs, run_find, view);
    for (i = 0; i < crew->jobs->nelts; i++) {
        const cfo_job_t *job = APR_ARRAY_IDX(crew->jobs, i, const cfo_job_t *);
        const cfo_api_zone_t *zone = job->found;

        if (job->result != CFO_CTL_OK) {
            add_failed(view, job->name, job->found);
            continue;
        }
        if (apr_hash_get(view->found, zone->name, APR_HASH_KEY_STRING))
            continue;
        apr_hash_set(view->found, zone->name, APR_HASH_KEY_STRING, zone);
        APR_ARRAY_PUSH(names, const char *) = zone->name;
    }
}

/* A job of the second crew. */
static int run_look(cfo_job_t *job)
{
    const view_t *view = job->crew->baton;
    const cfo_look_t *look;

    cfo_job_doing(job, "reading");
    look = cfo_look(job->ctl.pool, view->edge.api, job->name,
                    apr_hash_get(view->found, job->name, APR_HASH_KEY_STRING),
                    view->status.origin);
    cfo_job_doing(job, "judging");
    job->found =
        cfo_edge_zone_judge(&job->ctl, look, view->status.origin, &view->status.at);
    return CFO_CTL_OK;
}

static void look_at_zones(view_t *view, const apr_array_header_t *names)
{
    cfo_crew_t *crew = cfo_crew_run(view->ctl, names, view->edge.jobs, run_look, view);
    int i;

    for (i = 0; i < crew->jobs->nelts; i++)
        APR_ARRAY_PUSH(view->status.zones, const cfo_edge_zone_t *) =
            APR_ARRAY_IDX(crew->jobs, i, const cfo_job_t *)->found;
}

/* 1 if a part was read that needs it, unless another zone denied it. */
static void see_permissions(view_t *view)
{
    int i, part;

    for (i = 0; i < CFO_PERMISSIONS; i++)
        view->status.permissions[i] = -1;
    for (i = 0; i < view->status.zones->nelts; i++) {
        const cfo_look_t *look =
            APR_ARRAY_IDX(view->status.zones, i, const cfo_edge_zone_t *)->look;

        for (part = 0; part < CFO_LOOK_ASSOCIATIONS; part++) {
            int *has = &view->status.permissions[cfo_look_parts[part].permission];
            const cfo_api_error_t *error = look->errors[part];

            if (error && error->failure == CFO_API_DENIED)
                *has = 0;
            else if (!error && *has < 0)
                *has = 1;
        }
    }
}

static int some_zone_was_read(const view_t *view)
{
    int i;

    for (i = 0; i < view->status.zones->nelts; i++) {
        if (!APR_ARRAY_IDX(view->status.zones, i, const cfo_edge_zone_t *)
                 ->look->errors[CFO_LOOK_ZONE])
            return 1;
    }
    return 0;
}

/* What the first call says of the token counts only if no other call works. */
static void judge_token(view_t *view)
{
    apr_pool_t *p = view->ctl->pool;

    if (view->token_error && some_zone_was_read(view))
        view->status.token_note =
            "which is usual for a token of an account: it works, but /user/tokens/verify "
            "does not know it";
    else if (view->token_error)
        find(view, CFO_EDGE_UNKNOWN, "token", NULL, view->token_error->reason,
             view->token_error->remedy);
    else if (strcmp(view->status.token, "active") != 0)
        find(view, CFO_EDGE_UNKNOWN, "token", NULL,
             apr_pstrcat(p, "the token is ", cfo_ctl_shown(p, view->status.token), NULL),
             "make a new token at Cloudflare, and put it into the token file");
}

static void collect_findings(view_t *view)
{
    int i;

    for (i = 0; i < view->status.zones->nelts; i++)
        apr_array_cat(
            view->status.findings,
            APR_ARRAY_IDX(view->status.zones, i, const cfo_edge_zone_t *)->findings);
    if (view->status.origin)
        cfo_edge_find_origins(view->ctl, view->status.origin, view->status.zones,
                              view->status.status_urls->nelts > 0, view->status.findings);
    if (!view->status.zones->nelts && !view->status.findings->nelts)
        find(view, CFO_EDGE_UNKNOWN, "no-zones", NULL,
             "the origin has no zone, so there is nothing to look at",
             "name the zones: cf-originctl edge status ZONE ...");
    view->status.level = cfo_edge_findings_sort(view->status.findings);
}

/* The error of a token that cannot be used, for every zone. */
static void fail_all(view_t *view, const apr_array_header_t *names)
{
    const cfo_api_error_t *error = view->token_error;
    int i;

    if (!error) {
        cfo_api_error_t *made = apr_pcalloc(view->ctl->pool, sizeof *made);

        made->failure = CFO_API_TOKEN;
        made->reason = "the token cannot be used";
        error = made;
    }
    for (i = 0; i < names->nelts; i++)
        add_failed(view, APR_ARRAY_IDX(names, i, const char *), error);
}

static int finish(view_t *view)
{
    static const int results[CFO_EDGE_LEVELS] = {
        [CFO_EDGE_NOTE] = CFO_CTL_OK,
        [CFO_EDGE_WARNING] = CFO_CTL_NO,
        [CFO_EDGE_UNKNOWN] = CFO_CTL_INVALID,
        [CFO_EDGE_CRITICAL] = CFO_CTL_CRITICAL,
    };
    const char *metrics = cfo_ctl_value(view->ctl, METRICS), *error;

    see_permissions(view);
    collect_findings(view);
    error = metrics ? cfo_edge_status_metrics(view->ctl, &view->status, metrics) : NULL;
    if (error)
        cfo_ctl_problem(view->ctl, NULL, error);
    if (view->ctl->json)
        cfo_edge_status_json(view->ctl, &view->status);
    else
        cfo_edge_status_text(view->ctl, &view->status);
    return error && view->status.level < CFO_EDGE_UNKNOWN ? CFO_CTL_INVALID
                                                          : results[view->status.level];
}

/* The token or a file cannot be read: the metrics must say so too. */
static int give_up(view_t *view, const apr_array_header_t *names)
{
    const apr_array_header_t *problems = view->ctl->problems;
    const cfo_ctl_problem_t *last =
        problems->nelts ? &APR_ARRAY_IDX(problems, problems->nelts - 1, cfo_ctl_problem_t)
                        : NULL;
    const char *reason = last ? last->reason : "the API cannot be used";

    if (last && last->file)
        reason = apr_pstrcat(view->ctl->pool, cfo_ctl_shown(view->ctl->pool, last->file),
                             ": ", reason, NULL);
    fail_all(view, names);
    find(view, CFO_EDGE_UNKNOWN, "start", NULL, reason, NULL);
    return finish(view);
}

static int run(cfo_ctl_t *ctl)
{
    view_t view = { .ctl = ctl, .found = apr_hash_make(ctl->pool) };
    apr_array_header_t *names = apr_array_make(ctl->pool, 4, sizeof(const char *));
    const char *error = read_options(&view);
    int result;

    if (!error)
        error = read_operands(&view, names);
    if (error)
        return cfo_ctl_usage(error);
    view.status.at.now = apr_time_now();
    view.status.zones = apr_array_make(ctl->pool, 4, sizeof(const cfo_edge_zone_t *));
    view.status.findings = apr_array_make(ctl->pool, 8, sizeof(cfo_edge_finding_t));
    result = cfo_edge_open(ctl, &view.edge);
    if (result == CFO_CTL_USAGE)
        return result;
    if (result != CFO_CTL_OK)
        return give_up(&view, names);
    look_at_token(&view);
    look_at_origin(&view);
    if (!is_token_usable(&view)) {
        fail_all(&view, names);
    }
    else {
        if (!names->nelts && view.status.origin)
            map_zones(&view, names);
        sort_names(names);
        look_at_zones(&view, names);
    }
    judge_token(&view);
    return finish(&view);
}

static const apr_getopt_option_t options[] = {
    CFO_EDGE_OPTIONS,
    { "warn", WARN, 1, "days before a certificate expires that are a warning (30)" },
    { "critical", CRITICAL, 1, "days before it expires that are critical (7)" },
    { "metrics", METRICS, 1, "write metrics for node_exporter's textfile collector" },
    { NULL, 0, 0, NULL },
};

const cfo_ctl_verb_t cfo_ctl_edge_status = {
    "edge status",
    "[--token-file FILE] [--warn DAYS] [--critical DAYS] [--metrics FILE] [--json] "
    "[ZONE ...]",
    "compare what Cloudflare presents with what this origin accepts",
    options,
    run,
    1,
};
