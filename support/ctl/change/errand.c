/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs that change something have in common. */
#include "ctl/change/errand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apr_strings.h"

#include "core/trust/zone_name.h"
#include "ctl/change/lock.h"

int cfo_errand_worse(int a, int b)
{
    return a > b ? a : b;
}

int cfo_errand_open(cfo_ctl_t *ctl, cfo_errand_t *errand, const char *verb,
                    int (*run)(cfo_work_t *work))
{
    int result;

    memset(errand, 0, sizeof *errand);
    errand->verb = verb;
    errand->run = run;
    errand->of_zone = apr_hash_make(ctl->pool);
    result = cfo_choices_read(ctl, &errand->choices);
    return result == CFO_CTL_OK ? cfo_edge_open(ctl, &errand->edge) : result;
}

cfo_work_t *cfo_errand_zone(cfo_ctl_t *ctl, cfo_errand_t *errand, const char *zone)
{
    cfo_work_t *work = apr_hash_get(errand->of_zone, zone, APR_HASH_KEY_STRING);

    if (work)
        return work;
    work = apr_pcalloc(ctl->pool, sizeof *work);
    work->errand = errand;
    work->name = zone;
    work->hosts = apr_array_make(ctl->pool, 2, sizeof(const char *));
    apr_hash_set(errand->of_zone, zone, APR_HASH_KEY_STRING, work);
    return work;
}

/* A DNS name as it was given. NULL: it is none, and that was said. */
static const char *name_of(cfo_ctl_t *ctl, int i)
{
    const char *text = APR_ARRAY_IDX(ctl->operands, i, const char *), *name;
    const char *wrong = cfo_zone_name_read(ctl->pool, text, &name);

    if (!wrong && !strcmp(name, "*"))
        wrong = "no name";
    if (!wrong)
        return name;
    cfo_ctl_usage(
        apr_pstrcat(ctl->pool, cfo_ctl_shown(ctl->pool, text), ": ", wrong, NULL));
    return NULL;
}

int cfo_errand_take_zones(cfo_ctl_t *ctl, cfo_errand_t *errand)
{
    int i;

    if (!ctl->operands->nelts)
        return cfo_ctl_usage("give the name of a zone");
    for (i = 0; i < ctl->operands->nelts; i++) {
        const char *name = name_of(ctl, i);

        if (!name)
            return CFO_CTL_USAGE;
        cfo_errand_zone(ctl, errand, name)->is_zone = 1;
    }
    return CFO_CTL_OK;
}

static int take_host(cfo_ctl_t *ctl, cfo_errand_t *errand, const char *name,
                     int are_zones)
{
    cfo_api_zone_t zone;
    const cfo_api_error_t *error =
        cfo_api_zone_of_host(errand->edge.api, ctl->pool, name, &zone);
    cfo_work_t *work;

    if (error) {
        cfo_ctl_problem(
            ctl, NULL,
            apr_pstrcat(ctl->pool, name, ": ",
                        cfo_target_sentences(ctl->pool, error->reason, error->remedy),
                        NULL));
        return CFO_CTL_INVALID;
    }
    work = cfo_errand_zone(ctl, errand, zone.name);
    if (are_zones && !strcmp(zone.name, name))
        work->is_zone = 1;
    else if (!cfo_target_has_name(work->hosts, name))
        APR_ARRAY_PUSH(work->hosts, const char *) = name;
    return CFO_CTL_OK;
}

int cfo_errand_take_hosts(cfo_ctl_t *ctl, cfo_errand_t *errand, int are_zones)
{
    apr_array_header_t *names =
        apr_array_make(ctl->pool, ctl->operands->nelts + 1, sizeof(const char *));
    int i, result = CFO_CTL_OK;

    if (!ctl->operands->nelts)
        return cfo_ctl_usage(are_zones ? "give the name of a zone or of a host"
                                       : "give a host name");
    for (i = 0; i < ctl->operands->nelts; i++) {
        const char *name = name_of(ctl, i);

        if (!name)
            return CFO_CTL_USAGE;
        APR_ARRAY_PUSH(names, const char *) = name;
    }
    for (i = 0; i < names->nelts; i++)
        result = cfo_errand_worse(
            result,
            take_host(ctl, errand, APR_ARRAY_IDX(names, i, const char *), are_zones));
    return result;
}

cfo_target_t *cfo_errand_target(cfo_work_t *work, cfo_api_level_t level, const char *name,
                                const apr_array_header_t *wanted)
{
    apr_pool_t *p = work->job->ctl.pool;
    cfo_target_t *t = apr_pcalloc(p, sizeof *t);

    t->job = work->job;
    t->pool = p;
    t->edge = &work->errand->edge;
    t->choices = &work->errand->choices;
    t->verb = work->errand->verb;
    t->zone = work->zone;
    t->level = level;
    t->name = name;
    t->wanted = wanted ? wanted : apr_array_make(p, 1, sizeof(const char *));
    t->state = work->state;
    t->zone_ids = apr_hash_make(p);
    t->outcome = apr_pcalloc(p, sizeof *t->outcome);
    t->outcome->target = name;
    t->outcome->steps = apr_array_make(p, 8, sizeof(cfo_told_t));
    APR_ARRAY_PUSH(work->outcomes, cfo_outcome_t *) = t->outcome;
    return t;
}

static int fail(cfo_work_t *work, int result, const char *reason, const char *remedy)
{
    return cfo_target_fail(cfo_errand_target(work, CFO_API_FOR_ZONE, work->name, NULL),
                           result, reason, remedy);
}

