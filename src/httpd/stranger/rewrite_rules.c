/* SPDX-License-Identifier: Apache-2.0 */
/* RewriteRule and RewriteCond, as mod_rewrite reads and applies them. */
#include "httpd/stranger/rewrite_rules.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "httpd.h"

#include "apr_lib.h"
#include "apr_strings.h"

/* The next argument of a line, as mod_rewrite splits it: a space may be escaped. */
static const char *next_word(apr_pool_t *p, const char **args)
{
    const char *begin, *at = *args;
    char quote;

    while (apr_isspace(*at))
        at++;
    quote = *at == '"' || *at == '\'' ? *at++ : '\0';
    for (begin = at; *at && *at != quote && (quote || !apr_isspace(*at)); at++)
        at += *at == '\\' && apr_isspace(at[1]);
    *args = *at ? at + 1 : at;
    return apr_pstrmemdup(p, begin, (apr_size_t)(at - begin));
}

static int is_equal(const cfo_test_t *test, const char *text)
{
    return !strcmp(text, test->pattern);
}

static int is_equal_nocase(const cfo_test_t *test, const char *text)
{
    return !strcasecmp(text, test->pattern);
}

static int is_equal_number(const cfo_test_t *test, const char *text)
{
    return atoi(text) == atoi(test->pattern);
}

static int is_matched(const cfo_test_t *test, const char *text)
{
    return !ap_regexec(test->regex, text, 0, NULL, 0);
}

static int has_flag(apr_pool_t *p, const char *flags, const char *name,
                    const char *long_name, const char **value)
{
    char *rest, *flag = apr_strtok(apr_pstrdup(p, flags), "[],", &rest);

    for (; flag; flag = apr_strtok(NULL, "[],", &rest)) {
        size_t length;

        flag += strspn(flag, " \t");
        length = strcspn(flag, "= \t");
        if ((length == strlen(name) && !strncasecmp(flag, name, length)) ||
            (length == strlen(long_name) && !strncasecmp(flag, long_name, length))) {
            if (value)
                *value = flag[length] == '=' ? flag + length + 1 : "";
            return 1;
        }
    }
    return 0;
}

static int is_number_test(const char *pattern)
{
    return !strncmp(pattern, "-eq", 3) || !strncmp(pattern, "-ne", 3);
}

/* The right side of a condition: =text, -eq number, a test of files, or a pattern. */
static void read_comparison(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                            cfo_condition_t *condition, const char *pattern,
                            int is_nocase)
{
    cfo_test_t *test = &condition->test;

    test->pattern = pattern;
    if (*pattern == '=') {
        test->pattern = strcmp(pattern, "=\"\"") ? pattern + 1 : "";
        test->holds = is_nocase ? is_equal_nocase : is_equal;
    }
    else if (is_number_test(pattern)) {
        condition->is_negated ^= pattern[1] == 'n';
        test->pattern = pattern + 3;
        test->holds = is_equal_number;
    }
    else if (*pattern == '<' || *pattern == '>' || (*pattern == '-' && pattern[1]))
        condition->is_unknown = 1;
    else {
        test->regex = cfo_pattern_compile(vhosts->patterns, pattern, is_nocase);
        test->holds = is_matched;
        condition->is_unknown = !test->regex;
    }
    cfo_test_add_samples(p, test);
}

static cfo_condition_t read_condition(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                                      const ap_directive_t *line)
{
    cfo_condition_t condition = { .line = line };
    const char *args = line->args, *pattern, *flags;

    condition.test.text = next_word(p, &args);
    pattern = next_word(p, &args);
    flags = next_word(p, &args);
    condition.is_or = has_flag(p, flags, "OR", "ornext", NULL);
    condition.is_expression = !strcasecmp(condition.test.text, "expr");
    condition.is_negated = *pattern == '!';
    pattern += condition.is_negated;
    if (condition.is_expression)
        condition.test.pattern = pattern;
    else
        read_comparison(p, vhosts, &condition, pattern,
                        has_flag(p, flags, "NC", "nocase", NULL));
    return condition;
}

