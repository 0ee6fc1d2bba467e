/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a section applies to a request. */
#include "httpd/stranger/sections.h"

#include <string.h>
#include <strings.h>

#include "apr_fnmatch.h"
#include "apr_strings.h"

static cfo_truth_t is(int holds)
{
    return holds ? CFO_YES : CFO_NO;
}

static cfo_truth_t condition_holds(const cfo_probe_t *probe, const ap_directive_t *line)
{
    return cfo_expression_holds(probe, cfo_section_argument(probe->site->pool, line));
}

/* An <ElseIf> or <Else> applies only if the branches before it do not. */
static cfo_truth_t if_applies(const cfo_probe_t *probe, const ap_directive_t *line)
{
    const ap_directive_t *before = line;
    cfo_truth_t truth =
        strcasecmp(line->directive, "<Else") ? condition_holds(probe, line) : CFO_YES;

    while ((before = cfo_section_branch_before(before)) != NULL)
        truth = cfo_and(truth, cfo_not(condition_holds(probe, before)));
    return truth;
}

static cfo_truth_t location_applies(const cfo_probe_t *probe,
                                    const cfo_section_t *section)
{
    const char *path = section->argument;

    if (cfo_path_is_pattern(path))
        return is(apr_fnmatch(path, probe->path, APR_FNM_PATHNAME) == APR_SUCCESS);
    return is(!strcmp(path, "/") || cfo_path_is_below(probe->path, path));
}

const char *cfo_probe_file(const cfo_probe_t *probe)
{
    return apr_pstrcat(probe->site->pool, probe->site->root,
                       probe->path + strlen(probe->site->mount), NULL);
}

static cfo_truth_t directory_applies(const cfo_probe_t *probe,
                                     const cfo_section_t *section)
{
    const char *file = cfo_probe_file(probe), *slash;

    if (!cfo_path_is_pattern(section->argument))
        return is(cfo_path_is_below(file, section->argument));
    /* Each folder of the path may be the one that is meant. */
    for (slash = ap_strchr_c(file, '/'); slash; slash = ap_strchr_c(slash + 1, '/')) {
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
    const char *slash = ap_strrchr_c(probe->path, '/'), *name = slash ? slash + 1 : "";
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
    case CFO_STAGE_DIRECTORY:
        return is_file ? directory_applies(probe, section) : CFO_NO;
    case CFO_STAGE_DIRECTORY_MATCH:
        return is_file && section->regex ? matches(section, cfo_probe_file(probe))
                                         : CFO_NO;
    case CFO_STAGE_FILES:
        return is_file ? files_apply(probe, section) : CFO_NO;
    case CFO_STAGE_LOCATION:
        return section->regex ? matches(section, probe->path)
                              : location_applies(probe, section);
    default:
        return if_applies(probe, section->line);
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
