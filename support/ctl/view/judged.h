/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the origin accepts what Cloudflare presents, host name by host name. */
#ifndef CFO_CTL_VIEW_JUDGED_H
#define CFO_CTL_VIEW_JUDGED_H

#include "ctl/view/presented.h"

typedef enum {
    CFO_JUDGED_ACCEPTED,
    CFO_JUDGED_REFUSED,
    CFO_JUDGED_NOTHING, /* nothing is presented */
    CFO_JUDGED_UNKNOWN, /* what is presented, or what the origin accepts, is not known */
    CFO_JUDGED_ELSEWHERE, /* no zone of the origin covers the host */
    CFO_JUDGED_COUNT
} cfo_judgement_t;

extern const char *const cfo_judgements[CFO_JUDGED_COUNT]; /* "accepted", ... */

/* Host names of which everything is equal. */
typedef struct {
    cfo_judgement_t judgement;
    const cfo_presented_t *presented;
    cfo_origin_policy_t policy;           /* the strictest of the zones that cover them */
    const cfo_origin_zone_t *zone;        /* of the origin; NULL: none, or not known */
    cfo_reason_t reason;                  /* of ACCEPTED and REFUSED */
    cfo_ctl_words_t words;                /* why, and what to do; "" and NULL: nothing */
    const cfo_api_certificate_t *refused; /* the certificate that is; NULL: the shared
                                             one, or none */
    apr_time_t ends; /* when it will be accepted no longer although the certificate has
                        not expired: one of now + critical, now + warn; 0: never */
    cfo_ctl_words_t end_words;
    apr_array_header_t *hosts; /* of const cfo_look_host_t * */
} cfo_judged_t;

/* When it is judged, and how long before an end something is to be said. */
typedef struct {
    apr_time_t now;
    int warn; /* days */
    int critical;
} cfo_judged_at_t;

/* Returns the groups of the hosts of a zone (of cfo_judged_t), those with problems first.
 * `origin` NULL: it is not known. Names that are DNS-only are left out: Cloudflare has no
 * part in their requests. */
apr_array_header_t *cfo_judge_hosts(cfo_ctl_t *ctl, const cfo_look_t *look,
                                    const cfo_origin_t *origin,
                                    const cfo_judged_at_t *at);

/* The strictest policy of the groups that are at this origin; ..._UNKNOWN also if there
 * are none, or the origin is not known. */
cfo_origin_policy_t cfo_judged_policy(const apr_array_header_t *groups);

/* Whether a certificate is among those that are presented. */
int cfo_judged_has(const cfo_presented_t *presented,
                   const cfo_api_certificate_t *certificate);

/* How the origin answers one certificate of the zone, for a host of the zone that it
 * covers; ELSEWHERE if there is none. */
cfo_judged_t cfo_judge_certificate(cfo_ctl_t *ctl, const cfo_origin_t *origin,
                                   const char *host, const cfo_judged_at_t *at,
                                   const cfo_api_certificate_t *certificate);

#endif
