/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl audit: sums up error logs, and reports whether Audit can become On. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "apr_strings.h"

#include "ctl/audit/audit_report.h"
#include "ctl/audit/log_follow.h"
#include "ctl/command/terminal.h"

enum { SINCE = 1, UNTIL, VHOST, TOP, READY, FOLLOW, INTERVAL, OWN, IGNORE };

enum {
    TOP_DEFAULT = 10,
    TOP_MOST = CFO_BREAKDOWN_MOST,
    INTERVAL_DEFAULT = 60,
    INTERVAL_MOST = 86400,
    PAUSE = 200 /* milliseconds between two checks of the logs */
};

typedef struct {
    cfo_ctl_t *ctl;
    cfo_ctl_summary_t *summary;
    cfo_ctl_own_t *own;
    cfo_ctl_log_t *logs;
    int top;
    int interval; /* seconds */
    int is_brief;
} audit_t;

/* "90s", "30m", "24h", "7d", "4w" before now. */
static int read_ago(const char *text, apr_time_t *time)
{
    static const char units[] = "smhdw";
    static const int seconds[] = { 1, 60, 3600, 86400, 604800 };
    size_t digits = strspn(text, "0123456789");
    const char *unit =
        text[digits] && !text[digits + 1] ? strchr(units, text[digits]) : NULL;
    char number[8] = "";
    int count;

    if (!unit || digits >= sizeof number)
        return 0;
    memcpy(number, text, digits);
    count = cfo_ctl_number(number, 999999);
    if (count < 0)
        return 0;
    *time =
        apr_time_now() - apr_time_from_sec((apr_int64_t)count * seconds[unit - units]);
    return *time > 0;
}

static int read_time(const cfo_ctl_t *ctl, int option, apr_time_t *time)
{
    const char *text = cfo_ctl_value(ctl, option);

    return !text || read_ago(text, time) || cfo_ctl_time_read(text, time);
}

static int read_number(const cfo_ctl_t *ctl, int option, int usual, int most)
{
    const char *text = cfo_ctl_value(ctl, option);

    return text ? cfo_ctl_number(text, most) : usual;
}

/* Returns what is wrong with an option that may be repeated; NULL if nothing is. */
static const char *read_own(const audit_t *audit)
{
    const apr_array_header_t *choices = audit->ctl->choices;
    int i;

    for (i = 0; i < choices->nelts; i++) {
        const cfo_ctl_choice_t *choice = &APR_ARRAY_IDX(choices, i, cfo_ctl_choice_t);
        const char *reason = NULL;

        if (choice->option == OWN)
            reason = cfo_ctl_own_list(audit->own, choice->value);
        else if (choice->option == IGNORE)
            reason = cfo_ctl_own_ignore(audit->own, choice->value);
        if (reason)
            return apr_pstrcat(audit->ctl->pool,
                               choice->option == OWN
                                   ? "--own takes an address or a range: "
                                   : "--ignore takes an address, a range or a /path: ",
                               reason, NULL);
    }
    return NULL;
}

/* Returns what is wrong; NULL if nothing is. */
static const char *read_options(audit_t *audit, cfo_ctl_wanted_t *wanted)
{
    const cfo_ctl_t *ctl = audit->ctl;

    if (!ctl->operands->nelts)
        return "audit needs a log, or - for standard input";
    if (!read_time(ctl, SINCE, &wanted->since) || !read_time(ctl, UNTIL, &wanted->until))
        return "--since and --until take a time such as 2026-01-31T12:00:00Z, a day, or "
               "a time ago: 30m, 24h, 7d";
    wanted->vhost = cfo_ctl_value(ctl, VHOST);
    audit->top = read_number(ctl, TOP, TOP_DEFAULT, TOP_MOST);
    if (audit->top < 1)
        return "--top takes a number from 1 to 4096";
    audit->interval = read_number(ctl, INTERVAL, INTERVAL_DEFAULT, INTERVAL_MOST);
    if (audit->interval < 1)
        return "--interval takes a number of seconds, from 1 to 86400";
    if (cfo_ctl_value(ctl, INTERVAL) && !cfo_ctl_value(ctl, FOLLOW))
        return "--interval needs --follow";
    audit->is_brief = cfo_ctl_value(ctl, READY) != NULL;
    return read_own(audit);
}

static cfo_ctl_ready_t report(const audit_t *audit)
{
    cfo_ctl_report_t report = { .ctl = audit->ctl,
                                .summary = audit->summary,
                                .top = audit->top,
                                .is_brief = audit->is_brief };

    apr_pool_create(&report.pool, audit->ctl->pool);
    cfo_ctl_summary_settle(audit->summary);
    report.readiness = cfo_ctl_readiness(report.pool, audit->summary);
    if (audit->ctl->json)
        cfo_ctl_report_json(&report);
    else
        cfo_ctl_report_text(&report);
    apr_pool_destroy(report.pool);
    return report.readiness.answer;
}

/* A report before the last one, which main() ends with the exit status. */
static void report_between(const audit_t *audit)
{
    report(audit);
    if (audit->ctl->json)
        cfo_json_end(audit->ctl->json);
    else
        putchar('\n');
    fflush(stdout);
}

