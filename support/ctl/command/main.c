/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: reads range lists, zone files and certificates as the module does, and
 * its log; and Cloudflare's side. */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apr_general.h"
#include "apr_strings.h"

#include "version.h"
#include "ctl/command/ctl.h"

/* clang-format off */
static const cfo_ctl_verb_t *const verbs[] = {
    &cfo_ctl_ranges,
    &cfo_ctl_zones,
    &cfo_ctl_pin,
    &cfo_ctl_match,
    &cfo_ctl_audit,
    &cfo_ctl_migrate,
    &cfo_ctl_edge_status,
    &cfo_ctl_edge_enable,
    &cfo_ctl_edge_rotate,
    &cfo_ctl_edge_disable,
    &cfo_ctl_edge_hostname,
    NULL
};
/* clang-format on */

enum { JSON = 256, HELP };

static const apr_getopt_option_t common[] = {
    { "json", JSON, 0, "write one JSON object instead of text" },
    { "help", HELP, 0, "show this help" },
    { NULL, 0, 0, NULL },
};

static void append(apr_array_header_t *all, const apr_getopt_option_t *options)
{
    for (; options->optch; options++)
        APR_ARRAY_PUSH(all, apr_getopt_option_t) = *options;
}

static const apr_getopt_option_t *options_of(apr_pool_t *p, const cfo_ctl_verb_t *verb)
{
    apr_array_header_t *all = apr_array_make(p, 8, sizeof(apr_getopt_option_t));

    if (verb->options)
        append(all, verb->options);
    append(all, common);
    APR_ARRAY_PUSH(all, apr_getopt_option_t) = (apr_getopt_option_t){ NULL, 0, 0, NULL };
    return (const apr_getopt_option_t *)all->elts;
}

static int help_verb(const cfo_ctl_verb_t *verb, const apr_getopt_option_t *options)
{
    printf("Usage: cf-originctl %s %s\n%s.\n\n", verb->name, verb->synopsis,
           verb->summary);
    for (; options->optch; options++)
        printf("  --%-16s %s\n", options->name, options->description);
    printf("\nExit status and everything else: man cf-originctl\n");
    return CFO_CTL_OK;
}

static int begins(const char *text, const char *with)
{
    return !strncmp(text, with, strlen(with));
}

/* "edge " is what several verbs begin with. */
static int is_group(const char *start)
{
    const cfo_ctl_verb_t *const *verb = verbs;

    while (*verb && !begins((*verb)->name, start))
        verb++;
    return *verb != NULL;
}

/* All that begin with `group`: "" or "edge ". */
static void list_verbs(FILE *out, const char *group)
{
    const cfo_ctl_verb_t *const *verb;

    fprintf(out, "Usage: cf-originctl %sVERB [OPTION ...] ...\n\n", group);
    for (verb = verbs; *verb; verb++) {
        if (begins((*verb)->name, group))
            fprintf(out, "  %-13s %s\n", (*verb)->name, (*verb)->summary);
    }
    fprintf(out, "\n  cf-originctl %sVERB --help    the options of a verb\n", group);
    if (!*group)
        fprintf(out, "  cf-originctl --version      the version\n");
}

static const cfo_ctl_verb_t *find_verb(const char *name)
{
    const cfo_ctl_verb_t *const *verb = verbs;

    while (*verb && strcmp((*verb)->name, name))
        verb++;
    return *verb;
}

static const cfo_json_field_t problem_fields[] = {
    { "file", CFO_JSON_STRING, offsetof(cfo_ctl_problem_t, file) },
    { "reason", CFO_JSON_STRING, offsetof(cfo_ctl_problem_t, reason) },
    { NULL, 0, 0 },
};

static void finish_json(cfo_ctl_t *ctl, int result)
{
    cfo_json_rows(ctl->json, "problems", problem_fields, ctl->problems);
    cfo_json_number(ctl->json, "exit", result);
    cfo_json_end(ctl->json);
}

static int exit_code(const cfo_ctl_verb_t *verb, int result)
{
    if (!verb->is_plugin)
        return result;
    switch (result) {
    case CFO_CTL_OK:
        return CFO_PLUGIN_OK;
    case CFO_CTL_NO:
        return CFO_PLUGIN_WARNING;
    case CFO_CTL_CRITICAL:
        return CFO_PLUGIN_CRITICAL;
    default:
        return CFO_PLUGIN_UNKNOWN;
    }
}

static int usage(const cfo_ctl_verb_t *verb)
{
    fprintf(stderr, "Usage: cf-originctl %s %s\n", verb->name, verb->synopsis);
    return exit_code(verb, CFO_CTL_USAGE);
}

static int run(cfo_ctl_t *ctl, const cfo_ctl_verb_t *verb)
{
    int result = verb->run(ctl);

    if (result == CFO_CTL_USAGE)
        return usage(verb);
    result = exit_code(verb, result);
    if (ctl->json)
        finish_json(ctl, result);
    return result;
}