/* The lock of the zone, and its state. */
static int open_state(cfo_work_t *work)
{
    apr_pool_t *p = work->job->ctl.pool;
    const cfo_choices_t *c = &work->errand->choices;
    const char *wrong = NULL;
    int is_taken = 0;

    if (!c->is_dry_run)
        wrong = cfo_lock_folder(p, c->state);
    if (!wrong && !c->is_dry_run)
        wrong = cfo_lock_take(p, c->state, work->name, 0, &is_taken);
    if (!wrong && !c->is_dry_run)
        cfo_state_tidy(p, c->state, work->name);
    if (!wrong)
        wrong = cfo_state_open(p, c->state, work->name, work->zone.id, &work->state);
    return wrong ? fail(work, is_taken ? CFO_CTL_NO : CFO_CTL_INVALID, wrong, NULL)
                 : CFO_CTL_OK;
}

static int run_job(cfo_job_t *job)
{
    cfo_errand_t *errand = job->crew->baton;
    cfo_work_t *work = apr_hash_get(errand->of_zone, job->name, APR_HASH_KEY_STRING);
    const cfo_api_error_t *error;
    int result = CFO_CTL_OK;

    work->job = job;
    work->outcomes = apr_array_make(job->ctl.pool, 4, sizeof(cfo_outcome_t *));
    job->found = work;
    error = cfo_api_zone(errand->edge.api, job->ctl.pool, work->name, &work->zone);
    if (error)
        return fail(work, CFO_CTL_INVALID, error->reason, error->remedy);
    work->state = cfo_state_create(job->ctl.pool, work->name, work->zone.id);
    if (!errand->is_reading)
        result = open_state(work);
    return result == CFO_CTL_OK ? errand->run(work) : result;
}

static const cfo_json_field_t step_fields[] = {
    { "at", CFO_JSON_TIME, offsetof(cfo_told_t, at) },
    { "text", CFO_JSON_STRING, offsetof(cfo_told_t, text) },
    { NULL, 0, 0 },
};

static const cfo_json_field_t outcome_fields[] = {
    { "target", CFO_JSON_STRING, offsetof(cfo_outcome_t, target) },
    { "outcome", CFO_JSON_STRING, offsetof(cfo_outcome_t, outcome) },
    { "text", CFO_JSON_STRING, offsetof(cfo_outcome_t, text) },
    { "remains", CFO_JSON_STRING, offsetof(cfo_outcome_t, remains) },
    { "from", CFO_JSON_TIME, offsetof(cfo_outcome_t, from) },
    { "exit", CFO_JSON_NUMBER, offsetof(cfo_outcome_t, result) },
    { NULL, 0, 0 },
};

static void write_outcomes(cfo_json_t *json, const cfo_work_t *work)
{
    int i;

    for (i = 0; i < work->outcomes->nelts; i++) {
        const cfo_outcome_t *outcome =
            APR_ARRAY_IDX(work->outcomes, i, const cfo_outcome_t *);

        if (!outcome->outcome)
            continue;
        cfo_json_open(json, NULL, '{');
        cfo_json_string(json, "zone", work->name);
        cfo_json_fields(json, outcome_fields, outcome);
        cfo_json_rows(json, "steps", step_fields, outcome->steps);
        cfo_json_close(json, '}');
    }
}

static void write_json(cfo_ctl_t *ctl, const cfo_errand_t *errand, const cfo_crew_t *crew)
{
    int i;

    cfo_json_string(ctl->json, "verb", errand->verb);
    cfo_json_truth(ctl->json, "dry_run", errand->choices.is_dry_run);
    cfo_json_open(ctl->json, "targets", '[');
    for (i = 0; i < crew->jobs->nelts; i++) {
        const cfo_job_t *job = APR_ARRAY_IDX(crew->jobs, i, const cfo_job_t *);

        if (job->found)
            write_outcomes(ctl->json, job->found);
    }
    cfo_json_close(ctl->json, ']');
}

static void summarize(const cfo_crew_t *crew)
{
    int i, ok = 0;

    for (i = 0; i < crew->jobs->nelts; i++)
        ok += APR_ARRAY_IDX(crew->jobs, i, const cfo_job_t *)->result == CFO_CTL_OK;
    if (crew->jobs->nelts > 1 && !crew->ctl->json)
        printf("%d of %d zones: done, or nothing to do\n", ok, crew->jobs->nelts);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int cfo_errand_run(cfo_ctl_t *ctl, cfo_errand_t *errand, int result)
{
    apr_array_header_t *names = apr_array_make(ctl->pool, 4, sizeof(const char *));
    apr_hash_index_t *index;
    cfo_crew_t *crew;
    int i;

    for (index = apr_hash_first(ctl->pool, errand->of_zone); index;
         index = apr_hash_next(index))
        APR_ARRAY_PUSH(names, const char *) = apr_hash_this_key(index);
    qsort(names->elts, (size_t)names->nelts, sizeof(const char *), compare);
    crew = cfo_crew_run(ctl, names, errand->edge.jobs, run_job, errand);
    for (i = 0; i < crew->jobs->nelts; i++)
        result = cfo_errand_worse(
            result, APR_ARRAY_IDX(crew->jobs, i, const cfo_job_t *)->result);
    if (ctl->json)
        write_json(ctl, errand, crew);
    summarize(crew);
    return result;
}

int cfo_errand_zones(cfo_ctl_t *ctl, const char *verb, int (*run)(cfo_work_t *work))
{
    cfo_errand_t errand;
    int result = cfo_errand_open(ctl, &errand, verb, run);

    if (result == CFO_CTL_OK)
        result = cfo_errand_take_zones(ctl, &errand);
    return result == CFO_CTL_OK ? cfo_errand_run(ctl, &errand, result) : result;
}
