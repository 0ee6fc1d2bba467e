/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: what mod_ssl did with client certificates before this module, and
 * does no more. */
#include "httpd/check/checks.h"

#include <strings.h>

static void check_audit_opens(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    if (vhost->conf->mode == CFO_MODE_AUDIT && vhost->needs_certificate &&
        vhost->tls == CFO_TLS_ON &&
        (vhost->verify == CFO_VERIFY_OPTIONAL_NO_CA ||
         vhost->verify == CFO_VERIFY_OPTIONAL) &&
        (vhost->ca_file || vhost->ca_path))
        cfo_check_add(
            checking, vhost,
            cfo_vhost_line(checking->vhosts, vhost,
                           vhost->ca_file ? "SSLCACertificateFile"
                                          : "SSLCACertificatePath"),
            "neither CFOriginPull Audit nor this SSLVerifyClient refuses a client without "
            "a certificate. If SSLVerifyClient was require before, the site is open now: "
            "set CFOriginPull On, or SSLVerifyClient require again; otherwise ignore "
            "this line");
}

/* With other values of SSLVerifyClient, mod_ssl has verified what it takes a name from.
 */
static int takes_unverified(const cfo_vhost_t *vhost)
{
    return vhost->needs_certificate && vhost->tls == CFO_TLS_ON &&
           vhost->verify == CFO_VERIFY_OPTIONAL_NO_CA;
}

static int takes_name(apr_pool_t *p, const ap_directive_t *line)
{
    const char *word;
    int i, takes = !strcasecmp(line->directive, "SSLUserName");

    for (i = 0; *(word = cfo_conf_tree_word(p, line, i)); i++)
        takes |= !strcasecmp(word + (*word == '+'), "FakeBasicAuth");
    return takes;
}

static void look_at(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                    const apr_array_header_t *lines)
{
    int i;

    for (i = 0; i < lines->nelts; i++) {
        const ap_directive_t *line = APR_ARRAY_IDX(lines, i, const ap_directive_t *);

        if (takes_name(checking->pool, line))
            cfo_check_add(
                checking, vhost, line,
                "this takes the name of a user from the client certificate, which "
                "mod_ssl does not verify under SSLVerifyClient optional_no_ca, and which "
                "is Cloudflare's, not the visitor's, in every proved request: remove it, "
                "and let users log in another way");
    }
}

static void check_user_names(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    static const char *const names[] = { "SSLUserName", "SSLOptions" };
    const cfo_vhosts_t *vhosts = checking->vhosts;
    int i;

    if (!takes_unverified(vhost))
        return;
    for (i = 0; i < 2; i++) {
        look_at(checking, vhost,
                cfo_conf_tree_lines(vhosts->conf_tree, vhost->s, names[i]));
        look_at(checking, vhost,
                cfo_conf_tree_nested(vhosts->conf_tree, vhost->s, names[i]));
        look_at(checking, vhost,
                cfo_conf_tree_lines(vhosts->conf_tree, vhosts->main, names[i]));
        look_at(checking, vhost,
                cfo_conf_tree_nested(vhosts->conf_tree, vhosts->main, names[i]));
    }
}

const cfo_check_t cfo_tls_leftovers_checks[] = {
    { CFO_LEVEL_WARNING, "CFO0243 certificate-user", check_user_names },
    { CFO_LEVEL_NOTICE, "CFO0247 audit-opens", check_audit_opens },
    { 0 }
};
