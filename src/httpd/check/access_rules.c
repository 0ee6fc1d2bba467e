/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: rules that know Cloudflare by its addresses, its headers, or by
 * what mod_ssl says of its certificate. Each rule is tried on two requests that differ in
 * nothing but that. */
#include "httpd/check/checks.h"

#include <strings.h>

#include "apr_strings.h"

#include "httpd/check/rules.h"

/* Of all visitors but one: a rule that refuses a few is meant to. */
enum { VISITORS_SPARED = 1 };

/* What a rule makes of it. */
typedef struct {
    int differs;                /* it refuses where it did not */
    int always;                 /* whatever else the request is */
    const ap_directive_t *line; /* the line that asks */
} comparison_t;

/* Kept for all servers of this run. */
static const cfo_known_edge_t *edge_of(cfo_checking_t *checking)
{
    static const char key[] = "known edge";
    const cfo_known_edge_t *edge = apr_hash_get(checking->seen, key, APR_HASH_KEY_STRING);

    if (!edge) {
        edge = cfo_known_edge_make(checking->pool, checking->vhosts->snapshot->edge);
        apr_hash_set(checking->seen, key, APR_HASH_KEY_STRING, edge);
    }
    return edge;
}

static cfo_supposed_t suppose(apr_pool_t *p, cfo_checking_t *checking,
                              const cfo_vhost_t *vhost, cfo_subject_t subject)
{
    cfo_supposed_t supposed = { .pool = p,
                                .vhosts = checking->vhosts,
                                .vhost = vhost,
                                .edge = edge_of(checking),
                                .has_headers = 1,
                                .has_certificate = 1,
                                .subject = subject };

    return supposed;
}

/* Whether a rule refuses visitors with their own addresses. */
static int refuses_visitors(cfo_supposed_t supposed, const cfo_rule_t *rule)
{
    const char *const *address;
    int passed = 0;

    for (address = cfo_visitor_samples; *address; address++) {
        supposed.address = *address;
        passed += cfo_rule_passes(&supposed, rule);
    }
    return passed <= VISITORS_SPARED;
}

static int refuses_then(cfo_supposed_t supposed, const cfo_rule_t *rule)
{
    if (supposed.subject == CFO_SUBJECT_ADDRESS)
        return refuses_visitors(supposed, rule);
    supposed.address = cfo_visitor_samples[0];
    if (supposed.subject == CFO_SUBJECT_HEADER)
        supposed.has_headers = 0;
    else
        supposed.has_certificate = 0;
    return !cfo_rule_passes(&supposed, rule);
}

static comparison_t compare(cfo_supposed_t supposed, const cfo_rule_t *rule)
{
    comparison_t comparison = { 0, 1, NULL };

    for (supposed.guess = 0; supposed.guess < 2; supposed.guess++) {
        supposed.line = NULL;
        if (!cfo_rule_passes(&supposed, rule)) {
            comparison.always = 0;
            continue;
        }
        if (supposed.line && refuses_then(supposed, rule)) {
            comparison.differs = 1;
            comparison.line = supposed.line;
        }
    }
    return comparison;
}

/* What a line is replaced with. */
typedef struct {
    const char *require; /* in a Require, Allow, SSLRequire */
    const char *rewrite;
    const char *set_env;
    const char *section; /* <If> */
} instead_t;

static const instead_t by_connection = {
    "Require expr \"%{CONN_REMOTE_ADDR} -ipmatch '173.245.48.0/20'\", a line for each range",
    "%{CONN_REMOTE_ADDR} in place of %{REMOTE_ADDR}",
    "SetEnvIfExpr \"%{CONN_REMOTE_ADDR} -ipmatch '173.245.48.0/20'\"",
    "%{CONN_REMOTE_ADDR} -ipmatch '173.245.48.0/20'",
};

static const instead_t by_verdict = {
    "Require expr \"%{reqenv:CF_ORIGIN} in {'verified', 'tunnel'}\"",
    "RewriteCond %{ENV:CF_ORIGIN} !^(verified|tunnel)$",
    "Require expr \"%{reqenv:CF_ORIGIN} in {'verified', 'tunnel'}\" where the variable is "
    "used",
    "%{reqenv:CF_ORIGIN} in {'verified', 'tunnel'}",
};

