/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a server that may refuse a request. */
#include "httpd/trial/rules.h"

#include <string.h>
#include <strings.h>

#include "http_config.h"

#include "apr_strings.h"

#include "httpd/language/rewrite_inheritance.h"

/* Which line is of which kind. */
static const struct {
    const char *name;
    cfo_rule_kind_t kind;
} kinds[] = {
    { "Require", CFO_RULE_REQUIRE },
    { "allow", CFO_RULE_ALLOW },
    { "deny", CFO_RULE_ALLOW },
    { "RewriteRule", CFO_RULE_REWRITE },
    { "SSLRequire", CFO_RULE_SSL_REQUIRE },
    { "Redirect", CFO_RULE_REDIRECT },
    { "RedirectMatch", CFO_RULE_REDIRECT },
    { "RedirectPermanent", CFO_RULE_REDIRECT },
    { "RedirectTemp", CFO_RULE_REDIRECT },
    { "SecRule", CFO_RULE_SECURITY },
    { NULL, 0 },
};

static int is_section(const ap_directive_t *line, const char *name)
{
    return !strcasecmp(line->directive, name);
}

/* Whether the conditions before an <ElseIf> or <Else> fail, which are tried in the order
 * of the file. */
static int earlier_fail(cfo_supposed_t *supposed, const ap_directive_t *section)
{
    const ap_directive_t *before = cfo_section_branch_before(section);
    int fail;

    if (!before)
        return 1;
    fail = earlier_fail(supposed, before);
    supposed->now = before;
    return !cfo_supposed_expression(supposed,
                                    cfo_section_argument(supposed->pool, before)) &&
           fail;
}

/* Whether the <If> sections around a line, `section` included, hold. */
static int applies(cfo_supposed_t *supposed, const ap_directive_t *section)
{
    int holds = 1;

    for (; section; section = cfo_section_of(section)) {
        holds &= earlier_fail(supposed, section);
        supposed->now = section;
        if (is_section(section, "<If") || is_section(section, "<ElseIf"))
            holds &= cfo_supposed_expression(
                supposed, cfo_section_argument(supposed->pool, section));
    }
    return holds;
}

static int applies_sometimes(const ap_directive_t *section)
{
    while (section && strncasecmp(section->directive, "<If", 3) &&
           strncasecmp(section->directive, "<Else", 5))
        section = cfo_section_of(section);
    return section != NULL;
}

int cfo_rule_passes(cfo_supposed_t *supposed, const cfo_rule_t *rule)
{
    const ap_directive_t *line = rule->line;

    switch (rule->kind) {
    case CFO_RULE_REQUIRE:
        return !applies(supposed, line) || cfo_rule_require_passes(supposed, line);
    case CFO_RULE_ALLOW:
        return !applies(supposed, line) || cfo_rule_allow_passes(supposed, line);
    case CFO_RULE_REWRITE:
        return !applies(supposed, cfo_section_of(line)) ||
               cfo_rule_rewrite_passes(supposed, line);
    case CFO_RULE_SECURITY:
        return !applies(supposed, cfo_section_of(line)) ||
               cfo_rule_security_passes(supposed, line);
    case CFO_RULE_SSL_REQUIRE:
        if (!applies(supposed, cfo_section_of(line)))
            return 1;
        supposed->now = line;
        return cfo_supposed_expression(supposed, line->args);
    default:
        return !applies(supposed, cfo_section_of(line));
    }
}

static int meets_targets(apr_pool_t *p, const apr_array_header_t *lines,
                         const char *folder, int n)
{
    int i;

    for (i = 0; i < lines->nelts; i++) {
        const char *path =
            cfo_conf_tree_word(p, APR_ARRAY_IDX(lines, i, const ap_directive_t *), n);

        if (cfo_path_is_below(path, folder) || cfo_path_is_below(folder, path))
            return 1;
    }
    return 0;
}

/* Whether requests for a server may lead into a <Directory> of the main server. */
static int leads_into(apr_pool_t *p, const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost,
                      const char *folder)
{
    static const char *const names[] = { "Alias", "ScriptAlias", "WSGIScriptAlias",
                                         NULL };
    const ap_directive_t *root = cfo_vhost_line(vhosts, vhost, "DocumentRoot");
    const char *path = cfo_conf_tree_word(p, root, 0), *const * name;

    if (*folder != '/' || cfo_path_is_pattern(folder) || !root || *path != '/' ||
        cfo_path_is_below(path, folder) || cfo_path_is_below(folder, path))
        return 1;
    for (name = names; *name; name++) {
        if (meets_targets(p, cfo_conf_tree_lines(vhosts->conf_tree, vhost->s, *name),
                          folder, 1) ||
            meets_targets(p, cfo_conf_tree_lines(vhosts->conf_tree, vhosts->main, *name),
                          folder, 1))
            return 1;
    }
    return 0;
}

static int has_own_policy(const ap_directive_t *section)
{
    const ap_directive_t *line = section->first_child;

    while (line && !is_section(line, "CFOriginPull"))
        line = line->next;
    return line != NULL;
}

/* Whether a section for the same place has a CFOriginPull. */
static int twin_has_policy(apr_pool_t *p, const apr_array_header_t *policies,
                           const ap_directive_t *section)
{
    int i;

    for (i = 0; i < policies->nelts; i++) {
        const ap_directive_t *twin =
            cfo_section_of(APR_ARRAY_IDX(policies, i, const ap_directive_t *));

        if (twin && cfo_section_is_same(p, twin, section))
            return 1;
    }
    return 0;
}

