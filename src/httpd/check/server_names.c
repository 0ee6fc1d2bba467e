/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: the names of virtual hosts, and the zones that cover them. */
#include "httpd/check/checks.h"

#include <string.h>
#include <strings.h>

#include "apr_strings.h"

#include "core/trust/zone_name.h"

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
            "CFOriginPullZone, or remove the name here",
            list_names(checking, names)));
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

/* The CFOriginPullZone line of a zone; NULL: the zone comes from a folder. */
static const ap_directive_t *find_zone_line(cfo_checking_t *checking, const server_rec *s,
                                            const char *zone)
{
    const apr_array_header_t *lines =
        cfo_conf_tree_lines(checking->vhosts->conf_tree, s, "CFOriginPullZone");
    int i;

    for (i = lines->nelts - 1; i >= 0; i--) {
        const ap_directive_t *line = APR_ARRAY_IDX(lines, i, const ap_directive_t *);
        const char *name;

        if (!cfo_zone_name_read(checking->pool,
                                cfo_conf_tree_word(checking->pool, line, 0), &name) &&
            !strcmp(name, zone))
            return line;
    }
    return NULL;
}

/* A leaf is recognised by its issuer's name: all customers would share it. */
static int is_shared(const cfo_proof_t *proof)
{
    const cfo_certificate_t *certificate = proof->certificate;

    return certificate &&
           (cfo_certificate_is_shared_ca(certificate) ||
            (proof->kind == CFO_PROOF_LEAF &&
             strstr(certificate->issuer, "CN=origin-pull.cloudflare.net")));
}

static const cfo_proof_t *find_shared(const cfo_zone_t *zone)
{
    int i;

    for (i = 0; i < zone->proofs->nelts; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(zone->proofs, i, const cfo_proof_t *);

        if (is_shared(proof))
            return proof;
    }
    return NULL;
}

static void check_shared_ca(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                            const cfo_zone_t *zone)
{
    const cfo_proof_t *proof = find_shared(zone);
    const ap_directive_t *line;
    const char *text;

    if (!proof)
        return;
    text = apr_psprintf(
        checking->pool,
        "the zone %s accepts Cloudflare's shared certificate (%s), which Cloudflare can "
        "present for every customer: it proves no more than the source address. Upload a "
        "certificate of your own for the zone, and set its CA instead",
        cfo_check_quote(checking, zone->name), proof->source);
    line = find_zone_line(checking, vhost->s, zone->name);
    if (!line)
        line = find_zone_line(checking, checking->vhosts->main, zone->name);
    if (line)
        cfo_check_add(checking, vhost, line, text);
    else
        cfo_check_add_file(checking, vhost, proof->source, text);
}

const cfo_check_t cfo_server_names_checks[] = {
    { CFO_LEVEL_WARNING, "CFO0203 name-without-zone", check_name_without_zone },
    { CFO_LEVEL_WARNING, "CFO0204 shared-ca", NULL, check_shared_ca },
    { CFO_LEVEL_WARNING, "CFO0220 no-server-name", check_no_server_name },
    { 0 }
};
