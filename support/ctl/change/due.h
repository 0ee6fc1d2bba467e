/* SPDX-License-Identifier: Apache-2.0 */
/* Whether there is a reason to change the certificate that is presented. */
#ifndef CFO_CTL_CHANGE_DUE_H
#define CFO_CTL_CHANGE_DUE_H

#include "ctl/change/world.h"

typedef struct {
    int is_due;
    const char *why;    /* is due, or nothing is */
    const char *stop;   /* nothing may be begun, for this reason; NULL: it may */
    const char *remedy; /* of `stop`; NULL: none */
    const cfo_api_certificate_t *adopt; /* is there, and does for `enable` */
} cfo_due_t;

/* The certificate that Cloudflare presents, or will: the last uploaded one that is active
 * or deploying; for host names, that of the first of them. NULL: none. */
const cfo_api_certificate_t *cfo_due_presented(const cfo_target_t *t,
                                               const cfo_world_t *world);

/* Of a change that is not begun. */
cfo_due_t cfo_due_find(cfo_target_t *t, cfo_world_t *world);

/* Whether `certificate` and the CAs of the origin that it hangs on are good for
 * --renew-before. Returns NULL, or why not. */
const char *cfo_due_expires(const cfo_target_t *t, cfo_world_t *world,
                            const cfo_certificate_t *certificate);

#endif
