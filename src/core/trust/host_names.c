/* SPDX-License-Identifier: Apache-2.0 */
/* The host names that virtual hosts have. */
#include "core/trust/host_names.h"

#include <string.h>
#include <strings.h>

#include "apr_hash.h"
#include "apr_lib.h"
#include "apr_strings.h"

#include "core/base/text.h"

struct cfo_host_names_t {
    apr_pool_t *pool;
    apr_hash_t *covered; /* zones that cover a name: each name, and all of its parents */
    apr_hash_t *wild;    /* what follows the last label with a wildcard */
    int has_any;         /* a name that may be every name */
};

/* What people put before or after the name of a zone in the name of a file. */
static const char *const before[] = { "ca",
                                      "cf",
                                      "cloudflare",
                                      "aop",
                                      "zone",
                                      "cert",
                                      "origin-pull",
                                      "origin_pull",
                                      "origin-pull-ca",
                                      "authenticated_origin_pull_ca",
                                      NULL };
static const char *const after[] = { "bak",      "old",       "new", "orig", "crt",
                                     "cert",     "chain",     "ca",  "pub",  "save",
                                     "tmp",      "fullchain", "off", "test", "key",
                                     "disabled", NULL };

cfo_host_names_t *cfo_host_names_create(apr_pool_t *p)
{
    cfo_host_names_t *names = apr_pcalloc(p, sizeof *names);

    names->pool = p;
    names->covered = apr_hash_make(p);
    names->wild = apr_hash_make(p);
    return names;
}

static const char *parent_of(const char *name)
{
    const char *dot = strchr(name, '.');

    return dot ? dot + 1 : NULL;
}

void cfo_host_names_add(cfo_host_names_t *names, const char *name)
{
    char *lower = apr_pstrdup(names->pool, name), *c;
    const char *certain = lower, *wildcard;
    size_t length = strlen(lower);

    if (length > 1 && lower[length - 1] == '.')
        lower[length - 1] = '\0';
    for (c = lower; *c; c++)
        *c = (char)apr_tolower(*c);
    while (certain && (wildcard = strpbrk(certain, "*?")) != NULL)
        certain = parent_of(wildcard);
    if (!certain) {
        names->has_any = 1;
        return;
    }
    if (certain != lower)
        apr_hash_set(names->wild, certain, APR_HASH_KEY_STRING, certain);
    for (; certain; certain = parent_of(certain))
        apr_hash_set(names->covered, certain, APR_HASH_KEY_STRING, certain);
}

static int covers_a_name(const cfo_host_names_t *names, const char *name)
{
    return apr_hash_get(names->covered, name, APR_HASH_KEY_STRING) != NULL;
}

int cfo_host_names_in_zone(const cfo_host_names_t *names, const char *zone)
{
    const char *part;

    if (names->has_any || !strcmp(zone, "*") || covers_a_name(names, zone))
        return 1;
    for (part = zone; part; part = parent_of(part)) {
        if (apr_hash_get(names->wild, part, APR_HASH_KEY_STRING))
            return 1;
    }
    return 0;
}

/* A name with a dot, so that "com" is none. */
static int is_host(const cfo_host_names_t *names, const char *name)
{
    return strchr(name, '.') && covers_a_name(names, name);
}

/* "example.com-ca", "example.com.bak", "example.com.2025" */
static const char *without_end(apr_pool_t *p, const cfo_host_names_t *names,
                               const char *zone)
{
    size_t i;

    for (i = strlen(zone); i > 0; i--) {
        const char *name = apr_pstrmemdup(p, zone, i - 1), *rest = zone + i;

        if (!strchr("-_.", zone[i - 1]) || strchr(rest, '.') || !is_host(names, name))
            continue;
        if (zone[i - 1] != '.' || cfo_text_is_one_of(rest, after) ||
            rest[strspn(rest, "0123456789")] == '\0')
            return name;
    }
    return NULL;
}

/* "ca-example.com" */
static const char *without_begin(apr_pool_t *p, const cfo_host_names_t *names,
                                 const char *zone)
{
    const char *c;

    for (c = zone; *c; c++) {
        if ((*c == '-' || *c == '_') && is_host(names, c + 1) &&
            cfo_text_is_one_of(apr_pstrmemdup(p, zone, (apr_size_t)(c - zone)), before))
            return c + 1;
    }
    return NULL;
}

/* "example_com", "www_example_com", "example-com" */
static const char *with_dots(apr_pool_t *p, const cfo_host_names_t *names,
                             const char *zone, char separator)
{
    char *name = apr_pstrdup(p, zone), *c;

    if (strchr(zone, '.'))
        return NULL;
    for (c = name; *c; c++)
        *c = *c == separator ? '.' : *c;
    return is_host(names, name) ? name : NULL;
}

const char *cfo_host_names_meant(apr_pool_t *p, const cfo_host_names_t *names,
                                 const char *zone)
{
    const char *name = without_end(p, names, zone);

    if (!name)
        name = without_begin(p, names, zone);
    if (!name)
        name = with_dots(p, names, zone, '_');
    return name ? name : with_dots(p, names, zone, '-');
}

const char *cfo_zone_name_odd(apr_pool_t *p, const char *zone)
{
    static const char *const files[] = { "fullchain",
                                         "chain",
                                         "cert",
                                         "certificate",
                                         "ca",
                                         "cacert",
                                         "ca-bundle",
                                         "privkey",
                                         "server",
                                         "client",
                                         "origin",
                                         "cloudflare",
                                         "cloudflare-ca",
                                         "cloudflare_ca",
                                         "origin-pull",
                                         "origin-pull-ca",
                                         "authenticated_origin_pull_ca",
                                         "origin_ca_rsa_root",
                                         "origin_ca_ecc_root",
                                         NULL };
    /* What people append to the names of files, and no top-level domain. */
    static const char *const ends[] = { "bak",      "old",       "orig", "save", "tmp",
                                        "crt",      "cer",       "der",  "pem",  "key",
                                        "cert",     "chain",     "txt",  "off",  "p12",
                                        "disabled", "fullchain", NULL };
    const char *dot = strrchr(zone, '.');

    if (!dot)
        return cfo_text_is_one_of(zone, files)
                   ? "that is how files of certificates are called, and not a zone"
                   : NULL;
    return (strncmp(dot + 1, "xn--", 4) && strpbrk(dot + 1, "-_")) ||
                   cfo_text_is_one_of(dot + 1, ends)
               ? apr_pstrcat(p, "no top-level domain is called ", dot + 1, NULL)
               : NULL;
}
