/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl migrate: the changes of a virtual host, in an order that never serves a
 * client that was refused before, and never refuses a visitor who comes through
 * Cloudflare. */
#include "ctl/migrate/migrate.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "apr_hash.h"
#include "apr_strings.h"

typedef struct {
    cfo_migration_t *migration;
    cfo_site_t *site;
    const cfo_conf_line_t *verify;
    const char *verify_word, *mode; /* in lower case; never NULL */
    cfo_ca_t ca;
    cfo_move_t move;
} plan_t;

static const char *word_of(const cfo_migration_t *migration, const cfo_conf_line_t *line,
                           const char *otherwise)
{
    char *word =
        apr_pstrdup(migration->conf->pool,
                    line ? cfo_conf_word(migration->conf->pool, line, 0) : otherwise);

    for (char *c = word; *c; c++)
        *c |= *c >= 'A' && *c <= 'Z' ? 0x20 : 0;
    return word;
}

static void note(cfo_site_t *site, const char *text)
{
    APR_ARRAY_PUSH(site->notes, const char *) = text;
}

/* Sets a directive of the virtual host: changes its own line, or adds one. */
static void set_line(plan_t *plan, int phase, const char *name, const char *value,
                     const char *why)
{
    const cfo_conf_line_t *own = cfo_site_line(plan->migration, plan->site, name, 1);
    apr_pool_t *p = plan->migration->conf->pool;
    const char *text = apr_pstrcat(p, name, " ", value, NULL);

    if (own)
        cfo_plan_change(plan->site, phase, own, cfo_line_text(p, own), text, why);
    else
        cfo_plan_add(plan->site, phase, NULL, text, why);
}

static void plan_depth(plan_t *plan, int phase)
{
    const cfo_conf_line_t *depth =
        cfo_site_line(plan->migration, plan->site, "SSLVerifyDepth", 0);

    if (!depth || atoi(cfo_conf_word(plan->migration->conf->pool, depth, 0)) < 2)
        set_line(
            plan, phase, "SSLVerifyDepth", "3",
            "a certificate with an intermediate CA needs more than the default of 1");
}

static void plan_asking(plan_t *plan, int phase, const char *why)
{
    set_line(plan, phase, "SSLVerifyClient", "optional_no_ca", why);
    plan_depth(plan, phase);
}

static int is_refused_by_mod_ssl(const plan_t *plan)
{
    return !strcmp(plan->verify_word, "require") ||
           !strcmp(plan->verify_word, "optional");
}

/* Not if it is set up for a tunnel, or for addresses alone. */
static int needs_certificate(const plan_t *plan)
{
    const cfo_conf_line_t *require =
        cfo_site_line(plan->migration, plan->site, "CFOriginPullRequire", 0);

    return require ? strstr(require->args, "cert") != NULL
                   : !cfo_site_line(plan->migration, plan->site, "CFOriginPullTunnel", 0);
}

static void plan_verify(plan_t *plan)
{
    if (!strcmp(plan->verify_word, "none") && !needs_certificate(plan))
        return;
    if (!strcmp(plan->verify_word, "none"))
        plan_asking(
            plan, 1,
            "mod_ssl asks for Cloudflare's certificate; clients without one are served "
            "as before. Change all virtual hosts of one address in the same reload, or "
            "some requests get status 421");
    else if (is_refused_by_mod_ssl(plan))
        plan_asking(
            plan, 3,
            "not before On is in force and the log has verified requests. Then this "
            "module logs what is wrong with a certificate, and exemptions work. Change "
            "all virtual hosts of one address in the same reload, or some requests get "
            "status 421");
    else
        plan_depth(plan, 1);
}

static const char *quoted(apr_pool_t *p, const char *file)
{
    return strpbrk(file, " \t'") ? apr_pstrcat(p, "\"", file, "\"", NULL) : file;
}

/* What mod_ssl refuses today because of its CA file, it must accept before Cloudflare
 * presents the certificate of the zone. */
