/* SPDX-License-Identifier: Apache-2.0 */
/* RewriteRule and RewriteCond, as mod_rewrite applies them. */
#include "httpd/stranger/rewrite_rules.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static cfo_truth_t ask(const cfo_probe_t *probe, const cfo_condition_t *condition,
                       const cfo_matched_t *match)
{
    cfo_test_t test = { .text = condition->subject,
                        .pattern = condition->pattern,
                        .regex = condition->regex,
                        .is_nocase = condition->is_nocase };

    switch (condition->kind) {
    case CFO_CONDITION_EXPRESSION:
        return cfo_expression_holds(probe, condition->pattern);
    case CFO_CONDITION_UNKNOWN:
        return CFO_MAYBE;
    case CFO_CONDITION_EQUAL:
        test.kind = CFO_TEST_EQUAL;
        break;
    case CFO_CONDITION_NUMBER:
        test.kind = CFO_TEST_NUMBER;
        break;
    default:
        test.kind = CFO_TEST_REGEX;
        break;
    }
    return cfo_test_holds(probe, &test, match);
}

static cfo_truth_t condition_holds(const cfo_probe_t *probe,
                                   const cfo_condition_t *condition,
                                   const cfo_matched_t *match)
{
    cfo_truth_t truth = ask(probe, condition, match);

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
        (rest[length] && !ap_strchr_c(":/?", rest[length])))
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
