/* SPDX-License-Identifier: Apache-2.0 */
/* The lines CFO0001 to CFO0003, one for each request. */
#ifndef CFO_CORE_LOG_EVENT_H
#define CFO_CORE_LOG_EVENT_H

#include "apr_pools.h"

/* NULL: not known, which becomes "-". Foreign text is as received. */
typedef struct {
    const char *code;         /* "CFO0001 refused" */
    const char *reason;       /* cfo_reason_name() */
    const char *vhost;        /* name:port */
    const char *host;         /* of the request */
    const char *zone;         /* that covers the host */
    const char *edge;         /* edge address */
    int edge_known;           /* it is in the ranges */
    const char *cert;         /* SHA-256 of the leaf, hex */
    const char *cert_subject; /* of the leaf */
    const char *cert_issuer;  /* of the leaf, if it is missing from the proofs */
    const char *cert_zone;    /* the zone that the leaf proves */
    const char *sni;          /* of the handshake */
    const char *ray;          /* of a trusted request */
    const char *claimed_ray;  /* well-formed, but of an untrusted request */
    const char *method;
    const char *uri;       /* path and query as received */
    const char *client_ip; /* value of CF_ORIGIN_CLIENT_IP; only in CFO0003 */
    const char *hint;      /* what to do, one sentence; "" or NULL: none */
} cfo_event_t;

/* The whole line, about 4,000 bytes at most, printable ASCII. Keys after uri= are present
 * only if they have a value. */
const char *cfo_event_render(apr_pool_t *p, const cfo_event_t *event);

#endif
