/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: whether mod_ssl asks for certificates, and which of its settings
 * are in the way. */
#include "httpd/check/checks.h"

#include <string.h>
#include <strings.h>

#include "apr_strings.h"

#include "httpd/check/shut_twin.h"
#include "httpd/tls/ssl_context.h"

static int needs_it_over_tls(const cfo_vhost_t *vhost)
{
    return vhost->needs_certificate && vhost->tls == CFO_TLS_ON;
}

/* What gets in without a certificate; NULL: nothing. */
static const char *exemptions(apr_pool_t *p, const cfo_server_conf_t *conf)
{
    int peers = !apr_is_empty_array(conf->exempt_list);
    int paths = !apr_is_empty_array(conf->exempt_paths);

    if (!peers && !paths)
        return NULL;
    return apr_pstrcat(p, peers ? "CFOriginPullExemptFrom" : "",
                       peers && paths ? " and " : "",
                       paths ? "CFOriginPullExemptPath" : "", NULL);
}

/* "every request", or which ones. */
static const char *whom_it_hits(apr_pool_t *p, const cfo_server_conf_t *conf)
{
    const char *spared = exemptions(p, conf);

    return spared ? apr_pstrcat(p, "every request but those of ", spared, NULL)
                  : "every request";
}

static void check_no_tls(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const ap_directive_t *line = cfo_vhost_own_line(checking->vhosts, vhost, "SSLEngine");
    const char *whom = whom_it_hits(checking->pool, vhost->conf);

    if (!vhost->needs_certificate || vhost->tls == CFO_TLS_ON ||
        !apr_is_empty_array(vhost->conf->tunnel_list))
        return;
    if (vhost->tls == CFO_TLS_OPTIONAL)
        cfo_check_add(
            checking, vhost, line,
            apr_psprintf(
                checking->pool,
                "a certificate is required, but with SSLEngine optional there is no TLS "
                "unless the client requests it by an Upgrade header, which Cloudflare "
                "does not send: %s is refused (not-tls). Set SSLEngine On",
                whom));
    else if (!cfo_vhost_is_shut_twin(checking->vhosts, vhost))
        cfo_check_add(
            checking, vhost, line,
            apr_psprintf(
                checking->pool,
                "a certificate is required, but there is no TLS: %s is refused "
                "(not-tls). Set SSLEngine On; or for a site that is reached through "
                "Cloudflare Tunnel only, CFOriginPullTunnel and CFOriginPullRequire "
                "tunnel; or if it only redirects to https, CFOriginPull Off",
                whom));
}

/* What OpenSSL really does is known at start, but not under apachectl -t. */
static int asks(const cfo_vhost_t *vhost)
{
    int really = cfo_ssl_context_asks(vhost->s);

    return really < 0 ? vhost->verify != CFO_VERIFY_NONE : really;
}

static void check_never_asks(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    if (!needs_it_over_tls(vhost) || vhost->verify != CFO_VERIFY_NONE || asks(vhost) ||
        !apr_is_empty_array(vhost->conf->tunnel_list))
        return;
    cfo_check_add(
        checking, vhost, cfo_vhost_own_line(checking->vhosts, vhost, "SSLVerifyClient"),
        apr_psprintf(checking->pool,
                     "a certificate is required, but mod_ssl never asks for one "
                     "(SSLVerifyClient is none): %s is refused (cert-missing). Add "
                     "SSLVerifyClient optional_no_ca and SSLVerifyDepth 3",
                     whom_it_hits(checking->pool, vhost->conf)));
}

static void look_into_directories(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                                  const server_rec *s)
{
    const apr_array_header_t *lines =
        cfo_conf_tree_nested(checking->vhosts->conf_tree, s, "SSLVerifyClient");
    int i;

    for (i = 0; i < lines->nelts; i++) {
        const ap_directive_t *line = APR_ARRAY_IDX(lines, i, const ap_directive_t *);

        if (!cfo_conf_tree_word_is(checking->pool, line, 0, "none"))
            cfo_check_add(
                checking, vhost, line,
                "SSLVerifyClient in a directory needs a second handshake, which HTTP/2 "
                "forbids, which Cloudflare is not known to support, and which comes "
                "after this module's verdict: set SSLVerifyClient optional_no_ca for the "
                "whole virtual host, and CFOriginPull On in the directory");
    }
}

static void check_verify_per_directory(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    if (!needs_it_over_tls(vhost))
        return;
    look_into_directories(checking, vhost, vhost->s);
    if (vhost->s != checking->vhosts->main)
        look_into_directories(checking, vhost, checking->vhosts->main);
}

static void check_ticket_key_file(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const ap_directive_t *line =
        cfo_vhost_line(checking->vhosts, vhost, "SSLSessionTicketKeyFile");

    if (needs_it_over_tls(vhost) && line)
        cfo_check_add(
            checking, vhost, line,
            "with SSLSessionTicketKeyFile a TLS session survives restarts and changes of "
            "CA files, and mod_ssl still reports its certificate as verified. This "
            "module checks the certificate again, other access rules do not: remove the "
            "line, or set SSLSessionTickets Off");
}

static void check_sni_policy_insecure(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const ap_directive_t *line = cfo_conf_tree_last(
        checking->vhosts->conf_tree, checking->vhosts->main, "SSLVHostSNIPolicy");

    if (needs_it_over_tls(vhost) &&
        cfo_conf_tree_word_is(checking->pool, line, 0, "insecure"))
        cfo_check_add(
            checking, vhost, line,
            "with SSLVHostSNIPolicy insecure, a certificate that one virtual host asked "
            "for counts in all others. This module compares it with the zone of the "
            "host, other access rules do not: remove the line. If it is there to avoid "
            "status 421, give all virtual hosts of the address the same SSLVerifyClient, "
            "SSLVerifyDepth and SSLCACertificateFile");
}

