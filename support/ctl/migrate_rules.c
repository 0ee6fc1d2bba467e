/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl migrate: access rules that know Cloudflare by address, by header, or by
 * what mod_ssl says of a certificate. A rule that shuts is never removed before, or
 * without, what shuts instead of it. */
#include "migrate.h"

#include <string.h>
#include <strings.h>

#include "apr_strings.h"

#define VERIFIED "Require expr \"%{reqenv:CF_ORIGIN} == 'verified'\""

typedef struct {
    const void *what;
    cfo_kind_t kind;
} seen_t;

typedef struct {
    cfo_migration_t *migration;
    cfo_site_t *site;
    cfo_move_t move;
    apr_array_header_t *seen;   /* of seen_t: what was changed already */
    apr_array_header_t *exempt; /* of const char *: other addresses that were admitted */
} rules_t;

void cfo_plan_change(cfo_site_t *site, int phase, const cfo_conf_line_t *line,
                     const char *old_text, const char *new_text, const char *why)
{
    APR_ARRAY_PUSH(site->changes, cfo_change_t) =
        (cfo_change_t){ phase,           new_text ? "change" : "remove",
                        line->file,      line->line,
                        line->last_line, old_text,
                        new_text,        why };
}

void cfo_plan_add(cfo_site_t *site, int phase, const cfo_conf_line_t *line,
                  const char *new_text, const char *why)
{
    if (site->section)
        line = site->section;
    APR_ARRAY_PUSH(site->changes, cfo_change_t) =
        (cfo_change_t){ phase,           "add", line->file, line->line,
                        line->last_line, NULL,  new_text,   why };
}

const char *cfo_line_text(apr_pool_t *p, const cfo_conf_line_t *line)
{
    return apr_pstrcat(p, line->name, *line->args ? " " : "", line->args, NULL);
}

/* Whether it is the first rule of this kind in a section, or the first gate before a
 * RewriteRule; records it. */
static int is_first(rules_t *rules, const void *what, cfo_kind_t kind)
{
    int i;

    for (i = 0; i < rules->seen->nelts; i++) {
        const seen_t *seen = &APR_ARRAY_IDX(rules->seen, i, seen_t);

        if (seen->what == what && seen->kind == kind)
            return 0;
    }
    APR_ARRAY_PUSH(rules->seen, seen_t) = (seen_t){ what, kind };
    return 1;
}

/* "172.16.0.0/12 192.0.2.7": the words from `from` on that are not Cloudflare's. */
static const char *others_of(rules_t *rules, const cfo_conf_line_t *line, int from)
{
    apr_pool_t *p = rules->migration->conf->pool;
    apr_array_header_t *words = cfo_conf_words(p, line);
    apr_array_header_t *others = apr_array_make(p, 4, sizeof(const char *));
    cfo_range_t range;
    int i;

    for (i = from; i < words->nelts; i++) {
        const char *word = APR_ARRAY_IDX(words, i, const char *);

        if (cfo_word_is_edge(rules->migration->edge, word))
            continue;
        APR_ARRAY_PUSH(others, const char *) = word;
        if (!cfo_range_parse(p, word, &range))
            APR_ARRAY_PUSH(rules->exempt, const char *) = word;
    }
    return others->nelts ? apr_array_pstrcat(p, others, ' ') : NULL;
}

/* Compares the TCP peer: right with and without this module, for every virtual host. */
static const char *peer_expression(rules_t *rules, const cfo_conf_line_t *line, int from)
{
    apr_pool_t *p = rules->migration->conf->pool;
    apr_array_header_t *words = cfo_conf_words(p, line);
    apr_array_header_t *parts = apr_array_make(p, 64, sizeof(const char *));
    int i;

    for (i = from; i < words->nelts; i++) {
        if (i > from)
            APR_ARRAY_PUSH(parts, const char *) = " || ";
        APR_ARRAY_PUSH(parts, const char *) = "%{CONN_REMOTE_ADDR} -ipmatch '";
        APR_ARRAY_PUSH(parts, const char *) = APR_ARRAY_IDX(words, i, const char *);
        APR_ARRAY_PUSH(parts, const char *) = "'";
    }
    return apr_array_pstrcat(p, parts, 0);
}

static const char *either(apr_pool_t *p, const cfo_conf_line_t *line, const char *others)
{
    if (line->section && cfo_conf_is(line->section, "RequireAll"))
        return apr_pstrcat(p, "<RequireAny>\n" VERIFIED "\nRequire ip ", others,
                           "\n</RequireAny>", NULL);
    return apr_pstrcat(p, VERIFIED "\nRequire ip ", others, NULL);
}

