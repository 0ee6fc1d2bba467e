/* SPDX-License-Identifier: Apache-2.0 */
/* Access lines that have no effect, because those of a later section replace them. */
#include "httpd/trial/rules.h"

#include <string.h>
#include <strings.h>

static int is_section(const ap_directive_t *line, const char *name)
{
    return !strcasecmp(line->directive, name);
}

static size_t length_of(const char *folder)
{
    size_t length = strlen(folder);

    while (length && folder[length - 1] == '/')
        length--;
    return length;
}

/* How specific a section is that is for a whole site: the length of its folder, which is
 * the DocumentRoot or above it, or more than that of <Location "/">. -1: it is not. */
static long rank_of(apr_pool_t *p, const ap_directive_t *section, const char *root)
{
    const char *place = cfo_section_argument(p, section);
    size_t length = length_of(place);

    if (cfo_section_of(section))
        return -1;
    if (is_section(section, "<Location"))
        return strcmp(place, "/") ? -1 : (long)strlen(root) + 1;
    if (!is_section(section, "<Directory") || strpbrk(place, "*?[~") ||
        strncmp(root, place, length) || (root[length] && root[length] != '/'))
        return -1;
    return (long)length;
}

/* Sections of a virtual host come after those of the main server. */
static int is_after(const ap_directive_t *section, const ap_directive_t *other)
{
    const ap_directive_t *line = section->next;

    while (line && line != other)
        line = line->next;
    return line || (other->parent && !section->parent);
}

static int has_line(const ap_directive_t *section, const char *name)
{
    const ap_directive_t *line = section->first_child;

    while (line && !is_section(line, name))
        line = line->next;
    return line != NULL;
}

/* Whether the section of one of the lines replaces `section`. */
static int is_replaced_by(apr_pool_t *p, const apr_array_header_t *lines,
                          const ap_directive_t *section, const char *root)
{
    long rank = rank_of(p, section, root);
    int i;

    for (i = 0; rank >= 0 && i < lines->nelts; i++) {
        const ap_directive_t *line = APR_ARRAY_IDX(lines, i, const ap_directive_t *);
        const ap_directive_t *other = cfo_section_of(line);
        long above = other ? rank_of(p, other, root) : -1;

        if (other && other != section && line->parent == other &&
            !has_line(other, "AuthMerging") &&
            (above > rank || (above == rank && is_after(section, other))))
            return 1;
    }
    return 0;
}

int cfo_rule_is_replaced(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                         const cfo_vhost_t *vhost, const ap_directive_t *line,
                         cfo_rule_kind_t kind)
{
    static const char *const names[] = { "Require", "order", "allow", "deny" };
    const cfo_conf_tree_t *tree = vhosts->conf_tree;
    const ap_directive_t *section = cfo_section_of(line);
    const char *root =
        cfo_conf_tree_word(p, cfo_vhost_line(vhosts, vhost, "DocumentRoot"), 0);
    int i = kind != CFO_RULE_REQUIRE, end = kind == CFO_RULE_REQUIRE ? 1 : 4;

    /* An alias may lead elsewhere into the folder of the section. */
    if ((kind != CFO_RULE_REQUIRE && kind != CFO_RULE_ALLOW) || !section ||
        *root != '/' || cfo_conf_tree_lines(tree, vhost->s, "Alias")->nelts)
        return 0;
    for (; i < end; i++) {
        if (is_replaced_by(p, cfo_conf_tree_nested(tree, vhost->s, names[i]), section,
                           root) ||
            (vhost->s->is_virtual &&
             is_replaced_by(p, cfo_conf_tree_nested(tree, vhosts->main, names[i]),
                            section, root)))
            return 1;
    }
    return 0;
}
