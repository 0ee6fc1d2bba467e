/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: who can read the status page. */
#include "httpd/check/checks.h"

#include <string.h>
#include <strings.h>

#include "http_config.h"

#include "apr_strings.h"

#include "httpd/language/section.h"

/* Whether a line restricts access. */
static int restricts(apr_pool_t *p, const ap_directive_t *line)
{
    if (!strcasecmp(line->directive, "Require"))
        return !cfo_conf_tree_word_is(p, line, 0, "all") ||
               cfo_conf_tree_word_is(p, line, 1, "denied");
    return !strcasecmp(line->directive, "Deny");
}

/* Also inside of <RequireAll>, <Limit> and the like. */
static int any_restricts(apr_pool_t *p, const ap_directive_t *line)
{
    for (; line; line = line->next) {
        if (restricts(p, line) || any_restricts(p, line->first_child))
            return 1;
    }
    return 0;
}

/* Whether another section applies wherever `section` does: it has the same type and
 * argument, or is <Location />. (More than that cannot be seen from the text.) */
static int holds_there(apr_pool_t *p, const ap_directive_t *other,
                       const ap_directive_t *section)
{
    return cfo_section_is_everywhere(p, other) ||
           (section && cfo_section_is_same(p, other, section));
}

static int is_restricted_elsewhere(apr_pool_t *p, const apr_array_header_t *lines,
                                   const ap_directive_t *section)
{
    int i;

    for (i = 0; i < lines->nelts; i++) {
        const ap_directive_t *line = APR_ARRAY_IDX(lines, i, const ap_directive_t *);
        const ap_directive_t *around = cfo_section_of(line);

        while (around && !holds_there(p, around, section))
            around = cfo_section_of(around);
        if (around && restricts(p, line))
            return 1;
    }
    return 0;
}

static int is_restricted(const cfo_checking_t *checking, const cfo_vhost_t *vhost,
                         const ap_directive_t *line)
{
    static const char *const names[] = { "Require", "deny" };
    const cfo_vhosts_t *vhosts = checking->vhosts;
    const ap_directive_t *section = cfo_section_of(line), *around;
    size_t i;

    for (around = section; around; around = cfo_section_of(around)) {
        if (any_restricts(checking->pool, around->first_child))
            return 1;
    }
    for (i = 0; i < sizeof names / sizeof *names; i++) {
        if (is_restricted_elsewhere(
                checking->pool,
                cfo_conf_tree_nested(vhosts->conf_tree, vhost->s, names[i]), section) ||
            is_restricted_elsewhere(
                checking->pool,
                cfo_conf_tree_nested(vhosts->conf_tree, vhosts->main, names[i]), section))
            return 1;
    }
    return 0;
}

static void look_at(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                    const apr_array_header_t *lines)
{
    int i;

    for (i = 0; i < lines->nelts; i++) {
        const ap_directive_t *line = APR_ARRAY_IDX(lines, i, const ap_directive_t *);

        if (cfo_conf_tree_word_is(checking->pool, line, 0, "cf-origin-status") &&
            !is_restricted(checking, vhost, line))
            cfo_check_add(
                checking, vhost, line,
                "the status page is open to everyone who can reach this virtual host: "
                "add a Require that names who may read it");
    }
}

static void check_status_open(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const cfo_vhosts_t *vhosts = checking->vhosts;

    look_at(checking, vhost,
            cfo_conf_tree_lines(vhosts->conf_tree, vhost->s, "SetHandler"));
    look_at(checking, vhost,
            cfo_conf_tree_nested(vhosts->conf_tree, vhost->s, "SetHandler"));
    if (!vhost->s->is_virtual)
        return;
    look_at(checking, vhost,
            cfo_conf_tree_lines(vhosts->conf_tree, vhosts->main, "SetHandler"));
    look_at(checking, vhost,
            cfo_conf_tree_nested(vhosts->conf_tree, vhosts->main, "SetHandler"));
}

const cfo_check_t cfo_status_access_checks[] = {
    { CFO_LEVEL_WARNING, "CFO0228 status-open", check_status_open }, { 0 }
};
