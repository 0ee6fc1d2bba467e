/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl migrate: what a line has to do with Cloudflare. */
#include "ctl/migrate/migrate.h"

#include <string.h>
#include <strings.h>

#include "apr_lib.h"
#include "apr_strings.h"

#include "core/base/text.h"

/* strcasestr() is no function of C. */
static const char *find(const char *text, const char *part)
{
    size_t length = strlen(part);

    for (; *text; text++) {
        if (!strncasecmp(text, part, length))
            return text;
    }
    return NULL;
}

static int has_word(const cfo_migration_t *migration, const cfo_conf_line_t *line,
                    int (*is)(const cfo_ranges_t *, const char *))
{
    apr_array_header_t *words = cfo_conf_words(migration->conf->pool, line);
    int i;

    for (i = 0; i < words->nelts; i++) {
        if (is(migration->edge, APR_ARRAY_IDX(words, i, const char *)))
            return 1;
    }
    return 0;
}

static int is_loopback(const cfo_ranges_t *edge, const char *word)
{
    (void)edge;
    return cfo_word_is_loopback(word);
}

/* "%{HTTP:CF-Ray}", "req('CF-Ray')": the name of a header of Cloudflare's. */
static const char *cloudflare_header(apr_pool_t *p, const char *text)
{
    static const char *const forms[] = { "HTTP:",  "http('",       "req('", "http(\"",
                                         "req(\"", "req_novary('", "HTTP_", NULL };
    int i;

    for (i = 0; forms[i]; i++) {
        const char *at = find(text, forms[i]);

        for (; at; at = find(at + 1, forms[i])) {
            const char *name = at + strlen(forms[i]);
            size_t length = 0;

            if (strncasecmp(name, "CF-", 3) && strncasecmp(name, "CF_", 3) &&
                strncasecmp(name, "True-Client-IP", 14))
                continue;
            while (apr_isalnum(name[length]) || name[length] == '-' ||
                   name[length] == '_')
                length++;
            return apr_pstrndup(p, name, length);
        }
    }
    return NULL;
}

/* Whether a condition holds for an absent or empty header, and no other. */
static int is_absence(apr_pool_t *p, const cfo_conf_line_t *line)
{
    static const char *const patterns[] = { "^$",     "!.",   "!.+",  "!^.+$",
                                            "!^.+",   "!^.",  "=",    "=\"\"",
                                            "^\\s*$", "!\\S", "^-?$", NULL };

    if (cfo_conf_is(line, "RewriteCond"))
        return cfo_text_is_one_of(cfo_conf_word(p, line, 1), patterns);
    return find(line->args, "-z ") || find(line->args, "== ''") ||
           find(line->args, "=='") || find(line->args, "! -n") ||
           find(line->args, "!-n") || find(line->args, "not -n") ||
           find(line->args, "=~ /^$/");
}

/* Whether an expression holds for every value of a header, but not for none. */
static int is_presence(const cfo_conf_line_t *line)
{
    return find(line->args, "-n ") || find(line->args, "!= ''");
}

enum { CONDITIONS_MOST = 100 };

/* The RewriteRule that the RewriteCond number `i` belongs to; NULL: none. */
static const cfo_conf_line_t *rule_of(const cfo_httpd_conf_t *conf, int i)
{
    const cfo_conf_line_t *cond = APR_ARRAY_IDX(conf->lines, i, const cfo_conf_line_t *);

    int end = i + CONDITIONS_MOST < conf->lines->nelts ? i + CONDITIONS_MOST
                                                       : conf->lines->nelts;

    for (i++; i < end; i++) {
        const cfo_conf_line_t *line =
            APR_ARRAY_IDX(conf->lines, i, const cfo_conf_line_t *);

        if (cfo_conf_is(line, "RewriteRule") && line->section == cond->section)
            return line;
        if (!cfo_conf_is(line, "RewriteCond"))
            break;
    }
    return NULL;
}

static int refuses(apr_pool_t *p, const cfo_conf_line_t *rule)
{
    const char *flags = cfo_conf_word(p, rule, 2);
    const char *c;

    for (c = flags; *c; c++) {
        if ((c == flags || c[-1] == '[' || c[-1] == ',' || c[-1] == ' ') &&
            (!strncasecmp(c, "F]", 2) || !strncasecmp(c, "F,", 2) ||
             !strncasecmp(c, "forbidden", 9) || !strncasecmp(c, "R=4", 3) ||
             !strncasecmp(c, "G]", 2) || !strncasecmp(c, "G,", 2)))
            return 1;
    }
    return 0;
}

