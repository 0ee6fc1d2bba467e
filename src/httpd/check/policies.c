/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: what the policy of a virtual host leaves open. */
#include "httpd/check/checks.h"

#include <string.h>
#include <strings.h>

#include "http_config.h"

#include "apr_strings.h"

#include "core/base/text.h"

/* Whether a server has a line of one of these directives itself. */
static int has_own(const cfo_checking_t *checking, const cfo_vhost_t *vhost,
                   const char *const *names)
{
    for (; *names; names++) {
        if (cfo_vhost_own_line(checking->vhosts, vhost, *names))
            return 1;
    }
    return 0;
}

static int leads_to_https(const char *args)
{
    return ap_strcasestr(args, "https://") != NULL;
}

/* Whether a pattern matches every path; only the usual spellings are known. */
static int takes_everything(const char *pattern)
{
    static const char *const all[] = {
        "/",       "^",     "^/",    ".*",       "(.*)",    "^.*",    "^.*$", "^(.*)$",
        "^/(.*)$", "^/.*$", "/(.*)", "^/?(.*)$", "^/?(.*)", "^/(.*)", "^(.*)"
    };
    size_t i;

    for (i = 0; i < sizeof all / sizeof *all; i++) {
        if (!strcmp(pattern, all[i]))
            return 1;
    }
    return 0;
}

/* Where a virtual host without TLS redirects to https. */
typedef struct {
    int some; /* some paths */
    int all;  /* every path */
} redirects_t;

/* A RewriteRule that passes the request on to a back end. */
static int is_proxied(apr_pool_t *p, const ap_directive_t *line)
{
    char *flags = apr_pstrdup(p, cfo_conf_tree_word(p, line, 2)), *rest, *flag;

    for (flag = apr_strtok(flags, "[], ", &rest); flag;
         flag = apr_strtok(NULL, "[], ", &rest)) {
        if (!strcasecmp(flag, "P") || !strcasecmp(flag, "proxy"))
            return 1;
    }
    return 0;
}

static void look_at_redirect(apr_pool_t *p, const ap_directive_t *line,
                             redirects_t *redirects)
{
    if (!leads_to_https(line->args) || is_proxied(p, line))
        return;
    redirects->some = 1;
    /* The first argument may be a status. */
    redirects->all |= takes_everything(cfo_conf_tree_word(p, line, 0)) ||
                      takes_everything(cfo_conf_tree_word(p, line, 1));
}

static redirects_t find_redirects(const cfo_checking_t *checking,
                                  const cfo_vhost_t *vhost)
{
    static const char *const names[] = { "Redirect", "RedirectPermanent", "RedirectTemp",
                                         "RedirectMatch", "RewriteRule" /* the last */ };
    const cfo_conf_tree_t *conf_tree = checking->vhosts->conf_tree;
    const ap_directive_t *md = cfo_vhost_line(checking->vhosts, vhost, "MDRequireHttps");
    redirects_t redirects = { 0, 0 };
    int rewrites = cfo_conf_tree_word_is(
        checking->pool, cfo_vhost_own_line(checking->vhosts, vhost, "RewriteEngine"), 0,
        "on");
    size_t i, count = sizeof names / sizeof *names - !rewrites;
    int j;

    for (i = 0; i < count; i++) {
        const apr_array_header_t *own =
            cfo_conf_tree_lines(conf_tree, vhost->s, names[i]);
        const apr_array_header_t *nested =
            cfo_conf_tree_nested(conf_tree, vhost->s, names[i]);

        for (j = 0; j < own->nelts; j++)
            look_at_redirect(checking->pool,
                             APR_ARRAY_IDX(own, j, const ap_directive_t *), &redirects);
        for (j = 0; j < nested->nelts; j++)
            redirects.some |=
                leads_to_https(APR_ARRAY_IDX(nested, j, const ap_directive_t *)->args);
    }
    if (md && !cfo_conf_tree_word_is(checking->pool, md, 0, "off"))
        redirects.all = 1;
    return redirects;
}

