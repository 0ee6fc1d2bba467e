/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a server: RewriteRule with RewriteCond. */
#include "httpd/trial/rules.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "apr_strings.h"

static int is_line(const ap_directive_t *line, const char *name)
{
    return !strcasecmp(line->directive, name);
}

/* The value of a flag, "" if it has none; NULL: argument number `n` does not have it. */
static const char *find_flag(apr_pool_t *p, const ap_directive_t *line, int n,
                             const char *brief, const char *name)
{
    char *flags = apr_pstrdup(p, cfo_conf_tree_word(p, line, n)), *rest, *flag;

    for (flag = apr_strtok(flags, "[], ", &rest); flag;
         flag = apr_strtok(NULL, "[], ", &rest)) {
        char *equals = strchr(flag, '=');

        if (equals)
            *equals++ = '\0';
        if (!strcasecmp(flag, brief) || !strcasecmp(flag, name))
            return equals ? equals : "";
    }
    return NULL;
}

static int has_flag(apr_pool_t *p, const ap_directive_t *line, const char *brief,
                    const char *name)
{
    return find_flag(p, line, 2, brief, name) != NULL;
}

static int goes_elsewhere(apr_pool_t *p, const ap_directive_t *line)
{
    const char *target = cfo_conf_tree_word(p, line, 1);

    return !has_flag(p, line, "P", "proxy") &&
           (has_flag(p, line, "R", "redirect") || !strncasecmp(target, "http://", 7) ||
            !strncasecmp(target, "https://", 8));
}

static int refuses(apr_pool_t *p, const ap_directive_t *line)
{
    const char *status = find_flag(p, line, 2, "R", "redirect");

    return has_flag(p, line, "F", "forbidden") || has_flag(p, line, "G", "gone") ||
           (status && atoi(status) >= HTTP_BAD_REQUEST);
}

int cfo_rule_redirects(apr_pool_t *p, const cfo_rule_t *rule)
{
    if (rule->kind == CFO_RULE_REDIRECT)
        return atoi(cfo_conf_tree_word(p, rule->line, 0)) < HTTP_BAD_REQUEST;
    return rule->kind == CFO_RULE_REWRITE && !refuses(p, rule->line);
}

static int ends_rewriting(apr_pool_t *p, const ap_directive_t *line)
{
    return has_flag(p, line, "L", "last") || has_flag(p, line, "END", "end") ||
           has_flag(p, line, "S", "skip") || goes_elsewhere(p, line) || refuses(p, line);
}

/* A pattern that every path matches. */
static int takes_every_path(apr_pool_t *p, const ap_directive_t *line)
{
    static const char *const paths[] = { "/", "/a/b.html", "index.php", NULL };
    const char *pattern = cfo_conf_tree_word(p, line, 0), *const * path;
    const ap_regex_t *regex;

    regex = ap_pregcomp(p, pattern, 0);
    for (path = paths; regex && *path; path++) {
        if (ap_regexec(regex, *path, 0, NULL, 0))
            return 0;
    }
    return regex != NULL;
}

/* "=text", a regular expression, or a test of files or numbers. */
static int asks_pattern(cfo_supposed_t *supposed, cfo_value_t value, const char *pattern,
                        int ignores_case)
{
    cfo_question_t equal = { .kind = CFO_ASK_EQUAL };
    const cfo_question_t *question;

    if (*pattern && strchr("<>-", *pattern))
        return supposed->guess;
    if (*pattern == '=') {
        equal.text = strcmp(pattern + 1, "\"\"") ? pattern + 1 : "";
        return cfo_supposed_ask(supposed, value, &equal);
    }
    question = cfo_question_regex(supposed->pool, pattern, ignores_case);
    return question ? cfo_supposed_ask(supposed, value, question) : supposed->guess;
}

static int condition_holds(cfo_supposed_t *supposed, const ap_directive_t *line)
{
    apr_pool_t *p = supposed->pool;
    const char *subject = cfo_conf_tree_word(p, line, 0);
    const char *pattern = cfo_conf_tree_word(p, line, 1);
    int negated = *pattern == '!' && strcasecmp(subject, "expr"), holds;

    supposed->now = line;
    pattern += negated;
    if (!strcasecmp(subject, "expr"))
        return cfo_supposed_expression(supposed, pattern);
    holds = asks_pattern(supposed, cfo_supposed_string(supposed, subject), pattern,
                         find_flag(p, line, 2, "NC", "nocase") != NULL);
    return negated ? !holds : holds;
}

