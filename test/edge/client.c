/* SPDX-License-Identifier: Apache-2.0 */
/* Calls the API's client, for test_api.py: client [OPTION ...] COMMAND ARGUMENT ... with
 * the options that all verbs of "cf-originctl edge" have. Prints a line for each thing
 * found, or the error, and exits with 1. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "apr_general.h"
#include "apr_getopt.h"
#include "apr_strings.h"

#include "core/base/text.h"
#include "ctl/cloudflare/limit.h"
#include "ctl/command/input.h"
#include "ctl/command/stopping.h"
#include "ctl/edge/crew.h"
#include "ctl/edge/options.h"

static const apr_getopt_option_t options[] = { CFO_EDGE_OPTIONS, { NULL, 0, 0, NULL } };

static apr_pool_t *pool;
static cfo_api_t *api;
static const char *const *arg; /* of the command */

static int say(const cfo_api_error_t *error)
{
    static const char *const names[] = { "UNREACHABLE", "BROKEN", "LIMITED", "TOKEN",
                                         "DENIED",      "ABSENT", "REFUSED", "STOPPED" };

    if (!error)
        return 0;
    printf("%s %d %d\n%s\n%s\n", names[error->failure], error->http, error->code,
           error->reason, error->remedy ? error->remedy : "-");
    return 1;
}

static cfo_api_level_t level_of(const char *text)
{
    return strcmp(text, "hosts") ? CFO_API_FOR_ZONE : CFO_API_FOR_HOSTS;
}

static void print_certificate(const cfo_api_certificate_t *c)
{
    printf("%s %s %s %" APR_TIME_T_FMT " %s\n", c->id, cfo_api_state_name(c->state),
           c->state_text, c->uploaded,
           c->certificate ? c->certificate->sha256_hex : c->invalid);
}

static int token(void)
{
    const char *status;
    int failed = say(cfo_api_token_status(api, pool, &status));

    if (!failed)
        puts(status);
    return failed;
}

static int zone(void)
{
    cfo_api_zone_t found;
    int failed = say(cfo_api_zone(api, pool, arg[0], &found));

    if (!failed)
        printf("%s %s %s\n", found.id, found.name, found.status);
    return failed;
}

static int host(void)
{
    cfo_api_zone_t found;
    int failed = say(cfo_api_zone_of_host(api, pool, arg[0], &found));

    if (!failed)
        printf("%s %s %s\n", found.id, found.name, found.status);
    return failed;
}

static int ssl_mode(void)
{
    const char *mode;
    int failed = say(cfo_api_ssl_mode(api, pool, arg[0], &mode));

    if (!failed)
        puts(mode);
    return failed;
}

static int switch_of(void)
{
    cfo_api_switch_t which =
        strcmp(arg[1], "global") ? CFO_API_ZONE_LEVEL : CFO_API_GLOBAL;
    int is_on, failed;

    if (arg[2])
        return say(cfo_api_switch_set(api, pool, arg[0], which, !strcmp(arg[2], "on")));
    failed = say(cfo_api_switch_get(api, pool, arg[0], which, &is_on));
    if (!failed)
        puts(is_on ? "on" : "off");
    return failed;
}

static int certificates(void)
{
    apr_array_header_t *all;
    int i, failed = say(cfo_api_certificates(api, pool, arg[0], level_of(arg[1]), &all));

    for (i = 0; !failed && i < all->nelts; i++)
        print_certificate(&APR_ARRAY_IDX(all, i, cfo_api_certificate_t));
    return failed;
}

static int certificate(void)
{
    cfo_api_certificate_t found;
    int failed =
        say(cfo_api_certificate(api, pool, arg[0], level_of(arg[1]), arg[2], &found));

    if (!failed)
        print_certificate(&found);
    return failed;
}

static const char *contents(const char *name)
{
    const char *text, *reason;
    apr_size_t length;

    reason = cfo_ctl_input_read(pool, name, 1 << 20, &text, &length);
    if (reason) {
        fprintf(stderr, "%s: %s\n", name, reason);
        exit(9);
    }
    return text;
}

