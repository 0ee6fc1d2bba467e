/* SPDX-License-Identifier: Apache-2.0 */
/* Lets the origin trust the leaf of a change. */
#ifndef CFO_CTL_CHANGE_TRUST_H
#define CFO_CTL_CHANGE_TRUST_H

#include "ctl/change/world.h"

/* Adds what proves the leaf to the files of proofs of all zones of the origin that do not
 * accept it, and says what httpd's configuration lacks. Returns NULL, also if that is
 * there already; or what is wrong. */
const cfo_trouble_t *cfo_trust_leaf(cfo_target_t *t, cfo_world_t *world);

/* Whether there is a file for that, before anything is begun. Returns NULL, or what is
 * wrong. */
const cfo_trouble_t *cfo_trust_check(cfo_target_t *t, cfo_world_t *world);

/* Says what that would be, for --dry-run. */
void cfo_trust_tell_plan(cfo_target_t *t, cfo_world_t *world);

#endif
