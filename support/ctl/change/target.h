/* SPDX-License-Identifier: Apache-2.0 */
/* What a call of cf-originctl edge works on: the certificate of a zone, or one of host
 * names. */
#ifndef CFO_CTL_CHANGE_TARGET_H
#define CFO_CTL_CHANGE_TARGET_H

#include "apr_hash.h"

#include "ctl/change/choices.h"
#include "ctl/change/issue.h"
#include "ctl/change/state.h"
#include "ctl/edge/crew.h"

/* What came of it, for people and for the JSON. */
typedef struct {
    const char *target;
    const char *outcome;       /* "done", "nothing", "later", "planned", "stopped" */
    const char *text;          /* the final line */
    const char *remains;       /* what is left; NULL: nothing */
    apr_time_t from;           /* when that can be done; 0: at once */
    apr_array_header_t *steps; /* of cfo_told_t */
    int result;                /* exit code */
} cfo_outcome_t;

typedef struct {
    apr_time_t at;
    const char *text;
} cfo_told_t;

typedef struct {
    cfo_job_t *job;
    apr_pool_t *pool; /* of the job */
    const cfo_edge_t *edge;
    const cfo_choices_t *choices;
    const char *verb; /* "enable", "rotate", "hostname enable", ... */
    cfo_api_zone_t zone;
    cfo_api_level_t level;
    const char *name;                 /* for messages */
    const apr_array_header_t *wanted; /* of const char *: the host names that were given;
                                         none for a zone */
    cfo_state_t *state;
    cfo_outcome_t *outcome;

    /* In memory only: */
    cfo_issued_t leaf;         /* `key` is NULL: there is none */
    const char *proof;         /* PEM of what proves it */
    apr_time_t unsure_until;   /* by cfo_target_clock(): an upload had no answer */
    int has_failed;            /* a leaf of this call timed out */
    apr_time_t in_force_since; /* by that clock: all looks since say so; 0: not now */
    const char *last_wait;     /* what was said last about waiting */
    apr_hash_t *zone_ids;      /* of the names of the origin's zones */
} cfo_target_t;

/* Seconds that nobody sets, as an apr_time_t. */
apr_time_t cfo_target_clock(void);

/* The change of the state that is about the target; NULL: none. */
cfo_change_t *cfo_target_change(const cfo_target_t *t);

/* Says what was done, and keeps it. */
void cfo_target_tell(cfo_target_t *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The final line. Returns `result`. */
int cfo_target_end(cfo_target_t *t, const char *outcome, int result, const char *format,
                   ...) __attribute__((format(printf, 4, 5)));

/* The same, of an error: to stderr. */
int cfo_target_fail(cfo_target_t *t, int result, const char *reason, const char *remedy);

/* A reason and what to do, as two sentences; `remedy` may be NULL. */
const char *cfo_target_sentences(apr_pool_t *p, const char *reason, const char *remedy);

/* "sha256 0123456789ab...", enough for people to tell certificates apart. */
const char *cfo_target_short(apr_pool_t *p, const char *sha256);

/* Writes the state file, but not in a dry run. Returns NULL, or what is wrong. */
const char *cfo_target_save(cfo_target_t *t);

/* Whether a name is `zone` or below it. */
int cfo_target_is_below(const char *name, const char *zone);

int cfo_target_has_name(const apr_array_header_t *names, const char *name);

#endif
