/* SPDX-License-Identifier: Apache-2.0 */
/* Sections. */
#include "httpd/language/section.h"

#include <string.h>
#include <strings.h>

#include "http_config.h"

#include "apr_lib.h"
#include "apr_strings.h"

static int is(const ap_directive_t *line, const char *name)
{
    return !strcasecmp(line->directive, name);
}

int cfo_section_is_limit(const ap_directive_t *line)
{
    return is(line, "<Limit") || is(line, "<LimitExcept");
}

const ap_directive_t *cfo_section_of(const ap_directive_t *line)
{
    const ap_directive_t *around = line->parent;

    while (around && (cfo_section_is_limit(around) ||
                      !strncasecmp(around->directive, "<Require", strlen("<Require"))))
        around = around->parent;
    return around && !is(around, "<VirtualHost") ? around : NULL;
}

const ap_directive_t *cfo_section_first(const ap_directive_t *line)
{
    return line->parent ? line->parent->first_child : ap_conftree;
}

static int has_tilde(const ap_directive_t *section)
{
    return *section->args == '~' && apr_isspace(section->args[1]);
}

const char *cfo_section_argument(apr_pool_t *p, const ap_directive_t *section)
{
    size_t length = strlen(section->args), begin = has_tilde(section);
    size_t end = length - (length && section->args[length - 1] == '>');
    const char *args = apr_pstrmemdup(p, section->args + begin, end - begin);

    return ap_getword_conf(p, &args);
}

int cfo_section_is_regex(const ap_directive_t *section)
{
    size_t length = strlen(section->directive);

    return has_tilde(section) ||
           (length > 5 && !strcasecmp(section->directive + length - 5, "Match"));
}

int cfo_section_is_same(apr_pool_t *p, const ap_directive_t *one,
                        const ap_directive_t *other)
{
    return is(one, other->directive) && has_tilde(one) == has_tilde(other) &&
           !strcmp(cfo_section_argument(p, one), cfo_section_argument(p, other));
}

int cfo_section_is_everywhere(apr_pool_t *p, const ap_directive_t *section)
{
    return section && is(section, "<Location") && !has_tilde(section) &&
           !strcmp(cfo_section_argument(p, section), "/");
}

const ap_directive_t *cfo_section_branch_before(const ap_directive_t *section)
{
    const ap_directive_t *line, *before = NULL;

    if (!is(section, "<ElseIf") && !is(section, "<Else"))
        return NULL;
    for (line = cfo_section_first(section); line && line != section; line = line->next) {
        if (is(line, "<If") || is(line, "<ElseIf"))
            before = line;
    }
    return before;
}

int cfo_path_is_below(const char *folder, const char *path)
{
    size_t length = strlen(path);

    while (length && path[length - 1] == '/')
        length--;
    return !strncmp(folder, path, length) && (!folder[length] || folder[length] == '/');
}

int cfo_path_is_pattern(const char *path)
{
    return strpbrk(path, "*?[") != NULL;
}
