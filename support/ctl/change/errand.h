/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs that change something have in common: zones, one at a time each, with
 * their lock and their state. */
#ifndef CFO_CTL_CHANGE_ERRAND_H
#define CFO_CTL_CHANGE_ERRAND_H

#include "ctl/change/target.h"

struct cfo_work_t;

typedef struct cfo_errand_t {
    const char *verb;
    cfo_edge_t edge;
    cfo_choices_t choices;
    apr_hash_t *of_zone;                 /* name of a zone -> cfo_work_t */
    int (*run)(struct cfo_work_t *work); /* returns an exit code */
    int is_reading;                      /* needs neither the lock nor the state */
} cfo_errand_t;

/* A zone of the errand. */
typedef struct cfo_work_t {
    cfo_errand_t *errand;
    const char *name;          /* of the zone */
    int is_zone;               /* the zone itself was given, ... */
    apr_array_header_t *hosts; /* ... and these host names in it */
    cfo_job_t *job;            /* from here on: while it runs */
    cfo_api_zone_t zone;
    cfo_state_t *state;
    apr_array_header_t *outcomes; /* of cfo_outcome_t * */
} cfo_work_t;

/* Reads the options. Returns CFO_CTL_OK, or an exit code. */
int cfo_errand_open(cfo_ctl_t *ctl, cfo_errand_t *errand, const char *verb,
                    int (*run)(cfo_work_t *work));

/* The operands are names of zones. Returns CFO_CTL_OK or CFO_CTL_USAGE. */
int cfo_errand_take_zones(cfo_ctl_t *ctl, cfo_errand_t *errand);

/* The operands are host names, or zones as well (are_zones); asks Cloudflare which zone
 * they belong to. Returns the worst exit code; what is known goes on. */
int cfo_errand_take_hosts(cfo_ctl_t *ctl, cfo_errand_t *errand, int are_zones);

/* The work in a zone, made if it is missing. */
cfo_work_t *cfo_errand_zone(cfo_ctl_t *ctl, cfo_errand_t *errand, const char *zone);

/* Does it all, in jobs; writes the JSON. Returns the worst exit code, with `result`. */
int cfo_errand_run(cfo_ctl_t *ctl, cfo_errand_t *errand, int result);

/* All of a verb whose operands are zones. Returns an exit code. */
int cfo_errand_zones(cfo_ctl_t *ctl, const char *verb, int (*run)(cfo_work_t *work));

/* A target of the work, with an outcome. */
cfo_target_t *cfo_errand_target(cfo_work_t *work, cfo_api_level_t level, const char *name,
                                const apr_array_header_t *wanted);

/* The worse one of two exit codes. */
int cfo_errand_worse(int a, int b);

#endif