/* RewriteCond %{HTTP:X-Origin-Secret} !^...$ before a rule that refuses. */
static const char *secret_header(apr_pool_t *p, const cfo_conf_line_t *cond)
{
    static const char *const usual[] = { "X-Forwarded-For",    "X-Forwarded-Proto",
                                         "X-Forwarded-Host",   "X-Forwarded-Port",
                                         "X-Forwarded-SSL",    "X-Requested-With",
                                         "X-Real-IP",          "X-Original-URL",
                                         "X-Forwarded-Scheme", NULL };
    const char *test = cfo_conf_word(p, cond, 0);
    size_t length;

    if (strncasecmp(test, "%{HTTP:X-", 9) || *cfo_conf_word(p, cond, 1) != '!')
        return NULL;
    length = strcspn(test + 7, "}");
    test = apr_pstrndup(p, test + 7, length);
    return cfo_text_is_one_of(test, usual) ? NULL : test;
}

static cfo_kind_t expression(const cfo_migration_t *migration, int index,
                             const cfo_conf_line_t *line, const char **detail)
{
    apr_pool_t *p = migration->conf->pool;
    const cfo_conf_line_t *rule =
        cfo_conf_is(line, "RewriteCond") ? rule_of(migration->conf, index) : NULL;

    if (find(line->args, "SSL_CLIENT_"))
        return CFO_KIND_CERT_EXPRESSION;
    if ((find(line->args, "REMOTE_ADDR") || find(line->args, "-R ")) &&
        cfo_text_has_edge(migration, line->args))
        return find(line->args, "CONN_REMOTE_ADDR") ? CFO_KIND_PEER_EXPRESSION
                                                    : CFO_KIND_RANGE_EXPRESSION;
    *detail = cloudflare_header(p, line->args);
    if (*detail && (cfo_conf_is(line, "Require") || cfo_conf_is(line, "SetEnvIfExpr")))
        return is_presence(line) ? CFO_KIND_HEADER_GATE : CFO_KIND_HEADER_USE;
    if (*detail)
        return is_absence(p, line) && (!rule || refuses(p, rule)) ? CFO_KIND_HEADER_GATE
                                                                  : CFO_KIND_HEADER_USE;
    if (rule && refuses(p, rule) && (*detail = secret_header(p, line)))
        return CFO_KIND_SECRET_GATE;
    return CFO_KIND_NONE;
}

static cfo_kind_t require(const cfo_migration_t *migration, int index,
                          const cfo_conf_line_t *line, const char **detail)
{
    apr_pool_t *p = migration->conf->pool;
    int is_not = !strcasecmp(cfo_conf_word(p, line, 0), "not");
    const char *what = cfo_conf_word(p, line, is_not);

    if (!strcasecmp(what, "ssl-verify-client"))
        return CFO_KIND_CERT_RULE;
    if (!strcasecmp(what, "expr"))
        return expression(migration, index, line, detail);
    if (strcasecmp(what, "ip") || !has_word(migration, line, cfo_word_is_edge))
        return CFO_KIND_NONE;
    return is_not || cfo_conf_within(line, "RequireNone") ? CFO_KIND_NOT_RANGE_RULE
                                                          : CFO_KIND_RANGE_RULE;
}

static cfo_kind_t verify_client(apr_pool_t *p, const cfo_conf_line_t *line)
{
    const char *mode = cfo_conf_word(p, line, 0);

    if (!strcasecmp(mode, "none"))
        return CFO_KIND_NONE;
    if (line->section && !cfo_conf_is(line->section, "VirtualHost"))
        return CFO_KIND_DIRECTORY_CERT;
    return strcasecmp(mode, "require") ? CFO_KIND_OPTIONAL_CERT : CFO_KIND_REQUIRE_CERT;
}