/* Redirects everything to https; or something, and has no content of its own. */
static int only_redirects(const cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    static const char *const content[] = {
        "DocumentRoot", "VirtualDocumentRoot", "ProxyPass", "ProxyPassMatch",
        "ScriptAlias",  "WSGIScriptAlias",     NULL
    };
    redirects_t redirects = find_redirects(checking, vhost);

    return redirects.all || (redirects.some && !has_own(checking, vhost, content));
}

static const cfo_vhost_t *find_protected(const cfo_checking_t *checking, const char *name)
{
    const apr_array_header_t *named = cfo_vhosts_named(checking->vhosts, name);
    int i;

    for (i = 0; i < named->nelts; i++) {
        const cfo_vhost_t *other = APR_ARRAY_IDX(named, i, const cfo_vhost_t *);

        if (other->is_judged && other->tls == CFO_TLS_ON)
            return other;
    }
    return NULL;
}

static void check_plain_twin(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    apr_array_header_t *names = cfo_vhost_names(checking->vhosts, vhost);
    const cfo_vhost_t *twin = NULL;
    int i;

    /* An explicit Off is meant. */
    if (vhost->is_judged || vhost->tls == CFO_TLS_ON ||
        cfo_vhost_own_line(checking->vhosts, vhost, "CFOriginPull"))
        return;
    for (i = 0; !twin && i < names->nelts; i++)
        twin = find_protected(checking, APR_ARRAY_IDX(names, i, const char *));
    if (!twin || only_redirects(checking, vhost))
        return;
    cfo_check_add(
        checking, vhost, NULL,
        apr_psprintf(
            checking->pool,
            "this virtual host serves %s without TLS and to everyone, while the virtual "
            "host with TLS (%s) is protected: set CFOriginPull On here too, or redirect "
            "everything to https. If it is open on purpose, set CFOriginPull Off here",
            cfo_text_word(checking->pool, APR_ARRAY_IDX(names, i - 1, const char *)),
            twin->name));
}

/* The CFOriginPull line of a section that is protected while its virtual host is not;
 * NULL: none. */
static const ap_directive_t *find_protected_directory(const cfo_checking_t *checking,
                                                      const cfo_vhost_t *vhost)
{
    const cfo_conf_tree_t *conf_tree = checking->vhosts->conf_tree;
    const apr_array_header_t *lines;

    if (vhost->is_judged || only_redirects(checking, vhost))
        return NULL;
    lines = cfo_conf_tree_nested(conf_tree, vhost->s, "CFOriginPull");
    if (!lines->nelts)
        lines = cfo_conf_tree_nested(conf_tree, checking->vhosts->main, "CFOriginPull");
    return lines->nelts ? APR_ARRAY_IDX(lines, 0, const ap_directive_t *) : NULL;
}

static void check_directory_only(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const ap_directive_t *line = find_protected_directory(checking, vhost);

    if (line)
        cfo_check_add(
            checking, vhost, line,
            "only a directory is protected, and httpd finds out late that a request is "
            "for it: redirects of the server, TRACE and cached responses are not "
            "protected, and other modules have already read Cloudflare's headers, forged "
            "or not. If you can, set CFOriginPull Audit or On for the whole virtual "
            "host");
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
    const ap_directive_t *line = find_protected_directory(checking, vhost);

    if (line && caches_early(checking, vhost))
        cfo_check_add(
            checking, vhost, line,
            "mod_cache answers every client before httpd knows the directory, so that "
            "cached responses are not protected: set CacheQuickHandler Off, or "
            "CFOriginPull On for the whole virtual host");
}

