/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: rules that know Cloudflare by its addresses, its headers, or by
 * what mod_ssl says of its certificate. Each rule is tried on two requests that differ in
 * nothing but that. */
#include "httpd/check/checks.h"

#include <string.h>
#include <strings.h>

#include "apr_strings.h"

#include "httpd/check/rule_trial.h"

/* What a line is replaced with. */
typedef struct {
    const char *require; /* in a Require, Allow, SSLRequire */
    const char *rewrite;
    const char *set_env;
    const char *section;  /* <If> */
    const char *security; /* SecRule */
} instead_t;

static const instead_t by_connection = {
    "Require expr \"%{CONN_REMOTE_ADDR} -ipmatch '173.245.48.0/20'\", a line for each "
    "range, together in <RequireAny>",
    "%{CONN_REMOTE_ADDR} in place of %{REMOTE_ADDR}",
    "SetEnvIfExpr \"%{CONN_REMOTE_ADDR} -ipmatch '173.245.48.0/20'\"",
    "%{CONN_REMOTE_ADDR} -ipmatch '173.245.48.0/20'",
    "Require expr \"%{CONN_REMOTE_ADDR} -ipmatch '173.245.48.0/20'\" (mod_security has no "
    "such variable)",
};

/* Behind a balancer that uses the PROXY protocol, the connection is the balancer's. */
static const instead_t by_edge = {
    "Require expr \"%{reqenv:CF_ORIGIN_EDGE} -ipmatch '173.245.48.0/20'\", a line for each "
    "range, together in <RequireAny>",
    "%{ENV:CF_ORIGIN_EDGE} in place of %{REMOTE_ADDR}",
    "Require expr \"%{reqenv:CF_ORIGIN_EDGE} -ipmatch '173.245.48.0/20'\" where the "
    "variable is used",
    "%{reqenv:CF_ORIGIN_EDGE} -ipmatch '173.245.48.0/20'",
    "SecRule ENV:CF_ORIGIN_EDGE",
};

static const instead_t by_verdict = {
    "Require expr \"%{reqenv:CF_ORIGIN} in {'verified', 'tunnel'}\"",
    "RewriteCond %{ENV:CF_ORIGIN} !^(verified|tunnel)$",
    "Require expr \"%{reqenv:CF_ORIGIN} in {'verified', 'tunnel'}\" where the variable is "
    "used",
    "%{reqenv:CF_ORIGIN} in {'verified', 'tunnel'}",
    "SecRule ENV:CF_ORIGIN \"!@rx ^(verified|tunnel)$\"",
};

static const instead_t by_proof = {
    "Require expr \"%{reqenv:CF_ORIGIN} == 'verified'\"",
    "RewriteCond %{ENV:CF_ORIGIN} !=verified",
    "Require expr \"%{reqenv:CF_ORIGIN} == 'verified'\" where the variable is used",
    "%{reqenv:CF_ORIGIN} == 'verified'",
    "SecRule ENV:CF_ORIGIN \"!@streq verified\"",
};

static const char *choose(const instead_t *instead, const ap_directive_t *line)
{
    if (!strncasecmp(line->directive, "Rewrite", 7))
        return instead->rewrite;
    if (!strncasecmp(line->directive, "SetEnvIf", 8))
        return instead->set_env;
    if (!strcasecmp(line->directive, "SecRule"))
        return instead->security;
    return *line->directive == '<' ? instead->section : instead->require;
}

/* Deny from all would go on refusing. */
static const char *choose_all(apr_pool_t *p, const instead_t *instead,
                              const ap_directive_t *line)
{
    const char *text = choose(instead, line);

    return strcasecmp(line->directive, "Allow") && strcasecmp(line->directive, "Deny")
               ? text
               : apr_pstrcat(p, text, ", in place of Order, Allow and Deny", NULL);
}

static int has_exemptions(const cfo_vhost_t *vhost)
{
    return !apr_is_empty_array(vhost->conf->exempt_list) ||
           !apr_is_empty_array(vhost->conf->exempt_paths);
}

/* Whether a line sets it; otherwise it depends on CFOriginPull. */
static int is_set(const cfo_checking_t *checking, const cfo_vhost_t *vhost,
                  const char *name)
{
    return cfo_vhost_line(checking->vhosts, vhost, name) != NULL;
}

/* Whether requests are refused where the rules are: only then may one be removed. */
static int is_on(const cfo_vhost_t *vhost)
{
    return vhost->is_judged ? vhost->conf->mode == CFO_MODE_ON
                            : vhost->conf->directory_mode == CFO_MODE_ON;
}