static cfo_kind_t set_env_if(const cfo_migration_t *migration,
                             const cfo_conf_line_t *line, const char **detail)
{
    static const char *const any[] = {
        ".", ".+", "^.+$", "^.+", "^.", "(.+)", ".*", NULL
    };
    apr_pool_t *p = migration->conf->pool;
    const char *what = cfo_conf_word(p, line, 0);

    if (!strcasecmp(what, "Remote_Addr"))
        return cfo_text_has_edge(migration, line->args) ? CFO_KIND_RANGE_PATTERN
                                                        : CFO_KIND_NONE;
    if (strncasecmp(what, "CF-", 3) && strcasecmp(what, "True-Client-IP"))
        return CFO_KIND_NONE;
    *detail = what;
    return cfo_text_is_one_of(cfo_conf_word(p, line, 1), any) &&
                   !strchr(cfo_conf_word(p, line, 2), '=') && !*cfo_conf_word(p, line, 3)
               ? CFO_KIND_HEADER_GATE
               : CFO_KIND_HEADER_USE;
}

static cfo_kind_t remote_ip(const cfo_migration_t *migration, const cfo_conf_line_t *line,
                            const char **detail)
{
    const char *word = cfo_conf_word(migration->conf->pool, line, 0);

    if (cfo_conf_is(line, "RemoteIPHeader")) {
        *detail = word;
        return strncasecmp(word, "CF-", 3) && strcasecmp(word, "True-Client-IP")
                   ? CFO_KIND_REMOTEIP_OTHER
                   : CFO_KIND_REMOTEIP_CF;
    }
    if (cfo_conf_is(line, "RemoteIPProxyProtocol"))
        return strcasecmp(word, "On") ? CFO_KIND_NONE : CFO_KIND_PROXY_PROTOCOL;
    if (strncasecmp(line->name, "RemoteIPTrustedProxy", 20) &&
        strncasecmp(line->name, "RemoteIPInternalProxy", 21))
        return CFO_KIND_NONE;
    return has_word(migration, line, is_loopback) &&
                   !has_word(migration, line, cfo_word_is_edge)
               ? CFO_KIND_REMOTEIP_LOCAL
               : CFO_KIND_REMOTEIP_PROXY;
}

static cfo_kind_t access_compat(const cfo_migration_t *migration,
                                const cfo_conf_line_t *line)
{
    if (!has_word(migration, line, cfo_word_is_edge))
        return CFO_KIND_NONE;
    return cfo_conf_is(line, "Allow") ? CFO_KIND_ALLOW_RULE : CFO_KIND_DENY_RULE;
}

cfo_kind_t cfo_migration_classify(const cfo_migration_t *migration, int index,
                                  const cfo_conf_line_t *line, const char **detail)
{
    static const char *const cas[] = { "SSLCACertificateFile", "SSLCACertificatePath",
                                       NULL };
    static const char *const expressions[] = { "If",          "ElseIf",
                                               "RewriteCond", "SetEnvIfExpr",
                                               "SSLRequire",  NULL };
    static const char *const denials[] = { "DenyAllButCloudFlare",
                                           "DenyAllButLoadBalancer", NULL };
    apr_pool_t *p = migration->conf->pool;

    if (cfo_conf_is(line, "SSLVerifyClient"))
        return verify_client(p, line);
    if (cfo_text_is_one_of(line->name, cas))
        return CFO_KIND_CA;
    if (cfo_conf_is(line, "Require"))
        return require(migration, index, line, detail);
    if (cfo_text_is_one_of(line->name, expressions))
        return expression(migration, index, line, detail);
    if (cfo_conf_is(line, "Allow") || cfo_conf_is(line, "Deny"))
        return access_compat(migration, line);
    if (!strncasecmp(line->name, "SetEnvIf", 8))
        return set_env_if(migration, line, detail);
    if (!strncasecmp(line->name, "RemoteIP", 8))
        return remote_ip(migration, line, detail);
    if (cfo_text_is_one_of(line->name, denials))
        return CFO_KIND_MOD_CLOUDFLARE_DENY;
    if (!strncasecmp(line->name, "CloudFlare", 10) ||
        (cfo_conf_is(line, "LoadModule") &&
         !strcasecmp(cfo_conf_word(p, line, 0), "cloudflare_module")))
        return CFO_KIND_MOD_CLOUDFLARE;
    return CFO_KIND_NONE;
}
