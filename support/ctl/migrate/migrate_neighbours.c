/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl migrate: virtual hosts next to those that move: with the same TLS settings
 * at the same port, and with the same names over plain HTTP. */
#include "ctl/migrate/migrate.h"

#include <string.h>
#include <strings.h>

#include "apr_hash.h"
#include "apr_strings.h"

/* "443" of "192.0.2.1:443"; "" without a port. */
static const char *port_of(const char *address)
{
    const char *colon = strrchr(address, ':');

    return colon && !strchr(colon, ']') ? colon + 1 : "";
}

/* What mod_ssl compares before a request may be for another virtual host than the
 * handshake, except for SSLVerifyClient and SSLVerifyDepth. */
static const char *tls_settings(const cfo_migration_t *migration, const cfo_site_t *site,
                                const char *port)
{
    static const char *const names[] = {
        "SSLCertificateFile",      "SSLCertificateKeyFile",
        "SSLCertificateChainFile", "SSLProtocol",
        "SSLCipherSuite",          "SSLCACertificateFile",
        "SSLCACertificatePath",    NULL
    };
    const char *text = port;
    int i;

    for (i = 0; names[i]; i++) {
        const cfo_conf_line_t *line = cfo_site_line(migration, site, names[i], 0);

        text =
            apr_pstrcat(migration->conf->pool, text, "\n", line ? line->args : "", NULL);
    }
    return text;
}

static const char *verify_of(const cfo_migration_t *migration, const cfo_site_t *site)
{
    const cfo_conf_line_t *line = cfo_site_line(migration, site, "SSLVerifyClient", 0);

    return line ? cfo_conf_word(migration->conf->pool, line, 0) : "none";
}

static void each_address(cfo_migration_t *migration, cfo_site_t *site, apr_hash_t *moved,
                         void (*visit)(cfo_migration_t *, cfo_site_t *, apr_hash_t *,
                                       const char *))
{
    apr_array_header_t *words = cfo_conf_words(migration->conf->pool, site->section);
    int i;

    for (i = 0; i < words->nelts; i++)
        visit(migration, site, moved,
              tls_settings(migration, site,
                           port_of(APR_ARRAY_IDX(words, i, const char *))));
}

static void remember(cfo_migration_t *migration, cfo_site_t *site, apr_hash_t *moved,
                     const char *settings)
{
    const char *verify = verify_of(migration, site);

    if (site->is_planned &&
        (!strcasecmp(verify, "none") || !strcasecmp(verify, "optional_no_ca")))
        apr_hash_set(moved, settings, APR_HASH_KEY_STRING, site);
}

static int has_verify(const cfo_site_t *site)
{
    int i;

    for (i = 0; i < site->changes->nelts; i++) {
        const cfo_change_t *change = &APR_ARRAY_IDX(site->changes, i, cfo_change_t);

        if (change->new_text && !strncmp(change->new_text, "SSLVerify", 9))
            return 1;
    }
    return 0;
}

static void follow(cfo_migration_t *migration, cfo_site_t *site, apr_hash_t *moved,
                   const char *settings)
{
    static const char why[] =
        "this virtual host has the TLS settings of one that moves, at the same port: if "
        "they differ, requests that were served get status 421. This refuses nobody";
    const cfo_conf_line_t *own = cfo_site_line(migration, site, "SSLVerifyClient", 1);
    apr_pool_t *p = migration->conf->pool;

    if (site->is_planned || has_verify(site) ||
        strcasecmp(verify_of(migration, site), "none") ||
        !apr_hash_get(moved, settings, APR_HASH_KEY_STRING))
        return;
    if (own)
        cfo_plan_change(site, 1, own, cfo_line_text(p, own),
                        "SSLVerifyClient optional_no_ca", why);
    else
        cfo_plan_add(site, 1, NULL, "SSLVerifyClient optional_no_ca", why);
    cfo_plan_add(site, 1, NULL, "SSLVerifyDepth 3", why);
}

/* Whether a redirect depends on a header, which every client chooses. */
static int is_conditional(const cfo_site_t *site, int index)
{
    while (--index >= 0) {
        const cfo_conf_line_t *line =
            APR_ARRAY_IDX(site->lines, index, const cfo_conf_line_t *);

        if (!cfo_conf_is(line, "RewriteCond"))
            return 0;
        if (strstr(line->args, "%{HTTP:"))
            return 1;
    }
    return 0;
}

/* Require all denied in <Location "/">. */
static int denies_all(const cfo_migration_t *migration, const cfo_conf_line_t *line)
{
    apr_pool_t *p = migration->conf->pool;

    return cfo_conf_is(line, "Require") && line->section &&
           cfo_conf_is(line->section, "Location") &&
           !strcasecmp(cfo_conf_word(p, line, 1), "denied") &&
           !strcmp(cfo_conf_word(p, line->section, 0), "/");
}

int cfo_site_is_shut(const cfo_migration_t *migration, const cfo_site_t *site)
{
    const cfo_conf_line_t *mode = cfo_site_line(migration, site, "CFOriginPull", 1);
    int i;

    if (!mode || strcasecmp(cfo_conf_word(migration->conf->pool, mode, 0), "off"))
        return 0;
    for (i = 0; i < site->lines->nelts; i++) {
        if (denies_all(migration, APR_ARRAY_IDX(site->lines, i, const cfo_conf_line_t *)))
            return 1;
    }
    return 0;
}

