/* SPDX-License-Identifier: Apache-2.0 */
/* The sections of a virtual host. */
#include "httpd/check/sections.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "httpd.h"

#include "apr_fnmatch.h"
#include "apr_strings.h"

enum {
    STAGE_NONE,
    STAGE_DIRECTORY,
    STAGE_DIRECTORY_MATCH,
    STAGE_FILES,
    STAGE_LOCATION,
    STAGE_IF
};

static int stage_of(const ap_directive_t *line)
{
    static const struct {
        const char *name;
        int stage;
    } names[] = { { "<Directory", STAGE_DIRECTORY },
                  { "<DirectoryMatch", STAGE_DIRECTORY_MATCH },
                  { "<Files", STAGE_FILES },
                  { "<FilesMatch", STAGE_FILES },
                  { "<Location", STAGE_LOCATION },
                  { "<LocationMatch", STAGE_LOCATION },
                  { "<If", STAGE_IF },
                  { "<ElseIf", STAGE_IF },
                  { "<Else", STAGE_IF } };
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++) {
        if (!strcasecmp(line->directive, names[i].name))
            return names[i].stage;
    }
    return STAGE_NONE;
}

/* Whether a line, or one inside of <Limit>, <RequireAny> and the like, is about access.
 */
static int has_effect(const ap_directive_t *line)
{
    static const char *const names[] = {
        "Require",       "Order",       "Allow",         "Deny",
        "Satisfy",       "Redirect",    "RedirectMatch", "RedirectPermanent",
        "RedirectTemp",  "RewriteRule", "RewriteEngine", "CFOriginPull",
        "SSLRequireSSL", "ProxyPass",   "ProxyPassMatch"
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

/* Whether a folder is `path` or below it. */
static int is_below(const char *folder, const char *path)
{
    size_t length = strlen(path);

    while (length && path[length - 1] == '/')
        length--;
    return !strncmp(folder, path, length) && (!folder[length] || folder[length] == '/');
}

static int has_wildcard(const char *path)
{
    return strpbrk(path, "*?[") != NULL;
}

static void read_argument(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                          cfo_section_t *section)
{
    const char *args = cfo_conf_tree_argument(p, section->line);
    const char *name = section->line->directive;
    int is_pattern = strlen(name) > 5 && !strcasecmp(name + strlen(name) - 5, "Match");

    if (section->stage == STAGE_IF) {
        const char *word = args;

        section->argument = *args == '"' ? ap_getword_conf(p, &word) : args;
        return;
    }
    section->argument = ap_getword_conf(p, &args);
    if (!strcmp(section->argument, "~")) {
        section->argument = ap_getword_conf(p, &args);
        is_pattern = 1;
        if (section->stage == STAGE_DIRECTORY)
            section->stage = STAGE_DIRECTORY_MATCH;
    }
    if (is_pattern)
        section->regex = cfo_pattern_compile(vhosts->patterns, section->argument, 0);
    else if (section->stage == STAGE_DIRECTORY)
        section->parts = count_parts(section->argument);
}

/* Whether a <Directory> could be around or below the DocumentRoot. */
static int is_near(const cfo_site_t *site, const cfo_section_t *section)
{
    for (; section; section = section->around) {
        if (section->stage == STAGE_DIRECTORY && !has_wildcard(section->argument) &&
            !is_below(site->root, section->argument) &&
            !is_below(section->argument, site->root))
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
    section->stage = stage_of(line);
    section->number = first + list->nelts;
    read_argument(p, vhosts, section);
    section->rules = apr_array_make(p, 1, sizeof(cfo_rule_t));
    cfo_rewrite_rules_add(p, vhosts, line->first_child, section->rules);
    APR_ARRAY_PUSH(list, const cfo_section_t *) = section;
    for (child = line->first_child; child; child = child->next) {
        if (stage_of(child) != STAGE_NONE && has_effect(child->first_child))
            add_section(vhosts, list, child, section, first);
    }
}

static int compare(const void *a, const void *b)
{
    const cfo_section_t *one = *(const cfo_section_t *const *)a,
                        *other = *(const cfo_section_t *const *)b;

    if (one->stage != other->stage)
        return one->stage - other->stage;
    if (one->stage == STAGE_DIRECTORY && one->parts != other->parts)
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

        if (*line->directive == '<' && stage_of(line) != STAGE_NONE &&
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

static cfo_truth_t is(int holds)
{
    return holds ? CFO_YES : CFO_NO;
}

/* The branch before an <ElseIf> or <Else>: the last <If> or <ElseIf> before it. */
static cfo_truth_t earlier_applies(const cfo_probe_t *probe, const ap_directive_t *line)
{
    const ap_directive_t *each, *before = NULL;
    cfo_truth_t any = CFO_NO;

    for (each = line->parent ? line->parent->first_child : NULL; each && each != line;
         each = each->next) {
        if (!strcasecmp(each->directive, "<If"))
            before = each;
    }
    for (; before && before != line; before = before->next) {
        if (stage_of(before) == STAGE_IF) {
            const char *args = cfo_conf_tree_argument(probe->site->pool, before);

            if (*args == '"')
                args = ap_getword_conf(probe->site->pool, &args);
            any = cfo_or(any, cfo_expression_holds(probe, args));
        }
    }
    return any;
}

static cfo_truth_t if_applies(const cfo_probe_t *probe, const ap_directive_t *line,
                              const char *argument)
{
    if (!strcasecmp(line->directive, "<If"))
        return cfo_expression_holds(probe, argument);
    if (!strcasecmp(line->directive, "<Else"))
        return cfo_not(earlier_applies(probe, line));
    return cfo_and(cfo_not(earlier_applies(probe, line)),
                   cfo_expression_holds(probe, argument));
}

static cfo_truth_t location_applies(const cfo_probe_t *probe,
                                    const cfo_section_t *section)
{
    const char *path = section->argument;

    if (has_wildcard(path))
        return is(apr_fnmatch(path, probe->path, APR_FNM_PATHNAME) == APR_SUCCESS);
    return is(!strcmp(path, "/") || is_below(probe->path, path));
}

static const char *file_of(const cfo_probe_t *probe)
{
    return apr_pstrcat(probe->site->pool, probe->site->root, probe->path, NULL);
}

static cfo_truth_t directory_applies(const cfo_probe_t *probe,
                                     const cfo_section_t *section)
{
    const char *file = file_of(probe), *slash;

    if (!has_wildcard(section->argument))
        return is(is_below(file, section->argument));
    /* Each folder of the path may be the one that is meant. */
    for (slash = strchr(file, '/'); slash; slash = strchr(slash + 1, '/')) {
        const char *folder =
            apr_pstrmemdup(probe->site->pool, file, (apr_size_t)(slash - file) + 1);

        if (apr_fnmatch(section->argument, folder, APR_FNM_PATHNAME) == APR_SUCCESS ||
            apr_fnmatch(apr_pstrcat(probe->site->pool, section->argument, "/", NULL),
                        folder, APR_FNM_PATHNAME) == APR_SUCCESS)
            return CFO_YES;
    }
    return CFO_NO;
}

static int names_file(const cfo_section_t *section, const char *name)
{
    if (section->regex)
        return !ap_regexec(section->regex, name, 0, NULL, 0);
    return apr_fnmatch(section->argument, name, 0) == APR_SUCCESS;
}

/* The file of a folder is its index: whichever of DirectoryIndex is there. */
static cfo_truth_t files_apply(const cfo_probe_t *probe, const cfo_section_t *section)
{
    const cfo_site_t *site = probe->site;
    const char *slash = strrchr(probe->path, '/'), *name = slash ? slash + 1 : "";
    const ap_directive_t *line;
    int i;

    if (*name)
        return is(names_file(section, name));
    line = cfo_vhost_line(site->vhosts, site->vhost, "DirectoryIndex");
    if (!line)
        return is(names_file(section, "index.html"));
    for (i = 0; *(name = cfo_conf_tree_word(site->pool, line, i)); i++) {
        if (!names_file(section, name))
            return CFO_NO;
    }
    return CFO_YES;
}

static cfo_truth_t matches(const cfo_section_t *section, const char *text)
{
    return is(!ap_regexec(section->regex, text, 0, NULL, 0));
}

/* Without what is around it. */
static cfo_truth_t alone(const cfo_probe_t *probe, const cfo_section_t *section,
                         int is_file)
{
    switch (section->stage) {
    case STAGE_DIRECTORY:
        return is_file ? directory_applies(probe, section) : CFO_NO;
    case STAGE_DIRECTORY_MATCH:
        return is_file && section->regex ? matches(section, file_of(probe)) : CFO_NO;
    case STAGE_FILES:
        return is_file ? files_apply(probe, section) : CFO_NO;
    case STAGE_LOCATION:
        return section->regex ? matches(section, probe->path)
                              : location_applies(probe, section);
    default:
        return if_applies(probe, section->line, section->argument);
    }
}

cfo_truth_t cfo_section_applies(const cfo_probe_t *probe, const cfo_section_t *section,
                                int is_file)
{
    cfo_truth_t truth = CFO_YES;

    for (; section && truth != CFO_NO; section = section->around)
        truth = cfo_and(truth, alone(probe, section, is_file));
    return truth;
}
