/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl audit: what to exempt. */
#include "ctl/audit/readiness_own.h"

#include <string.h>

#include "apr_strings.h"

#include "ctl/command/ctl.h"
#include "ctl/command/terminal.h"
#include "ctl/audit/uri_path.h"

enum { PATHS_SHOWN = 3 };

/* "12 x /wp-cron.php at shop.example.com:443, 3 x /server-status at ..., and others" */
static const char *shown_paths(apr_pool_t *p, const apr_array_header_t *paths)
{
    const char *list = "";
    int i;

    for (i = 0; i < paths->nelts && i < PATHS_SHOWN; i++) {
        const cfo_ctl_row_t *path = APR_ARRAY_IDX(paths, i, const cfo_ctl_row_t *);

        list = apr_pstrcat(p, list, *list ? ", " : "",
                           cfo_ctl_thousands(p, path->counts[CFO_COUNT_WOULD_REFUSE]),
                           " x ", cfo_ctl_shown(p, path->name), " at ",
                           cfo_ctl_shown(p, path->label), NULL);
    }
    return paths->nelts > PATHS_SHOWN ? apr_pstrcat(p, list, ", and others", NULL) : list;
}

static const char *last_segment(const char *path)
{
    const char *end = path + strlen(path), *at;

    if (end > path && end[-1] == '/')
        end--;
    for (at = end; at > path && at[-1] != '/';)
        at--;
    return at;
}

/* Whether it is made for programs, so that everybody may call it. Of another path this is
 * not known: "/" covers the whole site, and index.php too. */
static int is_for_programs(const char *path)
{
    static const char *const names[] = { "wp-cron.php", "cron.php", "cron",  "health",
                                         "ping",        "alive",    "livez", "ready",
                                         "heartbeat",   "uptime",   "check" };
    const char *last = last_segment(path);
    size_t i;

    if (!cfo_ctl_path_is_plain(path))
        return 0;
    for (i = 0; i < sizeof names / sizeof *names; i++) {
        if (!strncmp(last, names[i], strlen(names[i])))
            return 1;
    }
    return 0;
}

/* The directive that exempts the paths; NULL if everybody should not get one of them. */
static const char *exempt_paths(apr_pool_t *p, const apr_array_header_t *paths)
{
    const char *list = "CFOriginPullExemptPath";
    int i;

    if (!paths->nelts || paths->nelts > PATHS_SHOWN)
        return NULL;
    for (i = 0; i < paths->nelts; i++) {
        const char *path = APR_ARRAY_IDX(paths, i, const cfo_ctl_row_t *)->name;

        if (!is_for_programs(path))
            return NULL;
        if (!strstr(list, apr_pstrcat(p, " ", path, NULL)))
            list = apr_pstrcat(p, list, " ", path, NULL);
    }
    return list;
}

static const char *quoted(apr_pool_t *p, const char *directive)
{
    return apr_pstrcat(p, "\"", directive, "\"", NULL);
}

/* A sentence about requests from the address of the source. */
static const char *about(apr_pool_t *p, const cfo_ctl_exemption_t *exemption,
                         const char *whose, const char *refused)
{
    return apr_pstrcat(p, cfo_ctl_counted(p, exemption->source.unproven, "request"), " ",
                       whose, " (", exemption->source.address, ") ", refused, ": ",
                       shown_paths(p, exemption->paths), NULL);
}

static const char *ignore(apr_pool_t *p, const cfo_ctl_exemption_t *exemption)
{
    return apr_pstrcat(p, "\"--ignore ", exemption->source.address, "\"", NULL);
}

/* Visitors come through it, so that its address must not be exempt. */
static void explain_forwarder(apr_pool_t *p, cfo_ctl_exemption_t *exemption,
                              const char *refused)
{
    const cfo_ctl_own_source_t *source = &exemption->source;

    if (source->proven) {
        exemption->is_certain = 0;
        exemption->why = apr_pstrcat(
            p, about(p, exemption, "from an address of yours", refused),
            "; requests with a valid certificate come from there too, so it may be a proxy "
            "or a balancer, or a place of your tests, and these may be your own or those "
            "of strangers. Do not exempt "
            "the address: let your own programs come another way. If they are strangers', "
            "use ",
            ignore(p, exemption), NULL);
        return;
    }
    exemption->why = apr_pstrcat(
        p, about(p, exemption, "from an address of yours", refused), "; ",
        cfo_ctl_thousands(p, source->rays),
        " of them with a CF-Ray, so cloudflared or a proxy there forwards requests of "
        "visitors. Do not exempt the address: for cloudflared use CFOriginPullTunnel; for "
        "a proxy that ends TLS see docs/frontends.md",
        NULL);
}

static const char *whose(cfo_ctl_own_kind_t kind)
{
    if (kind == CFO_OWN_NETWORK)
        return "of your own network";
    if (kind == CFO_OWN_WORDPRESS)
        return "of WordPress to itself, it seems,";
    return kind == CFO_OWN_LISTED ? "of yours" : "of this host itself";
}

