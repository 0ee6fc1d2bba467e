/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: sections that are protected while their virtual host is not. */
#include "httpd/check/checks.h"

#include "httpd/stranger/content.h"
#include "httpd/stranger/opening.h"

/* Whether strangers get nothing but redirects and refusals, policies apart. */
static int has_nothing_to_protect(const cfo_checking_t *checking,
                                  const cfo_vhost_t *vhost)
{
    apr_pool_t *p;
    apr_array_header_t *hosts;
    cfo_opening_t opening;
    int is_open;

    apr_pool_create(&p, checking->pool);
    hosts = apr_array_make(p, 1, sizeof(cfo_host_t));
    APR_ARRAY_PUSH(hosts, cfo_host_t) =
        (cfo_host_t){ vhost->s->server_hostname, vhost->s->server_hostname };
    is_open = cfo_opening_find(cfo_site_make(p, checking->vhosts, vhost, 1), hosts, "",
                               &opening);
    apr_pool_destroy(p);
    return !is_open;
}

/* The CFOriginPull line of a section that is protected while its virtual host is not;
 * NULL: none. */
static const ap_directive_t *find_protected_directory(const cfo_checking_t *checking,
                                                      const cfo_vhost_t *vhost)
{
    const cfo_conf_tree_t *conf_tree = checking->vhosts->conf_tree;
    const apr_array_header_t *lines;

    if (vhost->is_judged)
        return NULL;
    lines = cfo_conf_tree_nested(conf_tree, vhost->s, "CFOriginPull");
    if (!lines->nelts)
        lines = cfo_conf_tree_nested(conf_tree, checking->vhosts->main, "CFOriginPull");
    if (!lines->nelts || has_nothing_to_protect(checking, vhost))
        return NULL;
    return APR_ARRAY_IDX(lines, 0, const ap_directive_t *);
}

static void check_directory_only(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const ap_directive_t *line = find_protected_directory(checking, vhost);

    if (line)
        cfo_check_add(
            checking, vhost, line,
            "only this directory is protected, the rest of the site is open: set "
            "CFOriginPull Audit or On for the whole virtual host, if you can. httpd finds "
            "out late that a request is for the directory, so that redirects of the "
            "server, TRACE and cached responses are not protected even there, and other "
            "modules have already read Cloudflare's headers, forged or not");
}

static int caches_early(const cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    return cfo_vhost_line(checking->vhosts, vhost, "CacheEnable") &&
           !cfo_conf_tree_word_is(
               checking->pool,
               cfo_vhost_line(checking->vhosts, vhost, "CacheQuickHandler"), 0, "off");
}

static void check_cache_before_gate(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const ap_directive_t *line =
        caches_early(checking, vhost) ? find_protected_directory(checking, vhost) : NULL;

    if (line)
        cfo_check_add(
            checking, vhost, line,
            "mod_cache answers every client before httpd knows the directory, so that "
            "cached responses are not protected: set CacheQuickHandler Off, or "
            "CFOriginPull On for the whole virtual host");
}

const cfo_check_t cfo_directories_checks[] = {
    { CFO_LEVEL_WARNING, "CFO0215 cache-before-gate", check_cache_before_gate },
    { CFO_LEVEL_NOTICE, "CFO0223 directory-only", check_directory_only },
    { 0 }
};
