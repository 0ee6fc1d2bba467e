/* SPDX-License-Identifier: Apache-2.0 */
/* The environment of a supposed request, by the lines of mod_setenvif. */
#include "httpd/trial/rules.h"

#include <string.h>
#include <strings.h>

#include "apr_strings.h"

#include "httpd/language/rewrite_line.h"

enum { DEPTH_MOST = 4 };

/* How a line finds out whether it sets its variables, and where those begin. */
typedef struct {
    const char *name;
    const char *attribute; /* NULL: its first argument */
    int first_variable;
} setter_t;

static const setter_t setters[] = {
    { "SetEnvIf", NULL, 2 },
    { "SetEnvIfNoCase", NULL, 2 },
    { "BrowserMatch", "User-Agent", 1 },
    { "BrowserMatchNoCase", "User-Agent", 1 },
    { "SetEnvIfExpr", NULL, 1 },
    { NULL, NULL, 0 },
};

/* The word of a line that sets or removes a variable ("x", "x=1", "!x"); NULL: none. */
static const char *find_variable(apr_pool_t *p, const ap_directive_t *line,
                                 const setter_t *setter, const char *name)
{
    size_t length = strlen(name);
    const char *word;
    int i;

    for (i = setter->first_variable; *(word = cfo_conf_tree_word(p, line, i)); i++) {
        const char *bare = word + (*word == '!');

        if (!strncmp(bare, name, length) && (!bare[length] || bare[length] == '='))
            return word;
    }
    return NULL;
}

/* Whether an attribute may be a variable that an earlier line has set. Those of usual
 * headers are not: there may be thousands of lines for Referer, each of which would look
 * through all. */
static int may_be_variable(const char *attribute)
{
    static const char *const headers[] = { "Referer", "Host",   "Cookie", "Via",
                                           "Accept",  "Origin", "Range",  "From" };
    size_t i;

    for (i = 0; i < sizeof headers / sizeof *headers; i++) {
        if (!strcasecmp(attribute, headers[i]))
            return 0;
    }
    return !strpbrk(attribute, "-^$.*");
}

static cfo_value_t attribute_of(cfo_supposed_t *supposed, const char *attribute)
{
    static const cfo_value_t unknown = { CFO_IS_UNKNOWN, NULL };

    if (!strcasecmp(attribute, "Remote_Addr"))
        return cfo_supposed_address(supposed);
    if (!strcasecmp(attribute, "Request_URI"))
        return cfo_supposed_variable(supposed, attribute);
    if (!strcasecmp(attribute, "Server_Addr") || !strcasecmp(attribute, "Remote_Host") ||
        !strncasecmp(attribute, "Request_", 8))
        return unknown;
    if (may_be_variable(attribute))
        return cfo_supposed_env(supposed, attribute);
    /* A header's name may be a regular expression. */
    attribute += *attribute == '^';
    return cfo_supposed_header(
        supposed, apr_pstrmemdup(supposed->pool, attribute, strcspn(attribute, "$")));
}

static int applies(cfo_supposed_t *supposed, const ap_directive_t *line,
                   const setter_t *setter)
{
    const char *first = cfo_conf_tree_word(supposed->pool, line, 0);

    if (setter->first_variable == 1 && !setter->attribute)
        return cfo_supposed_expression(supposed, first);
    return cfo_supposed_matches(
        supposed, attribute_of(supposed, setter->attribute ? setter->attribute : first),
        setter->attribute ? first : cfo_conf_tree_word(supposed->pool, line, 1),
        ap_strstr_c(setter->name, "NoCase") != NULL);
}

/* What a line leaves of a variable that was `value`. */
static cfo_value_t change(cfo_supposed_t *supposed, const ap_directive_t *line,
                          const setter_t *setter, const char *name, cfo_value_t value)
{
    const char *word = find_variable(supposed->pool, line, setter, name), *equals;
    const ap_directive_t *around = supposed->now;
    int is_set;

    if (!word)
        return value;
    if (value.kind == CFO_IS_UNKNOWN) {
        value.kind = CFO_IS_TEXT;
        value.text = "";
    }
    supposed->now = line;
    is_set = applies(supposed, line, setter);
    supposed->now = around;
    if (!is_set)
        return value;
    equals = ap_strchr_c(word, '=');
    value.text = *word == '!' ? "" : equals ? equals + 1 : "1";
    return value;
}

static cfo_value_t change_all(cfo_supposed_t *supposed, const apr_array_header_t *lines,
                              const setter_t *setter, const char *name, cfo_value_t value)
{
    int i;

    for (i = 0; i < lines->nelts; i++)
        value = change(supposed, APR_ARRAY_IDX(lines, i, const ap_directive_t *), setter,
                       name, value);
    return value;
}

/* By the flag E of RewriteRule, which mod_rewrite executes in the order of its lines. */
static cfo_value_t rewrite(cfo_supposed_t *supposed, const apr_array_header_t *lines,
                           const char *name, cfo_value_t value)
{
    const ap_directive_t *around = supposed->now;
    int i;

    for (i = 0; i < lines->nelts; i++) {
        const ap_directive_t *line = APR_ARRAY_IDX(lines, i, const ap_directive_t *);
        const char *set = cfo_rewrite_rule_sets(supposed->pool, line, name);

        if (!set)
            continue;
        if (value.kind == CFO_IS_UNKNOWN) {
            value.kind = CFO_IS_TEXT;
            value.text = "";
        }
        if (cfo_rule_rewrite_fires(supposed, line))
            value.text = set;
    }
    supposed->now = around;
    return value;
}

static cfo_value_t change_in(cfo_supposed_t *supposed, const server_rec *s,
                             const char *name, cfo_value_t value)
{
    const cfo_conf_tree_t *conf_tree = supposed->vhosts->conf_tree;
    const setter_t *setter;

    for (setter = setters; setter->name; setter++) {
        value = change_all(supposed, cfo_conf_tree_lines(conf_tree, s, setter->name),
                           setter, name, value);
        value = change_all(supposed, cfo_conf_tree_nested(conf_tree, s, setter->name),
                           setter, name, value);
    }
    value =
        rewrite(supposed, cfo_conf_tree_lines(conf_tree, s, "RewriteRule"), name, value);
    return rewrite(supposed, cfo_conf_tree_nested(conf_tree, s, "RewriteRule"), name,
                   value);
}

cfo_value_t cfo_supposed_env(cfo_supposed_t *supposed, const char *name)
{
    cfo_value_t value = { CFO_IS_UNKNOWN, NULL };

    if (!strcmp(name, "CF_ORIGIN")) {
        value.kind = CFO_IS_TEXT;
        value.text = "verified";
        return value;
    }
    if (supposed->depth == DEPTH_MOST)
        return value;
    supposed->depth++;
    if (supposed->vhost->s->is_virtual)
        value = change_in(supposed, supposed->vhosts->main, name, value);
    value = change_in(supposed, supposed->vhost->s, name, value);
    supposed->depth--;
    return value;
}
