/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl migrate: rules that ask mod_ssl for the certificate, or for a header of
 * Cloudflare's; the verdict of this module takes their place. */
#include "ctl/migrate/migrate.h"

#include <string.h>
#include <strings.h>

#include "apr_strings.h"

typedef struct {
    cfo_migration_t *migration;
    cfo_site_t *site;
    cfo_move_t move;
} rules_t;

#define BEFORE_NO_CA                                                                       \
    "before SSLVerifyClient becomes optional_no_ca, under which mod_ssl verifies nothing " \
    "for this rule"

static void plan_cert_rule(rules_t *rules, const cfo_conf_line_t *line)
{
    if (rules->move.is_global)
        return;
    cfo_plan_change(rules->site, rules->move.on_phase, line, "Require ssl-verify-client",
                    CFO_REQUIRE_VERIFIED, BEFORE_NO_CA);
}

/* "%{SSL_CLIENT_VERIFY} != 'SUCCESS'" as it is written in an expression; NULL: it is not,
 * or in another way. */
static const char *verify_part(apr_pool_t *p, const char *args)
{
    static const char name[] = "%{SSL_CLIENT_VERIFY}";
    const char *start = strstr(args, name), *end;

    if (!start)
        return NULL;
    end = start + sizeof name - 1;
    end += strspn(end, " ");
    end += strspn(end, "=!eqn");
    end += strspn(end, " \\\"'");
    if (strncmp(end, "SUCCESS", 7))
        return NULL;
    end += 7;
    end += strspn(end, "\\");
    return apr_pstrndup(p, start, end + (*end == '"' || *end == '\'') - start);
}

/* With the verdict of this module in the place of mod_ssl's. */
static const char *verdict_part(apr_pool_t *p, const cfo_conf_line_t *line,
                                const char *part)
{
    const char *value = strstr(part, "SUCCESS"), *operator= strchr(part, '}') + 1;

    return apr_pstrcat(
        p, cfo_conf_is(line, "SSLRequire") ? "%{ENV:CF_ORIGIN}" : "%{reqenv:CF_ORIGIN}",
        apr_pstrndup(p, operator, value - operator), "verified", value + 7, NULL);
}

static void plan_cert_expression(rules_t *rules, const cfo_conf_line_t *line)
{
    apr_pool_t *p = rules->migration->conf->pool;
    const char *part = verify_part(p, line->args);
    const char *pattern = cfo_conf_word(p, line, 1);

    if (rules->move.is_global)
        return;
    if (cfo_conf_is(line, "RewriteCond") && strstr(line->args, "SSL_CLIENT_VERIFY}") &&
        strstr(pattern, "SUCCESS"))
        cfo_plan_change(rules->site, rules->move.on_phase, line, cfo_line_text(p, line),
                        apr_pstrcat(p, "RewriteCond %{ENV:CF_ORIGIN} ",
                                    *pattern == '!' ? "!=verified" : "=verified",
                                    *cfo_conf_word(p, line, 2) ? " " : "",
                                    cfo_conf_word(p, line, 2), NULL),
                        BEFORE_NO_CA);
    else if (part)
        cfo_plan_edit(rules->site, rules->move.on_phase, line, part,
                      verdict_part(p, line, part), BEFORE_NO_CA);
    else
        APR_ARRAY_PUSH(rules->site->notes, const char *) = apr_psprintf(
            p,
            "%s:%d asks for the client certificate. With On, %%{reqenv:CF_ORIGIN} == "
            "'verified' means that it proves the zone: write it so before "
            "SSLVerifyClient becomes optional_no_ca",
            line->file, line->line);
}

static int has_or(apr_pool_t *p, const cfo_conf_line_t *cond)
{
    const char *flags = cfo_conf_word(p, cond, 2);

    return strstr(flags, "OR") || strstr(flags, "or") || strstr(flags, "Or");
}