int cfo_site_is_open(const cfo_migration_t *migration, const cfo_site_t *site)
{
    int i;

    for (i = 0; i < site->lines->nelts; i++) {
        const cfo_conf_line_t *line =
            APR_ARRAY_IDX(site->lines, i, const cfo_conf_line_t *);

        if (!strncasecmp(line->name, "CFOriginPull", 12) ||
            ((!strncasecmp(line->name, "Redirect", 8) ||
              cfo_conf_is(line, "RewriteRule")) &&
             strstr(line->args, "https:") && !is_conditional(site, i)) ||
            denies_all(migration, line))
            return 0;
    }
    return 1;
}

static int phase_of_on(const cfo_site_t *site)
{
    int i;

    for (i = 0; i < site->changes->nelts; i++) {
        const cfo_change_t *change = &APR_ARRAY_IDX(site->changes, i, cfo_change_t);

        if (change->new_text && !strcasecmp(change->new_text, "CFOriginPull On"))
            return change->phase;
    }
    return 1;
}

/* Whether `root` is `inner` or a folder around it. */
static int encloses(const char *root, const char *inner)
{
    size_t length = strlen(root);

    while (length && root[length - 1] == '/')
        length--;
    return length && !strncmp(root, inner, length) &&
           (inner[length] == '/' || !inner[length]);
}

/* A site that moves and whose files a virtual host serves that has no name, so that it
 * answers for all unknown names, and for addresses. */
static const cfo_site_t *served_by_nameless(const cfo_migration_t *migration,
                                            const cfo_site_t *site)
{
    int i;

    for (i = 0; i < migration->sites->nelts && !site->names->nelts; i++) {
        const cfo_site_t *other = APR_ARRAY_IDX(migration->sites, i, const cfo_site_t *);

        if (other->is_planned && encloses(site->root, other->root))
            return other;
    }
    return NULL;
}

/* The default virtual host of an address with TLS. */
static void plan_nameless(cfo_migration_t *migration, cfo_site_t *site)
{
    const cfo_site_t *twin = served_by_nameless(migration, site);

    if (twin && cfo_site_is_open(migration, site))
        cfo_plan_add(
            site, phase_of_on(twin), NULL,
            "<Location \"/\">\nRequire all denied\n</Location>",
            "it has no ServerName, and serves the files of a site that moves to "
            "everybody who asks for another name or the address. If it is meant to "
            "serve something, give it a DocumentRoot of its own instead");
}

static void plan_twin(cfo_migration_t *migration, cfo_site_t *site, apr_hash_t *names)
{
    apr_pool_t *p = migration->conf->pool;
    const cfo_site_t *twin = NULL;
    int i;

    for (i = 0; i < site->names->nelts && !twin; i++)
        twin = apr_hash_get(names, APR_ARRAY_IDX(site->names, i, const char *),
                            APR_HASH_KEY_STRING);
    twin = twin ? twin : served_by_nameless(migration, site);
    if (cfo_word_is_loopback(cfo_conf_word(p, site->section, 0))) {
        APR_ARRAY_PUSH(site->notes, const char *) =
            "plain HTTP on loopback. If cloudflared connects here, and nobody else on "
            "this "
            "host may: CFOriginPull On, CFOriginPullRequire tunnel and "
            "CFOriginPullTunnel "
            "127.0.0.1 (docs/tunnel.md). A back end of another virtual host needs "
            "nothing";
        return;
    }
    if (!twin && site->is_cloudflares)
        APR_ARRAY_PUSH(site->notes, const char *) =
            "this virtual host has no TLS, so no certificate reaches it: give it TLS, "
            "and set SSL mode Full (strict) at Cloudflare. Until then its rules stay as "
            "they are";
    if (!twin || !cfo_site_is_open(migration, site))
        return;
    cfo_plan_add(
        site, phase_of_on(twin), NULL,
        apr_psprintf(p,
                     "RedirectMatch permanent "
                     "^(?!/\\.well-known/acme-challenge/).* https://%s$0",
                     APR_ARRAY_IDX(twin->names, 0, const char *)),
        "it serves a site that moves over plain HTTP, without the certificate. The "
        "redirect leaves out the path of ACME challenges. (With SSL mode Flexible it "
        "would be a loop: set Full at Cloudflare first)");
}

void cfo_plan_neighbours(cfo_migration_t *migration)
{
    apr_hash_t *moved = apr_hash_make(migration->conf->pool),
               *names = apr_hash_make(migration->conf->pool);
    int i, n;

    for (i = 0; i < migration->sites->nelts; i++) {
        cfo_site_t *site = APR_ARRAY_IDX(migration->sites, i, cfo_site_t *);

        each_address(migration, site, moved, remember);
        for (n = 0; n < site->names->nelts && site->is_planned; n++)
            apr_hash_set(names, APR_ARRAY_IDX(site->names, n, const char *),
                         APR_HASH_KEY_STRING, site);
    }
    for (i = 0; i < migration->sites->nelts; i++) {
        cfo_site_t *site = APR_ARRAY_IDX(migration->sites, i, cfo_site_t *);

        if (site->has_tls && !site->names->nelts)
            plan_nameless(migration, site);
        if (site->has_tls)
            each_address(migration, site, moved, follow);
        else
            plan_twin(migration, site, names);
    }
}