/* Returns 0 if none of the logs can grow. */
static int read_logs(const audit_t *audit, int is_followed)
{
    int i, grows = 0;

    for (i = 0; i < audit->ctl->operands->nelts && !cfo_ctl_log_stopped; i++)
        grows |= cfo_ctl_log_read(audit->ctl, &audit->logs[i], is_followed,
                                  cfo_ctl_summary_add, audit->summary);
    return grows;
}

static void stop(int signal)
{
    (void)signal;
    cfo_ctl_log_stopped = 1;
}

static void end_on_signals(void)
{
    struct sigaction action = { .sa_handler = stop };

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* For people, who would wait for the first report otherwise. */
static void announce(const audit_t *audit)
{
    const cfo_ctl_t *ctl = audit->ctl;
    int many = ctl->operands->nelts > 1;

    if (ctl->json)
        return;
    fprintf(stderr,
            "cf-originctl: following %s%s from %s; a report every %d s if there is "
            "something new, and at the end (Ctrl-C)%s\n",
            cfo_ctl_shown(ctl->pool, APR_ARRAY_IDX(ctl->operands, 0, const char *)),
            many ? " and others" : "",
            cfo_ctl_value(ctl, SINCE) ? "the time of --since" : "the first line",
            audit->interval,
            cfo_ctl_value(ctl, SINCE) ? "" : "; --since 1m leaves out older lines");
}

static void follow(const audit_t *audit)
{
    apr_uint64_t reported = 0;
    apr_time_t next = apr_time_now() + apr_time_from_sec(audit->interval);

    while (read_logs(audit, 1) && !cfo_ctl_log_stopped) {
        if (apr_time_now() >= next) {
            next = apr_time_now() + apr_time_from_sec(audit->interval);
            if (audit->summary->events != reported)
                report_between(audit);
            reported = audit->summary->events;
        }
        apr_sleep(apr_time_from_msec(PAUSE));
    }
}

static void read_all(audit_t *audit)
{
    const apr_array_header_t *names = audit->ctl->operands;
    int is_followed = cfo_ctl_value(audit->ctl, FOLLOW) != NULL, i;

    if (is_followed)
        end_on_signals();
    audit->logs = apr_pcalloc(audit->ctl->pool, names->nelts * sizeof *audit->logs);
    for (i = 0; i < names->nelts; i++) {
        audit->logs[i] =
            cfo_ctl_log_open(audit->ctl, APR_ARRAY_IDX(names, i, const char *));
        if (is_followed)
            continue;
        cfo_ctl_log_read(audit->ctl, &audit->logs[i], 0, cfo_ctl_summary_add,
                         audit->summary);
        cfo_ctl_log_close(audit->ctl, &audit->logs[i], cfo_ctl_summary_add,
                          audit->summary);
    }
    if (!is_followed)
        return;
    announce(audit);
    follow(audit);
    for (i = 0; i < names->nelts; i++)
        cfo_ctl_log_close(audit->ctl, &audit->logs[i], cfo_ctl_summary_add,
                          audit->summary);
}

static int run(cfo_ctl_t *ctl)
{
    audit_t audit = { .ctl = ctl, .own = cfo_ctl_own_create(ctl->pool) };
    cfo_ctl_wanted_t wanted = { 0 };
    const char *problem = read_options(&audit, &wanted);
    cfo_ctl_ready_t answer;

    if (problem)
        return cfo_ctl_usage(problem);
    audit.summary = cfo_ctl_summary_create(ctl->pool, &wanted, audit.own);
    read_all(&audit);
    answer = report(&audit);
    if (ctl->problems->nelts)
        return CFO_CTL_INVALID;
    return audit.is_brief && answer != CFO_READY_YES ? CFO_CTL_NO : CFO_CTL_OK;
}

static const apr_getopt_option_t options[] = {
    { "since", SINCE, 1, "only lines from then on: a time, a day, or 30m, 24h, 7d ago" },
    { "until", UNTIL, 1, "only lines before this time" },
    { "vhost", VHOST, 1, "only this virtual host: its ServerName, with or without port" },
    { "top", TOP, 1, "the number of rows of each table (10)" },
    { "ready", READY, 0, "only report whether On is safe; exit 1 unless it is" },
    { "follow", FOLLOW, 0, "continue to read, like tail -F, until SIGINT" },
    { "interval", INTERVAL, 1, "seconds between reports of --follow (60)" },
    { "own", OWN, 1, "an address or range of yours; repeatable" },
    { "ignore", IGNORE, 1, "an address, range or /path that may be refused; repeatable" },
    { NULL, 0, 0, NULL },
};

const cfo_ctl_verb_t cfo_ctl_audit = {
    "audit",
    "[--since TIME] [--until TIME] [--vhost NAME] [--top N] [--ready] [--follow "
    "[--interval SECONDS]] [--own RANGE ...] [--ignore RANGE|PATH ...] [--json] LOG...",
    "sum up the requests in an error log, and report whether Audit can become On",
    options,
    run,
};
