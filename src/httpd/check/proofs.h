/* SPDX-License-Identifier: Apache-2.0 */
/* What the checks of proofs share. */
#ifndef CFO_HTTPD_CHECK_PROOFS_H
#define CFO_HTTPD_CHECK_PROOFS_H

#include "httpd/check/check.h"

/* The subject of the public root that an anchor is or chains to; NULL: none is known. */
const char *cfo_proof_public_root(cfo_checking_t *checking, const cfo_proof_t *proof);

#endif