static void check_require_ends_it(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const cfo_server_conf_t *conf = vhost->conf;
    int is_audit = conf->mode == CFO_MODE_AUDIT;
    const char *what;

    if (!vhost->is_judged || vhost->tls != CFO_TLS_ON ||
        vhost->verify != CFO_VERIFY_REQUIRE)
        return;
    what = apr_pstrcat(
        checking->pool, is_audit ? " Audit" : "",
        !apr_is_empty_array(conf->exempt_list) ? " CFOriginPullExemptFrom" : "",
        !apr_is_empty_array(conf->exempt_paths) ? " CFOriginPullExemptPath" : "",
        !apr_is_empty_array(conf->tunnel_list) ? " CFOriginPullTunnel" : "", NULL);
    if (*what)
        cfo_check_add(
            checking, vhost,
            cfo_vhost_own_line(checking->vhosts, vhost, "SSLVerifyClient"),
            apr_pstrcat(
                checking->pool,
                "under SSLVerifyClient require a client without a certificate cannot "
                "send a request, so that this has no effect:",
                what,
                is_audit ? "; set CFOriginPull On and SSLVerifyClient optional_no_ca in "
                           "one step. Under Audit, optional_no_ca would serve everybody "
                           "whom require keeps out"
                         : "; set SSLVerifyClient optional_no_ca",
                NULL));
}

static int have_equal_files(const char *a, const char *b)
{
    return !a || !b ? a == b : !strcmp(a, b);
}

static int is_rival(const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost,
                    const cfo_vhost_t *other)
{
    return other->tls == CFO_TLS_ON && other->verify != CFO_VERIFY_NONE &&
           cfo_conf_tree_own(vhosts->conf_tree, other->s, "ServerName") &&
           !strcasecmp(other->s->server_hostname, vhost->s->server_hostname) &&
           !(have_equal_files(vhost->ca_file, other->ca_file) &&
             have_equal_files(vhost->ca_path, other->ca_path));
}

static void check_name_with_two_cas(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const cfo_vhosts_t *vhosts = checking->vhosts;
    const apr_array_header_t *others;
    int i;

    if (!needs_it_over_tls(vhost) || vhost->verify == CFO_VERIFY_NONE ||
        !cfo_vhost_own_line(vhosts, vhost, "ServerName"))
        return;
    others = cfo_vhosts_named(
        vhosts, APR_ARRAY_IDX(cfo_vhost_names(vhosts, vhost), 0, const char *));
    for (i = 0; i < others->nelts; i++) {
        const cfo_vhost_t *other = APR_ARRAY_IDX(others, i, const cfo_vhost_t *);

        if (!is_rival(vhosts, vhost, other))
            continue;
        cfo_check_add(
            checking, vhost, NULL,
            apr_psprintf(
                checking->pool,
                "the virtual host in line %u of %s has the same ServerName, but another "
                "SSLCACertificateFile or SSLCACertificatePath. mod_ssl resumes a session "
                "of one in the other (with SSLSessionTickets Off, or a common "
                "SSLSessionTicketKeyFile) and reports its certificate as verified. This "
                "module does not rely on that, other access rules do: give both the same "
                "CA files, or different names",
                other->s->defn_line_number,
                other->s->defn_name ? other->s->defn_name : "the main server"));
        return;
    }
}

/* At start only. SSLOpenSSLConfCmd changes settings without mod_ssl's knowledge. */
static void check_mod_ssl_differs(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const ap_directive_t *line =
        cfo_vhost_line(checking->vhosts, vhost, "SSLOpenSSLConfCmd");

    if (!needs_it_over_tls(vhost) || asks(vhost) == (vhost->verify != CFO_VERIFY_NONE))
        return;
    if (asks(vhost))
        cfo_check_add(
            checking, vhost, line,
            "OpenSSL asks for a certificate here although SSLVerifyClient is none, and "
            "mod_ssl ends such a connection: remove SSLOpenSSLConfCmd VerifyMode, and "
            "set SSLVerifyClient optional_no_ca");
    else
        cfo_check_add(
            checking, vhost, line,
            "SSLVerifyClient is set, but OpenSSL asks for no certificate: every request "
            "is refused (cert-missing). Another setting or module switches it off: check "
            "SSLOpenSSLConfCmd VerifyMode");
}

const cfo_check_t cfo_tls_settings_checks[] = {
    { CFO_LEVEL_WARNING, "CFO0201 no-tls", check_no_tls },
    { CFO_LEVEL_WARNING, "CFO0202 never-asks", check_never_asks },
    { CFO_LEVEL_WARNING, "CFO0207 verify-per-directory", check_verify_per_directory },
    { CFO_LEVEL_WARNING, "CFO0208 ticket-key-file", check_ticket_key_file },
    { CFO_LEVEL_WARNING, "CFO0209 sni-policy-insecure", check_sni_policy_insecure },
    { CFO_LEVEL_WARNING, "CFO0214 require-ends-it", check_require_ends_it },
    { CFO_LEVEL_WARNING, "CFO0216 name-with-two-cas", check_name_with_two_cas },
    { CFO_LEVEL_WARNING, "CFO0224 mod-ssl-differs", check_mod_ssl_differs },
    { 0 }
};
