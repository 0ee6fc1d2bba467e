/* SPDX-License-Identifier: Apache-2.0 */
/* The lines CFO0001 to CFO0003: one request, one line (docs/log.md). */
#ifndef CFO_CORE_LOG_EVENT_H
#define CFO_CORE_LOG_EVENT_H

#include "apr_pools.h"

/* NULL where nothing is known, which becomes "-". Foreign text is taken as it came. */
typedef struct {
    const char *code;         /* "CFO0001 refused" */
    const char *reason;       /* the word of the verdict table */
    const char *vhost;        /* name:port */
    const char *host;         /* that the request is for */
    const char *zone;         /* that covers the host */
    const char *edge;         /* edge address */
    int edge_known;           /* it is in the ranges */
    const char *cert;         /* SHA-256 of the leaf, hex */
    const char *cert_subject; /* of the leaf */
    const char *cert_issuer;  /* of the leaf, where it is missing from the proofs */
    const char *cert_zone;    /* the zone that the leaf proves */
    const char *sni;          /* of the handshake */
    const char *ray;          /* believed */
    const char *claimed_ray;  /* well-formed, but not believed */
    const char *method;
    const char *uri;       /* path and query as received */
    const char *client_ip; /* word of CF_ORIGIN_CLIENT_IP; only in CFO0003 */
    const char *hint;      /* what to think of it, one sentence; "" or NULL: none */
} cfo_event_t;

/* The whole line, at most some 4,000 bytes, printable ASCII. Keys that come after uri=
 * are there only when they have something to say. */
const char *cfo_event_render(apr_pool_t *p, const cfo_event_t *event);

#endif