/* The conditions around `line` and their rule, if they are joined by "and" only. */
static int find_group(const rules_t *rules, const cfo_conf_line_t *line,
                      const cfo_conf_line_t **first, const cfo_conf_line_t **rule)
{
    const apr_array_header_t *lines = rules->site->lines;
    int i, any = 0;

    *first = *rule = NULL;
    for (i = 0; i < lines->nelts; i++) {
        const cfo_conf_line_t *each = APR_ARRAY_IDX(lines, i, const cfo_conf_line_t *);

        if (cfo_conf_is(each, "RewriteCond") && each->section == line->section) {
            *first = *first ? *first : each;
            any |= has_or(rules->migration->conf->pool, each);
            continue;
        }
        if (*first && (*first)->line <= line->line && line->line <= each->line &&
            cfo_conf_is(each, "RewriteRule") && !strcmp(each->file, line->file)) {
            *rule = each;
            return !any && !strcmp((*first)->file, each->file);
        }
        *first = NULL;
        any = 0;
    }
    return 0;
}

#define GATE_AFTER_ON                                                                       \
    "every client can send the header; the verdict of this module cannot be sent. The old " \
    "line does no harm under On"

/* Two gates before one rule are removed once. */
static int is_planned(const cfo_site_t *site, const cfo_conf_line_t *line)
{
    int i;

    for (i = 0; i < site->changes->nelts; i++) {
        const cfo_change_t *change = &APR_ARRAY_IDX(site->changes, i, cfo_change_t);

        if (change->phase == 3 && change->line == line->line &&
            !strcmp(change->file, line->file))
            return 1;
    }
    return 0;
}

static void plan_rewrite_gate(rules_t *rules, const cfo_conf_line_t *line)
{
    const cfo_conf_line_t *first, *rule;

    if (!find_group(rules, line, &first, &rule) || is_planned(rules->site, first))
        return;
    APR_ARRAY_PUSH(rules->site->changes, cfo_change_t) = (cfo_change_t){
        3,
        "remove",
        line->file,
        first->line,
        rule->last_line,
        NULL,
        NULL,
        "the gate on a header: the conditions and their RewriteRule, together. It does no "
        "harm under On, so there is no hurry"
    };
}

/* The part of an expression that asks for the header, as it is written; NULL: it is
 * written in a way that is not known. */
static const char *gate_part(rules_t *rules, const cfo_conf_line_t *line,
                             const char *header)
{
    static const char *const forms[] = {
        "-z %%{HTTP:%s}",  "%%{HTTP:%s} == ''", "-z req('%s')",
        "req('%s') == ''", "-n %%{HTTP:%s}",    "%%{HTTP:%s} != ''",
        "-n req('%s')",    "req('%s') != ''",   NULL
    };
    int i;

    for (i = 0; forms[i]; i++) {
        const char *part = apr_psprintf(rules->migration->conf->pool, forms[i], header);

        if (strstr(line->args, part))
            return part;
    }
    return NULL;
}

static void plan_gate(rules_t *rules, const cfo_found_t *found)
{
    const cfo_conf_line_t *line = found->line;
    apr_pool_t *p = rules->migration->conf->pool;
    const char *part = gate_part(rules, line, found->detail);

    if (rules->move.is_global)
        return;
    if (cfo_conf_is(line, "RewriteCond"))
        plan_rewrite_gate(rules, line);
    else if (!strncasecmp(line->name, "SetEnvIf", 8) && !part)
        cfo_plan_change(rules->site, 3, line, NULL,
                        apr_pstrcat(p,
                                    "SetEnvIfExpr \"%{reqenv:CF_ORIGIN} == 'verified'\" ",
                                    cfo_conf_word(p, line, 2), NULL),
                        GATE_AFTER_ON);
    else if (part)
        cfo_plan_edit(rules->site, 3, line, part,
                      !strncmp(part, "-z", 2) || strstr(part, "==")
                          ? "%{reqenv:CF_ORIGIN} != 'verified'"
                          : "%{reqenv:CF_ORIGIN} == 'verified'",
                      GATE_AFTER_ON);
}

void cfo_plan_verdict_rules(cfo_migration_t *migration, cfo_site_t *site, cfo_move_t move)
{
    rules_t rules = { migration, site, move };
    int i;

    for (i = 0; i < site->found->nelts; i++) {
        const cfo_found_t *found = &APR_ARRAY_IDX(site->found, i, cfo_found_t);

        if (found->kind == CFO_KIND_CERT_RULE)
            plan_cert_rule(&rules, found->line);
        else if (found->kind == CFO_KIND_CERT_EXPRESSION)
            plan_cert_expression(&rules, found->line);
        else if (found->kind == CFO_KIND_HEADER_GATE)
            plan_gate(&rules, found);
    }
}
