/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: the names of virtual hosts, and the zones that cover them. */
#include "httpd/check/checks.h"

#include <strings.h>

#include "apr_strings.h"

#include "core/base/idn.h"

enum { NAMES_SHOWN = 5 };

/* Of const char *. */
static apr_array_header_t *find_uncovered(cfo_checking_t *checking,
                                          const cfo_vhost_t *vhost)
{
    apr_array_header_t *names = cfo_vhost_names(checking->vhosts, vhost);
    apr_array_header_t *found = apr_array_make(checking->pool, 2, sizeof(const char *));
    int i;

    for (i = 0; i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);

        if (!cfo_vhost_zone(checking->vhosts, vhost, name))
            APR_ARRAY_PUSH(found, const char *) = name;
    }
    return found;
}

static const char *list_names(cfo_checking_t *checking, const apr_array_header_t *names)
{
    const char *list = cfo_check_quote(checking, APR_ARRAY_IDX(names, 0, const char *));
    int i;

    for (i = 1; i < names->nelts && i < NAMES_SHOWN; i++)
        list = apr_pstrcat(
            checking->pool, list, ", ",
            cfo_check_quote(checking, APR_ARRAY_IDX(names, i, const char *)), NULL);
    return i < names->nelts ? apr_pstrcat(checking->pool, list, " and others", NULL)
                            : list;
}

static int has_word(apr_pool_t *p, const ap_directive_t *line, const char *word)
{
    const char *args = line->args;

    while (*args) {
        if (!strcasecmp(ap_getword_conf(p, &args), word))
            return 1;
    }
    return 0;
}

/* The ServerAlias line that has a name, or else the ServerName line. */
static const ap_directive_t *find_name_line(cfo_checking_t *checking,
                                            const cfo_vhost_t *vhost, const char *name)
{
    const cfo_conf_tree_t *conf_tree = checking->vhosts->conf_tree;
    const apr_array_header_t *lines =
        cfo_conf_tree_lines(conf_tree, vhost->s, "ServerAlias");
    int i;

    for (i = 0; i < lines->nelts; i++) {
        const ap_directive_t *line = APR_ARRAY_IDX(lines, i, const ap_directive_t *);

        if (has_word(checking->pool, line, name))
            return line;
    }
    return cfo_vhost_own_line(checking->vhosts, vhost, "ServerName");
}

/* Of a name in UTF-8: what clients send instead. "" if there is none. */
static const char *note_foreign(cfo_checking_t *checking, const apr_array_header_t *names)
{
    const char *ascii = NULL;
    int i;

    for (i = 0; i < names->nelts && !ascii; i++)
        ascii = cfo_idn_to_ascii(checking->pool, APR_ARRAY_IDX(names, i, const char *));
    return ascii
               ? apr_psprintf(checking->pool,
                              ". A name in UTF-8 is never requested: clients send %s, so "
                              "write that here, and in the zone",
                              ascii)
               : "";
}

static void check_name_without_zone(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    apr_array_header_t *names;

    /* Without TLS nothing is proved anyway, and what comes by a tunnel needs no zone. */
    if (!vhost->needs_certificate || vhost->tls == CFO_TLS_OFF ||
        !apr_is_empty_array(vhost->conf->tunnel_list))
        return;
    names = find_uncovered(checking, vhost);
    if (!names->nelts)
        return;
    cfo_check_add(
        checking, vhost,
        find_name_line(checking, vhost, APR_ARRAY_IDX(names, 0, const char *)),
        apr_psprintf(
            checking->pool,
            "no zone covers %s: every request for it is refused (zone-unknown). Add a "
            "CFOriginPullZone, or remove the name here%s",
            list_names(checking, names), note_foreign(checking, names)));
}

static void check_no_server_name(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    if (!vhost->needs_certificate || vhost->tls == CFO_TLS_OFF ||
        !apr_is_empty_array(vhost->conf->tunnel_list) ||
        cfo_vhost_own_line(checking->vhosts, vhost, "ServerName"))
        return;
    cfo_check_add(
        checking, vhost, NULL,
        "there is no ServerName, so that httpd makes up a name, and no zone can be found "
        "for it: add a ServerName");
}

const cfo_check_t cfo_server_names_checks[] = {
    { CFO_LEVEL_WARNING, "CFO0203 name-without-zone", check_name_without_zone },
    { CFO_LEVEL_WARNING, "CFO0220 no-server-name", check_no_server_name },
    { 0 }
};
