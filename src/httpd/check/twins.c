/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: other virtual hosts that serve a protected site to everyone. */
#include "httpd/check/checks.h"

#include <string.h>
#include <strings.h>

#include "apr_strings.h"

#include "core/base/text.h"
#include "httpd/check/kinship.h"
#include "httpd/check/opening.h"

static const char *what_is_served(apr_pool_t *p, const cfo_vhost_t *vhost,
                                  const cfo_kinship_t *kinship)
{
    const char *guarded = kinship->guarded->name;

    if (!kinship->name)
        return apr_psprintf(p,
                            "this virtual host serves the content of %s (%s) to everyone",
                            guarded, kinship->content);
    return apr_psprintf(p,
                        "this virtual host serves %s %sto everyone, while the virtual "
                        "host %s(%s) is protected",
                        cfo_text_word(p, kinship->name),
                        vhost->tls == CFO_TLS_ON ? "" : "without TLS and ",
                        kinship->guarded->tls == CFO_TLS_ON ? "with TLS " : "", guarded);
}

/* Why a condition does not hold, or an example. */
static const char *why(const cfo_checking_t *checking, const ap_directive_t *line,
                       const cfo_host_t *host)
{
    apr_pool_t *p = checking->pool;

    if (strcasecmp(host->name, host->header))
        return apr_psprintf(p, ", such as one with the Host header %s",
                            cfo_check_quote(checking, host->header));
    if (ap_strcasestr(line->args, "SERVER_PORT"))
        return ", since httpd takes that port from the Host header";
    if (ap_strcasestr(line->args, "HTTP_HOST") ||
        ap_strcasestr(line->args, "SERVER_NAME"))
        return apr_psprintf(p, ", such as one to %s", cfo_text_word(p, host->name));
    return "";
}

/* What it does not cover, where it does redirect or refuse something. */
static const char *what_is_open(const cfo_checking_t *checking,
                                const cfo_kinship_t *kinship,
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
            p,
            "%s; %s %s (%s:%d) does not hold for every request that a client can send%s",
            text, *line->directive == '<' ? line->directive + 1 : line->directive,
            cfo_check_quote(checking, line->args), line->filename, line->line_num,
            why(checking, line, opening->host));
    return text;
}

static const char *what_to_do(apr_pool_t *p, const cfo_vhost_t *vhost,
                              const cfo_kinship_t *kinship)
{
    const char *policy =
        kinship->name
            ? apr_psprintf(p, "set CFOriginPull On here too, with the zone of %s, ",
                           kinship->guarded->name)
            : "give it another DocumentRoot or back end, ";

    return apr_psprintf(
        p,
        "%sredirect every request to %s, without a condition, or set "
        "Require all denied in <Location \"/\">. If it is open on purpose, "
        "set CFOriginPull Off here",
        policy, vhost->tls == CFO_TLS_ON ? kinship->guarded->name : "https");
}

static void report(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                   const cfo_kinship_t *kinship, const cfo_opening_t *opening)
{
    apr_pool_t *p = checking->pool;

    cfo_check_add(checking, vhost, NULL,
                  apr_pstrcat(p, what_is_served(p, vhost, kinship),
                              what_is_open(checking, kinship, opening), ": ",
                              what_to_do(p, vhost, kinship), NULL));
}

static void check_twin(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    cfo_kinship_t kinship;
    cfo_opening_t opening;
    apr_pool_t *p;

    /* An explicit Off is meant. */
    if (cfo_guarded_has(checking, vhost) ||
        cfo_vhost_own_line(checking->vhosts, vhost, "CFOriginPull"))
        return;
    apr_pool_create(&p, checking->pool);
    if (cfo_kinship_find(checking, p, vhost, &kinship)) {
        const cfo_site_t *site = cfo_site_make(p, checking->vhosts, vhost, 0);

        if (cfo_opening_find(site, cfo_reach_hosts(checking, site, &kinship),
                             kinship.prefix, &opening))
            report(checking, vhost, &kinship, &opening);
    }
    apr_pool_destroy(p);
}

const cfo_check_t cfo_twins_checks[] = {
    { CFO_LEVEL_WARNING, "CFO0210 plain-twin", check_twin }, { 0 }
};
