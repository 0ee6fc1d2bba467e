/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a certificate proves a zone. */
#ifndef CFO_CORE_TRUST_ZONE_CHECK_H
#define CFO_CORE_TRUST_ZONE_CHECK_H

#include "core/trust/cert_cache.h"
#include "core/trust/credential.h"
#include "core/trust/zones.h"
#include "core/verdict/verdict.h"

/* A tenant may write a zone file with thousands of CA certificates of the same name. */
enum { CFO_ZONE_CHECKS_MOST = 128 };

/* Judges a presented leaf for a zone at the time `now`: HOLDS, UNKNOWN, EXPIRED,
 * NOT_YET_VALID or UNSUITABLE. Fills *found with the match (HOLDS, EXPIRED,
 * NOT_YET_VALID), else with zeros. Sets *why to an explanation of UNSUITABLE, and
 * sometimes of UNKNOWN, else to NULL. `p` is for temporary use. A check that has
 * started looks at all proofs of the zone, unless CFO_ZONE_CHECKS_MOST signature checks
 * failed; after CFO_FAILED_CHECKS_MOST failed ones on a connection, no check starts for
 * the rest of that minute. */
cfo_cert_state_t cfo_zone_check(apr_pool_t *p, cfo_cert_cache_t *cert_cache,
                                cfo_zone_t *zone, cfo_credential_t *credential,
                                apr_time_t now, cfo_match_t *found, const char **why);

#endif
