/* SPDX-License-Identifier: Apache-2.0 */
/* Says what the steps of the plan are. */
#ifndef CFO_CTL_CHANGE_WORDS_H
#define CFO_CTL_CHANGE_WORDS_H

#include "ctl/change/plan.h"
#include "ctl/change/world.h"

/* What is waited for: "waiting until ...". */
const char *cfo_words_awaited(cfo_target_t *t, cfo_world_t *world, cfo_step_t step);

/* Says which host names have a certificate of their own, or none, whatever the zone
 * has. */
void cfo_words_tell_precedence(cfo_target_t *t, const cfo_world_t *world);

/* What a step would do, for --dry-run; NULL: nothing to say. */
const char *cfo_words_planned(const cfo_target_t *t, cfo_step_t step);

#endif