static void check_ip_alone(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    int has_tunnel = !apr_is_empty_array(vhost->conf->tunnel_list);

    if (vhost->is_judged && vhost->conf->require == CFO_REQUIRE_IP)
        cfo_check_add(
            checking, vhost,
            cfo_vhost_line(checking->vhosts, vhost, "CFOriginPullRequire"),
            apr_pstrcat(
                checking->pool,
                "only a Cloudflare source address is required, and every Cloudflare "
                "customer can have one: ",
                has_tunnel ? "if visitors come through the tunnel only, set "
                             "CFOriginPullRequire tunnel; otherwise set "
                           : "set ",
                "CFOriginPullRequire cert ip as soon as the zone presents a certificate "
                "of its own",
                NULL));
}

static void check_roll_out_setting(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    if (vhost->conf->mode != CFO_MODE_ON)
        return;
    if (!vhost->conf->scrub)
        cfo_check_add(
            checking, vhost, cfo_vhost_line(checking->vhosts, vhost, "CFOriginPullScrub"),
            "CFOriginPullScrub Off leaves forged CF-* headers in exempt requests, and "
            "the application may trust them: remove the line");
    if (vhost->conf->client_ip == CFO_CLIENT_IP_EDGE)
        cfo_check_add(
            checking, vhost,
            cfo_vhost_line(checking->vhosts, vhost, "CFOriginPullClientIP"),
            "CFOriginPullClientIP edge lets every Cloudflare customer choose the client "
            "address: remove the line");
}

/* The last line with Unsafe or Strict; lines with other words do not replace it. */
static const ap_directive_t *find_conformance(const cfo_checking_t *checking,
                                              const server_rec *s)
{
    const apr_array_header_t *lines =
        cfo_conf_tree_lines(checking->vhosts->conf_tree, s, "HttpProtocolOptions");
    int i, j;

    for (i = lines->nelts - 1; i >= 0; i--) {
        const ap_directive_t *line = APR_ARRAY_IDX(lines, i, const ap_directive_t *);

        for (j = 0; *cfo_conf_tree_word(checking->pool, line, j); j++) {
            if (cfo_conf_tree_word_is(checking->pool, line, j, "Unsafe") ||
                cfo_conf_tree_word_is(checking->pool, line, j, "Strict"))
                return line;
        }
    }
    return NULL;
}

static void check_protocol_unsafe(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const ap_directive_t *line = find_conformance(checking, vhost->s);

    if (!line)
        line = find_conformance(checking, checking->vhosts->main);
    if (vhost->is_judged && line && ap_strcasestr(line->args, "Unsafe"))
        cfo_check_add(
            checking, vhost, line,
            "with HttpProtocolOptions Unsafe, httpd and a proxy in front of it may "
            "disagree on where a request ends, so that a second request can hide inside "
            "a proved one: set HttpProtocolOptions Strict, which is the default");
}

static void check_mod_evasive(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    module **loaded;

    if (!vhost->is_judged)
        return;
    for (loaded = ap_loaded_modules; *loaded; loaded++) {
        if (!strncmp((*loaded)->name, "mod_evasive", strlen("mod_evasive")))
            cfo_check_add_file(
                checking, vhost, NULL,
                "mod_evasive counts connections by address, and all of them come from "
                "Cloudflare, so that it blocks an edge server with all of its clients: "
                "unload mod_evasive, or list Cloudflare's ranges in DOSWhitelist");
    }
}

const cfo_check_t cfo_policies_checks[] = {
    { CFO_LEVEL_WARNING, "CFO0210 plain-twin", check_plain_twin },
    { CFO_LEVEL_WARNING, "CFO0212 mod-evasive", check_mod_evasive },
    { CFO_LEVEL_WARNING, "CFO0215 cache-before-gate", check_cache_before_gate },
    { CFO_LEVEL_WARNING, "CFO0217 protocol-unsafe", check_protocol_unsafe },
    { CFO_LEVEL_WARNING, "CFO0218 ip-alone", check_ip_alone },
    { CFO_LEVEL_NOTICE, "CFO0219 roll-out-setting", check_roll_out_setting },
    { CFO_LEVEL_NOTICE, "CFO0223 directory-only", check_directory_only },
    { 0 }
};
