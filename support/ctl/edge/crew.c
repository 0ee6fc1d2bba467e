/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge: works on several zones at a time. */
#include "ctl/edge/crew.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "apr_allocator.h"
#include "apr_strings.h"
#include "apr_thread_mutex.h"
#include "apr_thread_proc.h"

#include "ctl/command/progress.h"
#include "ctl/command/stopping.h"

#if !APR_HAS_THREADS
#error "APR has no threads: ./configure --without-edge"
#endif

enum { STACK = 4 << 20 };

struct cfo_crew_state_t {
    apr_thread_mutex_t *mutex; /* of what follows, of the jobs' `doing`, and of output */
    int next;                  /* the job that nobody has taken yet */
    int ended;
    int has_progress;
};

int cfo_crew_stopping(void)
{
    return cfo_stopping() != 0;
}

int cfo_crew_wait(apr_interval_time_t time)
{
    return cfo_stopping_sleep_until(apr_time_now() + time);
}

/* With the mutex. */
static void show_progress(const cfo_job_t *job)
{
    const cfo_crew_t *crew = job->crew;
    char line[200];

    if (!crew->state->has_progress)
        return;
    apr_snprintf(line, sizeof line, "%d of %d done; %s%s%s", crew->state->ended,
                 crew->jobs->nelts, job->shown, job->doing ? ": " : "",
                 job->doing ? job->doing : "");
    cfo_progress_show(line);
}

void cfo_job_doing(cfo_job_t *job, const char *what)
{
    cfo_crew_t *crew = job->crew;

    apr_thread_mutex_lock(crew->state->mutex);
    job->doing = what;
    show_progress(job);
    apr_thread_mutex_unlock(crew->state->mutex);
}

void cfo_job_say(cfo_job_t *job, const char *format, ...)
{
    cfo_crew_t *crew = job->crew;
    int has_name = crew->jobs->nelts > 1;
    const char *text;
    va_list args;

    if (crew->ctl->json)
        return;
    va_start(args, format);
    text = apr_pvsprintf(job->ctl.pool, format, args);
    va_end(args);
    text = apr_pstrcat(job->ctl.pool, has_name ? job->shown : "", has_name ? ": " : "",
                       text, "\n", NULL);
    apr_thread_mutex_lock(crew->state->mutex);
    cfo_progress_clear();
    fputs(text, stdout);
    fflush(stdout);
    show_progress(job);
    apr_thread_mutex_unlock(crew->state->mutex);
}

/* The next job; NULL: there is none. */
static cfo_job_t *take_job(cfo_crew_t *crew)
{
    cfo_job_t *job = NULL;

    apr_thread_mutex_lock(crew->state->mutex);
    if (crew->state->next < crew->jobs->nelts) {
        job = APR_ARRAY_IDX(crew->jobs, crew->state->next++, cfo_job_t *);
        show_progress(job);
    }
    apr_thread_mutex_unlock(crew->state->mutex);
    return job;
}

static void end_job(cfo_job_t *job)
{
    apr_thread_mutex_lock(job->crew->state->mutex);
    job->crew->state->ended++;
    job->doing = NULL;
    show_progress(job);
    apr_thread_mutex_unlock(job->crew->state->mutex);
}

static void work(cfo_crew_t *crew)
{
    cfo_job_t *job;

    while ((job = take_job(crew))) {
        if (cfo_stopping()) {
            job->result = CFO_CTL_NO;
            cfo_ctl_problem(&job->ctl, NULL,
                            apr_pstrcat(job->ctl.pool, job->shown,
                                        " is left out, because a signal came", NULL));
        }
        else {
            job->result = crew->run(job);
        }
        end_job(job);
    }
}

/* Its own allocator: pools of different threads must not share one. */
static apr_pool_t *make_pool(apr_pool_t *parent)
{
    apr_allocator_t *allocator;
    apr_pool_t *pool;

    if (apr_allocator_create(&allocator) != APR_SUCCESS)
        abort();
    apr_pool_create_ex(&pool, parent, NULL, allocator);
    apr_allocator_owner_set(allocator, pool);
    return pool;
}

static cfo_job_t *make_job(cfo_crew_t *crew, const char *name)
{
    apr_pool_t *pool = make_pool(crew->ctl->pool);
    cfo_job_t *job = apr_pcalloc(pool, sizeof *job);

    job->name = name;
    job->shown = cfo_ctl_shown(pool, name);
    job->crew = crew;
    job->ctl = *crew->ctl;
    job->ctl.pool = pool;
    job->ctl.json = NULL;
    job->ctl.problems = apr_array_make(pool, 4, sizeof(cfo_ctl_problem_t));
    return job;
}

static cfo_crew_t *make_crew(cfo_ctl_t *ctl, const apr_array_header_t *names,
                             int (*run)(cfo_job_t *job), void *baton)
{
    cfo_crew_t *crew = apr_pcalloc(ctl->pool, sizeof *crew);
    int i;

    crew->ctl = ctl;
    crew->baton = baton;
    crew->run = run;
    crew->jobs = apr_array_make(ctl->pool, names->nelts, sizeof(cfo_job_t *));
    crew->state = apr_pcalloc(ctl->pool, sizeof *crew->state);
    crew->state->has_progress = names->nelts > 1 && isatty(STDERR_FILENO);
    if (apr_thread_mutex_create(&crew->state->mutex, APR_THREAD_MUTEX_DEFAULT,
                                ctl->pool) != APR_SUCCESS)
        abort();
    for (i = 0; i < names->nelts; i++)
        APR_ARRAY_PUSH(crew->jobs, cfo_job_t *) =
            make_job(crew, APR_ARRAY_IDX(names, i, const char *));
    return crew;
}

static void *APR_THREAD_FUNC start(apr_thread_t *thread, void *crew)
{
    (void)thread;
    work(crew);
    return NULL;
}

/* Some C libraries give threads too little for deep JSON, or for httpd's output. */
static apr_threadattr_t *attributes(apr_pool_t *p)
{
    apr_threadattr_t *attributes;

    if (apr_threadattr_create(&attributes, p) != APR_SUCCESS ||
        apr_threadattr_stacksize_set(attributes, STACK) != APR_SUCCESS)
        abort();
    return attributes;
}

/* This thread is one of them. Those that cannot be started are not needed. */
static void work_together(cfo_crew_t *crew, int number)
{
    apr_array_header_t *threads =
        apr_array_make(crew->ctl->pool, number, sizeof(apr_thread_t *));
    apr_threadattr_t *attr = attributes(crew->ctl->pool);
    apr_status_t status;
    apr_thread_t *thread;

    while (--number > 0 &&
           apr_thread_create(&thread, attr, start, crew, crew->ctl->pool) == APR_SUCCESS)
        APR_ARRAY_PUSH(threads, apr_thread_t *) = thread;
    work(crew);
    while (threads->nelts)
        apr_thread_join(&status, *(apr_thread_t **)apr_array_pop(threads));
}

cfo_crew_t *cfo_crew_run(cfo_ctl_t *ctl, const apr_array_header_t *names, int threads,
                         int (*run)(cfo_job_t *job), void *baton)
{
    cfo_crew_t *crew = make_crew(ctl, names, run, baton);
    int i;

    cfo_stopping_catch();
    work_together(crew, threads < names->nelts ? threads : names->nelts);
    cfo_progress_clear();
    for (i = 0; i < crew->jobs->nelts; i++)
        apr_array_cat(ctl->problems,
                      APR_ARRAY_IDX(crew->jobs, i, cfo_job_t *)->ctl.problems);
    return crew;
}
