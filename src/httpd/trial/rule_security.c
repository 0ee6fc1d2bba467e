/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a server: SecRule of mod_security. */
#include "httpd/trial/rules.h"

#include <string.h>
#include <strings.h>

#include "apr_strings.h"

/* The value that a rule is about, if it is one of interest; UNKNOWN if not. A count ("&")
 * of headers is read as the header, with 0 for none. */
static cfo_value_t value_of(cfo_supposed_t *supposed, const char *variables)
{
    static const char headers[] = "REQUEST_HEADERS:";
    cfo_value_t unknown = { CFO_IS_UNKNOWN, NULL };

    if (!strcasecmp(variables, "REMOTE_ADDR"))
        return cfo_supposed_address(supposed);
    if (!strncasecmp(variables, headers, strlen(headers)))
        return cfo_supposed_header(supposed, variables + strlen(headers));
    return unknown;
}

int cfo_rule_security_asks(apr_pool_t *p, const ap_directive_t *line)
{
    const char *variables = cfo_conf_tree_word(p, line, 0);
    const char *actions = cfo_conf_tree_word(p, line, 2);

    return (!strncasecmp(variables, "REMOTE_ADDR", strlen("REMOTE_ADDR")) ||
            ap_strcasestr(variables, "REQUEST_HEADERS:CF-") ||
            ap_strcasestr(variables, "REQUEST_HEADERS:True-Client-IP")) &&
           (ap_strcasestr(actions, "deny") || ap_strcasestr(actions, "drop") ||
            ap_strcasestr(actions, "block"));
}

/* @ipMatch: networks with commas between them. */
static int in_networks(cfo_supposed_t *supposed, cfo_value_t value, const char *list)
{
    char *text = apr_pstrdup(supposed->pool, list), *rest, *network;
    int is_in = 0;

    for (network = apr_strtok(text, ", ", &rest); network;
         network = apr_strtok(NULL, ", ", &rest))
        is_in |= cfo_supposed_in_network(supposed, value, network);
    return is_in;
}

static int matches(cfo_supposed_t *supposed, cfo_value_t value, const char *op)
{
    const char *name = "@rx", *argument = op;

    if (*op == '@') {
        name = ap_getword_white(supposed->pool, &argument);
        if (!strcasecmp(name, "@ipMatch"))
            return in_networks(supposed, value, argument);
    }
    if (strcasecmp(name, "@rx"))
        return supposed->guess;
    return cfo_supposed_matches(supposed, value, argument, 0);
}

/* "&REQUEST_HEADERS:CF-Ray" "@eq 0" */
static int counts_none(cfo_supposed_t *supposed, const char *variables, const char *op)
{
    cfo_question_t question = { .kind = CFO_ASK_EQUAL, .text = "" };

    return strcasecmp(op, "@eq 0")
               ? supposed->guess
               : cfo_supposed_ask(supposed, value_of(supposed, variables + 1), &question);
}

/* A chain goes on with the next rule, which is a guess. */
int cfo_rule_security_passes(cfo_supposed_t *supposed, const ap_directive_t *line)
{
    apr_pool_t *p = supposed->pool;
    const char *variables = cfo_conf_tree_word(p, line, 0);
    const char *op = cfo_conf_tree_word(p, line, 1);
    int negated = *op == '!', matched;

    supposed->now = line;
    /* mod_security skips a rule about a header that is not there. */
    if (!supposed->has_headers && !strncasecmp(variables, "REQUEST_HEADERS", 15))
        return 1;
    op += negated;
    matched = *variables == '&' ? counts_none(supposed, variables, op)
                                : matches(supposed, value_of(supposed, variables), op);
    if (negated)
        matched = !matched;
    return !matched ||
           (ap_strcasestr(cfo_conf_tree_word(p, line, 2), "chain") && !supposed->guess);
}