static void explain_own(apr_pool_t *p, cfo_ctl_exemption_t *exemption,
                        const char *refused)
{
    const cfo_ctl_own_source_t *source = &exemption->source;
    const char *path = exempt_paths(p, exemption->paths);

    exemption->directive =
        apr_pstrcat(p, "CFOriginPullExemptFrom ", source->address, NULL);
    exemption->alternative = path;
    exemption->why = apr_pstrcat(
        p, about(p, exemption, whose(source->kind), refused), ". Add ",
        quoted(p, exemption->directive),
        ", unless requests of others come from that address too (cloudflared, a proxy, "
        "the gateway of a container network, users with a shell): ",
        path ? apr_pstrcat(p, "then ", quoted(p, path),
                           ", which admits everybody to that path", NULL)
             : "then let the program come through Cloudflare",
        ". If they may be refused, use ", ignore(p, exemption), NULL);
}

static const char *first_path(const cfo_ctl_exemption_t *exemption)
{
    return exemption->paths->nelts
               ? APR_ARRAY_IDX(exemption->paths, 0, cfo_ctl_row_t *)->name
               : "/";
}

/* From several addresses in turn. */
static void explain_monitors(apr_pool_t *p, cfo_ctl_exemption_t *exemption,
                             const char *refused)
{
    exemption->directive = exempt_paths(p, exemption->paths);
    exemption->why = apr_pstrcat(
        p, cfo_ctl_counted(p, exemption->source.unproven, "request"),
        " at regular times, from several addresses, ", refused, ": ",
        shown_paths(p, exemption->paths),
        ". If that is a monitor of yours, let it come through Cloudflare, or add ",
        exemption->directive ? quoted(p, exemption->directive)
                             : "its addresses to CFOriginPullExemptFrom",
        "; if not, use \"--ignore ", cfo_ctl_shown(p, first_path(exemption)), "\"", NULL);
}

static void explain_monitor(apr_pool_t *p, cfo_ctl_exemption_t *exemption,
                            const char *refused)
{
    const char *address = exemption->source.address;

    if (!*address) {
        explain_monitors(p, exemption, refused);
        return;
    }
    exemption->directive = apr_pstrcat(p, "CFOriginPullExemptFrom ", address, NULL);
    exemption->why = apr_pstrcat(
        p, about(p, exemption, "at regular times", refused),
        ". If that is a monitor of yours, let it come through Cloudflare, or add ",
        quoted(p, exemption->directive), "; if not, use ", ignore(p, exemption), NULL);
}

static void explain_check(apr_pool_t *p, cfo_ctl_exemption_t *exemption,
                          const char *refused)
{
    exemption->directive = exempt_paths(p, exemption->paths);
    exemption->why = apr_pstrcat(
        p, cfo_ctl_counted(p, exemption->source.unproven, "request"),
        " from Cloudflare's addresses at regular times, without a certificate of the "
        "zone, ",
        refused, ": ", shown_paths(p, exemption->paths),
        ". If that is a Health Check, which has no certificate, ",
        exemption->directive
            ? apr_pstrcat(p, "add ", quoted(p, exemption->directive), NULL)
            : "let it ask for a path of its own, such as /healthz, and exempt that",
        " (Cloudflare's addresses must not be exempt: all of its customers share them); a "
        "monitor of its Load Balancing has the certificate with Simulate Zone. If they "
        "may be refused, use \"--ignore ",
        cfo_ctl_shown(p, first_path(exemption)), "\"", NULL);
}

static void explain_acme(apr_pool_t *p, cfo_ctl_exemption_t *exemption,
                         const char *refused)
{
    exemption->directive = "CFOriginPullExemptPath /.well-known/acme-challenge/";
    exemption->why = apr_pstrcat(
        p, cfo_ctl_counted(p, exemption->source.unproven, "request"),
        " of a certificate authority ", refused, ": ", shown_paths(p, exemption->paths),
        ". Add ", quoted(p, exemption->directive),
        ", or certificates that need these challenges will expire", NULL);
}

static void explain(apr_pool_t *p, cfo_ctl_exemption_t *exemption, const char *refused)
{
    const cfo_ctl_own_source_t *source = &exemption->source;

    exemption->is_certain = 1;
    if (source->kind == CFO_OWN_ACME)
        explain_acme(p, exemption, refused);
    else if (source->kind == CFO_OWN_CHECK)
        explain_check(p, exemption, refused);
    else if (source->kind == CFO_OWN_MONITOR)
        explain_monitor(p, exemption, refused);
    else if (source->proven || source->rays)
        explain_forwarder(p, exemption, refused);
    else
        explain_own(p, exemption, refused);
}

apr_array_header_t *cfo_ctl_exemptions(apr_pool_t *p, const cfo_ctl_own_t *own,
                                       const char *refused)
{
    const apr_array_header_t *sources = cfo_ctl_own_sources(own, p);
    apr_array_header_t *exemptions =
        apr_array_make(p, sources->nelts + 1, sizeof(cfo_ctl_exemption_t));
    int i;

    for (i = 0; i < sources->nelts; i++) {
        cfo_ctl_exemption_t *exemption = apr_array_push(exemptions);

        memset(exemption, 0, sizeof *exemption);
        exemption->source = APR_ARRAY_IDX(sources, i, cfo_ctl_own_source_t);
        exemption->paths = cfo_ctl_own_paths(own, &exemption->source, p);
        explain(p, exemption, refused);
    }
    return exemptions;
}
