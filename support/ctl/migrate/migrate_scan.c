/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl migrate: sorts the lines of a configuration to their virtual hosts, and
 * finds those that concern Cloudflare. */
#include "ctl/migrate/migrate.h"

#include <string.h>
#include <strings.h>

#include "apr_lib.h"
#include "apr_strings.h"

/* "https://Shop.example.com:443" -> "shop.example.com" */
static const char *host_of(apr_pool_t *p, const char *name)
{
    const char *scheme = strstr(name, "://");
    char *host = apr_pstrdup(p, scheme ? scheme + 3 : name), *c;

    if (*host != '[')
        host[strcspn(host, ":")] = '\0';
    for (c = host; *c; c++)
        *c = apr_tolower(*c);
    return host;
}

static cfo_site_t *make_site(cfo_migration_t *migration, const cfo_conf_line_t *section)
{
    apr_pool_t *p = migration->conf->pool;
    cfo_site_t *site = apr_pcalloc(p, sizeof *site);

    site->section = section;
    site->lines = apr_array_make(p, 32, sizeof(cfo_conf_line_t *));
    site->found = apr_array_make(p, 4, sizeof(cfo_found_t));
    site->changes = apr_array_make(p, 4, sizeof(cfo_change_t));
    site->notes = apr_array_make(p, 4, sizeof(const char *));
    site->names = apr_array_make(p, 4, sizeof(const char *));
    return site;
}

static void add_names(cfo_migration_t *migration, cfo_site_t *site, const char *name)
{
    apr_pool_t *p = migration->conf->pool;
    int i, n;

    for (i = 0; i < site->lines->nelts; i++) {
        const cfo_conf_line_t *line =
            APR_ARRAY_IDX(site->lines, i, const cfo_conf_line_t *);
        apr_array_header_t *words;

        if (line->section != site->section || !cfo_conf_is(line, name))
            continue;
        words = cfo_conf_words(p, line);
        for (n = 0; n < words->nelts; n++)
            APR_ARRAY_PUSH(site->names, const char *) =
                host_of(p, APR_ARRAY_IDX(words, n, const char *));
    }
}

static void sort_line(cfo_migration_t *migration, cfo_site_t *site, int index,
                      const cfo_conf_line_t *line)
{
    const char *detail = NULL;
    cfo_kind_t kind = cfo_migration_classify(migration, index, line, &detail);

    APR_ARRAY_PUSH(site->lines, const cfo_conf_line_t *) = line;
    if (kind)
        APR_ARRAY_PUSH(site->found, cfo_found_t) = (cfo_found_t){ kind, line, detail };
    site->is_cloudflares |= kind && kind != CFO_KIND_REMOTEIP_LOCAL &&
                            kind != CFO_KIND_NOT_RANGE_RULE && kind != CFO_KIND_DENY_RULE;
}

const cfo_conf_line_t *cfo_site_line(const cfo_migration_t *migration,
                                     const cfo_site_t *site, const char *name, int own)
{
    const cfo_conf_line_t *result = NULL;
    int i;

    for (i = 0; i < site->lines->nelts; i++) {
        const cfo_conf_line_t *line =
            APR_ARRAY_IDX(site->lines, i, const cfo_conf_line_t *);

        if (line->section == site->section && cfo_conf_is(line, name))
            result = line;
    }
    if (!result && !own && site->section)
        return cfo_site_line(migration, migration->server, name, 1);
    return result;
}

const cfo_found_t *cfo_site_found(const cfo_migration_t *migration,
                                  const cfo_site_t *site, cfo_kind_t kind, int own)
{
    int i;

    for (i = 0; i < site->found->nelts; i++) {
        const cfo_found_t *found = &APR_ARRAY_IDX(site->found, i, cfo_found_t);

        if (found->kind == kind)
            return found;
    }
    return own || !site->section ? NULL
                                 : cfo_site_found(migration, migration->server, kind, 1);
}

/* What CFOriginPullRanges adds is the edge too; its files are not read. */
static const cfo_ranges_t *edge_of(const cfo_httpd_conf_t *conf)
{
    apr_array_header_t *ranges = apr_array_make(conf->pool, 32, sizeof(cfo_range_t));
    int i, n;

    cfo_ranges_add_builtin(ranges);
    for (i = 0; i < conf->lines->nelts; i++) {
        const cfo_conf_line_t *line =
            APR_ARRAY_IDX(conf->lines, i, const cfo_conf_line_t *);
        apr_array_header_t *words = NULL;

        if (cfo_conf_is(line, "CFOriginPullRanges"))
            words = cfo_conf_words(conf->pool, line);
        for (n = 0; words && n < words->nelts; n++) {
            cfo_range_t range;

            if (!cfo_range_parse(conf->pool, APR_ARRAY_IDX(words, n, const char *),
                                 &range))
                APR_ARRAY_PUSH(ranges, cfo_range_t) = range;
        }
    }
    return cfo_ranges_build(conf->pool, ranges);
}

/* Without SSLEngine, a virtual host with a certificate has TLS where a Listen line has
 * "https", or a panel's template sets it. */
static int has_tls(const cfo_migration_t *migration, const cfo_site_t *site)
{
    const cfo_conf_line_t *engine = cfo_site_line(migration, site, "SSLEngine", 0);

    if (engine)
        return !strcasecmp(cfo_conf_word(migration->conf->pool, engine, 0), "on");
    return cfo_site_line(migration, site, "SSLCertificateFile", 1) != NULL;
}

static const char *root_of(const cfo_migration_t *migration, const cfo_site_t *site)
{
    const cfo_conf_line_t *line = cfo_site_line(migration, site, "DocumentRoot", 0);

    return line ? cfo_conf_word(migration->conf->pool, line, 0) : "";
}

cfo_migration_t *cfo_migration_scan(cfo_httpd_conf_t *conf)
{
    cfo_migration_t *migration = apr_pcalloc(conf->pool, sizeof *migration);
    cfo_site_t *last;
    int i;

    migration->conf = conf;
    migration->edge = edge_of(conf);
    migration->sites = apr_array_make(conf->pool, 16, sizeof(cfo_site_t *));
    last = migration->server = make_site(migration, NULL);
    for (i = 0; i < conf->lines->nelts; i++) {
        const cfo_conf_line_t *line =
            APR_ARRAY_IDX(conf->lines, i, const cfo_conf_line_t *);
        const cfo_conf_line_t *vhost = cfo_conf_within(line, "VirtualHost");

        if (cfo_conf_is(line, "VirtualHost") && !vhost) {
            last = make_site(migration, line);
            APR_ARRAY_PUSH(migration->sites, cfo_site_t *) = last;
        }
        else
            sort_line(migration, vhost == last->section ? last : migration->server, i,
                      line);
    }
    for (i = 0; i < migration->sites->nelts; i++) {
        last = APR_ARRAY_IDX(migration->sites, i, cfo_site_t *);
        last->has_tls = has_tls(migration, last);
        last->root = root_of(migration, last);
        add_names(migration, last, "ServerName");
        if (last->names->nelts)
            add_names(migration, last, "ServerAlias");
    }
    return migration;
}
