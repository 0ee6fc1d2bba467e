/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge status. */
#include "ctl/command/ctl.h"

#include <string.h>

#include "apr_hash.h"
#include "apr_strings.h"

#include "core/trust/zone_name.h"
#include "ctl/view/gather.h"

enum { WARN = CFO_EDGE_OWN, CRITICAL, METRICS };
enum { WARN_DEFAULT = 30, CRITICAL_DEFAULT = 7, DAYS_MOST = 36500 };

static const char *read_days(const cfo_gathering_t *g, int option, const char *name,
                             int preset, int *days)
{
    const char *value = cfo_ctl_value(g->ctl, option);

    *days = value ? cfo_ctl_number(value, DAYS_MOST) : preset;
    return *days < 0 ? apr_pstrcat(g->ctl->pool, name, " takes a number of days", NULL)
                     : NULL;
}

/* Returns what is wrong with the command line, or NULL. */
static const char *read_options(cfo_gathering_t *g)
{
    const char *metrics = cfo_ctl_value(g->ctl, METRICS);
    const char *error = read_days(g, WARN, "--warn", WARN_DEFAULT, &g->status.at.warn);

    if (!error)
        error = read_days(g, CRITICAL, "--critical", CRITICAL_DEFAULT,
                          &g->status.at.critical);
    if (!error && g->status.at.warn < g->status.at.critical)
        error = "--warn must not be less than --critical";
    if (!error && metrics && !*metrics)
        error = "--metrics takes the name of a file";
    return error;
}

/* The operands as names of zones, each once. */
static const char *read_operands(const cfo_gathering_t *g, apr_array_header_t *names)
{
    apr_hash_t *seen = apr_hash_make(g->ctl->pool);
    int i;

    for (i = 0; i < g->ctl->operands->nelts; i++) {
        const char *operand = APR_ARRAY_IDX(g->ctl->operands, i, const char *);
        const char *name, *error = cfo_zone_name_read(g->ctl->pool, operand, &name);

        if (error || !strcmp(name, "*"))
            return apr_psprintf(g->ctl->pool, "%s is not the name of a zone%s%s",
                                cfo_ctl_shown(g->ctl->pool, operand), error ? ": " : "",
                                error ? error : "");
        if (apr_hash_get(seen, name, APR_HASH_KEY_STRING))
            continue;
        apr_hash_set(seen, name, APR_HASH_KEY_STRING, "");
        APR_ARRAY_PUSH(names, const char *) = name;
    }
    return NULL;
}

static void collect_findings(cfo_gathering_t *g)
{
    int i;

    for (i = 0; i < g->status.zones->nelts; i++)
        apr_array_cat(
            g->status.findings,
            APR_ARRAY_IDX(g->status.zones, i, const cfo_edge_zone_t *)->findings);
    if (g->status.origin)
        cfo_edge_find_origins(g->ctl, g->status.origin, g->status.zones,
                              g->status.status_urls->nelts > 0, g->status.findings);
    if (!g->status.zones->nelts && !g->status.findings->nelts)
        cfo_gather_find(g, CFO_EDGE_UNKNOWN, "no-zones", NULL,
                        "the origin has no zone, so there is nothing to look at",
                        "name the zones: cf-originctl edge status ZONE ...");
    g->status.level = cfo_edge_findings_sort(g->status.findings);
}

static int finish(cfo_gathering_t *g)
{
    static const int results[CFO_EDGE_LEVELS] = {
        [CFO_EDGE_NOTE] = CFO_CTL_OK,
        [CFO_EDGE_WARNING] = CFO_CTL_NO,
        [CFO_EDGE_UNKNOWN] = CFO_CTL_INVALID,
        [CFO_EDGE_CRITICAL] = CFO_CTL_CRITICAL,
    };
    const char *metrics = cfo_ctl_value(g->ctl, METRICS), *error;

    collect_findings(g);
    error = metrics ? cfo_edge_status_metrics(g->ctl, &g->status, metrics) : NULL;
    if (error)
        cfo_ctl_problem(g->ctl, NULL, error);
    if (g->ctl->json)
        cfo_edge_status_json(g->ctl, &g->status);
    else
        cfo_edge_status_text(g->ctl, &g->status);
    return error && g->status.level < CFO_EDGE_UNKNOWN ? CFO_CTL_INVALID
                                                       : results[g->status.level];
}

/* The token or a file cannot be read: the metrics must say so too. */
static int give_up(cfo_gathering_t *g, const apr_array_header_t *names)
{
    const apr_array_header_t *problems = g->ctl->problems;
    const cfo_ctl_problem_t *last =
        problems->nelts ? &APR_ARRAY_IDX(problems, problems->nelts - 1, cfo_ctl_problem_t)
                        : NULL;
    const char *reason = last ? last->reason : "the API cannot be used";

    if (last && last->file)
        reason = apr_pstrcat(g->ctl->pool, cfo_ctl_shown(g->ctl->pool, last->file), ": ",
                             reason, NULL);
    cfo_gather_nothing(g, names);
    cfo_gather_find(g, CFO_EDGE_UNKNOWN, "start", NULL, reason, NULL);
    return finish(g);
}

static int run(cfo_ctl_t *ctl)
{
    cfo_gathering_t view = { .ctl = ctl, .found = apr_hash_make(ctl->pool) };
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
    cfo_gather(&view, names);
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
