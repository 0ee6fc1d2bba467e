/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a stranger gets content: the stages of a request, one after the other. */
#include "httpd/stranger/opening.h"

#include <string.h>
#include <strings.h>

#include "http_config.h"
#include "http_core.h"

#include "apr_strings.h"

#include "httpd/language/rewrite_inheritance.h"
#include "httpd/stranger/access.h"
#include "httpd/stranger/redirects.h"

/* A path as text, without a final slash. */
static const char *without_slash(apr_pool_t *p, const char *path)
{
    size_t length = strlen(path);

    while (length && path[length - 1] == '/')
        length--;
    return apr_pstrmemdup(p, path, length);
}

const char *cfo_site_whole_alias(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                                 const cfo_vhost_t *vhost, const char *name)
{
    const apr_array_header_t *lines =
        cfo_conf_tree_lines(vhosts->conf_tree, vhost->s, name);
    int i;

    for (i = 0; i < lines->nelts; i++) {
        const ap_directive_t *line = APR_ARRAY_IDX(lines, i, const ap_directive_t *);

        if (cfo_conf_tree_word_is(p, line, 0, "/"))
            return cfo_conf_tree_word(p, line, 1);
    }
    return NULL;
}

const char *cfo_site_root(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                          const cfo_vhost_t *vhost)
{
    const core_server_config *conf = ap_get_core_module_config(vhost->s->module_config);
    const char *root = cfo_site_whole_alias(p, vhosts, vhost, "Alias");

    if (!root)
        root = cfo_site_whole_alias(p, vhosts, vhost, "ScriptAlias");
    if (!root)
        root = conf->ap_document_root;
    return without_slash(p, root ? root : "");
}

static void add_rules(const cfo_site_t *site, const server_rec *s)
{
    const apr_array_header_t *lines = cfo_conf_tree_all(site->vhosts->conf_tree, s);

    if (lines->nelts)
        cfo_rewrite_rules_read(site->pool, site->vhosts->patterns,
                               APR_ARRAY_IDX(lines, 0, const ap_directive_t *),
                               site->rules);
}

static int rewrites(const cfo_site_t *site)
{
    return cfo_conf_tree_word_is(
        site->pool, cfo_vhost_line(site->vhosts, site->vhost, "RewriteEngine"), 0, "on");
}

/* The rules of the server, and those of the main server if they are inherited. */
static void list_rules(const cfo_site_t *site)
{
    cfo_inheritance_t inheritance =
        cfo_rewrite_inheritance(site->pool, site->vhosts, site->vhost);

    if (inheritance == CFO_INHERITS_BEFORE)
        add_rules(site, site->vhosts->main);
    add_rules(site, site->vhost->s);
    if (inheritance == CFO_INHERITS_AFTER)
        add_rules(site, site->vhosts->main);
}

static cfo_site_t *make(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                        const cfo_vhost_t *vhost, const char *root, const char *mount)
{
    cfo_site_t *site = apr_pcalloc(p, sizeof *site);

    site->pool = p;
    site->vhosts = vhosts;
    site->vhost = vhost;
    site->root = root;
    site->mount = mount;
    site->samples = apr_hash_make(p);
    site->rules = apr_array_make(p, 4, sizeof(cfo_rewrite_rule_t));
    list_rules(site);
    site->sections = cfo_sections_list(site);
    return site;
}

cfo_site_t *cfo_site_make(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                          const cfo_vhost_t *vhost, int ignores_policy)
{
    cfo_site_t *site = make(p, vhosts, vhost, cfo_site_root(p, vhosts, vhost), "");

    site->ignores_policy = ignores_policy;
    return site;
}

cfo_site_t *cfo_site_make_aliased(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                                  const cfo_vhost_t *vhost, const ap_directive_t *alias)
{
    return make(p, vhosts, vhost, without_slash(p, cfo_conf_tree_word(p, alias, 1)),
                without_slash(p, cfo_conf_tree_word(p, alias, 0)));
}

static const ap_directive_t *find_line(const ap_directive_t *line, const char *name)
{
    while (line && strcasecmp(line->directive, name))
        line = line->next;
    return line;
}

/* Lines of a section that refuse or redirect, apart from access rules and rewriting. */
static int section_shuts(const cfo_probe_t *probe, const cfo_section_t *section)
{
    const ap_directive_t *lines = section->line->first_child;
    const ap_directive_t *policy = find_line(lines, "CFOriginPull");

    if (policy && !probe->site->ignores_policy)
        return 1;
    return (probe->site->vhost->tls == CFO_TLS_OFF &&
            find_line(lines, "SSLRequireSSL")) ||
           cfo_conf_tree_word_is(probe->site->pool, find_line(lines, "SSLVerifyClient"),
                                 0, "require") ||
           cfo_redirects_lines(probe, lines);
}

/* Whether the rules of the server apply: <Location> and <If> may switch them on and off,
 * <Directory> comes too late (internals 9.4). A client stays away from what switches them
 * on. */
static int server_rewrites(const cfo_probe_t *probe)
{
    const apr_array_header_t *sections = probe->site->sections;
    int is_on = rewrites(probe->site), i;

    for (i = 0; probe->site->rules->nelts && i < sections->nelts; i++) {
        const cfo_section_t *section = APR_ARRAY_IDX(sections, i, const cfo_section_t *);
        const ap_directive_t *engine =
            find_line(section->line->first_child, "RewriteEngine");
        cfo_truth_t truth = engine ? cfo_section_applies(probe, section, 0) : CFO_NO;
        int wanted;

        if (truth == CFO_NO)
            continue;
        wanted = cfo_conf_tree_word_is(probe->site->pool, engine, 0, "on");
        if (truth == CFO_YES || !wanted)
            is_on = wanted;
    }
    return is_on;
}

