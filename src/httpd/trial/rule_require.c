/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a server: Require, Allow and Deny. */
#include "httpd/trial/rules.h"

#include <string.h>
#include <strings.h>

#include "apr_strings.h"

#include "httpd/language/expression.h"

typedef enum { DENIED, NEUTRAL, GRANTED } outcome_t;

static outcome_t require_all_of(cfo_supposed_t *supposed, const ap_directive_t *line,
                                int is_and, int is_top);

static int is_name(const char *word, const char *name)
{
    return !strcasecmp(word, name);
}

/* Any of the arguments from number `first` on. */
static int in_networks(cfo_supposed_t *supposed, const ap_directive_t *line, int first)
{
    const char *word;
    int i, is_in = 0;

    for (i = first; *(word = cfo_conf_tree_word(supposed->pool, line, i)); i++)
        is_in |= cfo_supposed_in_network(supposed, cfo_supposed_address(supposed), word);
    return is_in;
}

static int is_set(cfo_supposed_t *supposed, const char *name)
{
    static const cfo_question_t is_empty = { .kind = CFO_ASK_EQUAL, .text = "" };
    cfo_value_t value = cfo_supposed_env(supposed, name);

    return value.kind == CFO_IS_UNKNOWN ? supposed->guess
                                        : !cfo_supposed_ask(supposed, value, &is_empty);
}

static int any_is_set(cfo_supposed_t *supposed, const ap_directive_t *line, int first)
{
    const char *word;
    int i, any = 0;

    for (i = first; *(word = cfo_conf_tree_word(supposed->pool, line, i)); i++)
        any |= is_set(supposed, word);
    return any;
}

/* The arguments after number `n`, as one text. */
static const char *rest_after(const ap_directive_t *line, apr_pool_t *p, int n)
{
    const char *args = line->args;

    for (; n >= 0; n--)
        ap_getword_conf(p, &args);
    return args;
}

/* The section <AuthzProviderAlias ip NAME "ranges"> of a provider's name; NULL: none. */
static const ap_directive_t *find_alias(const cfo_supposed_t *supposed, const char *name)
{
    const apr_array_header_t *lines = cfo_conf_tree_lines(
        supposed->vhosts->conf_tree, supposed->vhosts->main, "<AuthzProviderAlias");
    int i;

    for (i = 0; i < lines->nelts; i++) {
        const ap_directive_t *line = APR_ARRAY_IDX(lines, i, const ap_directive_t *);

        if (cfo_conf_tree_word_is(supposed->pool, line, 1, name))
            return line;
    }
    return NULL;
}

/* The arguments of a provider, which the alias has as one text. */
static const char *arguments_of(const cfo_supposed_t *supposed,
                                const ap_directive_t *alias)
{
    const char *rest = rest_after(alias, supposed->pool, 1);

    rest = apr_psprintf(supposed->pool, "%.*s", (int)strcspn(rest, ">"), rest);
    return *rest == '"' ? ap_getword_conf(supposed->pool, &rest) : rest;
}

static int alias_grants(cfo_supposed_t *supposed, const ap_directive_t *alias)
{
    const char *rest = arguments_of(supposed, alias), *word;
    int is_in = 0;

    if (cfo_conf_tree_word_is(supposed->pool, alias, 0, "expr"))
        return cfo_supposed_expression(supposed, rest);
    if (!cfo_conf_tree_word_is(supposed->pool, alias, 0, "ip") &&
        !cfo_conf_tree_word_is(supposed->pool, alias, 0, "env"))
        return supposed->guess;
    while (*(word = ap_getword_conf(supposed->pool, &rest)))
        is_in |=
            cfo_conf_tree_word_is(supposed->pool, alias, 0, "env")
                ? is_set(supposed, word)
                : cfo_supposed_in_network(supposed, cfo_supposed_address(supposed), word);
    return is_in;
}

/* Cloudflare's edge never is; cloudflared may be. */
static int is_local(cfo_supposed_t *supposed)
{
    cfo_value_t address = cfo_supposed_address(supposed);

    return supposed->is_tunnel &&
           (cfo_supposed_in_network(supposed, address, "127.0.0.0/8") ||
            cfo_supposed_in_network(supposed, address, "::1"));
}

/* Whether the provider that argument number `n` names grants. */
static int grants(cfo_supposed_t *supposed, const ap_directive_t *line, int n)
{
    apr_pool_t *p = supposed->pool;
    const char *provider = cfo_conf_tree_word(p, line, n);
    const ap_directive_t *alias;

    if (is_name(provider, "all"))
        return cfo_conf_tree_word_is(p, line, n + 1, "granted");
    if (is_name(provider, "ip"))
        return in_networks(supposed, line, n + 1);
    if (is_name(provider, "env"))
        return any_is_set(supposed, line, n + 1);
    if (is_name(provider, "expr"))
        return cfo_supposed_expression(
            supposed, cfo_expression_of_require(p, rest_after(line, p, n)));
    if (is_name(provider, "local"))
        return is_local(supposed);
    if (is_name(provider, "ssl-verify-client"))
        return cfo_supposed_expression(supposed, "%{SSL_CLIENT_VERIFY} == 'SUCCESS'");
    alias = find_alias(supposed, provider);
    return alias ? alias_grants(supposed, alias) : supposed->guess;
}

