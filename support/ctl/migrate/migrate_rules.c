/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl migrate: access rules that know Cloudflare by address. A rule that shuts
 * is never removed before, or without, what shuts instead of it. */
#include "ctl/migrate/migrate.h"

#include <strings.h>

#include "apr_strings.h"

#define VERIFIED CFO_REQUIRE_VERIFIED

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

/* "172.16.0.0/12 192.0.2.7": the words from `from` on that are not Cloudflare's; adds
 * them to `exempt`, too, if that is not NULL. */
static const char *others_of(rules_t *rules, const cfo_conf_line_t *line, int from,
                             apr_array_header_t *exempt)
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
        if (exempt && !cfo_range_parse(p, word, &range))
            APR_ARRAY_PUSH(exempt, const char *) = word;
    }
    return others->nelts ? apr_array_pstrcat(p, others, ' ') : NULL;
}

/* Other addresses that the section of a rule admits, by lines of their own. */
static void add_siblings(rules_t *rules, const cfo_conf_line_t *rule)
{
    const apr_array_header_t *lines = rules->site->lines;
    apr_pool_t *p = rules->migration->conf->pool;
    int i;

    if (rule->section && cfo_conf_is(rule->section, "RequireAll"))
        return;
    for (i = 0; i < lines->nelts; i++) {
        const cfo_conf_line_t *line = APR_ARRAY_IDX(lines, i, const cfo_conf_line_t *);
        const char *first = cfo_conf_word(p, line, 0);

        if (line->section != rule->section || !cfo_conf_is(line, rule->name))
            continue;
        if (!strcasecmp(first, "local"))
            APR_ARRAY_PUSH(rules->exempt, const char *) = "127.0.0.0/8 ::1";
        else if (!strcasecmp(first, "ip") || !strcasecmp(first, "from"))
            others_of(rules, line, 1, rules->exempt);
    }
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
    int is_all = line->section && cfo_conf_is(line->section, "RequireAll");
    const char *others = others_of(rules, line, 1, is_all ? rules->exempt : NULL);

    if (is_first_one)
        add_siblings(rules, line);
    else
        return others ? apr_pstrcat(p, "Require ip ", others, NULL) : NULL;
    if (!others)
        return VERIFIED;
    if (is_all)
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

    if (first)
        add_siblings(rules, line);
    if (!rules->move.is_on && is_visitors_already(rules))
        note_visitors(rules, line);
    else
        plan_rule(rules, line,
                  apr_pstrcat(p, "SetEnvIfExpr \"", peer_expression(rules, line, 1),
                              "\" peer_is_listed\nAllow from env=peer_is_listed", NULL),
                  first ? "Allow from all" : NULL);
}

/* The text of the line is not shown: an expression may compare a secret. */
static void plan_expression(rules_t *rules, const cfo_conf_line_t *line)
{
    if (!strstr(line->args, "%{REMOTE_ADDR}") ||
        (!rules->move.is_on && is_visitors_already(rules)))
        note_visitors(rules, line);
    else
        cfo_plan_edit(rules->site, 1, line, "%{REMOTE_ADDR}", "%{CONN_REMOTE_ADDR}",
                      rules->move.is_on ? REFUSES_NOW : SAME_UNTIL_ON);
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

void cfo_plan_address_rules(cfo_migration_t *migration, cfo_site_t *site, cfo_move_t move)
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
        else if (found->kind == CFO_KIND_RANGE_EXPRESSION)
            plan_expression(&rules, found->line);
    }
    plan_exemptions(&rules);
}
