/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a server: RewriteRule with RewriteCond. */
#include "httpd/trial/rules.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "httpd/language/redirect_line.h"
#include "httpd/language/rewrite_line.h"

static cfo_rewrite_rule_t read_rule(const cfo_supposed_t *supposed,
                                    const ap_directive_t *line)
{
    return cfo_rewrite_rule_read(supposed->pool, supposed->vhosts->patterns, line);
}

static int goes_elsewhere(const cfo_rewrite_rule_t *rule)
{
    return !rule->is_proxy &&
           (rule->is_redirect || !strncasecmp(rule->target, "http://", 7) ||
            !strncasecmp(rule->target, "https://", 8));
}

int cfo_rule_redirects(const cfo_supposed_t *supposed, const cfo_rule_t *rule)
{
    if (rule->kind == CFO_RULE_REDIRECT)
        return !cfo_redirect_read(supposed->pool, rule->line).is_refusal;
    return rule->kind == CFO_RULE_REWRITE && !read_rule(supposed, rule->line).is_refusal;
}

static int ends_rewriting(const cfo_rewrite_rule_t *rule)
{
    return rule->is_last || rule->skip || goes_elsewhere(rule) || rule->is_refusal;
}

/* A pattern that every path matches. */
static int takes_every_path(const cfo_rewrite_rule_t *rule)
{
    static const char *const paths[] = { "/", "/a/b.html", "index.php", NULL };
    const char *const *path;

    for (path = paths; rule->regex && *path; path++) {
        if ((ap_regexec(rule->regex, *path, 0, NULL, 0) == 0) == rule->is_negated)
            return 0;
    }
    return rule->regex != NULL;
}

static int asks(cfo_supposed_t *supposed, cfo_value_t value,
                const cfo_condition_t *condition)
{
    cfo_question_t question = { .text = condition->pattern, .regex = condition->regex };

    if (condition->kind == CFO_CONDITION_UNKNOWN)
        return supposed->guess;
    question.kind =
        condition->kind == CFO_CONDITION_REGEX ? CFO_ASK_REGEX : CFO_ASK_EQUAL;
    return cfo_supposed_ask(supposed, value, &question);
}

static int condition_holds(cfo_supposed_t *supposed, const cfo_condition_t *condition)
{
    int holds;

    supposed->now = condition->line;
    if (condition->kind == CFO_CONDITION_EXPRESSION)
        holds = cfo_supposed_expression(supposed, condition->pattern);
    else
        holds =
            asks(supposed, cfo_supposed_string(supposed, condition->subject), condition);
    return condition->is_negated ? !holds : holds;
}

/* "or" joins a condition to the next one; the last one has none, and holds always. */
static int fires(cfo_supposed_t *supposed, const cfo_rewrite_rule_t *rule)
{
    int all = 1, any = 0, i;

    for (i = 0; i < rule->conditions->nelts; i++) {
        const cfo_condition_t *condition =
            &APR_ARRAY_IDX(rule->conditions, i, cfo_condition_t);

        any |= condition_holds(supposed, condition);
        if (!condition->is_or) {
            all &= any;
            any = 0;
        }
    }
    return all;
}

int cfo_rule_rewrite_fires(cfo_supposed_t *supposed, const ap_directive_t *line)
{
    cfo_rewrite_rule_t rule = read_rule(supposed, line);

    return fires(supposed, &rule);
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
static int surely_fires(cfo_supposed_t *supposed, const cfo_rewrite_rule_t *rule)
{
    cfo_supposed_t other = *supposed;
    int guess, both = takes_every_path(rule);

    for (guess = 0; both && guess < 2; guess++) {
        other.guess = guess;
        both &= fires(&other, rule);
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
        cfo_rewrite_rule_t before;

        if (strcasecmp(line->directive, "RewriteRule") || names_a_path(line))
            continue;
        before = read_rule(supposed, line);
        if (ends_rewriting(&before) && surely_fires(supposed, &before))
            return 0;
    }
    return 1;
}

/* Whether a rule gives another page than was asked for: the same for all paths. */
static int gives_another_page(const cfo_rewrite_rule_t *rule)
{
    return *rule->target == '/' && !strpbrk(rule->target, "$%") &&
           !names_a_path(rule->line) && takes_every_path(rule);
}

static const ap_directive_t *rule_before(const ap_directive_t *rule)
{
    const ap_directive_t *line = cfo_section_first(rule), *before = NULL;

    for (; line && line != rule; line = line->next) {
        if (!strcasecmp(line->directive, "RewriteRule"))
            before = line;
    }
    return before;
}

/* Whether the rules right before this one fire that have [C], and so decide for it too.
 */
static int chain_fires(cfo_supposed_t *supposed, const ap_directive_t *line)
{
    for (line = rule_before(line); line; line = rule_before(line)) {
        cfo_rewrite_rule_t rule = read_rule(supposed, line);

        if (!rule.is_chained)
            return 1;
        if (!fires(supposed, &rule))
            return 0;
    }
    return 1;
}

int cfo_rule_rewrite_passes(cfo_supposed_t *supposed, const ap_directive_t *line)
{
    cfo_rewrite_rule_t rule = read_rule(supposed, line);

    if (!goes_elsewhere(&rule) && !rule.is_refusal && !gives_another_page(&rule))
        return 1;
    return !fires(supposed, &rule) || !chain_fires(supposed, line) ||
           !is_reached(supposed, line);
}