static outcome_t require(cfo_supposed_t *supposed, const ap_directive_t *line)
{
    int negated = cfo_conf_tree_word_is(supposed->pool, line, 0, "not"), granted;

    supposed->now = line;
    granted = grants(supposed, line, negated);
    if (negated)
        return granted ? DENIED : NEUTRAL;
    return granted ? GRANTED : DENIED;
}

static outcome_t require_section(cfo_supposed_t *supposed, const ap_directive_t *line)
{
    outcome_t outcome = require_all_of(supposed, line->first_child,
                                       is_name(line->directive, "<RequireAll"), 0);

    if (!is_name(line->directive, "<RequireNone"))
        return outcome;
    return outcome == GRANTED ? DENIED : NEUTRAL;
}

static int is_require_section(const ap_directive_t *line)
{
    return !strncasecmp(line->directive, "<Require", strlen("<Require"));
}

static outcome_t join(outcome_t a, outcome_t b, int is_and)
{
    if (a == NEUTRAL || b == NEUTRAL)
        return a == NEUTRAL ? b : a;
    return is_and ? (a == GRANTED && b == GRANTED ? GRANTED : DENIED)
                  : (a == GRANTED || b == GRANTED ? GRANTED : DENIED);
}

/* The lines from `line` on, all of them (AND) or any. */
static outcome_t require_all_of(cfo_supposed_t *supposed, const ap_directive_t *line,
                                int is_and, int is_top)
{
    outcome_t outcome = NEUTRAL;

    for (; line; line = line->next) {
        if (is_name(line->directive, "Require"))
            outcome = join(outcome, require(supposed, line), is_and);
        else if (is_require_section(line))
            outcome = join(outcome, require_section(supposed, line), is_and);
        else if (is_top && cfo_section_is_limit(line))
            outcome =
                join(outcome, require_all_of(supposed, line->first_child, is_and, is_top),
                     is_and);
    }
    return outcome;
}

static int is_satisfied_by_any(apr_pool_t *p, const ap_directive_t *section)
{
    const ap_directive_t *line = section->first_child;
    int any = 0;

    for (; line; line = line->next) {
        if (is_name(line->directive, "Satisfy"))
            any = cfo_conf_tree_word_is(p, line, 0, "any");
    }
    return any;
}

static int is_granted(cfo_supposed_t *supposed, const ap_directive_t *section)
{
    return require_all_of(supposed, section->first_child, 0, 1) == GRANTED;
}

/* What the Allow and Deny lines of a section make of a request. */
typedef struct {
    int allow_last; /* Order Deny,Allow */
    int allowed;
    int denied;
} access_t;

static int matches(cfo_supposed_t *supposed, const char *word)
{
    if (is_name(word, "all"))
        return 1;
    if (!strncasecmp(word, "env=!", 5))
        return !is_set(supposed, word + 5);
    if (!strncasecmp(word, "env=", 4))
        return is_set(supposed, word + 4);
    return cfo_supposed_in_network(supposed, cfo_supposed_address(supposed), word);
}

static int any_matches(cfo_supposed_t *supposed, const ap_directive_t *line)
{
    const char *word;
    int i, any = 0;

    supposed->now = line;
    for (i = 1; *(word = cfo_conf_tree_word(supposed->pool, line, i)); i++)
        any |= matches(supposed, word);
    return any;
}

static void look_at_access(cfo_supposed_t *supposed, const ap_directive_t *line,
                           access_t *access)
{
    for (; line; line = line->next) {
        if (is_name(line->directive, "order"))
            access->allow_last = !strncasecmp(line->args, "deny", 4);
        else if (is_name(line->directive, "allow"))
            access->allowed |= any_matches(supposed, line);
        else if (is_name(line->directive, "deny"))
            access->denied |= any_matches(supposed, line);
        else if (cfo_section_is_limit(line))
            look_at_access(supposed, line->first_child, access);
    }
}

static int is_allowed(cfo_supposed_t *supposed, const ap_directive_t *section)
{
    access_t access = { 1, 0, 0 };

    look_at_access(supposed, section->first_child, &access);
    return access.allow_last ? access.allowed || !access.denied
                             : access.allowed && !access.denied;
}

/* With Satisfy Any, Require or Allow is enough. */
int cfo_rule_require_passes(cfo_supposed_t *supposed, const ap_directive_t *section)
{
    return is_granted(supposed, section) ||
           (is_satisfied_by_any(supposed->pool, section) &&
            is_allowed(supposed, section));
}

int cfo_rule_allow_passes(cfo_supposed_t *supposed, const ap_directive_t *section)
{
    return is_allowed(supposed, section) ||
           (is_satisfied_by_any(supposed->pool, section) &&
            is_granted(supposed, section));
}
