/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: what its verbs have in common. */
#ifndef CFO_CTL_CTL_H
#define CFO_CTL_CTL_H

#include "apr_getopt.h"
#include "apr_pools.h"
#include "apr_tables.h"
#include "apr_time.h"

#include "core/base/json.h"

/* The exit codes of all verbs. */
enum {
    CFO_CTL_OK = 0,
    CFO_CTL_NO = 1,        /* the answer is no */
    CFO_CTL_USAGE = 2,     /* the command line is wrong; nothing was written to stdout */
    CFO_CTL_INVALID = 3,   /* a file cannot be read or is invalid */
    CFO_CTL_SUSPICIOUS = 4 /* valid, but better not put into force */
};

/* What an operand - is turned into. */
#define CFO_CTL_STDIN "/dev/stdin"

/* One call of a verb. */
typedef struct {
    apr_pool_t *pool;
    cfo_json_t *json;                   /* NULL: text for people */
    const apr_array_header_t *choices;  /* of cfo_ctl_choice_t, as given */
    const apr_array_header_t *operands; /* of const char * */
    apr_array_header_t *problems;       /* of cfo_ctl_problem_t */
} cfo_ctl_t;

/* An option of the verb that was given. */
typedef struct {
    int option;        /* its `optch` */
    const char *value; /* its argument; NULL if it takes none */
} cfo_ctl_choice_t;

typedef struct {
    const char *file; /* NULL: no file is at fault */
    const char *reason;
} cfo_ctl_problem_t;

typedef struct {
    const char *name;
    const char *synopsis; /* options and operands, as a manual writes them */
    const char *summary;
    const apr_getopt_option_t *options; /* --json and --help are added; ends in zeros */
    int (*run)(cfo_ctl_t *ctl);         /* returns an exit code */
} cfo_ctl_verb_t;

extern const cfo_ctl_verb_t cfo_ctl_audit, cfo_ctl_match, cfo_ctl_pin, cfo_ctl_ranges,
    cfo_ctl_zones;

/* Says on stderr what is wrong, and notes it for the JSON. */
void cfo_ctl_problem(cfo_ctl_t *ctl, const char *file, const char *reason);

/* Says on stderr what is wrong with the command line; returns CFO_CTL_USAGE. */
int cfo_ctl_usage(const char *reason);

/* The argument of an option (of the last, if it was given several times), NULL if it was
 * not given. An option without an argument gives "". */
const char *cfo_ctl_value(const cfo_ctl_t *ctl, int option);

/* A whole number from 0 to `most` in plain decimal digits; -1 if it is anything else. */
int cfo_ctl_number(const char *text, int most);

/* Reads what cfo_text_time() writes, or a day alone (its first second). Returns 0 if it
 * is no such time. */
int cfo_ctl_time_read(const char *text, apr_time_t *time);

/* A file name or a subject, safe to be shown: quoted if there is anything in it that a
 * terminal or a reader could take for something else. */
const char *cfo_ctl_shown(apr_pool_t *p, const char *text);

#endif
