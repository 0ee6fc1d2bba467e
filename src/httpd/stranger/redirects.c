/* SPDX-License-Identifier: Apache-2.0 */
/* Redirects of mod_alias and mod_md; back ends of mod_proxy. */
#include "httpd/stranger/redirects.h"

#include <string.h>
#include <stdlib.h>
#include <strings.h>

#include "httpd.h"

#include "apr_strings.h"

#include "httpd/language/redirect_line.h"

static int is(const ap_directive_t *line, const char *name)
{
    return !strcasecmp(line->directive, name);
}

static const char *word(const cfo_probe_t *probe, const ap_directive_t *line, int n)
{
    return cfo_conf_tree_word(probe->site->pool, line, n);
}

/* As mod_alias and mod_proxy compare a path with the argument of a line. */
static int has_prefix(const char *path, const char *prefix)
{
    size_t length = strlen(prefix);

    if (!length || strncmp(path, prefix, length))
        return 0;
    return prefix[length - 1] == '/' || !path[length] || path[length] == '/';
}

static int finds(const cfo_probe_t *probe, const char *pattern, cfo_matched_t *match)
{
    const ap_regex_t *regex =
        cfo_pattern_compile(probe->site->vhosts->patterns, pattern, 0);

    match->subject = probe->path;
    return regex && !ap_regexec(regex, probe->path, AP_MAX_REG_MATCH, match->groups, 0);
}

static int matches(const cfo_probe_t *probe, const char *pattern)
{
    cfo_matched_t match;

    return finds(probe, pattern, &match);
}

/* A request that is redirected gets no content, wherever it leads. */
static int line_redirects(const cfo_probe_t *probe, const ap_directive_t *line)
{
    cfo_redirect_t redirect = cfo_redirect_read(probe->site->pool, line);

    if (!redirect.place)
        return 1;
    return redirect.is_match ? matches(probe, redirect.place)
                             : has_prefix(probe->path, redirect.place);
}

int cfo_redirects_lines(const cfo_probe_t *probe, const ap_directive_t *line)
{
    for (; line; line = line->next) {
        if (cfo_redirect_is(line) && line_redirects(probe, line))
            return 1;
    }
    return 0;
}

static int any_redirects(const cfo_probe_t *probe, const apr_array_header_t *lines)
{
    int i;

    for (i = 0; i < lines->nelts; i++) {
        if (line_redirects(probe, APR_ARRAY_IDX(lines, i, const ap_directive_t *)))
            return 1;
    }
    return 0;
}

int cfo_redirects_server(const cfo_probe_t *probe)
{
    static const char *const names[] = { "Redirect", "RedirectMatch", "RedirectPermanent",
                                         "RedirectTemp" };
    const cfo_vhosts_t *vhosts = probe->site->vhosts;
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++) {
        if (any_redirects(probe, cfo_conf_tree_lines(vhosts->conf_tree,
                                                     probe->site->vhost->s, names[i])) ||
            any_redirects(probe,
                          cfo_conf_tree_lines(vhosts->conf_tree, vhosts->main, names[i])))
            return 1;
    }
    return 0;
}

/* Whether a managed domain has a name of the virtual host: mod_md adds the others. */
static int names_host(const cfo_probe_t *probe, const ap_directive_t *line)
{
    const apr_array_header_t *names =
        cfo_vhost_names(probe->site->vhosts, probe->site->vhost);
    const char *domain;
    int i, j;

    for (i = 0; *(domain = word(probe, line, i)); i++) {
        domain = apr_pstrndup(probe->site->pool, domain, strcspn(domain, ">"));
        for (j = 0; j < names->nelts; j++) {
            if (!strcasecmp(domain, APR_ARRAY_IDX(names, j, const char *)))
                return 1;
        }
    }
    return 0;
}

static const ap_directive_t *any_that_names(const cfo_probe_t *probe,
                                            const apr_array_header_t *lines)
{
    int i;

    for (i = 0; i < lines->nelts; i++) {
        const ap_directive_t *line = APR_ARRAY_IDX(lines, i, const ap_directive_t *);

        if (names_host(probe, line))
            return line;
    }
    return NULL;
}

/* The MDRequireHttps line for the host: that of its <MDomainSet>, or of the server. */
static const ap_directive_t *md_require_https(const cfo_probe_t *probe)
{
    const cfo_vhosts_t *vhosts = probe->site->vhosts;
    const apr_array_header_t *lines =
        cfo_conf_tree_nested(vhosts->conf_tree, vhosts->main, "MDRequireHttps");
    int i;

    for (i = 0; i < lines->nelts; i++) {
        const ap_directive_t *line = APR_ARRAY_IDX(lines, i, const ap_directive_t *);

        if (line->parent && is(line->parent, "<MDomainSet") &&
            names_host(probe, line->parent))
            return line;
    }
    return cfo_vhost_line(vhosts, probe->site->vhost, "MDRequireHttps");
}