static const char *of_address(const cfo_checking_t *checking, const cfo_vhost_t *vhost,
                              const cfo_comparison_t *comparison)
{
    int is_changed = is_on(vhost) || is_set(checking, vhost, "CFOriginPullClientIP");
    const char *effect =
        is_changed
            ? "this rule is for Cloudflare's addresses, but the client address of "
              "a proved request is that of the visitor, whom it refuses"
            : "this rule is for Cloudflare's addresses, and will refuse visitors as "
              "soon as CFOriginPull is On: the client address of a proved request "
              "is that of the visitor then";
    int is_balanced = cfo_conf_tree_word_is(
        checking->pool, cfo_vhost_proxy_line(checking->vhosts, vhost), 0, "on");
    int is_removable =
        is_on(vhost) && vhost->conf->require & CFO_REQUIRE_IP && !has_exemptions(vhost);

    return apr_psprintf(
        checking->pool, "%s. Compare the address %s instead: %s%s", effect,
        is_balanced ? "that the balancer names" : "of the connection",
        choose_all(checking->pool, is_balanced ? &by_edge : &by_connection,
                   comparison->line),
        is_removable ? "; or remove the rule, since CFOriginPull On does "
                       "the same"
                     : ". Without the rule others would get in");
}

static int scrubs_in_audit(const cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    return !is_on(vhost) && is_set(checking, vhost, "CFOriginPullScrub") &&
           vhost->conf->scrub;
}

static const char *of_header(const cfo_checking_t *checking, const cfo_vhost_t *vhost,
                             const cfo_comparison_t *comparison)
{
    const char *why = "which every client can send: it proves nothing";
    const char *when = ", as soon as CFOriginPull is On", *other = "";

    if (scrubs_in_audit(checking, vhost)) {
        why =
            "which CFOriginPullScrub removes from requests that are not proved, so that "
            "they are refused although CFOriginPull is not On: remove CFOriginPullScrub";
    }
    else if (has_exemptions(vhost)) {
        why = "which CFOriginPull On removes from requests that are not proved, so that "
              "exempt ones are refused";
    }
    if (is_on(vhost)) {
        when = "";
        other = has_exemptions(vhost) ? "" : "; or remove the rule";
    }
    return apr_psprintf(checking->pool,
                        "this rule requires a header of Cloudflare's, %s. Let it require "
                        "the verdict instead%s: %s%s",
                        why, when,
                        choose_all(checking->pool, &by_verdict, comparison->line), other);
}

/* A rule that only asks whether there is a header wants to know who sends it. */
static const char *of_presence(const cfo_checking_t *checking, const cfo_vhost_t *vhost,
                               const cfo_comparison_t *comparison)
{
    return comparison->always ? of_header(checking, vhost, comparison) : NULL;
}

static const char *of_certificate(const cfo_checking_t *checking,
                                  const cfo_vhost_t *vhost,
                                  const cfo_comparison_t *comparison)
{
    (void)vhost;
    return apr_psprintf(
        checking->pool,
        "this rule asks mod_ssl for the client certificate, and under SSLVerifyClient "
        "optional_no_ca mod_ssl accepts certificates that it has not verified: the rule "
        "refuses Cloudflare, or admits others. Let it ask this module instead: %s",
        choose(&by_proof, comparison->line));
}

typedef const char *describe_t(const cfo_checking_t *checking, const cfo_vhost_t *vhost,
                               const cfo_comparison_t *comparison);

/* Rules of the main server are tried once, not for each of its virtual hosts. */
static int is_tried(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                    const cfo_rule_t *rule)
{
    char key[128];

    apr_snprintf(key, sizeof key, "%s %d %d of rule %pp %d", checking->now->code,
                 checking->now->level, rule->kind, (const void *)rule->line,
                 is_on(vhost));
    return apr_hash_get(checking->seen, key, APR_HASH_KEY_STRING) ||
           !cfo_check_is_first(checking, apr_pstrdup(checking->pool, key));
}

/* Whether a section is for all of a site, not for its status page or the like. */
static int is_for_all(const cfo_checking_t *checking, const cfo_vhost_t *vhost,
                      const ap_directive_t *section)
{
    const char *place = cfo_section_argument(checking->pool, section);
    const char *root = cfo_conf_tree_word(
        checking->pool, cfo_vhost_line(checking->vhosts, vhost, "DocumentRoot"), 0);

    if (!strcasecmp(section->directive, "<Location"))
        return !strcmp(place, "/");
    if (!strcasecmp(section->directive, "<Directory"))
        return !strncmp(root, place, strlen(place));
    return !strncasecmp(section->directive, "<If", 3);
}

/* A redirect is no refusal, by country or to https; one of whoever does not come through
 * Cloudflare is. */
static int asks_for_sender(const cfo_comparison_t *comparison)
{
    return comparison->always &&
           (ap_strcasestr(comparison->line->args, "CF-Connecting-IP") ||
            ap_strcasestr(comparison->line->args, "CF-Ray"));
}

