/* SPDX-License-Identifier: Apache-2.0 */
/* RewriteOptions. */
#include "httpd/language/rewrite_inheritance.h"

#include <strings.h>

static int has_option(apr_pool_t *p, const cfo_vhosts_t *vhosts, const server_rec *s,
                      const char *option)
{
    const apr_array_header_t *lines =
        cfo_conf_tree_lines(vhosts->conf_tree, s, "RewriteOptions");
    const char *word;
    int i, j;

    for (i = 0; i < lines->nelts; i++) {
        const ap_directive_t *line = APR_ARRAY_IDX(lines, i, const ap_directive_t *);

        for (j = 0; *(word = cfo_conf_tree_word(p, line, j)); j++) {
            if (!strcasecmp(word, option))
                return 1;
        }
    }
    return 0;
}

cfo_inheritance_t cfo_rewrite_inheritance(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                                          const cfo_vhost_t *vhost)
{
    const server_rec *s = vhost->s, *main = vhosts->main;
    int is_given;

    /* Without a line of mod_rewrite of its own, it has no rules, whatever is given. */
    if (!s->is_virtual || !cfo_conf_tree_rewrites(vhosts->conf_tree, s))
        return CFO_INHERITS_NOTHING;
    is_given = !has_option(p, vhosts, s, "IgnoreInherit");
    if (has_option(p, vhosts, s, "InheritBefore") ||
        (is_given && has_option(p, vhosts, main, "InheritDownBefore")))
        return CFO_INHERITS_BEFORE;
    return has_option(p, vhosts, s, "Inherit") ||
                   (is_given && has_option(p, vhosts, main, "InheritDown"))
               ? CFO_INHERITS_AFTER
               : CFO_INHERITS_NOTHING;
}