static void plan_require_ip(rules_t *rules, const cfo_conf_line_t *line)
{
    apr_pool_t *p = rules->migration->conf->pool;
    const char *old = cfo_line_text(p, line), *others, *text = NULL;

    if (rules->move.is_global) {
        cfo_plan_change(
            rules->site, 1, line, old,
            apr_pstrcat(p, "Require expr \"", peer_expression(rules, line, 1), "\"",
                        NULL),
            "it is in force for all virtual hosts. In this form it decides as "
            "before, and also under On");
        return;
    }
    others = others_of(rules, line, 1);
    if (is_first(rules, line->section, CFO_KIND_RANGE_RULE))
        text = others ? either(p, line, others) : VERIFIED;
    else if (others)
        text = apr_pstrcat(p, "Require ip ", others, NULL);
    cfo_plan_change(rules->site, rules->move.on_phase, line, old, text,
                    rules->move.is_on
                        ? "On is in force, so it compares the visitor's address, and "
                          "refuses every visitor"
                        : "not before On, for it keeps strangers out until then; and not "
                          "later, since under On it compares the visitor's address");
}

static void plan_allow_from(rules_t *rules, const cfo_conf_line_t *line)
{
    apr_pool_t *p = rules->migration->conf->pool;
    const char *old = cfo_line_text(p, line);

    if (rules->move.is_global) {
        cfo_plan_change(
            rules->site, 1, line, old,
            apr_pstrcat(p, "SetEnvIfExpr \"", peer_expression(rules, line, 1),
                        "\" peer_is_listed\nAllow from env=peer_is_listed", NULL),
            "it is in force for all virtual hosts. In this form it decides as "
            "before, and also under On (needs mod_setenvif)");
        return;
    }
    others_of(rules, line, 1);
    cfo_plan_change(
        rules->site, rules->move.on_phase, line, old,
        is_first(rules, line->section, CFO_KIND_ALLOW_RULE) ? "Allow from all" : NULL,
        "in the same reload as On, which refuses strangers from then on. Until "
        "then it keeps them out. If you go back to Audit, put this line back "
        "first");
}

static void plan_cert_rule(rules_t *rules, const cfo_conf_line_t *line)
{
    if (rules->move.is_global)
        return;
    cfo_plan_change(rules->site, rules->move.on_phase, line, "Require ssl-verify-client",
                    VERIFIED,
                    "before SSLVerifyClient becomes optional_no_ca, under which mod_ssl "
                    "verifies nothing for this rule");
}

/* The text of the line is not shown: an expression may compare a secret. */
static void plan_expression(rules_t *rules, const cfo_conf_line_t *line)
{
    if (!strstr(line->args, "%{REMOTE_ADDR}") ||
        cfo_site_found(rules->migration, rules->site, CFO_KIND_REMOTEIP_CF, 0) ||
        cfo_site_found(rules->migration, rules->site, CFO_KIND_REMOTEIP_OTHER, 0)) {
        APR_ARRAY_PUSH(rules->site->notes, const char *) = apr_psprintf(
            rules->migration->conf->pool,
            "%s:%d compares addresses; under On the client address is the visitor's. Write "
            "it with %%{CONN_REMOTE_ADDR} -ipmatch '...', or remove it with On",
            line->file, line->line);
        return;
    }
    APR_ARRAY_PUSH(rules->site->changes, cfo_change_t) = (cfo_change_t){
        1,
        "edit",
        line->file,
        line->line,
        line->last_line,
        "%{REMOTE_ADDR}",
        "%{CONN_REMOTE_ADDR}",
        "the same address today, and still that of the TCP peer under On"
    };
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

static void plan_header_gate(rules_t *rules, const cfo_conf_line_t *line)
{
    const cfo_conf_line_t *first, *rule;

    if (rules->move.is_global || !cfo_conf_is(line, "RewriteCond") ||
        !find_group(rules, line, &first, &rule) ||
        !is_first(rules, rule, CFO_KIND_HEADER_GATE))
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

static void plan_exemptions(rules_t *rules)
{
    apr_pool_t *p = rules->migration->conf->pool;

    if (rules->exempt->nelts && !rules->move.is_global)
        cfo_plan_add(rules->site, 1, NULL,
                     apr_pstrcat(p, "CFOriginPullExemptFrom ",
                                 apr_array_pstrcat(p, rules->exempt, ' '), NULL),
                     "an access rule admits these addresses, which come past Cloudflare, "
                     "and On would refuse them. Their access rules stay in force");
}

void cfo_plan_rules(cfo_migration_t *migration, cfo_site_t *site, cfo_move_t move)
{
    apr_pool_t *p = migration->conf->pool;
    rules_t rules = { migration, site, move, apr_array_make(p, 4, sizeof(seen_t)),
                      apr_array_make(p, 4, sizeof(const char *)) };
    int i;

    for (i = 0; i < site->found->nelts; i++) {
        const cfo_found_t *found = &APR_ARRAY_IDX(site->found, i, cfo_found_t);

        if (found->kind == CFO_KIND_RANGE_RULE)
            plan_require_ip(&rules, found->line);
        else if (found->kind == CFO_KIND_ALLOW_RULE)
            plan_allow_from(&rules, found->line);
        else if (found->kind == CFO_KIND_CERT_RULE)
            plan_cert_rule(&rules, found->line);
        else if (found->kind == CFO_KIND_RANGE_EXPRESSION)
            plan_expression(&rules, found->line);
        else if (found->kind == CFO_KIND_HEADER_GATE)
            plan_header_gate(&rules, found->line);
    }
    plan_exemptions(&rules);
}
