/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: the module's own decision about a certificate. */
#ifndef CFO_CTL_COMMAND_JUDGE_H
#define CFO_CTL_COMMAND_JUDGE_H

#include "core/verdict/reason.h"
#include "ctl/command/explain.h"

/* Judges the leaf of a case, whose text is `pem`, by its proofs, at its time, as the
 * module judges a request that meets all other requirements, and that mod_ssl lets
 * through with SSLVerifyClient optional_no_ca. Fills in the results of the case. */
cfo_reason_t cfo_ctl_judge(cfo_ctl_case_t *c, const char *pem);

#endif
