/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: what the policy of a virtual host leaves open. */
#include "httpd/check/checks.h"

#include <string.h>
#include <strings.h>

#include "http_config.h"

#include "apr_strings.h"

static void check_ip_alone(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    int has_tunnel = !apr_is_empty_array(vhost->conf->tunnel_list);

    if (vhost->is_judged && vhost->conf->require == CFO_REQUIRE_IP &&
        !cfo_conf_has_no_ranges(vhost->conf))
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
    { CFO_LEVEL_WARNING, "CFO0212 mod-evasive", check_mod_evasive },
    { CFO_LEVEL_WARNING, "CFO0217 protocol-unsafe", check_protocol_unsafe },
    { CFO_LEVEL_WARNING, "CFO0218 ip-alone", check_ip_alone },
    { CFO_LEVEL_NOTICE, "CFO0219 roll-out-setting", check_roll_out_setting },
    { 0 }
};
