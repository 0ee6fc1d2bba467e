/* SPDX-License-Identifier: Apache-2.0 */
/* What a call of cf-originctl edge works on. */
#include "ctl/change/target.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "apr_lib.h"
#include "apr_strings.h"

apr_time_t cfo_target_clock(void)
{
    struct timespec now = { 0 };

    clock_gettime(CLOCK_MONOTONIC, &now);
    return apr_time_make(now.tv_sec, now.tv_nsec / 1000);
}

int cfo_target_has_name(const apr_array_header_t *names, const char *name)
{
    int i;

    for (i = 0; i < names->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(names, i, const char *), name))
            return 1;
    }
    return 0;
}

int cfo_target_is_below(const char *name, const char *zone)
{
    size_t length = strlen(name), tail = strlen(zone);

    if (length == tail)
        return !strcmp(name, zone);
    return length > tail && name[length - tail - 1] == '.' &&
           !strcmp(name + length - tail, zone);
}

static int is_about(const cfo_target_t *t, const cfo_change_t *change)
{
    int i;

    if (change->level != (int)t->level)
        return 0;
    for (i = 0; i < change->hosts->nelts; i++) {
        if (cfo_target_has_name(t->wanted,
                                APR_ARRAY_IDX(change->hosts, i, cfo_state_host_t).host))
            return 1;
    }
    return t->level == CFO_API_FOR_ZONE;
}

cfo_change_t *cfo_target_change(const cfo_target_t *t)
{
    int i;

    for (i = 0; i < t->state->changes->nelts; i++) {
        cfo_change_t *change = &APR_ARRAY_IDX(t->state->changes, i, cfo_change_t);

        if (is_about(t, change))
            return change;
    }
    return NULL;
}

/* The crew writes the name of the job before a line, if there are several. */
static const char *with_name(const cfo_target_t *t, const char *text)
{
    if (t->job->crew->jobs->nelts > 1 && !strcmp(t->job->name, t->name))
        return text;
    return apr_pstrcat(t->pool, t->name, ": ", text, NULL);
}

static void keep(cfo_target_t *t, const char *text)
{
    APR_ARRAY_PUSH(t->outcome->steps, cfo_told_t) = (cfo_told_t){ apr_time_now(), text };
}

void cfo_target_tell(cfo_target_t *t, const char *format, ...)
{
    const char *text;
    va_list args;

    va_start(args, format);
    text = apr_pvsprintf(t->pool, format, args);
    va_end(args);
    keep(t, text);
    cfo_job_say(t->job, "%s", with_name(t, text));
}

int cfo_target_end(cfo_target_t *t, const char *outcome, int result, const char *format,
                   ...)
{
    va_list args;

    va_start(args, format);
    t->outcome->text = apr_pvsprintf(t->pool, format, args);
    va_end(args);
    t->outcome->outcome = outcome;
    t->outcome->result = result;
    cfo_job_say(t->job, "%s", with_name(t, t->outcome->text));
    return result;
}

const char *cfo_target_sentences(apr_pool_t *p, const char *reason, const char *remedy)
{
    char *text = apr_pstrcat(p, reason, remedy ? ". " : "", remedy, NULL);
    char *start = text + strlen(reason) + 2;

    /* A word, and not the name of a command. */
    if (remedy && remedy[strspn(remedy, "abcdefghijklmnopqrstuvwxyz")] == ' ')
        *start = apr_toupper(*start);
    return text;
}

int cfo_target_fail(cfo_target_t *t, int result, const char *reason, const char *remedy)
{
    const char *text = cfo_target_sentences(t->pool, reason, remedy);

    t->outcome->outcome = "stopped";
    t->outcome->text = text;
    t->outcome->result = result;
    cfo_ctl_problem(&t->job->ctl, NULL, apr_pstrcat(t->pool, t->name, ": ", text, NULL));
    return result;
}

const char *cfo_target_short(apr_pool_t *p, const char *sha256)
{
    return apr_psprintf(p, "sha256 %.16s...", sha256);
}

const char *cfo_target_save(cfo_target_t *t)
{
    if (t->choices->is_dry_run)
        return NULL;
    return cfo_state_write(t->pool, t->choices->state, t->state);
}
