/* SPDX-License-Identifier: Apache-2.0 */
/* Removes proofs from files, when nothing can need them any more. */
#ifndef CFO_CTL_CHANGE_REMOVAL_H
#define CFO_CTL_CHANGE_REMOVAL_H

#include "ctl/change/world.h"

/* Does all removals of the state that are due, and says which are not, and why. The
 * outcome's `from` is when the next one may be. Returns an exit code. */
int cfo_removal_run(cfo_target_t *t);

#endif