/* Whether a section of a server that is not judged is. */
static int is_judged(apr_pool_t *p, const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost,
                     const ap_directive_t *section)
{
    for (; section; section = cfo_section_of(section)) {
        if (has_own_policy(section) ||
            twin_has_policy(
                p, cfo_conf_tree_nested(vhosts->conf_tree, vhost->s, "CFOriginPull"),
                section) ||
            twin_has_policy(
                p, cfo_conf_tree_nested(vhosts->conf_tree, vhosts->main, "CFOriginPull"),
                section))
            return 1;
    }
    return 0;
}

static int counts(apr_pool_t *p, const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost,
                  const ap_directive_t *line)
{
    const ap_directive_t *section = cfo_section_of(line), *each;

    if (!vhost->is_judged && !is_judged(p, vhosts, vhost, section))
        return 0;
    for (each = section; each; each = cfo_section_of(each)) {
        if (is_section(each, "<Directory") && !cfo_section_is_regex(each) &&
            !leads_into(p, vhosts, vhost, cfo_section_argument(p, each)))
            return 0;
    }
    return 1;
}

/* Whether a condition may ask for what this is about. */
static int may_ask(const ap_directive_t *condition)
{
    static const char *const words[] = {
        "REMOTE_ADDR", "-R ", "HTTP:", "req", "http(", "ENV:", "env(", "SSL_CLIENT_", NULL
    };
    const char *const *word;

    for (word = words; *word; word++) {
        if (ap_strcasestr(condition->args, *word))
            return 1;
    }
    return 0;
}

/* Whether a RewriteRule can matter. mod_rewrite is off unless a line next to the rule
 * switches it on; a section may have inherited that. There may be thousands of rules. */
static int is_of_interest(apr_pool_t *p, const ap_directive_t *rule)
{
    const ap_directive_t *line = cfo_section_first(rule);
    int is_on = cfo_section_of(rule) != NULL;
    int asks = is_on && applies_sometimes(cfo_section_of(rule));

    for (; line; line = line->next) {
        if (is_section(line, "RewriteEngine"))
            is_on = cfo_conf_tree_word_is(p, line, 0, "on");
        else if (!asks && is_section(line, "RewriteCond"))
            asks = may_ask(line);
    }
    return is_on && asks;
}

static void add_rule(apr_pool_t *p, apr_array_header_t *rules, cfo_rule_kind_t kind,
                     const ap_directive_t *line)
{
    int i, of_section = kind == CFO_RULE_REQUIRE || kind == CFO_RULE_ALLOW;

    if (of_section)
        line = cfo_section_of(line);
    if (!line ||
        (kind == CFO_RULE_REDIRECT && !applies_sometimes(cfo_section_of(line))) ||
        (kind == CFO_RULE_REWRITE && !is_of_interest(p, line)) ||
        (kind == CFO_RULE_SECURITY && !cfo_rule_security_asks(p, line)))
        return;
    for (i = 0; of_section && i < rules->nelts; i++) {
        const cfo_rule_t *rule = &APR_ARRAY_IDX(rules, i, const cfo_rule_t);

        if (rule->line == line && rule->kind == kind)
            return;
    }
    APR_ARRAY_PUSH(rules, cfo_rule_t) = (cfo_rule_t){ kind, line };
}

static void add_rules(apr_pool_t *p, const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost,
                      const apr_array_header_t *lines, cfo_rule_kind_t kind,
                      apr_array_header_t *rules)
{
    int i;

    for (i = 0; i < lines->nelts; i++) {
        const ap_directive_t *line = APR_ARRAY_IDX(lines, i, const ap_directive_t *);

        if (counts(p, vhosts, vhost, line) &&
            !cfo_rule_is_replaced(p, vhosts, vhost, line, kind))
            add_rule(p, rules, kind, line);
    }
}

apr_array_header_t *cfo_rules_list(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                                   const cfo_vhost_t *vhost)
{
    apr_array_header_t *rules = apr_array_make(p, 16, sizeof(cfo_rule_t));
    const cfo_conf_tree_t *conf_tree = vhosts->conf_tree;
    int i;

    if (!vhost->is_judged &&
        !cfo_conf_tree_nested(conf_tree, vhost->s, "CFOriginPull")->nelts &&
        !cfo_conf_tree_nested(conf_tree, vhosts->main, "CFOriginPull")->nelts)
        return rules;
    for (i = 0; kinds[i].name; i++) {
        add_rules(p, vhosts, vhost,
                  cfo_conf_tree_lines(conf_tree, vhost->s, kinds[i].name), kinds[i].kind,
                  rules);
        add_rules(p, vhosts, vhost,
                  cfo_conf_tree_nested(conf_tree, vhost->s, kinds[i].name), kinds[i].kind,
                  rules);
        if (vhost->s->is_virtual)
            add_rules(p, vhosts, vhost,
                      cfo_conf_tree_nested(conf_tree, vhosts->main, kinds[i].name),
                      kinds[i].kind, rules);
    }
    if (vhost->s->is_virtual)
        add_rules(p, vhosts, vhost,
                  cfo_conf_tree_lines(conf_tree, vhosts->main, "SecRule"),
                  CFO_RULE_SECURITY, rules);
    if (cfo_rewrite_inheritance(p, vhosts, vhost) != CFO_INHERITS_NOTHING)
        add_rules(p, vhosts, vhost,
                  cfo_conf_tree_lines(conf_tree, vhosts->main, "RewriteRule"),
                  CFO_RULE_REWRITE, rules);
    return rules;
}
