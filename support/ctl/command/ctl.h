/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: shared by its verbs. */
#ifndef CFO_CTL_COMMAND_CTL_H
#define CFO_CTL_COMMAND_CTL_H

#include "apr_getopt.h"
#include "apr_pools.h"
#include "apr_tables.h"
#include "apr_time.h"

#include "core/base/json.h"

/* The exit codes of all verbs. */
enum {
    CFO_CTL_OK = 0,
    CFO_CTL_NO = 1,         /* the answer is no */
    CFO_CTL_USAGE = 2,      /* the command line is wrong; stdout is empty */
    CFO_CTL_INVALID = 3,    /* a file cannot be read or is invalid */
    CFO_CTL_SUSPICIOUS = 4, /* valid, but should not be used */
    CFO_CTL_CRITICAL = 5    /* of a plugin only */
};

/* The exit codes of a plugin, as monitoring systems expect them. */
enum {
    CFO_PLUGIN_OK = 0,
    CFO_PLUGIN_WARNING = 1,  /* CFO_CTL_NO */
    CFO_PLUGIN_CRITICAL = 2, /* CFO_CTL_CRITICAL */
    CFO_PLUGIN_UNKNOWN = 3   /* all others */
};

/* Replaces an operand "-". */
#define CFO_CTL_STDIN "/dev/stdin"

/* One call of a verb. */
typedef struct {
    apr_pool_t *pool;
    cfo_json_t *json;                   /* NULL: text output */
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
    const char *file; /* NULL: not about a file */
    const char *reason;
} cfo_ctl_problem_t;

typedef struct {
    const char *name;     /* one word, or two: "edge status" */
    const char *synopsis; /* options and operands, as in a manual */
    const char *summary;
    const apr_getopt_option_t *options; /* without --json and --help; ends with zeros.
                                           NULL: the command line is not read */
    int (*run)(cfo_ctl_t *ctl);         /* returns an exit code */
    int is_plugin; /* its exit codes are those of a plugin (`run` returns CFO_CTL_...) */
} cfo_ctl_verb_t;

extern const cfo_ctl_verb_t cfo_ctl_audit, cfo_ctl_match, cfo_ctl_migrate, cfo_ctl_pin,
    cfo_ctl_ranges, cfo_ctl_zones;

/* Cloudflare's side. */
extern const cfo_ctl_verb_t cfo_ctl_edge_status, cfo_ctl_edge_enable, cfo_ctl_edge_rotate,
    cfo_ctl_edge_disable, cfo_ctl_edge_hostname;

/* Writes a problem to stderr, and keeps it for the JSON. */
void cfo_ctl_problem(cfo_ctl_t *ctl, const char *file, const char *reason);

/* Writes an error of the command line to stderr; returns CFO_CTL_USAGE. */
int cfo_ctl_usage(const char *reason);

/* The argument of an option (the last one if there are several); "" if it takes none;
 * NULL if it was not given. */
const char *cfo_ctl_value(const cfo_ctl_t *ctl, int option);

/* A whole number from 0 to `most` in decimal digits; -1 for anything else. */
int cfo_ctl_number(const char *text, int most);

/* Reads a time as cfo_text_time() writes it, or a day (its first second). Returns 0 for
 * anything else. */
int cfo_ctl_time_read(const char *text, apr_time_t *time);

/* A file name or a subject that is safe to print: quoted if it has characters that could
 * mislead a terminal or a reader. */
const char *cfo_ctl_shown(apr_pool_t *p, const char *text);

#endif
