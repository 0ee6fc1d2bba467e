/* SPDX-License-Identifier: Apache-2.0 */
/* From a look to what the plan is made of. */
#ifndef CFO_CTL_CHANGE_SEEN_H
#define CFO_CTL_CHANGE_SEEN_H

#include "ctl/change/due.h"
#include "ctl/change/plan.h"
#include "ctl/change/world.h"

/* Needs nothing but the target and the look. `due` is only used without a change. */
cfo_seen_t cfo_seen_find(cfo_target_t *t, cfo_world_t *world, const cfo_due_t *due);

/* The leaf of the change at Cloudflare: the last uploaded of ours that has not failed; or
 * else one that has. NULL: none. */
const cfo_api_certificate_t *cfo_seen_leaf(const cfo_target_t *t,
                                           const cfo_world_t *world);

/* The row of the state file of a certificate at Cloudflare. NULL: it is not of this
 * change. */
cfo_state_ours_t *cfo_seen_ours(const cfo_target_t *t, const cfo_api_certificate_t *one);

/* Whether the change may delete it: as it was there at the start, or as one of ours that
 * is not the leaf. */
int cfo_seen_is_old(const cfo_target_t *t, const cfo_world_t *world,
                    const cfo_api_certificate_t *one);

/* Whether a host is still to get the leaf: it is as it was, or uses an old one. */
int cfo_seen_is_to_move(const cfo_target_t *t, const cfo_world_t *world,
                        const char *host);

/* Whether a host uses one of ours. */
int cfo_seen_is_on_ours(const cfo_target_t *t, const cfo_world_t *world,
                        const char *host);

/* The certificate and PEM that are judged: of the leaf at Cloudflare, or of the one in
 * memory. 0: there is none. */
int cfo_seen_judge(const cfo_target_t *t, const cfo_world_t *world,
                   const cfo_certificate_t **certificate, const char **pem);

#endif
