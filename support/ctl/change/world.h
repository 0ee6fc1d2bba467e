/* SPDX-License-Identifier: Apache-2.0 */
/* One look at Cloudflare and at the origins. */
#ifndef CFO_CTL_CHANGE_WORLD_H
#define CFO_CTL_CHANGE_WORLD_H

#include "ctl/change/target.h"

/* Why something could not be seen or done. */
typedef struct {
    const char *reason;
    const char *remedy; /* NULL: none is known */
    int is_passing;     /* it may work in a moment */
    int result;         /* exit code */
} cfo_trouble_t;

typedef struct {
    cfo_ctl_t ctl; /* with the pool of this look */
    const cfo_origin_t *origin;
    const char *ssl_mode;
    int is_on; /* the zone-level switch */
    apr_array_header_t
        *certificates;          /* of cfo_api_certificate_t, of the target's level */
    apr_array_header_t *others; /* those of the other level */
    apr_array_header_t *hosts;  /* of const char *: the zone's, as far as known */
    apr_array_header_t *associations; /* of cfo_api_association_t: of these hosts, if the
                                         zone has certificates for host names */
    apr_array_header_t *judged;       /* of const char *: those that the target's
                                         certificate is presented for */
} cfo_world_t;

/* Looks anew, in `p`. Returns NULL, or what prevents it. */
const cfo_trouble_t *cfo_world_look(cfo_target_t *t, apr_pool_t *p, cfo_world_t *world);

const cfo_trouble_t *cfo_trouble_of(apr_pool_t *p, const cfo_api_error_t *error);
const cfo_trouble_t *cfo_trouble_make(apr_pool_t *p, const char *reason, int result);

/* The association of a known host; NULL: none was looked for. */
const cfo_api_association_t *cfo_world_association(const cfo_world_t *world,
                                                   const char *host);

/* Whether a certificate is being deployed, or is presented. In a state that this version
 * does not know, it may be presented in a moment. */
int cfo_world_is_deploying(const cfo_api_certificate_t *certificate);
int cfo_world_is_active(const cfo_api_certificate_t *certificate);

/* Whether an association uses a certificate that the change (NULL: none) replaces. */
int cfo_world_uses_old(const cfo_change_t *change,
                       const cfo_api_association_t *association);

/* Whether it may be presented now or in a moment: also one that is being deleted. */
int cfo_world_may_be_presented(const cfo_api_certificate_t *certificate);

/* Whether Cloudflare presents certificates in the zone's SSL mode. */
int cfo_world_presents(const cfo_world_t *world);

/* A virtual host of these host names where requests are refused, or may be; NULL: none.
 */
const char *cfo_world_refusing(const cfo_world_t *world, const apr_array_header_t *hosts);

#endif