static void try_rules(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                      cfo_subject_t subject, describe_t *describe)
{
    const apr_array_header_t *rules =
        cfo_rules_list(checking->pool, checking->vhosts, vhost);
    apr_pool_t *p; /* for one rule: there may be tens of thousands */
    int i;

    apr_pool_create(&p, checking->pool);
    for (i = 0; i < rules->nelts; i++) {
        const cfo_rule_t *rule = &APR_ARRAY_IDX(rules, i, const cfo_rule_t);
        cfo_supposed_t supposed = cfo_suppose(p, checking, vhost, subject);
        cfo_comparison_t comparison;
        const char *text;

        if (is_tried(checking, vhost, rule))
            continue;
        apr_pool_clear(p);
        comparison = cfo_rule_compare(supposed, rule);
        if (!comparison.differs ||
            (subject == CFO_SUBJECT_HEADER && cfo_rule_redirects(&supposed, rule) &&
             !asks_for_sender(&comparison)))
            continue;
        text = describe(checking, vhost, &comparison);
        if (text)
            cfo_check_add(checking, vhost, comparison.line, text);
    }
    apr_pool_destroy(p);
}

static int keeps_addresses(const cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    return is_set(checking, vhost, "CFOriginPullClientIP") &&
           vhost->conf->client_ip == CFO_CLIENT_IP_OFF;
}

static const char *of_tunnel(const cfo_checking_t *checking, const cfo_vhost_t *vhost,
                             const cfo_comparison_t *comparison)
{
    return apr_psprintf(
        checking->pool,
        "this rule is for the address of the tunnel, but the client address of a tunnel "
        "request is that of the visitor, whom it refuses%s. Let it ask for the verdict "
        "instead: %s",
        is_on(vhost) || is_set(checking, vhost, "CFOriginPullClientIP")
            ? ""
            : " as soon as CFOriginPull is On",
        choose_all(checking->pool, &by_verdict, comparison->line));
}

static void check_tunnel_rules(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const apr_array_header_t *rules;
    cfo_supposed_t supposed;
    int i;

    if (apr_is_empty_array(vhost->conf->tunnel_list) || keeps_addresses(checking, vhost))
        return;
    supposed = cfo_suppose(checking->pool, checking, vhost, CFO_SUBJECT_ADDRESS);
    supposed.edge = cfo_known_edge_of(checking->pool, vhost->conf->tunnel_list);
    supposed.is_tunnel = 1;
    rules = cfo_rules_list(checking->pool, checking->vhosts, vhost);
    for (i = 0; i < rules->nelts; i++) {
        const cfo_rule_t *rule = &APR_ARRAY_IDX(rules, i, const cfo_rule_t);
        cfo_comparison_t comparison;

        if ((rule->kind != CFO_RULE_REQUIRE && rule->kind != CFO_RULE_ALLOW) ||
            !is_for_all(checking, vhost, rule->line))
            continue;
        comparison = cfo_rule_compare(supposed, rule);
        if (comparison.differs)
            cfo_check_add(checking, vhost, comparison.line,
                          of_tunnel(checking, vhost, &comparison));
    }
}

static void check_address_rules(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    if (!keeps_addresses(checking, vhost))
        try_rules(checking, vhost, CFO_SUBJECT_ADDRESS, of_address);
}

static int keeps_headers(const cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    return is_set(checking, vhost, "CFOriginPullScrub") && !vhost->conf->scrub;
}

/* Whether a request that is not refused loses its headers. */
static int header_rules_hurt(const cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    return !keeps_headers(checking, vhost) &&
           (has_exemptions(vhost) || scrubs_in_audit(checking, vhost));
}

static void check_header_rules_that_hurt(cfo_checking_t *checking,
                                         const cfo_vhost_t *vhost)
{
    if (header_rules_hurt(checking, vhost))
        try_rules(checking, vhost, CFO_SUBJECT_HEADER, of_header);
}

static void check_header_rules(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    if (!header_rules_hurt(checking, vhost))
        try_rules(checking, vhost, CFO_SUBJECT_HEADER, of_presence);
}

/* With other values of SSLVerifyClient mod_ssl ends what it cannot verify. */
static int accepts_unverified(const cfo_vhost_t *vhost)
{
    return vhost->needs_certificate && vhost->tls == CFO_TLS_ON &&
           vhost->verify == CFO_VERIFY_OPTIONAL_NO_CA;
}

static void check_certificate_rules(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    if (accepts_unverified(vhost))
        try_rules(checking, vhost, CFO_SUBJECT_CERTIFICATE, of_certificate);
}

const cfo_check_t cfo_access_rules_checks[] = {
    { CFO_LEVEL_WARNING, "CFO0240 address-rule", check_address_rules },
    { CFO_LEVEL_WARNING, "CFO0240 address-rule", check_tunnel_rules },
    { CFO_LEVEL_NOTICE, "CFO0241 header-rule", check_header_rules },
    { CFO_LEVEL_WARNING, "CFO0241 header-rule", check_header_rules_that_hurt },
    { CFO_LEVEL_WARNING, "CFO0242 certificate-rule", check_certificate_rules },
    { 0 }
};
