/* SPDX-License-Identifier: Apache-2.0 */
/* What a rule makes of two requests that differ in one thing. */
#include "httpd/check/rule_trial.h"

/* Of all visitors but one: a rule that refuses a few is meant to. */
enum { VISITORS_SPARED = 1 };

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

cfo_supposed_t cfo_suppose(apr_pool_t *p, cfo_checking_t *checking,
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

cfo_comparison_t cfo_rule_compare(cfo_supposed_t supposed, const cfo_rule_t *rule)
{
    cfo_comparison_t comparison = { 0, 1, NULL };

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