static int upload(void)
{
    cfo_api_certificate_t found;
    int failed = say(cfo_api_upload(api, pool, arg[0], level_of(arg[1]), contents(arg[2]),
                                    contents(arg[3]), &found));

    if (!failed)
        print_certificate(&found);
    return failed;
}

/* Over a connection that has been used. */
static int upload_later(void)
{
    const char *status;

    return say(cfo_api_token_status(api, pool, &status)) || upload();
}

/* Erases the key after the upload, and waits, so that its memory can be searched. */
static int upload_erase(void)
{
    static char key[16384];
    cfo_api_certificate_t found;
    int file = open(arg[3], O_RDONLY);
    ssize_t length = read(file, key, sizeof key - 1);
    int failed = length <= 0 || say(cfo_api_upload(api, pool, arg[0], level_of(arg[1]),
                                                   contents(arg[2]), key, &found));

    OPENSSL_cleanse(key, sizeof key);
    puts("waits");
    fflush(stdout);
    cfo_stopping_catch();
    cfo_crew_wait(apr_time_from_sec(60));
    return failed;
}

static int take_away(void)
{
    return say(cfo_api_delete(api, pool, arg[0], level_of(arg[1]), arg[2]));
}

static const char *const uses[] = { "null", "false", "true" };

static int association(void)
{
    cfo_api_association_t found;
    int failed = say(cfo_api_association(api, pool, arg[0], arg[1], &found));

    if (!failed)
        printf("%s %s %s %s %s %s\n", found.host, found.cert_id ? found.cert_id : "-",
               uses[found.use], cfo_api_state_name(found.state),
               cfo_api_state_name(found.cert_state),
               found.certificate ? found.certificate->sha256_hex : "-");
    return failed;
}

static int associate(void)
{
    cfo_api_use_t use = CFO_API_VOID;

    while (use < CFO_API_USED && strcmp(uses[use], arg[3]))
        use++;
    return say(cfo_api_associate(api, pool, arg[0], arg[1],
                                 strcmp(arg[2], "-") ? arg[2] : NULL, use));
}

static int records(void)
{
    apr_array_header_t *all;
    int i, failed = say(cfo_api_records(api, pool, arg[0], &all));

    for (i = 0; !failed && i < all->nelts; i++) {
        const cfo_api_record_t *record = &APR_ARRAY_IDX(all, i, cfo_api_record_t);

        printf("%s %s %s %s\n", record->name, record->type, record->content,
               record->is_proxied ? "proxied" : "dns-only");
    }
    return failed;
}

/* When the places of a limit are due, if all are wanted at the same time: NUMBER PERIOD
 * WANTED, in microseconds. */
static int limit(void)
{
    cfo_limit_t *made = cfo_limit_make(pool, atoi(arg[0]), atol(arg[1]));
    int i;

    for (i = 0; i < atoi(arg[2]); i++)
        printf("%" APR_TIME_T_FMT "\n", cfo_limit_take(made, 1) - 1);
    return 0;
}

static const struct {
    const char *name;
    int (*run)(void);
} commands[] = {
    { "token", token },
    { "zone", zone },
    { "host", host },
    { "ssl", ssl_mode },
    { "switch", switch_of },
    { "certificates", certificates },
    { "certificate", certificate },
    { "upload", upload },
    { "upload-later", upload_later },
    { "upload-erase", upload_erase },
    { "delete", take_away },
    { "association", association },
    { "associate", associate },
    { "records", records },
    { "limit", limit },
    { NULL, NULL },
};