static void read_flags(apr_pool_t *p, const char *flags, cfo_rewrite_rule_t *rule)
{
    const char *status = "", *count = "";

    rule->is_redirect = has_flag(p, flags, "R", "redirect", &status);
    rule->is_refusal = has_flag(p, flags, "F", "forbidden", NULL) ||
                       has_flag(p, flags, "G", "gone", NULL) ||
                       (apr_isdigit(*status) && *status != '3');
    rule->is_end = has_flag(p, flags, "END", "END", NULL);
    rule->is_last = rule->is_end || has_flag(p, flags, "L", "last", NULL) ||
                    has_flag(p, flags, "N", "next", NULL);
    rule->is_passed = has_flag(p, flags, "PT", "passthrough", NULL);
    rule->is_proxy = has_flag(p, flags, "P", "proxy", NULL);
    rule->is_chained = has_flag(p, flags, "C", "chain", NULL);
    if (has_flag(p, flags, "S", "skip", &count))
        rule->skip = atoi(count);
}

static cfo_rewrite_rule_t read_rule(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                                    const ap_directive_t *line,
                                    apr_array_header_t *conditions)
{
    cfo_rewrite_rule_t rule = { .line = line, .conditions = conditions };
    const char *args = line->args, *flags;

    rule.pattern = next_word(p, &args);
    rule.target = next_word(p, &args);
    flags = next_word(p, &args);
    rule.is_negated = *rule.pattern == '!';
    rule.pattern += rule.is_negated;
    rule.regex = cfo_pattern_compile(vhosts->patterns, rule.pattern,
                                     has_flag(p, flags, "NC", "nocase", NULL));
    read_flags(p, flags, &rule);
    return rule;
}

static apr_array_header_t *make_conditions(apr_pool_t *p)
{
    return apr_array_make(p, 2, sizeof(cfo_condition_t));
}

void cfo_rewrite_rules_add(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                           const ap_directive_t *line, apr_array_header_t *rules)
{
    apr_array_header_t *conditions = make_conditions(p);

    for (; line; line = line->next) {
        if (!strcasecmp(line->directive, "RewriteCond"))
            APR_ARRAY_PUSH(conditions, cfo_condition_t) = read_condition(p, vhosts, line);
        else if (!strcasecmp(line->directive, "RewriteRule")) {
            APR_ARRAY_PUSH(rules, cfo_rewrite_rule_t) =
                read_rule(p, vhosts, line, conditions);
            conditions = make_conditions(p);
        }
    }
}

static cfo_truth_t condition_holds(const cfo_probe_t *probe,
                                   const cfo_condition_t *condition,
                                   const cfo_matched_t *match)
{
    cfo_truth_t truth = CFO_MAYBE;

    if (condition->is_expression)
        truth = cfo_expression_holds(probe, condition->test.pattern);
    else if (!condition->is_unknown)
        truth = cfo_test_holds(probe, &condition->test, match);
    return condition->is_negated ? cfo_not(truth) : truth;
}

/* *failed: a condition that does not hold for every client. */
static cfo_truth_t conditions_hold(const cfo_probe_t *probe,
                                   const cfo_rewrite_rule_t *rule,
                                   const cfo_matched_t *match,
                                   const ap_directive_t **failed)
{
    cfo_truth_t all = CFO_YES;
    int i = 0;

    while (i < rule->conditions->nelts) {
        cfo_truth_t any = CFO_NO;
        const cfo_condition_t *condition;

        do {
            condition = &APR_ARRAY_IDX(rule->conditions, i, cfo_condition_t);
            any = cfo_or(any, condition_holds(probe, condition, match));
        } while (condition->is_or && ++i < rule->conditions->nelts);
        i++;
        /* An [OR] without a next condition holds always. */
        if (condition->is_or)
            any = CFO_YES;
        if (any != CFO_YES)
            *failed = condition->line;
        all = cfo_and(all, any);
    }
    return all;
}

static cfo_truth_t rule_matches(const cfo_probe_t *probe, const cfo_rewrite_rule_t *rule,
                                cfo_matched_t *match, const ap_directive_t **failed)
{
    int is_match;

    memset(match->groups, 0xff, sizeof match->groups);
    if (!rule->regex)
        return CFO_NO;
    is_match =
        !ap_regexec(rule->regex, match->subject, AP_MAX_REG_MATCH, match->groups, 0);
    if (is_match == rule->is_negated)
        return CFO_NO;
    return conditions_hold(probe, rule, match, failed);
}

/* Whether a URL, from its host on, is of the virtual host itself, in which case
 * mod_rewrite takes it for a path. */
