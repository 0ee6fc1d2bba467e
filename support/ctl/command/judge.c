/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: the module's own decision about a certificate. */
#include "ctl/command/judge.h"

#include <string.h>

#include "apr_strings.h"

#include "core/trust/cert_cache.h"
#include "core/trust/zone_check.h"
#include "core/verdict/verdict.h"

/* A pin is only compared, and an anchor judges no curves, but a request exists only if
 * mod_ssl lets the handshake pass.
 */
static void check_handshake(cfo_ctl_case_t *c)
{
    const char *unfit = c->state == CFO_CERT_HOLDS ? cfo_leaf_unfit(c->leaf) : NULL;

    if (!unfit)
        return;
    c->state = CFO_CERT_UNSUITABLE;
    c->why = apr_pstrcat(c->pool, unfit,
                         ", so that mod_ssl ends the handshake, although the certificate "
                         "proves the zone",
                         NULL);
}

cfo_reason_t cfo_ctl_judge(cfo_ctl_case_t *c, const char *pem)
{
    static const cfo_policy_t policy = { .require_cert = 1 };
    cfo_facts_t facts = { .is_tls = 1, .has_host = 1, .has_zone = 1 };
    cfo_zone_t *zone = cfo_zone_create(cfo_shared_pool_permanent(c->pool), "*");
    int i;

    for (i = 0; i < c->sources->nelts; i++)
        apr_array_cat(zone->proofs,
                      APR_ARRAY_IDX(c->sources, i, cfo_ctl_proof_file_t).proofs);
    c->state = cfo_zone_check(c->pool, cfo_cert_cache_create(c->pool), zone,
                              cfo_credential_create(c->pool, c->leaf, pem, strlen(pem)),
                              c->at, &c->match, &c->why);
    check_handshake(c);
    facts.cert = c->state;
    return cfo_judge(&facts, &policy);
}