static void plan_bundle(plan_t *plan, const char *zone)
{
    apr_pool_t *p = plan->migration->conf->pool;

    if (!is_refused_by_mod_ssl(plan) || !plan->ca.file)
        return;
    set_line(plan, 1, "SSLCACertificateFile",
             apr_pstrcat(p, "cloudflare/", zone, "-both.pem", NULL),
             apr_psprintf(p,
                          "make it with: cat cloudflare/%s-ca.pem %s. mod_ssl accepts "
                          "both CAs, before Cloudflare presents a certificate of your "
                          "own (docs/cloudflare.md, Certificates)",
                          zone, plan->ca.file));
}

static void plan_proof(plan_t *plan, const char *zone)
{
    apr_pool_t *p = plan->migration->conf->pool;
    const char *own = apr_pstrcat(p, "cloudflare/", zone, "-ca.pem", NULL), *why;

    if (plan->ca.kind == CFO_CA_OWN || plan->ca.kind == CFO_CA_UNREAD) {
        own = quoted(p, plan->ca.file);
        why = apr_pstrcat(p, "the zone's name is a guess; the proof is the file of ",
                          plan->ca.line->name, ": ", plan->ca.text, NULL);
    }
    else {
        plan_bundle(plan, zone);
        why = apr_pstrcat(
            p,
            "the zone's name is a guess. Make a CA and a certificate of your own, and "
            "upload the certificate to Cloudflare (docs/cloudflare.md); the CA is this "
            "file",
            plan->ca.file && plan->ca.text ? ". Not " : "",
            plan->ca.file && plan->ca.text ? plan->ca.file : "",
            plan->ca.file && plan->ca.text ? ": " : "",
            plan->ca.file && plan->ca.text ? plan->ca.text : "", NULL);
    }
    cfo_plan_add(plan->site, 1, NULL,
                 apr_pstrcat(p, "CFOriginPullZone ", zone, " ", own, NULL), why);
}

/* Whether a zone is configured that covers `zone`. */
static int is_covered(const plan_t *plan, const cfo_site_t *site, const char *zone)
{
    apr_pool_t *p = plan->migration->conf->pool;
    size_t length = strlen(zone);
    int i;

    for (i = 0; i < site->lines->nelts; i++) {
        const cfo_conf_line_t *line =
            APR_ARRAY_IDX(site->lines, i, const cfo_conf_line_t *);
        const char *name;

        if (cfo_conf_is(line, "CFOriginPullZoneDir"))
            return 1;
        if (!cfo_conf_is(line, "CFOriginPullZone"))
            continue;
        name = cfo_conf_word(p, line, 0);
        if (!strcmp(name, "*") ||
            (strlen(name) <= length && !strcasecmp(zone + length - strlen(name), name)))
            return 1;
    }
    return site->section ? is_covered(plan, plan->migration->server, zone) : 0;
}

static void plan_zones(plan_t *plan)
{
    apr_pool_t *p = plan->migration->conf->pool;
    apr_hash_t *done = apr_hash_make(p);
    int i;

    for (i = 0; i < plan->site->names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(plan->site->names, i, const char *);
        const char *zone = cfo_zone_guess(p, name);

        if (!zone)
            note(plan->site,
                 apr_pstrcat(p, name,
                             " is no name of a zone of Cloudflare's: requests for "
                             "it are refused (zone-unknown) under On",
                             NULL));
        else if (!is_covered(plan, plan->site, zone) &&
                 !is_covered(plan, plan->site, name) &&
                 !apr_hash_get(done, zone, APR_HASH_KEY_STRING))
            plan_proof(plan, zone);
        if (zone)
            apr_hash_set(done, zone, APR_HASH_KEY_STRING, "");
    }
}

static void plan_mode(plan_t *plan)
{
    static const char on[] = "CFOriginPull On", audit[] = "CFOriginPull Audit";
    static const char when[] =
        "after Authenticated Origin Pulls is switched on at Cloudflare, and "
        "cf-originctl audit --ready answers yes";
    cfo_site_t *site = plan->site;
    const cfo_conf_line_t *own = cfo_site_line(plan->migration, site, "CFOriginPull", 1);

    if (!strcmp(plan->mode, "on"))
        return;
    if (plan->move.on_phase == 1) {
        set_line(
            plan, 1, "CFOriginPull", "On",
            "On at once, because mod_ssl demands the certificate already, and still "
            "does. Audit with optional_no_ca would serve everybody. (You can rehearse "
            "with Audit while SSLVerifyClient is require; apachectl -t reports CFO0214 "
            "then)");
        return;
    }
    if (!strcmp(plan->mode, "audit") && own) {
        cfo_plan_change(site, 2, own, cfo_line_text(plan->migration->conf->pool, own), on,
                        when);
        return;
    }
    set_line(plan, 1, "CFOriginPull", "Audit",
             "checks and logs, and changes nothing: every request is served as before");
    APR_ARRAY_PUSH(site->changes, cfo_change_t) =
        (cfo_change_t){ 2,
                        "change",
                        own ? own->file : site->section->file,
                        own ? own->line : site->section->line,
                        own ? own->last_line : site->section->last_line,
                        audit,
                        on,
                        when };
}

