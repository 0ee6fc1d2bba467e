/* SPDX-License-Identifier: Apache-2.0 */
/* Takes certificates out of use: what "disable" and "hostname disable" have in common. */
#ifndef CFO_CTL_CHANGE_WITHDRAW_H
#define CFO_CTL_CHANGE_WITHDRAW_H

#include "ctl/change/world.h"

/* Looks, and refuses if another call has left something unfinished. With --delete, notes
 * in the state file which certificates are to be deleted: those there are now for which
 * `is_wanted`. Returns CFO_CTL_OK, or an exit code. */
int cfo_withdraw_begin(cfo_target_t *t, cfo_world_t *world,
                       int (*is_wanted)(const cfo_target_t *t, const cfo_world_t *world,
                                        const cfo_api_certificate_t *one));

/* Forgets what was noted, as nothing was done. Returns `result`. */
int cfo_withdraw_abandon(cfo_target_t *t, int result);

/* Deletes what was noted, and ends with this line. Returns an exit code. */
int cfo_withdraw_end(cfo_target_t *t, const char *text);

#endif
