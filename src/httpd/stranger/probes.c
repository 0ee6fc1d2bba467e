/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to try out. */
#include "httpd/stranger/probes.h"

#include <string.h>
#include <strings.h>

#include "httpd.h"

#include "apr_lib.h"
#include "apr_strings.h"

#include "httpd/language/redirect_line.h"

enum { MOST_PATHS = 120, HASH_LENGTH = 32 };

/* Paths without duplicates. */
typedef struct {
    const cfo_site_t *site;
    const char *prefix;
    apr_array_header_t *all;
    apr_hash_t *seen;
} paths_t;

static void add_path(paths_t *paths, const char *path)
{
    if (paths->all->nelts >= MOST_PATHS ||
        apr_hash_get(paths->seen, path, APR_HASH_KEY_STRING) ||
        strncmp(path, paths->prefix, strlen(paths->prefix)))
        return;
    apr_hash_set(paths->seen, path, APR_HASH_KEY_STRING, path);
    APR_ARRAY_PUSH(paths->all, const char *) = path;
}

static void add_usual(paths_t *paths)
{
    static const char *const usual[] = { "/",         "/index.html",  "/a/b.php",
                                         "/A/B/",     "/1.txt",       "/a b",
                                         "/\xc3\xa9", "/.git/config", "/wp-login.php" };
    size_t i;

    for (i = 0; i < sizeof usual / sizeof *usual; i++)
        add_path(paths, apr_pstrcat(paths->site->pool, paths->prefix, usual[i], NULL));
}

/* A path that the configuration speaks of, and files below it. */
static void add_spoken_of(paths_t *paths, const char *text)
{
    apr_pool_t *p = paths->site->pool;
    const char *path = apr_pstrcat(p, *text == '/' ? "" : "/", text, NULL);
    const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";

    if (ap_strstr_c(path, "//"))
        return;
    add_path(paths, path);
    add_path(paths, apr_pstrcat(p, path, slash, "x", NULL));
    add_path(paths, apr_pstrcat(p, path, slash, "index.html", NULL));
}

static void add_pattern(paths_t *paths, const char *pattern)
{
    apr_array_header_t *samples =
        apr_array_make(paths->site->pool, 8, sizeof(const char *));
    int i;

    cfo_pattern_samples(paths->site->pool, pattern, samples);
    for (i = 0; i < samples->nelts; i++)
        add_spoken_of(paths, APR_ARRAY_IDX(samples, i, const char *));
}

/* Expressions have patterns after ~ and texts in quotes. */
static void add_expression(paths_t *paths, const char *text)
{
    for (; *text; text++) {
        const char *end;

        if (*text == '~') {
            text += 1 + strspn(text + 1, " \t");
            text += *text == 'm';
        }
        else if (*text != '\'')
            continue;
        end = *text ? ap_strchr_c(text + 1, *text) : NULL;
        if (!end)
            return;
        add_pattern(paths, apr_pstrmemdup(paths->site->pool, text + 1,
                                          (apr_size_t)(end - text - 1)));
        text = end;
    }
}

static void add_rules(paths_t *paths, const apr_array_header_t *rules)
{
    int i, j;

    for (i = 0; i < rules->nelts; i++) {
        const cfo_rewrite_rule_t *rule = &APR_ARRAY_IDX(rules, i, cfo_rewrite_rule_t);

        add_pattern(paths, rule->pattern);
        for (j = 0; j < rule->conditions->nelts; j++) {
            const cfo_condition_t *condition =
                &APR_ARRAY_IDX(rule->conditions, j, cfo_condition_t);

            if (condition->kind == CFO_CONDITION_EXPRESSION)
                add_expression(paths, condition->pattern);
            else if (ap_strstr_c(condition->subject, "REQUEST_") ||
                     ap_strchr_c(condition->subject, '$'))
                add_pattern(paths, condition->pattern);
        }
    }
}

static void add_place(paths_t *paths, const char *place, int is_match)
{
    if (is_match)
        add_pattern(paths, place);
    else if (*place == '/')
        add_spoken_of(paths, place);
}

/* Redirect and ProxyPass. */
static void add_line(paths_t *paths, const ap_directive_t *line)
{
    apr_pool_t *p = paths->site->pool;

    if (cfo_redirect_is(line)) {
        cfo_redirect_t redirect = cfo_redirect_read(p, line);

        if (redirect.place)
            add_place(paths, redirect.place, redirect.is_match);
    }
    else if (!strncasecmp(line->directive, "ProxyPass", 9))
        add_place(paths, cfo_conf_tree_word(p, line, 0),
                  !strcasecmp(line->directive, "ProxyPassMatch"));
}

static void add_lines(paths_t *paths, const server_rec *s)
{
    const apr_array_header_t *lines =
        cfo_conf_tree_all(paths->site->vhosts->conf_tree, s);
    int i;

    for (i = 0; i < lines->nelts; i++)
        add_line(paths, APR_ARRAY_IDX(lines, i, const ap_directive_t *));
}

static void add_section(paths_t *paths, const cfo_section_t *section)
{
    const char *name = section->line->directive, *root = paths->site->root;
    const ap_directive_t *line;

    add_rules(paths, section->rules);
    for (line = section->line->first_child; line; line = line->next) {
        add_line(paths, line);
        if (!strcasecmp(line->directive, "Require"))
            add_expression(paths, line->args);
    }
    if (!strncasecmp(name, "<If", 3) || !strncasecmp(name, "<Else", 5))
        add_expression(paths, section->argument);
    else if (section->regex)
        add_pattern(paths, section->argument);
    else if (strncasecmp(name, "<Directory", 10))
        add_spoken_of(paths, section->argument);
    else if (!strncmp(section->argument, root, strlen(root)))
        add_spoken_of(paths, apr_pstrcat(paths->site->pool, paths->site->mount,
                                         section->argument + strlen(root), NULL));
}

