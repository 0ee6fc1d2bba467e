/* SPDX-License-Identifier: Apache-2.0 */
/* How a virtual host is a twin of a protected one. */
#include "httpd/check/kinship.h"

#include <string.h>

#include "apr_strings.h"

#include "httpd/stranger/content.h"

static int has_wildcard(const char *name)
{
    return strpbrk(name, "*?") != NULL;
}

/* Whether a name of a virtual host and one of a protected one are a name of both. A name
 * below a wildcard of the protected one may be that of another site: then only the
 * content decides. */
static int is_shared(cfo_checking_t *checking, apr_pool_t *p, const cfo_vhost_t *vhost,
                     const char *name, const cfo_named_t *named)
{
    const char *host = cfo_host_name_sample(p, has_wildcard(name) ? named->name : name);

    return (has_wildcard(name) || !has_wildcard(named->name)) &&
           !cfo_reach_is_behind(vhost, named->vhost) &&
           cfo_reach_serves(checking, p, vhost, host);
}

/* By a name that both have, and by which a request gets to this one. */
static int is_namesake(cfo_checking_t *checking, apr_pool_t *p, const cfo_vhost_t *vhost,
                       cfo_kinship_t *kinship)
{
    const apr_array_header_t *names = cfo_vhost_names(checking->vhosts, vhost);
    int i, j;

    for (i = 0; i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);
        const apr_array_header_t *found =
            cfo_name_index_find(cfo_guarded_of(checking)->names, p, name);

        for (j = 0; j < found->nelts; j++) {
            const cfo_named_t *named = APR_ARRAY_IDX(found, j, const cfo_named_t *);

            if (!is_shared(checking, p, vhost, name, named))
                continue;
            *kinship = (cfo_kinship_t){ .guarded = named->vhost,
                                        .name = has_wildcard(name) ? named->name : name,
                                        .prefix = "" };
            return 1;
        }
    }
    return 0;
}

/* The first of the protected sites with some content that strangers can reach. */
static const cfo_guarded_site_t *first_of(apr_hash_t *index, const char *key,
                                          const cfo_vhost_t *vhost)
{
    const apr_array_header_t *list = apr_hash_get(index, key, APR_HASH_KEY_STRING);
    int i;

    for (i = 0; list && i < list->nelts; i++) {
        const cfo_guarded_site_t *site = &APR_ARRAY_IDX(list, i, cfo_guarded_site_t);

        if (!cfo_reach_is_behind(vhost, site->vhost))
            return site;
    }
    return NULL;
}

/* A folder of the site, served by a virtual host that has no name. */
static const cfo_guarded_site_t *first_around(cfo_checking_t *checking, apr_pool_t *p,
                                              const cfo_vhost_t *vhost,
                                              const char *folder)
{
    const cfo_guarded_site_t *site = NULL;

    if (!cfo_vhost_own_line(checking->vhosts, vhost, "ServerName")) {
        for (folder = cfo_content_parent(p, folder); !site && folder && *folder;
             folder = cfo_content_parent(p, folder))
            site = first_of(cfo_guarded_of(checking)->folders, folder, vhost);
    }
    return site;
}

/* Whether two servers have one DocumentRoot by accident. If neither virtual host says
 * anything about it, a name of its own makes one another site. A main server on loopback
 * is a back end, unless it is from there that the site has its DocumentRoot. */
static int is_accident(const cfo_checking_t *checking, const cfo_vhost_t *vhost,
                       const cfo_vhost_t *guarded)
{
    const cfo_vhosts_t *vhosts = checking->vhosts;

    if (!vhost->s->is_virtual)
        return cfo_reach_main_is_local(vhost->s) &&
               cfo_vhost_own_line(vhosts, guarded, "DocumentRoot");
    return guarded->s->is_virtual && cfo_vhost_own_line(vhosts, vhost, "ServerName") &&
           !cfo_content_is_own(vhosts, vhost) && !cfo_content_is_own(vhosts, guarded);
}

static int shares_folder(cfo_checking_t *checking, apr_pool_t *p,
                         const cfo_vhost_t *vhost, const char *folder,
                         cfo_kinship_t *kinship)
{
    const cfo_guarded_t *guarded = cfo_guarded_of(checking);
    const cfo_guarded_site_t *site = first_of(guarded->folders, folder, vhost);

    if (!site)
        site = first_of(guarded->above, folder, vhost);
    kinship->prefix = site ? site->folder + strlen(folder) : "";
    if (!site)
        site = first_around(checking, p, vhost, folder);
    if (!site || is_accident(checking, vhost, site->vhost))
        return 0;
    kinship->guarded = site->vhost;
    kinship->content = apr_pstrcat(p, "DocumentRoot ", site->folder, NULL);
    return 1;
}

