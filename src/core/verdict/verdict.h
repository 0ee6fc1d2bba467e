/* SPDX-License-Identifier: Apache-2.0 */
/* The decision: facts and policy in, verdict and reason out (docs/log.md, Reasons). */
#ifndef CFO_CORE_VERDICT_VERDICT_H
#define CFO_CORE_VERDICT_VERDICT_H

/* What the certificate that the peer presented is to the zone of the host. */
typedef enum {
    CFO_CERT_MISSING,    /* none was presented, or nobody looked */
    CFO_CERT_HOLDS,      /* it proves the zone, now */
    CFO_CERT_OTHER_ZONE, /* it proves another configured zone, now */
    CFO_CERT_UNKNOWN,
    CFO_CERT_EXPIRED,
    CFO_CERT_NOT_YET_VALID,
    CFO_CERT_UNSUITABLE
} cfo_cert_state_t;

/* CF-Worker, against the host. */
typedef enum {
    CFO_WORKER_NONE,      /* no such header */
    CFO_WORKER_SAME_ZONE, /* it names the host or a parent of it */
    CFO_WORKER_FOREIGN    /* anything else, "" too */
} cfo_worker_t;

/* A struct full of zeros is a request of which nothing is known, and is refused. */
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
} cfo_policy_t;

typedef enum {
    CFO_VERDICT_UNPROVEN,
    CFO_VERDICT_VERIFIED,
    CFO_VERDICT_TUNNEL,
    CFO_VERDICT_EXEMPT
} cfo_verdict_t;

/* In the order of the table; the first that applies is the outcome. UNJUDGED is 0, so
 * that what was never set is a refusal. */
typedef enum {
    CFO_REASON_UNJUDGED,
    CFO_REASON_VERIFIED,
    CFO_REASON_TUNNEL,
    CFO_REASON_EXEMPT_ADDRESS,
    CFO_REASON_EXEMPT_PATH,
    CFO_REASON_NOT_TLS,
    CFO_REASON_HOST_MISSING,
    CFO_REASON_ZONE_UNKNOWN,
    CFO_REASON_CERT_MISSING,
    CFO_REASON_CERT_OTHER_ZONE,
    CFO_REASON_CERT_UNKNOWN,
    CFO_REASON_CERT_EXPIRED,
    CFO_REASON_CERT_NOT_YET_VALID,
    CFO_REASON_CERT_UNSUITABLE,
    CFO_REASON_EDGE_UNKNOWN,
    CFO_REASON_WORKER_FOREIGN,
    CFO_REASON_COUNT
} cfo_reason_t;

/* Pure: no state, no allocation, any thread. */
cfo_reason_t cfo_judge(const cfo_facts_t *facts, const cfo_policy_t *policy);

/* What may index a table: the reason, or unjudged if it is none. The functions below
 * take any number. */
cfo_reason_t cfo_reason_checked(cfo_reason_t reason);

cfo_verdict_t cfo_reason_verdict(cfo_reason_t reason);

/* The words of CF_ORIGIN and CF_ORIGIN_REASON. */
const char *cfo_verdict_name(cfo_verdict_t verdict);
const char *cfo_reason_name(cfo_reason_t reason);

/* CF-Worker (NULL: absent) against a host in lower case (NULL: none). */
cfo_worker_t cfo_worker_classify(const char *worker, const char *host);

#endif
