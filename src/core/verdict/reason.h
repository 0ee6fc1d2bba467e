/* SPDX-License-Identifier: Apache-2.0 */
/* The reasons of the verdict table in words for people. */
#ifndef CFO_CORE_VERDICT_REASON_H
#define CFO_CORE_VERDICT_REASON_H

#include "core/verdict/verdict.h"

/* What a reason means, in a few words: "the peer presented no certificate". */
const char *cfo_reason_meaning(cfo_reason_t reason);

/* What to look at if requests that ought to be admitted end like this; a sentence. NULL:
 * they are admitted. */
const char *cfo_reason_remedy(cfo_reason_t reason);

#endif
