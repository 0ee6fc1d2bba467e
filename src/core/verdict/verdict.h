/* SPDX-License-Identifier: Apache-2.0 */
/* The decision: facts and policy in, verdict and reason out. */
#ifndef CFO_CORE_VERDICT_VERDICT_H
#define CFO_CORE_VERDICT_VERDICT_H

#include "core/verdict/reason.h"

/* Whether the certificate that the peer presented proves the zone of the host. */
typedef enum {
    CFO_CERT_MISSING,    /* none was presented, or it was not checked */
    CFO_CERT_HOLDS,      /* it proves the zone, now */
    CFO_CERT_OTHER_ZONE, /* it proves another configured zone, now */
    CFO_CERT_UNKNOWN,
    CFO_CERT_EXPIRED,
    CFO_CERT_NOT_YET_VALID,
    CFO_CERT_UNSUITABLE
} cfo_cert_state_t;

/* CF-Worker, compared with the host. */
typedef enum {
    CFO_WORKER_NONE,      /* no such header */
    CFO_WORKER_SAME_ZONE, /* it names the host or a parent of it */
    CFO_WORKER_FOREIGN    /* anything else, also "" */
} cfo_worker_t;

/* All zeros is a request of which nothing is known; it is refused. */
typedef struct {
    int is_tls;
    int has_host;
    int has_zone;    /* a configured zone covers the host */
    int edge_known;  /* the edge address is in CFOriginPullRanges */
    int edge_tunnel; /* ... in CFOriginPullTunnel */
    int edge_exempt; /* ... in CFOriginPullExemptFrom */
    int path_exempt; /* the path is below CFOriginPullExemptPath */
    cfo_cert_state_t cert;
    cfo_worker_t worker;
} cfo_facts_t;

typedef enum { CFO_WORKERS_ANY, CFO_WORKERS_SAME_ZONE, CFO_WORKERS_NONE } cfo_workers_t;

typedef struct {
    int require_cert;
    int require_ip;
    cfo_workers_t workers;
    int require_tunnel; /* tunnels and exemptions only: the rest does not count */
} cfo_policy_t;

/* CFOriginPull, the weakest first. */
typedef enum { CFO_MODE_OFF, CFO_MODE_AUDIT, CFO_MODE_ON } cfo_mode_t;
const char *cfo_mode_name(cfo_mode_t mode); /* "Off", "Audit", "On" */

/* The reason is the first that applies, in the order of reason_table.h. Pure: no state,
 * no allocation, any thread. */
cfo_reason_t cfo_judge(const cfo_facts_t *facts, const cfo_policy_t *policy);

/* CF-Worker (NULL: absent) against a host in lower case (NULL: none). */
cfo_worker_t cfo_worker_classify(const char *worker, const char *host);

#endif