/* Whether there is no MDomain at all (then nothing more can be known), or one names the
 * host. */
static int is_managed(const cfo_probe_t *probe)
{
    const cfo_vhosts_t *vhosts = probe->site->vhosts;
    const apr_array_header_t *domains =
        cfo_conf_tree_lines(vhosts->conf_tree, vhosts->main, "MDomain");
    const apr_array_header_t *sets =
        cfo_conf_tree_lines(vhosts->conf_tree, vhosts->main, "<MDomainSet");

    return cfo_vhost_own_line(vhosts, probe->site->vhost, "MDomain") ||
           (!domains->nelts && !sets->nelts) || any_that_names(probe, domains) ||
           any_that_names(probe, sets);
}

int cfo_redirects_md(const cfo_probe_t *probe)
{
    const ap_directive_t *line = md_require_https(probe);

    return line && probe->site->vhost->tls == CFO_TLS_OFF &&
           !cfo_conf_tree_word_is(probe->site->pool, line, 0, "off") && is_managed(probe);
}

/* The URL of a ProxyPass or ProxyPassMatch, with what its pattern matched. */
static const char *target_of(const cfo_probe_t *probe, const ap_directive_t *line)
{
    const char *url = word(probe, line, 1);
    cfo_matched_t match;
    int has_unknown;

    return is(line, "ProxyPassMatch") && finds(probe, word(probe, line, 0), &match)
               ? cfo_expand(probe, url, &match, "", &has_unknown)
               : url;
}

/* ProxyPass and ProxyPassMatch lines of one server, in the order of the file; "!" ends
 * the search without a back end. */
static const char *find_proxy(const cfo_probe_t *probe, const server_rec *s)
{
    static const char *const names[] = { "ProxyPass", "ProxyPassMatch" };
    const ap_directive_t *found = NULL;
    int i, j;

    for (i = 0; i < 2; i++) {
        const apr_array_header_t *lines =
            cfo_conf_tree_lines(probe->site->vhosts->conf_tree, s, names[i]);

        for (j = 0; j < lines->nelts; j++) {
            const ap_directive_t *line = APR_ARRAY_IDX(lines, j, const ap_directive_t *);
            const char *place = word(probe, line, 0);

            if (!(i ? matches(probe, place) : has_prefix(probe->path, place)))
                continue;
            if (!found || line->line_num < found->line_num)
                found = line;
            break;
        }
    }
    return found ? target_of(probe, found) : NULL;
}

/* In a section the line has no path. */
static const char *find_proxy_of_section(const cfo_probe_t *probe)
{
    const apr_array_header_t *sections = probe->site->sections;
    const char *found = NULL;
    int i;

    for (i = 0; i < sections->nelts; i++) {
        const cfo_section_t *section = APR_ARRAY_IDX(sections, i, const cfo_section_t *);
        const ap_directive_t *line = section->line->first_child;

        for (; line; line = line->next) {
            if ((is(line, "ProxyPass") || is(line, "ProxyPassMatch")) &&
                cfo_section_applies(probe, section, 0) != CFO_NO)
                found = word(probe, line, 0);
        }
    }
    return found;
}

const char *cfo_proxy_target(const cfo_probe_t *probe)
{
    const char *target = find_proxy_of_section(probe);

    if (!target)
        target = find_proxy(probe, probe->site->vhosts->main);
    if (!target && probe->site->vhost->s->is_virtual)
        target = find_proxy(probe, probe->site->vhost->s);
    return target && strcmp(target, "!") ? target : NULL;
}

static const char *find_alias(const cfo_probe_t *probe, const server_rec *s)
{
    static const char *const names[] = { "Alias", "ScriptAlias" };
    int i, j;

    for (i = 0; i < 2; i++) {
        const apr_array_header_t *lines =
            cfo_conf_tree_lines(probe->site->vhosts->conf_tree, s, names[i]);

        for (j = 0; j < lines->nelts; j++) {
            const ap_directive_t *line = APR_ARRAY_IDX(lines, j, const ap_directive_t *);

            if (has_prefix(probe->path, word(probe, line, 0)))
                return word(probe, line, 1);
        }
    }
    return NULL;
}

const char *cfo_alias_target(const cfo_probe_t *probe)
{
    const char *target = find_alias(probe, probe->site->vhost->s);

    return target ? target : find_alias(probe, probe->site->vhosts->main);
}