apr_array_header_t *cfo_probe_paths(const cfo_site_t *site, const char *prefix)
{
    paths_t paths = { .site = site,
                      .prefix = prefix,
                      .all = apr_array_make(site->pool, 64, sizeof(const char *)),
                      .seen = apr_hash_make(site->pool) };
    int i;

    add_usual(&paths);
    add_lines(&paths, site->vhost->s);
    add_rules(&paths, site->rules);
    for (i = 0; i < site->sections->nelts; i++)
        add_section(&paths, APR_ARRAY_IDX(site->sections, i, const cfo_section_t *));
    return paths.all;
}

/* What a condition asks of the host: nothing, its name, or the header as it was sent. */
enum { ASKS_NOTHING, ASKS_NAME, ASKS_HEADER };

static int question_of(const char *text)
{
    if (ap_strcasestr(text, "HTTP_HOST") || ap_strcasestr(text, ":Host") ||
        ap_strcasestr(text, "'Host'"))
        return ASKS_HEADER;
    return ap_strcasestr(text, "SERVER_NAME") ? ASKS_NAME : ASKS_NOTHING;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static int question_of_rules(const apr_array_header_t *rules)
{
    int question = ASKS_NOTHING, i, j;

    for (i = 0; i < rules->nelts; i++) {
        const cfo_rewrite_rule_t *rule = &APR_ARRAY_IDX(rules, i, cfo_rewrite_rule_t);

        for (j = 0; j < rule->conditions->nelts; j++)
            question = larger(
                question,
                question_of(
                    APR_ARRAY_IDX(rule->conditions, j, cfo_condition_t).line->args));
    }
    return question;
}

static int question_of_lines(const ap_directive_t *line)
{
    int question = ASKS_NOTHING;

    for (; line; line = line->next) {
        if (!strcasecmp(line->directive, "Require"))
            question = larger(question, question_of(line->args));
    }
    return question;
}

static int question_of_site(const cfo_site_t *site)
{
    int question = question_of_rules(site->rules), i;

    for (i = 0; i < site->sections->nelts; i++) {
        const cfo_section_t *section =
            APR_ARRAY_IDX(site->sections, i, const cfo_section_t *);

        question = larger(question, question_of_rules(section->rules));
        question = larger(question, question_of(section->line->args));
        question = larger(question, question_of_lines(section->line->first_child));
    }
    return question;
}

/* What conditions compare a host with, as far as it can be part of a name. */
static void add_hosts_of_rules(const cfo_site_t *site, const apr_array_header_t *rules,
                               apr_array_header_t *samples)
{
    int i, j;

    for (i = 0; i < rules->nelts; i++) {
        const cfo_rewrite_rule_t *rule = &APR_ARRAY_IDX(rules, i, cfo_rewrite_rule_t);

        for (j = 0; j < rule->conditions->nelts; j++) {
            const cfo_condition_t *condition =
                &APR_ARRAY_IDX(rule->conditions, j, cfo_condition_t);

            if (question_of(condition->line->args) != ASKS_NOTHING)
                cfo_pattern_samples(site->pool, condition->pattern, samples);
        }
    }
}

apr_array_header_t *cfo_probe_host_samples(const cfo_site_t *site)
{
    apr_array_header_t *samples = apr_array_make(site->pool, 4, sizeof(const char *));
    int i;

    add_hosts_of_rules(site, site->rules, samples);
    for (i = 0; i < site->sections->nelts; i++)
        add_hosts_of_rules(site,
                           APR_ARRAY_IDX(site->sections, i, const cfo_section_t *)->rules,
                           samples);
    return samples;
}

static char *in_upper_case(apr_pool_t *p, const char *text)
{
    char *upper = apr_pstrdup(p, text), *c;

    for (c = upper; *c; c++)
        *c = (char)apr_toupper(*c);
    return upper;
}

void cfo_probe_vary_hosts(const cfo_site_t *site, apr_array_header_t *hosts)
{
    apr_pool_t *p = site->pool;
    int question = question_of_site(site), count = hosts->nelts, i;

    if (question == ASKS_NOTHING)
        hosts->nelts = hosts->nelts > 0;
    for (i = 0; question == ASKS_HEADER && i < count; i++) {
        const char *name = APR_ARRAY_IDX(hosts, i, cfo_host_t).name;
        const char *others[3];
        int j;

        others[0] = in_upper_case(p, name);
        others[1] = apr_pstrcat(p, name, ":8443", NULL);
        others[2] = apr_pstrcat(p, name, ".", NULL);
        for (j = 0; j < 3; j++)
            APR_ARRAY_PUSH(hosts, cfo_host_t) = (cfo_host_t){ name, others[j] };
    }
}

static int is_hash_file(const char *path)
{
    int i;

    for (i = 1; i <= HASH_LENGTH && apr_isxdigit(path[i]); i++)
        ;
    return i > HASH_LENGTH && !strncmp(path + i, ".txt", 4);
}

int cfo_probe_is_no_content(const char *path)
{
    const char *end = ap_strcasestr(path, ".cpaneldcv");

    return !strncmp(path, "/.well-known", 12) || !strncmp(path, "/server-status", 14) ||
           !strncmp(path, "/server-info", 12) || (end && apr_isdigit(path[1])) ||
           is_hash_file(path);
}