static size_t length_of(const char *path)
{
    size_t length = strlen(path);

    while (length && path[length - 1] == '/')
        length--;
    return length;
}

/* A folder of the site, or one around it, at a path of another virtual host. */
static int is_aliased(cfo_checking_t *checking, apr_pool_t *p, const cfo_vhost_t *vhost,
                      const ap_directive_t *alias, cfo_kinship_t *kinship)
{
    const cfo_guarded_t *guarded = cfo_guarded_of(checking);
    const char *path = cfo_conf_tree_word(p, alias, 0);
    const char *folder = cfo_content_real(p, cfo_conf_tree_word(p, alias, 1));
    const cfo_guarded_site_t *site;

    if (!folder || !strcmp(path, "/"))
        return 0;
    site = first_of(guarded->folders, folder, vhost);
    if (!site)
        site = first_of(guarded->above, folder, vhost);
    if (!site)
        return 0;
    *kinship = (cfo_kinship_t){
        .guarded = site->vhost,
        .prefix = apr_pstrcat(p, apr_pstrmemdup(p, path, length_of(path)),
                              site->folder + strlen(folder), NULL),
        .content = apr_psprintf(p, "DocumentRoot %s, by Alias %s", site->folder, path),
        .alias = alias
    };
    return 1;
}

static int shares_alias(cfo_checking_t *checking, apr_pool_t *p, const cfo_vhost_t *vhost,
                        const server_rec *s, cfo_kinship_t *kinship)
{
    const apr_array_header_t *lines =
        cfo_conf_tree_lines(checking->vhosts->conf_tree, s, "Alias");
    int i;

    for (i = 0; i < lines->nelts; i++) {
        if (is_aliased(checking, p, vhost,
                       APR_ARRAY_IDX(lines, i, const ap_directive_t *), kinship))
            return 1;
    }
    return 0;
}

/* A back end that sees the name in the request may serve many sites. */
static int shares_source(cfo_checking_t *checking, apr_pool_t *p,
                         const cfo_vhost_t *vhost, const cfo_content_t *content,
                         cfo_kinship_t *kinship)
{
    const cfo_guarded_site_t *site =
        first_of(cfo_guarded_of(checking)->sources, content->source, vhost);
    const apr_array_header_t *names;
    int i, is_reached = !content->keeps_host && !ap_strchr_c(content->source, '%');

    if (!site)
        return 0;
    names = cfo_vhost_names(checking->vhosts, site->vhost);
    for (i = 0; !is_reached && i < names->nelts; i++)
        is_reached = cfo_reach_serves(
            checking, p, vhost,
            cfo_host_name_sample(p, APR_ARRAY_IDX(names, i, const char *)));
    *kinship =
        (cfo_kinship_t){ .guarded = site->vhost,
                         .prefix = "",
                         .content = apr_pstrcat(p, "back end ", content->source, NULL) };
    return is_reached;
}

static int shares_content(cfo_checking_t *checking, apr_pool_t *p,
                          const cfo_vhost_t *vhost, cfo_kinship_t *kinship)
{
    cfo_content_t content = cfo_content_of(p, checking->vhosts, vhost);

    *kinship = (cfo_kinship_t){ .guarded = NULL };
    if (content.source)
        return shares_source(checking, p, vhost, &content, kinship);
    return content.folder && shares_folder(checking, p, vhost, content.folder, kinship);
}

/* Whether a virtual host with a name of a protected one has content of its own, or the
 * other's, and not only that of the main server. */
static int has_content(cfo_checking_t *checking, apr_pool_t *p, const cfo_vhost_t *vhost,
                       const cfo_vhost_t *guarded)
{
    cfo_content_t own, other;

    if (cfo_content_is_own(checking->vhosts, vhost))
        return 1;
    own = cfo_content_of(p, checking->vhosts, vhost);
    other = cfo_content_of(p, checking->vhosts, guarded);
    return own.folder && other.folder && !strcmp(own.folder, other.folder);
}

int cfo_kinship_find(cfo_checking_t *checking, apr_pool_t *p, const cfo_vhost_t *vhost,
                     cfo_kinship_t *kinship)
{
    if (is_namesake(checking, p, vhost, kinship) &&
        has_content(checking, p, vhost, kinship->guarded))
        return 1;
    return shares_content(checking, p, vhost, kinship) ||
           shares_alias(checking, p, vhost, vhost->s, kinship) ||
           (vhost->s->is_virtual &&
            shares_alias(checking, p, vhost, checking->vhosts->main, kinship));
}