/* The rules of the server. */
static cfo_rewrite_t rewrite(cfo_probe_t *probe, const char **target)
{
    *target = NULL;
    return server_rewrites(probe)
               ? cfo_rewrite_apply(probe, probe->site->rules, probe->path, target)
               : CFO_REWRITE_PASS;
}

/* What the pattern of a RewriteRule in a section is compared with. */
static const char *subject_of(const cfo_probe_t *probe, const cfo_section_t *section,
                              int is_file)
{
    const char *file = is_file ? cfo_probe_file(probe)
                               : apr_pstrcat(probe->site->pool, "proxy:http://back.end",
                                             probe->path, NULL);
    size_t length;

    while (section->around && strcmp(section->argument, "/"))
        section = section->around;
    length = strlen(section->argument);
    if (section->regex || strncmp(file, section->argument, length))
        return file;
    file += length;
    return *file == '/' ? file + 1 : file;
}

/* Rewriting of the last section that has some: earlier ones do not count then. */
static int sections_rewrite_away(cfo_probe_t *probe, int is_file)
{
    const apr_array_header_t *sections = probe->site->sections;
    const cfo_section_t *last = NULL;
    int is_on = rewrites(probe->site), i;

    for (i = 0; i < sections->nelts; i++) {
        const cfo_section_t *section = APR_ARRAY_IDX(sections, i, const cfo_section_t *);
        const ap_directive_t *engine =
            find_line(section->line->first_child, "RewriteEngine");

        if ((!engine && !section->rules->nelts) ||
            cfo_section_applies(probe, section, is_file) != CFO_YES)
            continue;
        if (engine)
            is_on = cfo_conf_tree_word_is(probe->site->pool, engine, 0, "on");
        last = section;
    }
    return is_on && last && !probe->is_ended &&
           cfo_rewrite_apply(probe, last->rules, subject_of(probe, last, is_file),
                             NULL) == CFO_REWRITE_SHUT;
}

static int sections_shut(cfo_probe_t *probe, int is_file)
{
    const apr_array_header_t *sections = probe->site->sections;
    int i;

    for (i = 0; i < sections->nelts; i++) {
        const cfo_section_t *section = APR_ARRAY_IDX(sections, i, const cfo_section_t *);
        cfo_truth_t truth = cfo_section_applies(probe, section, is_file);

        if (truth == CFO_NO || !section_shuts(probe, section))
            continue;
        if (truth == CFO_YES)
            return 1;
        probe->because = section->line;
    }
    return cfo_access_refuses(probe, is_file) || sections_rewrite_away(probe, is_file);
}

/* Whether the client of this request gets content (internals 9.4). */
static int is_open(cfo_probe_t *probe)
{
    const char *target;
    cfo_rewrite_t rewritten = rewrite(probe, &target);
    int is_proxied = rewritten == CFO_REWRITE_PROXY;

    if (rewritten == CFO_REWRITE_SHUT)
        return 0;
    if (rewritten == CFO_REWRITE_PASS) {
        is_proxied = cfo_proxy_target(probe) != NULL;
        probe->is_overtaken = cfo_redirects_server(probe);
        if (!is_proxied && probe->is_overtaken)
            return 0;
    }
    return !sections_shut(probe, !is_proxied) && !cfo_redirects_md(probe);
}

/* Whether an Alias leads out of the DocumentRoot. */
static int is_elsewhere(const cfo_probe_t *probe)
{
    const char *target = cfo_alias_target(probe), *root = probe->site->root;

    return target && *root && strncmp(target, root, strlen(root));
}

int cfo_opening_find(const cfo_site_t *site, apr_array_header_t *hosts,
                     const char *prefix, cfo_opening_t *opening)
{
    const apr_array_header_t *paths = cfo_probe_paths(site, prefix);
    int i, j;

    cfo_probe_vary_hosts(site, hosts);
    for (i = 0; i < paths->nelts; i++) {
        const char *path = APR_ARRAY_IDX(paths, i, const char *);

        for (j = 0; !cfo_probe_is_no_content(path) && j < hosts->nelts; j++) {
            const cfo_host_t *host = &APR_ARRAY_IDX(hosts, j, cfo_host_t);
            cfo_probe_t probe = { site, host->name, host->header, path, NULL, 0, 0 };

            if (is_open(&probe) && !is_elsewhere(&probe)) {
                *opening =
                    (cfo_opening_t){ host, path, probe.because, probe.is_overtaken };
                return 1;
            }
        }
    }
    return 0;
}

static const char *back_end_of(const cfo_site_t *site, const char *path)
{
    cfo_probe_t probe = { site,
                          site->vhost->s->server_hostname,
                          site->vhost->s->server_hostname,
                          path,
                          NULL,
                          0 };
    const char *target;

    if (rewrite(&probe, &target) == CFO_REWRITE_PASS)
        target = cfo_proxy_target(&probe);
    return target;
}

/* A URL without a final slash, with the address of a usual name in it. */
static const char *in_one_spelling(apr_pool_t *p, const char *url)
{
    static const char local[] = "://localhost";
    const char *host = ap_strcasestr(url, local), *rest;

    rest = host ? host + strlen(local) : "";
    return host && (!*rest || ap_strchr_c(":/", *rest))
               ? without_slash(p, apr_psprintf(p, "%.*s://127.0.0.1%s", (int)(host - url),
                                               url, rest))
               : without_slash(p, url);
}

const char *cfo_site_back_end(const cfo_site_t *site)
{
    const char *target = back_end_of(site, "/");

    if (!target || !back_end_of(site, "/a/b.html"))
        return NULL;
    return in_one_spelling(site->pool, target);
}