/* The first condition of a rule: after the rule before it. */
static const ap_directive_t *first_condition(const ap_directive_t *rule)
{
    const ap_directive_t *line = cfo_section_first(rule), *first = line;

    for (; line && line != rule; line = line->next) {
        if (is_line(line, "RewriteRule"))
            first = line->next;
    }
    return first;
}

/* "or" joins a condition to the next one. */
int cfo_rule_rewrite_fires(cfo_supposed_t *supposed, const ap_directive_t *rule)
{
    const ap_directive_t *line = first_condition(rule);
    int all = 1, any = 0, is_open = 0;

    for (; line && line != rule; line = line->next) {
        if (!is_line(line, "RewriteCond"))
            continue;
        any |= condition_holds(supposed, line);
        is_open = find_flag(supposed->pool, line, 2, "OR", "ornext") != NULL;
        if (!is_open) {
            all &= any;
            any = 0;
        }
    }
    return is_open ? all && any : all;
}

/* Whether the pattern has a letter or digit: spares reading and compiling thousands. */
static int names_a_path(const ap_directive_t *line)
{
    const char *c;

    for (c = line->args; *c && !isspace((unsigned char)*c); c++) {
        if (isalnum((unsigned char)*c))
            return 1;
    }
    return 0;
}

/* Whether it fires whatever the guess is. */
static int surely_fires(cfo_supposed_t *supposed, const ap_directive_t *rule)
{
    cfo_supposed_t other = *supposed;
    int guess, both = takes_every_path(supposed->pool, rule);

    for (guess = 0; both && guess < 2; guess++) {
        other.guess = guess;
        both &= cfo_rule_rewrite_fires(&other, rule);
    }
    if (both && !supposed->line)
        supposed->line = other.line;
    return both;
}

/* Whether a rule before this one ends the rewriting. */
static int is_reached(cfo_supposed_t *supposed, const ap_directive_t *rule)
{
    const ap_directive_t *line = cfo_section_first(rule);

    for (; line && line != rule; line = line->next) {
        if (is_line(line, "RewriteRule") && !names_a_path(line) &&
            ends_rewriting(supposed->pool, line) && surely_fires(supposed, line))
            return 0;
    }
    return 1;
}

const char *cfo_rule_rewrite_sets(apr_pool_t *p, const ap_directive_t *line,
                                  const char *name)
{
    char *flags = apr_pstrdup(p, cfo_conf_tree_word(p, line, 2)), *rest, *flag;
    size_t length = strlen(name);

    for (flag = apr_strtok(flags, "[],", &rest); flag;
         flag = apr_strtok(NULL, "[],", &rest)) {
        const char *set = strncasecmp(flag, "E=", 2) ? flag : flag + 2;

        if (!strncasecmp(flag, "env=", 4))
            set = flag + 4;
        if (set == flag)
            continue;
        if (!strcmp(set, apr_pstrcat(p, "!", name, NULL)))
            return "";
        if (!strncmp(set, name, length) && (!set[length] || set[length] == ':'))
            return set[length] ? set + length + 1 : "";
    }
    return NULL;
}

/* Whether a rule gives another page than was asked for: the same for all paths. */
static int gives_another_page(apr_pool_t *p, const ap_directive_t *line)
{
    const char *target = cfo_conf_tree_word(p, line, 1);

    return *target == '/' && !strpbrk(target, "$%") && !names_a_path(line) &&
           takes_every_path(p, line);
}

/* The rule right before this one, if it has [C] and so decides for both; NULL: none. */
static const ap_directive_t *chained_to(apr_pool_t *p, const ap_directive_t *rule)
{
    const ap_directive_t *line = cfo_section_first(rule), *before = NULL;

    for (; line && line != rule; line = line->next) {
        if (is_line(line, "RewriteRule"))
            before = line;
    }
    return before && has_flag(p, before, "C", "chain") ? before : NULL;
}

int cfo_rule_rewrite_passes(cfo_supposed_t *supposed, const ap_directive_t *line)
{
    const ap_directive_t *each = line;
    int fires = 1;

    if (!goes_elsewhere(supposed->pool, line) && !refuses(supposed->pool, line) &&
        !gives_another_page(supposed->pool, line))
        return 1;
    for (; fires && each; each = chained_to(supposed->pool, each))
        fires = cfo_rule_rewrite_fires(supposed, each);
    return !fires || !is_reached(supposed, line);
}
