/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge: works on several zones at a time. */
#ifndef CFO_CTL_EDGE_CREW_H
#define CFO_CTL_EDGE_CREW_H

#include "ctl/command/ctl.h"

/* One zone or host name. A thread at a time works on it. */
typedef struct {
    const char *name;
    const char *shown; /* the name, safe to print */
    cfo_ctl_t ctl; /* its own pool and problems; json is NULL. Problems are appended to
                      the caller's when the job has ended */
    int result;    /* what `run` returned */
    void *found;   /* of `run`, for the caller; in the pool of `ctl` */
    struct cfo_crew_t *crew;
    const char *doing; /* NULL: nothing to say */
} cfo_job_t;

typedef struct cfo_crew_t {
    cfo_ctl_t *ctl; /* the verb's */
    void *baton;
    int (*run)(cfo_job_t *job); /* returns an exit code */
    apr_array_header_t *jobs;   /* of cfo_job_t *, in the order of the names */
    struct cfo_crew_state_t *state;
} cfo_crew_t;

/* Runs `run` for each name, `threads` at a time, with a line of progress on stderr if
 * that is a terminal and there are several. A job that fails does not stop the others.
 * Blocks until all have ended.
 *
 * SIGINT and SIGTERM are only noted from then on: jobs that have not begun are left out,
 * with CFO_CTL_NO and a problem; the others ask cfo_crew_stopping() between their steps.
 * The second signal ends the process. */
cfo_crew_t *cfo_crew_run(cfo_ctl_t *ctl, const apr_array_header_t *names, int threads,
                         int (*run)(cfo_job_t *job), void *baton);

/* Whether a signal asks the jobs to end. The API's calls then fail with CFO_API_STOPPED
 * before anything is sent. Any thread. */
int cfo_crew_stopping(void);

/* Waits, but not after such a signal; returns whether there was none. Any thread. */
int cfo_crew_wait(apr_interval_time_t time);

/* Writes a line to stdout at once, whole, with the name before it if there are several
 * jobs; nothing with --json. */
void cfo_job_say(cfo_job_t *job, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What the job is doing, for the line of progress. */
void cfo_job_doing(cfo_job_t *job, const char *what);

#endif