/* Whether TLS ends in front of this virtual host, on this host. */
static int is_behind_local_proxy(const plan_t *plan)
{
    apr_pool_t *p = plan->migration->conf->pool;

    return cfo_word_is_loopback(cfo_conf_word(p, plan->site->section, 0)) ||
           (cfo_site_found(plan->migration, plan->site, CFO_KIND_REMOTEIP_LOCAL, 0) &&
            !cfo_site_found(plan->migration, plan->site, CFO_KIND_REMOTEIP_CF, 0));
}

static void choose_phase(plan_t *plan)
{
    int is_usable = plan->ca.kind == CFO_CA_OWN || plan->ca.kind == CFO_CA_UNREAD;

    plan->move.on_phase =
        !strcmp(plan->mode, "on") || (!strcmp(plan->verify_word, "require") && is_usable)
            ? 1
            : 2;
    plan->move.is_on = !strcmp(plan->mode, "on");
    if (!strcmp(plan->verify_word, "require") && plan->move.on_phase == 2)
        note(plan->site,
             "SSLVerifyClient require stays until On, so apachectl -t reports "
             "CFO0214 in step 1");
}

static void plan_site(cfo_migration_t *migration, cfo_site_t *site)
{
    plan_t plan = { .migration = migration, .site = site };

    plan.verify = cfo_site_line(migration, site, "SSLVerifyClient", 0);
    plan.verify_word = word_of(migration, plan.verify, "none");
    plan.mode =
        word_of(migration, cfo_site_line(migration, site, "CFOriginPull", 0), "off");
    plan.ca = cfo_site_ca(migration, site);
    if (!site->names->nelts) {
        note(site,
             "it has no ServerName, so it belongs to no zone: give it one, or close it "
             "(Require all denied), because it answers for every unknown name");
        return;
    }
    if (is_behind_local_proxy(&plan)) {
        note(site,
             "a proxy on this host is in front. If it ends TLS, no certificate reaches "
             "httpd: see docs/frontends.md. Nothing is proposed");
        return;
    }
    if (!strcmp(plan.mode, "audit") && !strcmp(plan.verify_word, "optional_no_ca") &&
        plan.ca.kind != CFO_CA_NONE)
        note(site,
             "under Audit with SSLVerifyClient optional_no_ca everybody is served. If "
             "mod_ssl refused strangers here before, set SSLVerifyClient require "
             "again until CFOriginPull is On");
    site->is_planned = 1;
    choose_phase(&plan);
    plan_verify(&plan);
    plan_mode(&plan);
    plan_zones(&plan);
    cfo_plan_address_rules(migration, site, plan.move);
    cfo_plan_verdict_rules(migration, site, plan.move);
    cfo_plan_remoteip(migration, site, plan.move);
}

void cfo_migration_plan(cfo_migration_t *migration, int all)
{
    int i, any = 0, global = migration->server->is_cloudflares;

    for (i = 0; i < migration->sites->nelts; i++) {
        cfo_site_t *site = APR_ARRAY_IDX(migration->sites, i, cfo_site_t *);

        any |= site->has_tls && (site->is_cloudflares || global);
    }
    for (i = 0; i < migration->sites->nelts; i++) {
        cfo_site_t *site = APR_ARRAY_IDX(migration->sites, i, cfo_site_t *);

        if (site->has_tls && !cfo_site_is_shut(migration, site) &&
            (all || !any || global || site->is_cloudflares))
            plan_site(migration, site);
    }
    if (migration->sites->nelts)
        cfo_plan_server(migration);
    cfo_plan_neighbours(migration);
}
