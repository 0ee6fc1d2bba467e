/* SPDX-License-Identifier: Apache-2.0 */
/* Does the steps of the plan. */
#ifndef CFO_CTL_CHANGE_STEPS_H
#define CFO_CTL_CHANGE_STEPS_H

#include "ctl/change/due.h"
#include "ctl/change/plan.h"
#include "ctl/change/world.h"

/* Does one step that does not wait. Returns NULL, or what is wrong. */
const cfo_trouble_t *cfo_step_do(cfo_target_t *t, cfo_world_t *world, cfo_step_t step,
                                 const cfo_due_t *due);

#endif
