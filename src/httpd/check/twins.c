/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: other virtual hosts that serve a protected site to everyone. */
#include "httpd/check/checks.h"

#include <string.h>
#include <strings.h>

#include "apr_file_info.h"
#include "apr_strings.h"

#include "core/base/text.h"
#include "core/live/input_file.h"
#include "core/trust/certificate.h"
#include "core/trust/pem.h"
#include "httpd/check/kinship.h"
#include "httpd/stranger/opening.h"

enum { MOST_OF_CA_FILE = 4 << 20 };

static int is_audit(const cfo_kinship_t *kinship)
{
    return kinship->guarded->conf->mode == CFO_MODE_AUDIT;
}

/* A rule that lets addresses of Cloudflare's in. */
static int is_for_the_edge(const ap_directive_t *line)
{
    return line && (!strcasecmp(line->directive, "Require") ||
                    !strcasecmp(line->directive, "Allow"));
}

static const char *what_is_served(apr_pool_t *p, const cfo_vhost_t *vhost,
                                  const cfo_kinship_t *kinship,
                                  const cfo_opening_t *opening)
{
    const char *guarded = kinship->guarded->name;
    int has_tls = kinship->guarded->tls == CFO_TLS_ON;
    const char *to =
        is_for_the_edge(opening->because) || vhost->verify == CFO_VERIFY_REQUIRE
            ? "to every customer of Cloudflare"
            : "to everyone";

    if (!kinship->name)
        return apr_psprintf(p, "this virtual host serves the content of %s (%s) %s",
                            guarded, kinship->content, to);
    return apr_psprintf(
        p, "this virtual host serves %s %s%s, while the virtual host %s%s%s is %s",
        cfo_text_word(p, kinship->name),
        vhost->tls == CFO_TLS_ON ? "" : "without TLS and ", to,
        has_tls ? "with TLS (" : "", guarded, has_tls ? ")" : "",
        is_audit(kinship) ? "in Audit" : "protected");
}

/* Why a condition does not hold, or an example. */
static const char *why(const cfo_checking_t *checking, const ap_directive_t *line,
                       const cfo_host_t *host)
{
    apr_pool_t *p = checking->pool;

    if (is_for_the_edge(line))
        return ", which all of its customers can use";
    if (strcmp(host->name, host->header))
        return apr_psprintf(p, ", such as one with the Host header %s",
                            cfo_check_quote(checking, host->header));
    if (ap_strcasestr(line->args, "SERVER_PORT"))
        return ", since httpd takes that port from the Host header";
    if (ap_strcasestr(line->args, "HTTP_HOST") ||
        ap_strcasestr(line->args, "SERVER_NAME"))
        return apr_psprintf(p, ", such as one to %s", cfo_text_word(p, host->name));
    return "";
}

static int has_htaccess(apr_pool_t *p, const char *root)
{
    apr_finfo_t info;

    return *root && apr_stat(&info, apr_pstrcat(p, root, "/.htaccess", NULL),
                             APR_FINFO_TYPE, p) == APR_SUCCESS;
}

/* What it does not cover, where it does redirect or refuse something. */
static const char *what_is_open(const cfo_checking_t *checking,
                                const cfo_kinship_t *kinship, const char *root,
                                const cfo_opening_t *opening)
{
    apr_pool_t *p = checking->pool;
    const char *text = "", *path = opening->path + strlen(kinship->prefix);
    const ap_directive_t *line = opening->because;

    if (strcmp(path, "/"))
        text = apr_psprintf(p, "; it is open for paths such as %s",
                            cfo_check_quote(checking, opening->path));
    if (line)
        text = apr_psprintf(
            p, "%s; %s %s (%s:%d) %s%s", text,
            *line->directive == '<' ? line->directive + 1 : line->directive,
            cfo_check_quote(checking, line->args), line->filename, line->line_num,
            is_for_the_edge(line)
                ? "names addresses of Cloudflare"
                : "does not hold for every request that a client can send",
            why(checking, line, opening->host));
    if (opening->is_overtaken)
        text = apr_pstrcat(p, text,
                           "; ProxyPass comes before its Redirect, unless that is in "
                           "<Location \"/\"> or a RewriteRule",
                           NULL);
    if (has_htaccess(p, root))
        text = apr_pstrcat(p, text, "; its .htaccess file is not checked", NULL);
    return text;
}

