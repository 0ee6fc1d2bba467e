/* SPDX-License-Identifier: Apache-2.0 */
/* What a rule makes of two requests that differ in one thing: the address, the headers or
 * the certificate. */
#ifndef CFO_HTTPD_CHECK_RULE_TRIAL_H
#define CFO_HTTPD_CHECK_RULE_TRIAL_H

#include "httpd/check/check.h"
#include "httpd/trial/rules.h"

typedef struct {
    int differs;                /* the rule refuses where it did not */
    int always;                 /* it never did before, whatever else the request is */
    const ap_directive_t *line; /* the line that asks */
} cfo_comparison_t;

/* A request through Cloudflare before this module changes anything. */
cfo_supposed_t cfo_suppose(apr_pool_t *p, cfo_checking_t *checking,
                           const cfo_vhost_t *vhost, cfo_subject_t subject);

/* Tries a rule on that request, and on one without what the subject is. */
cfo_comparison_t cfo_rule_compare(cfo_supposed_t supposed, const cfo_rule_t *rule);

#endif