static const instead_t by_proof = {
    "Require expr \"%{reqenv:CF_ORIGIN} == 'verified'\"",
    "RewriteCond %{ENV:CF_ORIGIN} !=verified",
    "Require expr \"%{reqenv:CF_ORIGIN} == 'verified'\" where the variable is used",
    "%{reqenv:CF_ORIGIN} == 'verified'",
};

static const char *choose(const instead_t *instead, const ap_directive_t *line)
{
    if (!strncasecmp(line->directive, "Rewrite", 7))
        return instead->rewrite;
    if (!strncasecmp(line->directive, "SetEnvIf", 8))
        return instead->set_env;
    return *line->directive == '<' ? instead->section : instead->require;
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
                              const comparison_t *comparison)
{
    int is_changed = is_on(vhost) || is_set(checking, vhost, "CFOriginPullClientIP");
    const char *effect =
        is_changed
            ? "this rule is for Cloudflare's addresses, but the client address of "
              "a proved request is that of the visitor, whom it refuses"
            : "this rule is for Cloudflare's addresses, and will refuse visitors as "
              "soon as CFOriginPull is On: the client address of a proved request "
              "is that of the visitor then";
    int is_removable =
        is_on(vhost) && vhost->conf->require & CFO_REQUIRE_IP && !has_exemptions(vhost);

    return apr_psprintf(checking->pool,
                        "%s. Compare the address of the connection instead: %s%s", effect,
                        choose(&by_connection, comparison->line),
                        is_removable ? "; or remove the rule, since CFOriginPull On does "
                                       "the same"
                                     : ". Without the rule others would get in");
}

static const char *of_header(const cfo_checking_t *checking, const cfo_vhost_t *vhost,
                             const comparison_t *comparison)
{
    return apr_psprintf(
        checking->pool,
        "this rule requires a header of Cloudflare's, %s. Let it require the verdict "
        "instead: %s%s",
        !is_on(vhost) && is_set(checking, vhost, "CFOriginPullScrub")
            ? "which CFOriginPullScrub removes from requests that are not proved, so that "
              "they are refused although CFOriginPull is not On"
        : has_exemptions(vhost)
            ? "which CFOriginPull On removes from requests that are not proved, so that "
              "exempt ones are refused"
            : "which every client can send: it proves nothing",
        choose(&by_verdict, comparison->line),
        is_on(vhost) && !has_exemptions(vhost) ? ", or remove the rule"
                                               : ", as soon as CFOriginPull is On");
}

/* A rule that only asks whether there is a header wants to know who sends it. */
static const char *of_presence(const cfo_checking_t *checking, const cfo_vhost_t *vhost,
                               const comparison_t *comparison)
{
    return comparison->always ? of_header(checking, vhost, comparison) : NULL;
}

static const char *of_certificate(const cfo_checking_t *checking,
                                  const cfo_vhost_t *vhost,
                                  const comparison_t *comparison)
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
                               const comparison_t *comparison);

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
        comparison_t comparison;
        const char *text;

        if ((subject != CFO_SUBJECT_ADDRESS && cfo_rule_redirects(p, rule)) ||
            is_tried(checking, vhost, rule))
            continue;
        apr_pool_clear(p);
        comparison = compare(suppose(p, checking, vhost, subject), rule);
        text = comparison.differs ? describe(checking, vhost, &comparison) : NULL;
        if (text)
            cfo_check_add(checking, vhost, comparison.line, text);
    }
    apr_pool_destroy(p);
}

static void check_address_rules(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    int keeps_addresses = is_set(checking, vhost, "CFOriginPullClientIP") &&
                          vhost->conf->client_ip == CFO_CLIENT_IP_OFF;

    if (!keeps_addresses)
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
           (has_exemptions(vhost) ||
            (!is_on(vhost) && is_set(checking, vhost, "CFOriginPullScrub")));
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
    { CFO_LEVEL_NOTICE, "CFO0241 header-rule", check_header_rules },
    { CFO_LEVEL_WARNING, "CFO0241 header-rule", check_header_rules_that_hurt },
    { CFO_LEVEL_WARNING, "CFO0242 certificate-rule", check_certificate_rules },
    { 0 }
};