/* Reads what "edge status" reads of a zone. */
static int look(cfo_job_t *job)
{
    cfo_api_zone_t found;
    apr_array_header_t *all;
    const char *mode;
    int is_on;
    apr_pool_t *p = job->ctl.pool;
    const cfo_api_error_t *error = cfo_api_zone(api, p, job->name, &found);

    cfo_job_doing(job, "reading");
    if (!error)
        error = cfo_api_ssl_mode(api, p, found.id, &mode);
    if (!error)
        error = cfo_api_switch_get(api, p, found.id, CFO_API_ZONE_LEVEL, &is_on);
    if (!error)
        error = cfo_api_certificates(api, p, found.id, CFO_API_FOR_ZONE, &all);
    if (!error)
        error = cfo_api_records(api, p, found.id, &all);
    if (error) {
        cfo_ctl_problem(&job->ctl, NULL,
                        apr_pstrcat(p, job->name, ": ", error->reason, NULL));
        return CFO_CTL_INVALID;
    }
    cfo_job_say(job, "%s, %d records", mode, all->nelts);
    return CFO_CTL_OK;
}

/* Waits for a signal. */
static int wait_long(cfo_job_t *job)
{
    const char *status;

    cfo_job_say(job, "waits");
    if (cfo_crew_wait(apr_time_from_sec(60)) || !cfo_crew_stopping())
        return CFO_CTL_INVALID;
    return cfo_api_token_status(api, job->ctl.pool, &status)->failure == CFO_API_STOPPED
               ? CFO_CTL_OK
               : CFO_CTL_INVALID;
}

static int crew(cfo_ctl_t *ctl, int threads, int (*run)(cfo_job_t *job))
{
    apr_array_header_t *names = apr_array_make(pool, 8, sizeof(const char *));
    cfo_crew_t *made;
    int i;

    for (; *arg; arg++)
        APR_ARRAY_PUSH(names, const char *) = *arg;
    made = cfo_crew_run(ctl, names, threads, run, NULL);
    for (i = 0; i < made->jobs->nelts; i++) {
        const cfo_job_t *job = APR_ARRAY_IDX(made->jobs, i, cfo_job_t *);

        printf("ended %s %d\n", job->name, job->result);
    }
    for (i = 0; i < ctl->problems->nelts; i++)
        printf("problem %s\n", APR_ARRAY_IDX(ctl->problems, i, cfo_ctl_problem_t).reason);
    printf("requests %d\n", cfo_api_requests(api));
    return 0;
}

static int run(cfo_ctl_t *ctl, const char *command)
{
    cfo_edge_t edge;
    int i, result;

    result = cfo_edge_open(ctl, &edge);
    if (result != CFO_CTL_OK)
        return 10 + result;
    api = edge.api;
    if (!strcmp(command, "look"))
        return crew(ctl, edge.jobs, look);
    if (!strcmp(command, "wait"))
        return crew(ctl, edge.jobs, wait_long);
    for (i = 0; commands[i].name; i++) {
        if (!strcmp(commands[i].name, command))
            return commands[i].run();
    }
    return 9;
}

int main(int argc, const char *const *argv, const char *const *env)
{
    cfo_ctl_t ctl = { 0 };
    apr_getopt_t *getopt;
    const char *value;
    int option, result;

    if (apr_app_initialize(&argc, &argv, &env) != APR_SUCCESS ||
        apr_pool_create(&pool, NULL) != APR_SUCCESS)
        return 9;
    ctl.pool = pool;
    ctl.choices = apr_array_make(pool, 4, sizeof(cfo_ctl_choice_t));
    ctl.operands = apr_array_make(pool, 4, sizeof(const char *));
    ctl.problems = apr_array_make(pool, 4, sizeof(cfo_ctl_problem_t));
    apr_getopt_init(&getopt, pool, argc, argv);
    while (apr_getopt_long(getopt, options, &option, &value) == APR_SUCCESS)
        APR_ARRAY_PUSH((apr_array_header_t *)ctl.choices, cfo_ctl_choice_t) =
            (cfo_ctl_choice_t){ option, value };
    if (getopt->ind >= argc)
        return 9;
    arg = argv + getopt->ind + 1;
    result = run(&ctl, argv[getopt->ind]);
    fflush(stdout);
    apr_terminate();
    return result;
}
