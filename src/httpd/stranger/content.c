/* SPDX-License-Identifier: Apache-2.0 */
/* Where a virtual host has its content from. */
#include "httpd/stranger/content.h"

#include <stdlib.h>
#include <string.h>

#include "apr_strings.h"

#include "httpd/stranger/opening.h"

static int has_line(const cfo_vhosts_t *vhosts, const server_rec *s, const char *name)
{
    return cfo_conf_tree_lines(vhosts->conf_tree, s, name)->nelts ||
           cfo_conf_tree_nested(vhosts->conf_tree, s, name)->nelts;
}

static int may_have_back_end(const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost)
{
    static const char *const names[] = { "ProxyPass", "ProxyPassMatch", "RewriteRule" };
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++) {
        if (has_line(vhosts, vhost->s, names[i]) ||
            has_line(vhosts, vhosts->main, names[i]))
            return 1;
    }
    return 0;
}

static const char *back_end_of(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                               const cfo_vhost_t *vhost)
{
    apr_pool_t *temporary;
    const char *back_end;

    if (!may_have_back_end(vhosts, vhost))
        return NULL;
    apr_pool_create(&temporary, p);
    back_end = cfo_site_back_end(cfo_site_make(temporary, vhosts, vhost, 0));
    if (back_end)
        back_end = apr_pstrdup(p, back_end);
    apr_pool_destroy(temporary);
    return back_end;
}

static const char *source_of(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                             const cfo_vhost_t *vhost)
{
    static const char *const patterns[] = { "VirtualDocumentRoot",
                                            "VirtualDocumentRootIP" };
    const char *source = back_end_of(p, vhosts, vhost);
    size_t i;

    if (!source)
        source = cfo_site_whole_alias(p, vhosts, vhost, "WSGIScriptAlias");
    for (i = 0; !source && i < sizeof patterns / sizeof *patterns; i++) {
        const ap_directive_t *line = cfo_vhost_line(vhosts, vhost, patterns[i]);

        if (line)
            source = cfo_conf_tree_word(p, line, 0);
    }
    return source;
}

const char *cfo_content_real(apr_pool_t *p, const char *written)
{
    char *real = realpath(*written ? written : "/", NULL);
    const char *folder = real ? apr_pstrdup(p, strcmp(real, "/") ? real : "") : NULL;

    free(real);
    return folder;
}

/* What the DocumentRoot is, or would be if it existed. The one that httpd was built with
 * counts only if it exists. */
static const char *folder_of(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                             const cfo_vhost_t *vhost)
{
    const char *written = cfo_site_root(p, vhosts, vhost), *real = NULL;

    if (!*written || *written == '/')
        real = cfo_content_real(p, written);
    if (real)
        return real;
    return cfo_vhost_line(vhosts, vhost, "DocumentRoot") ? written : NULL;
}

static int keeps_host(const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost)
{
    return cfo_conf_tree_word_is(vhosts->pool,
                                 cfo_vhost_line(vhosts, vhost, "ProxyPreserveHost"), 0,
                                 "on") ||
           cfo_conf_tree_nested(vhosts->conf_tree, vhost->s, "ProxyPreserveHost")->nelts;
}

static int is_status_line(apr_pool_t *p, const ap_directive_t *line)
{
    static const char *const handlers[] = { "cf-origin-status", "server-status",
                                            "server-info", "balancer-manager" };
    size_t i;

    for (i = 0; line && i < sizeof handlers / sizeof *handlers; i++) {
        if (cfo_conf_tree_word_is(p, line, 0, handlers[i]))
            return 1;
    }
    return 0;
}

/* Whether the virtual host as a whole is a status page, not its DocumentRoot. */
static int is_status_page(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                          const cfo_vhost_t *vhost)
{
    const apr_array_header_t *nested =
        cfo_conf_tree_nested(vhosts->conf_tree, vhost->s, "SetHandler");
    int i;

    for (i = 0; i < nested->nelts; i++) {
        const ap_directive_t *line = APR_ARRAY_IDX(nested, i, const ap_directive_t *);

        if (cfo_section_is_everywhere(p, line->parent) && is_status_line(p, line))
            return 1;
    }
    return is_status_line(p, cfo_vhost_own_line(vhosts, vhost, "SetHandler"));
}

cfo_content_t cfo_content_of(apr_pool_t *p, const cfo_vhosts_t *vhosts,
                             const cfo_vhost_t *vhost)
{
    cfo_content_t content = { .source = source_of(p, vhosts, vhost) };

    if (content.source)
        content.keeps_host = keeps_host(vhosts, vhost);
    else if (!is_status_page(p, vhosts, vhost))
        content.folder = folder_of(p, vhosts, vhost);
    return content;
}

int cfo_content_is_own(const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost)
{
    static const char *const names[] = { "DocumentRoot",          "VirtualDocumentRoot",
                                         "VirtualDocumentRootIP", "ProxyPass",
                                         "ProxyPassMatch",        "ScriptAlias",
                                         "WSGIScriptAlias",       "JkMount" };
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++) {
        if (has_line(vhosts, vhost->s, names[i]))
            return 1;
    }
    return cfo_content_of(vhosts->pool, vhosts, vhost).source != NULL;
}

const char *cfo_content_parent(apr_pool_t *p, const char *folder)
{
    const char *slash = ap_strrchr_c(folder, '/');

    return slash ? apr_pstrmemdup(p, folder, (apr_size_t)(slash - folder)) : NULL;
}