static int is_own(const cfo_probe_t *probe, const char *rest, apr_port_t usual_port)
{
    const server_addr_rec *addr = probe->site->vhost->s->addrs;
    size_t length = strlen(probe->host);

    if (strncasecmp(rest, probe->host, length) ||
        (rest[length] && !strchr(":/?", rest[length])))
        return 0;
    if (rest[length] == ':')
        usual_port = (apr_port_t)atoi(rest + length + 1);
    return !addr || !addr->host_port || addr->host_port == usual_port;
}

/* Whether a rule redirects: a request that is redirected gets no content, wherever it
 * leads. */
static int leads_away(const cfo_probe_t *probe, const cfo_rewrite_rule_t *rule,
                      const char *url)
{
    int is_tls = probe->site->vhost->tls == CFO_TLS_ON;

    if (rule->is_proxy || !strcmp(rule->target, "-"))
        return 0;
    if (rule->is_redirect)
        return 1;
    if (!strncasecmp(url, "https://", 8))
        return !is_tls || !is_own(probe, url + 8, 443);
    return !strncasecmp(url, "http://", 7) && (is_tls || !is_own(probe, url + 7, 80));
}

/* The walk through a list. */
typedef struct {
    cfo_probe_t *probe;
    cfo_matched_t match;
    cfo_rewrite_t outcome;
    int is_over;
    int skip;
    const char *target;
} walk_t;

static void end(walk_t *walk, cfo_rewrite_t outcome)
{
    walk->outcome = outcome;
    walk->is_over = 1;
}

/* A rule that certainly applies. */
static void apply_rule(walk_t *walk, const cfo_rewrite_rule_t *rule, const char *url)
{
    if (rule->is_refusal)
        end(walk, CFO_REWRITE_SHUT);
    else if (rule->is_proxy) {
        walk->target = url;
        end(walk, CFO_REWRITE_PROXY);
    }
    else if (strcmp(rule->target, "-")) {
        walk->outcome = leads_away(walk->probe, rule, url) ? CFO_REWRITE_SHUT
                        : rule->is_passed                  ? CFO_REWRITE_PASS
                                                           : CFO_REWRITE_MOVED;
        walk->match.subject = url;
    }
    walk->is_over |= rule->is_last || rule->is_passed;
    walk->probe->is_ended |= rule->is_end;
    walk->skip = rule->skip;
}

/* A rule that applies only if a client likes: it does not, if it would shut, and does, if
 * it lets the client through or past other rules. */
static void offer_rule(walk_t *walk, const cfo_rewrite_rule_t *rule, const char *url,
                       const ap_directive_t *condition)
{
    int shuts = rule->is_refusal || leads_away(walk->probe, rule, url);

    walk->probe->because = condition;
    if (!shuts && (rule->is_last || rule->is_passed || rule->is_proxy || rule->skip))
        apply_rule(walk, rule, url);
}

static void walk_rule(walk_t *walk, const cfo_rewrite_rule_t *rule)
{
    const ap_directive_t *failed = NULL;
    cfo_truth_t truth = rule_matches(walk->probe, rule, &walk->match, &failed);
    int has_unknown;
    const char *url = cfo_expand(
        walk->probe, rule->target,
        truth == CFO_NO || rule->is_negated ? NULL : &walk->match, "x", &has_unknown);

    if (truth == CFO_YES)
        apply_rule(walk, rule, url);
    else if (truth == CFO_MAYBE)
        offer_rule(walk, rule, url, failed);
    else if (failed && (rule->is_refusal || leads_away(walk->probe, rule, url)))
        walk->probe->because = failed;
    /* The rest of a chain falls with its first rule. */
    if (truth != CFO_YES && rule->is_chained)
        walk->skip = -1;
}

cfo_rewrite_t cfo_rewrite_apply(cfo_probe_t *probe, const apr_array_header_t *rules,
                                const char *subject, const char **target)
{
    walk_t walk = { .probe = probe, .match = { .subject = subject } };
    int i;

    for (i = 0; !walk.is_over && i < rules->nelts; i++) {
        const cfo_rewrite_rule_t *rule = &APR_ARRAY_IDX(rules, i, cfo_rewrite_rule_t);

        if (walk.skip > 0)
            walk.skip--;
        else if (walk.skip < 0)
            walk.skip = rule->is_chained ? -1 : 0;
        else
            walk_rule(&walk, rule);
    }
    if (target)
        *target = walk.target;
    return walk.outcome;
}
