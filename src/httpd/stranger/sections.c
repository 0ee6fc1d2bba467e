/* SPDX-License-Identifier: Apache-2.0 */
/* The sections of a virtual host. */
#include "httpd/stranger/sections.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "httpd.h"

#include "apr_fnmatch.h"
#include "apr_strings.h"

int cfo_section_stage(const ap_directive_t *line)
{
    static const struct {
        const char *name;
        int stage;
    } names[] = { { "<Directory", CFO_STAGE_DIRECTORY },
                  { "<DirectoryMatch", CFO_STAGE_DIRECTORY_MATCH },
                  { "<Files", CFO_STAGE_FILES },
                  { "<FilesMatch", CFO_STAGE_FILES },
                  { "<Location", CFO_STAGE_LOCATION },
                  { "<LocationMatch", CFO_STAGE_LOCATION },
                  { "<If", CFO_STAGE_IF },
                  { "<ElseIf", CFO_STAGE_IF },
                  { "<Else", CFO_STAGE_IF } };
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++) {
        if (!strcasecmp(line->directive, names[i].name))
            return names[i].stage;
    }
    return CFO_STAGE_NONE;
}

/* Whether a line, or one inside of <Limit>, <RequireAny> and the like, is about access.
 */
static int has_effect(const ap_directive_t *line)
{
    static const char *const names[] = {
        "Require",       "Order",       "Allow",          "Deny",
        "Satisfy",       "Redirect",    "RedirectMatch",  "RedirectPermanent",
        "RedirectTemp",  "RewriteRule", "RewriteEngine",  "CFOriginPull",
        "SSLRequireSSL", "ProxyPass",   "ProxyPassMatch", "SSLVerifyClient"
    };
    size_t i;

    for (; line; line = line->next) {
        for (i = 0; i < sizeof names / sizeof *names; i++) {
            if (!strcasecmp(line->directive, names[i]))
                return 1;
        }
        if (has_effect(line->first_child))
            return 1;
    }
    return 0;
}

static int count_parts(const char *path)
{
    int count = 0;

    for (; *path; path++)
        count += *path == '/' && path[1];
    return count;
}

static void read_argument(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                          cfo_section_t *section)
{
    section->argument = cfo_section_argument(p, section->line);
    if (cfo_section_is_regex(section->line)) {
        section->regex = cfo_pattern_compile(vhosts->patterns, section->argument, 0);
        if (section->stage == CFO_STAGE_DIRECTORY)
            section->stage = CFO_STAGE_DIRECTORY_MATCH;
    }
    else if (section->stage == CFO_STAGE_DIRECTORY)
        section->parts = count_parts(section->argument);
}

/* Whether a <Directory> could be around or below the DocumentRoot. */
static int is_near(const cfo_site_t *site, const cfo_section_t *section)
{
    for (; section; section = section->around) {
        if (section->stage == CFO_STAGE_DIRECTORY &&
            !cfo_path_is_pattern(section->argument) &&
            !cfo_path_is_below(site->root, section->argument) &&
            !cfo_path_is_below(section->argument, site->root))
            return 0;
    }
    return 1;
}

static void add_section(const cfo_vhosts_t *vhosts, apr_array_header_t *list,
                        const ap_directive_t *line, const cfo_section_t *around,
                        int first)
{
    apr_pool_t *p = list->pool;
    cfo_section_t *section = apr_pcalloc(p, sizeof *section);
    const ap_directive_t *child;

    section->line = line;
    section->around = around;
    section->stage = cfo_section_stage(line);
    section->number = first + list->nelts;
    read_argument(p, vhosts, section);
    section->rules = apr_array_make(p, 1, sizeof(cfo_rewrite_rule_t));
    cfo_rewrite_rules_read(p, vhosts->patterns, line->first_child, section->rules);
    APR_ARRAY_PUSH(list, const cfo_section_t *) = section;
    for (child = line->first_child; child; child = child->next) {
        if (cfo_section_stage(child) != CFO_STAGE_NONE && has_effect(child->first_child))
            add_section(vhosts, list, child, section, first);
    }
}

static int compare(const void *a, const void *b)
{
    const cfo_section_t *one = *(const cfo_section_t *const *)a,
                        *other = *(const cfo_section_t *const *)b;

    if (one->stage != other->stage)
        return one->stage - other->stage;
    if (one->stage == CFO_STAGE_DIRECTORY && one->parts != other->parts)
        return one->parts - other->parts;
    return one->number - other->number;
}

static apr_array_header_t *make_list(apr_pool_t *p)
{
    return apr_array_make(p, 8, sizeof(const cfo_section_t *));
}

/* `first`: the number of the first one. */
static void add_sections(const cfo_vhosts_t *vhosts, apr_array_header_t *list,
                         const server_rec *s, int first)
{
    const apr_array_header_t *lines = cfo_conf_tree_all(vhosts->conf_tree, s);
    int i;

    for (i = 0; i < lines->nelts; i++) {
        const ap_directive_t *line = APR_ARRAY_IDX(lines, i, const ap_directive_t *);

        if (*line->directive == '<' && cfo_section_stage(line) != CFO_STAGE_NONE &&
            has_effect(line->first_child))
            add_section(vhosts, list, line, NULL, first);
    }
}

/* The sections of the main server may be thousands: they are read once. */
static const apr_array_header_t *sections_of_main(const cfo_vhosts_t *vhosts)
{
    static const char key[] = "main";
    apr_array_header_t *list = apr_hash_get(vhosts->sections, key, APR_HASH_KEY_STRING);

    if (!list) {
        list = make_list(vhosts->pool);
        add_sections(vhosts, list, vhosts->main, 0);
        apr_hash_set(vhosts->sections, key, APR_HASH_KEY_STRING, list);
    }
    return list;
}

static void add_near(const cfo_site_t *site, apr_array_header_t *list,
                     const apr_array_header_t *sections)
{
    int i;

    for (i = 0; i < sections->nelts; i++) {
        const cfo_section_t *section = APR_ARRAY_IDX(sections, i, const cfo_section_t *);

        if (is_near(site, section))
            APR_ARRAY_PUSH(list, const cfo_section_t *) = section;
    }
}

apr_array_header_t *cfo_sections_list(const cfo_site_t *site)
{
    apr_array_header_t *list = make_list(site->pool), *own = make_list(site->pool);
    const apr_array_header_t *shared = sections_of_main(site->vhosts);

    if (site->vhost->s->is_virtual)
        add_sections(site->vhosts, own, site->vhost->s, shared->nelts);
    add_near(site, list, shared);
    add_near(site, list, own);
    qsort(list->elts, list->nelts, list->elt_size, compare);
    return list;
}
