/* SPDX-License-Identifier: Apache-2.0 */
/* Cloudflare's own CA for origin pulls, whose certificate all customers share. */
#ifndef CFO_CORE_SHARED_CA_H
#define CFO_CORE_SHARED_CA_H

#include "proof.h"

/* Whether a proof lets in every customer of Cloudflare: it is the shared CA, known by its
 * key, which outlived its renewal (facts 17.4), or a leaf that bears its name as issuer.
 */
int cfo_shared_ca_is(const cfo_proof_t *proof);

#endif
