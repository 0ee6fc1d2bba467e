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

/* What an access rule becomes when On works. */
static const char *after_on(rules_t *rules, const cfo_conf_line_t *line, int is_first_one)
{
    apr_pool_t *p = rules->migration->conf->pool;
    const char *others = others_of(rules, line, 1);

    if (!is_first_one)
        return others ? apr_pstrcat(p, "Require ip ", others, NULL) : NULL;
    if (!others)
        return VERIFIED;
    if (line->section && cfo_conf_is(line->section, "RequireAll"))
        return apr_pstrcat(p, "<RequireAny>\n" VERIFIED "\nRequire ip ", others,
                           "\n</RequireAny>", NULL);
    return apr_pstrcat(p, VERIFIED "\nRequire ip ", others, NULL);
}

#define SAME_UNTIL_ON                                                                       \
    "it decides as before, and goes on doing so under On, where the old line would refuse " \
    "every visitor"
#define NEEDLESS_AFTER_ON                                                                \
    "On compares the ranges itself, and keeps the list current. Strangers are refused "  \
    "either way"
#define REFUSES_NOW                                                                      \
    "On is in force, so the line compares the visitor's address, and refuses every visitor"

/* In step 1 a rule compares the TCP peer, and in step 3 it goes. Under On already, it
 * goes at once. */
static void plan_rule(rules_t *rules, const cfo_conf_line_t *line, const char *same,
                      const char *after)
{
    const char *old = cfo_line_text(rules->migration->conf->pool, line);

    if (rules->move.is_on) {
        cfo_plan_change(rules->site, 1, line, old, after, REFUSES_NOW);
        return;
    }
    cfo_plan_change(rules->site, 1, line, old, same, SAME_UNTIL_ON);
    if (!rules->move.is_global)
        cfo_plan_change(rules->site, 3, line, same, after, NEEDLESS_AFTER_ON);
}

/* With mod_remoteip the rules compare the visitor's address already. */
static int is_visitors_already(const rules_t *rules)
{
    return cfo_site_found(rules->migration, rules->site, CFO_KIND_REMOTEIP_CF, 0) ||
           cfo_site_found(rules->migration, rules->site, CFO_KIND_REMOTEIP_OTHER, 0);
}

static void note_visitors(const rules_t *rules, const cfo_conf_line_t *line)
{
    APR_ARRAY_PUSH(rules->site->notes, const char *) = apr_psprintf(
        rules->migration->conf->pool,
        "%s:%d compares the client address, which is the visitor's under On (and with "
        "RemoteIPHeader already): write it with %%{CONN_REMOTE_ADDR} -ipmatch '...', or "
        "remove it when On works",
        line->file, line->line);
}

static void plan_require_ip(rules_t *rules, const cfo_conf_line_t *line)
{
    apr_pool_t *p = rules->migration->conf->pool;
    const char *after =
        after_on(rules, line, is_first(rules, line->section, CFO_KIND_RANGE_RULE));

    if (!rules->move.is_on && is_visitors_already(rules))
        note_visitors(rules, line);
    else
        plan_rule(rules, line,
                  apr_pstrcat(p, "Require expr \"", peer_expression(rules, line, 1), "\"",
                              NULL),
                  after);
}

static void plan_allow_from(rules_t *rules, const cfo_conf_line_t *line)
{
    apr_pool_t *p = rules->migration->conf->pool;
    int first = is_first(rules, line->section, CFO_KIND_ALLOW_RULE);

    others_of(rules, line, 1);
    if (!rules->move.is_on && is_visitors_already(rules))
        note_visitors(rules, line);
    else
        plan_rule(rules, line,
                  apr_pstrcat(p, "SetEnvIfExpr \"", peer_expression(rules, line, 1),
                              "\" peer_is_listed\nAllow from env=peer_is_listed", NULL),
                  first ? "Allow from all" : NULL);
}

#define BEFORE_NO_CA                                                                       \
    "before SSLVerifyClient becomes optional_no_ca, under which mod_ssl verifies nothing " \
    "for this rule"

static void plan_cert_rule(rules_t *rules, const cfo_conf_line_t *line)
{
    if (rules->move.is_global)
        return;
    cfo_plan_change(rules->site, rules->move.on_phase, line, "Require ssl-verify-client",
                    VERIFIED, BEFORE_NO_CA);
}

static void plan_edit(rules_t *rules, int phase, const cfo_conf_line_t *line,
                      const char *old_text, const char *new_text, const char *why)
{
    APR_ARRAY_PUSH(rules->site->changes, cfo_change_t) =
        (cfo_change_t){ phase,           "edit",   line->file, line->line,
                        line->last_line, old_text, new_text,   why };
}

/* The text of the line is not shown: an expression may compare a secret. */
static void plan_expression(rules_t *rules, const cfo_conf_line_t *line)
{
    if (!strstr(line->args, "%{REMOTE_ADDR}") ||
        (!rules->move.is_on && is_visitors_already(rules)))
        note_visitors(rules, line);
    else
        plan_edit(rules, 1, line, "%{REMOTE_ADDR}", "%{CONN_REMOTE_ADDR}",
                  rules->move.is_on ? REFUSES_NOW : SAME_UNTIL_ON);
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
        plan_edit(rules, rules->move.on_phase, line, part, verdict_part(p, line, part),
                  BEFORE_NO_CA);
    else
        APR_ARRAY_PUSH(rules->site->notes, const char *) = apr_psprintf(
            p,
            "%s:%d asks for the client certificate. With On, %%{reqenv:CF_ORIGIN} == "
            "'verified' says that it is right for the zone: write it so before "
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

static void plan_rewrite_gate(rules_t *rules, const cfo_conf_line_t *line)
{
    const cfo_conf_line_t *first, *rule;

    if (!find_group(rules, line, &first, &rule) ||
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
        plan_edit(rules, 3, line, part,
                  !strncmp(part, "-z", 2) || strstr(part, "==")
                      ? "%{reqenv:CF_ORIGIN} != 'verified'"
                      : "%{reqenv:CF_ORIGIN} == 'verified'",
                  GATE_AFTER_ON);
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
        else if (found->kind == CFO_KIND_CERT_EXPRESSION)
            plan_cert_expression(&rules, found->line);
        else if (found->kind == CFO_KIND_RANGE_EXPRESSION)
            plan_expression(&rules, found->line);
        else if (found->kind == CFO_KIND_HEADER_GATE)
            plan_gate(&rules, found);
    }
    plan_exemptions(&rules);
}
