/* SPDX-License-Identifier: Apache-2.0 */
/* Gets the leaf of a change: a given one, or one that is made, in memory. */
#ifndef CFO_CTL_CHANGE_MAKE_H
#define CFO_CTL_CHANGE_MAKE_H

#include "ctl/change/world.h"

/* Sets the leaf of the target, and writes it (without its key) to the state file. In a
 * dry run nothing is written. Returns NULL, or what is wrong. */
const cfo_trouble_t *cfo_make_leaf(cfo_target_t *t, cfo_world_t *world);

/* Whether the files that were given can be used, before anything is begun. Returns NULL,
 * or what is wrong. */
const cfo_trouble_t *cfo_make_check(cfo_target_t *t);

#endif