/* How the twin can be protected as well, in the mode of the other one: On would refuse
 * here what Audit serves there. Or it can have other content. */
static const char *policy_to_set(apr_pool_t *p, const cfo_kinship_t *kinship)
{
    const char *guarded = kinship->guarded->name;
    const char *mode = is_audit(kinship) ? "Audit" : "On";

    if (!kinship->name)
        return "give it another DocumentRoot or back end, ";
    if (kinship->guarded->conf->require & CFO_REQUIRE_TUNNEL)
        return apr_psprintf(p,
                            "remove it; or set CFOriginPull %s and CFOriginPullRequire "
                            "tunnel here too, with the CFOriginPullTunnel of %s, ",
                            mode, guarded);
    return apr_psprintf(p, "set CFOriginPull %s here too, with the zone of %s, ", mode,
                        guarded);
}

/* Where requests can be redirected to; "" if to nowhere: a virtual host without TLS is
 * the end of a tunnel, and no address for visitors. */
static const char *redirect_to_set(apr_pool_t *p, const cfo_vhost_t *vhost,
                                   const cfo_kinship_t *kinship)
{
    if (vhost->tls == CFO_TLS_ON && kinship->guarded->tls != CFO_TLS_ON)
        return "";
    return apr_psprintf(p, "redirect every request to %s, without a condition, ",
                        vhost->tls == CFO_TLS_ON ? kinship->guarded->name : "https");
}

static const char *what_to_do(apr_pool_t *p, const cfo_vhost_t *vhost,
                              const cfo_kinship_t *kinship)
{
    return apr_pstrcat(p, policy_to_set(p, kinship), redirect_to_set(p, vhost, kinship),
                       "or set Require all denied in <Location \"/\">. If it is open on "
                       "purpose, set CFOriginPull Off here",
                       NULL);
}

static void report(cfo_checking_t *checking, const cfo_site_t *site,
                   const cfo_kinship_t *kinship, const cfo_opening_t *opening)
{
    const cfo_vhost_t *vhost = site->vhost;
    apr_pool_t *p = checking->pool;

    cfo_check_add(checking, vhost, NULL,
                  apr_pstrcat(p, what_is_served(p, vhost, kinship, opening),
                              what_is_open(checking, kinship, site->root, opening), ": ",
                              what_to_do(p, vhost, kinship), NULL));
}

/* Whether one of the CAs of a virtual host is Cloudflare's for all of its customers. */
static int trusts_shared_ca(apr_pool_t *p, const cfo_vhost_t *vhost)
{
    apr_array_header_t *certificates;
    const char *text;
    apr_size_t length;
    int i;

    if (!vhost->ca_file ||
        cfo_input_file_read(p, vhost->ca_file, MOST_OF_CA_FILE, &text, &length) ||
        cfo_pem_read(p, text, length, &certificates))
        return 0;
    for (i = 0; i < certificates->nelts; i++) {
        if (cfo_certificate_is_shared_ca(
                APR_ARRAY_IDX(certificates, i, const cfo_certificate_t *)))
            return 1;
    }
    return 0;
}

/* Whether mod_ssl lets in only who has a certificate of the site's own CA. */
static int verifies_clients(apr_pool_t *p, const cfo_vhost_t *vhost)
{
    return vhost->tls == CFO_TLS_ON && vhost->verify == CFO_VERIFY_REQUIRE &&
           !trusts_shared_ca(p, vhost);
}

static void check_twin(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    cfo_kinship_t kinship;
    cfo_opening_t opening;
    apr_pool_t *p;

    /* An explicit Off is meant. */
    if (cfo_guarded_has(checking, vhost) || !cfo_reach_is_listened(vhost) ||
        cfo_vhost_own_line(checking->vhosts, vhost, "CFOriginPull"))
        return;
    apr_pool_create(&p, checking->pool);
    if (cfo_kinship_find(checking, p, vhost, &kinship) && !verifies_clients(p, vhost)) {
        const cfo_site_t *site = cfo_site_make(p, checking->vhosts, vhost, 0);

        if (cfo_opening_find(site, cfo_reach_hosts(checking, site, &kinship),
                             kinship.prefix, &opening))
            report(checking, site, &kinship, &opening);
    }
    apr_pool_destroy(p);
}

const cfo_check_t cfo_twins_checks[] = {
    { CFO_LEVEL_WARNING, "CFO0210 plain-twin", check_twin }, { 0 }
};