static void write_stdout(void *to, const char *text, apr_size_t length)
{
    (void)to;
    fwrite(text, 1, length, stdout);
}

/* An option may be the name of a file, by a pattern of the shell. */
static void print_error(void *p, const char *format, ...)
{
    va_list args;
    char *text, *c;

    va_start(args, format);
    text = apr_pvsprintf(p, format, args);
    va_end(args);
    for (c = text; *c; c++) {
        if (((unsigned char)*c < ' ' && c[1]) || (unsigned char)*c >= 0x7f)
            *c = '?';
    }
    fputs(text, stderr);
}

/* apr_getopt begins its messages with argv[0]. */
static int parse_and_run(apr_pool_t *p, const cfo_ctl_verb_t *verb, int argc,
                         const char *const *argv)
{
    const apr_getopt_option_t *options = options_of(p, verb);
    apr_array_header_t *choices = apr_array_make(p, 4, sizeof(cfo_ctl_choice_t));
    apr_array_header_t *operands = apr_array_make(p, 4, sizeof(const char *));
    static const cfo_writer_t out = { write_stdout, NULL };
    cfo_json_t json = { .out = &out };
    cfo_ctl_t ctl = { p, NULL, choices, operands,
                      apr_array_make(p, 4, sizeof(cfo_ctl_problem_t)) };
    apr_getopt_t *getopt;
    const char *value;
    apr_status_t status;
    int option;

    if (!verb->options)
        return run(&ctl, verb);
    apr_getopt_init(&getopt, p, argc, argv);
    getopt->interleave = 1;
    getopt->errfn = print_error;
    getopt->errarg = p;
    while (!(status = apr_getopt_long(getopt, options, &option, &value))) {
        if (option == HELP)
            return help_verb(verb, options);
        if (option == JSON)
            ctl.json = &json;
        else
            APR_ARRAY_PUSH(choices, cfo_ctl_choice_t) =
                (cfo_ctl_choice_t){ option, value };
    }
    if (status != APR_EOF)
        return usage(verb);
    for (; getopt->ind < argc; getopt->ind++)
        APR_ARRAY_PUSH(operands, const char *) = getopt->argv[getopt->ind];
    return run(&ctl, verb);
}

/* apr_getopt treats "-" as an option without a name. */
static void name_stdin(const char **argv)
{
    for (; *argv && strcmp(*argv, "--"); argv++) {
        if (!strcmp(*argv, "-"))
            *argv = CFO_CTL_STDIN;
    }
}

/* Its name has `words` words, the first arguments. */
static int call(apr_pool_t *p, const cfo_ctl_verb_t *verb, int words, int argc,
                const char **argv)
{
    argv += words;
    argv[0] = "cf-originctl";
    name_stdin(argv);
    return parse_and_run(p, verb, argc - words, argv);
}

/* Of `word`, which is no verb. */
static int help_or_usage(apr_pool_t *p, const char *group, const char *word)
{
    if (!strcmp(word, "--help")) {
        list_verbs(stdout, group);
        return CFO_CTL_OK;
    }
    if (*word)
        cfo_ctl_usage(
            apr_pstrcat(p, "unknown verb ", group, cfo_ctl_shown(p, word), NULL));
    list_verbs(stderr, group);
    return CFO_CTL_USAGE;
}

static int dispatch(apr_pool_t *p, int argc, const char **argv)
{
    const char *first = argc > 1 ? argv[1] : "", *second = argc > 2 ? argv[2] : "";
    const cfo_ctl_verb_t *verb = find_verb(first);
    const char *group = apr_pstrcat(p, first, " ", NULL);

    if (verb)
        return call(p, verb, 1, argc, argv);
    if (is_group(group)) {
        verb = find_verb(apr_pstrcat(p, group, second, NULL));
        return verb ? call(p, verb, 2, argc, argv) : help_or_usage(p, group, second);
    }
    if (!strcmp(first, "--version")) {
        printf("cf-originctl %s\n", CFO_VERSION);
        return CFO_CTL_OK;
    }
    return help_or_usage(p, "", first);
}

int main(int argc, const char *const *argv, const char *const *env)
{
    apr_pool_t *pool;
    int result;

    if (apr_app_initialize(&argc, &argv, &env) != APR_SUCCESS ||
        apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        fputs("cf-originctl: APR cannot be initialised\n", stderr);
        return CFO_CTL_INVALID;
    }
    atexit(apr_terminate);
    result = dispatch(pool, argc, apr_pmemdup(pool, argv, (argc + 1) * sizeof *argv));
    /* If the disk is full, the exit code must say so. */
    if (fflush(stdout) || ferror(stdout)) {
        fputs("cf-originctl: stdout cannot be written\n", stderr);
        return CFO_CTL_INVALID;
    }
    return result;
}
