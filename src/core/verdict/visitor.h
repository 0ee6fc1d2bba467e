/* SPDX-License-Identifier: Apache-2.0 */
/* The visitor's address: CF-Connecting-IP of a request that is trusted. */
#ifndef CFO_CORE_VERDICT_VISITOR_H
#define CFO_CORE_VERDICT_VISITOR_H

#include "apr_pools.h"

typedef enum {
    CFO_VISITOR_OFF,       /* CFOriginPullClientIP Off */
    CFO_VISITOR_ABSENT,    /* no header, or the placeholder of a foreign Worker */
    CFO_VISITOR_INVALID,   /* not exactly one public address */
    CFO_VISITOR_REWRITTEN, /* the visitor's address */
    CFO_VISITOR_PSEUDO /* Pseudo IPv4: the IPv6 address that a class E address replaced */
} cfo_visitor_status_t;

typedef struct {
    cfo_visitor_status_t status;
    /* The rest is set for REWRITTEN and PSEUDO only. */
    const char *text;        /* canonical; the header's own text if that is canonical */
    int length;              /* of the address: 4 or 16 bytes */
    unsigned char bytes[16]; /* in network order */
} cfo_visitor_t;

/* `connecting_ip` and `connecting_ipv6` are the values of the two headers; NULL: absent.
 * The pool is used only to make a text canonical; visitor->text is valid as long as the
 * pool and the headers. */
void cfo_visitor_read(apr_pool_t *p, const char *connecting_ip,
                      const char *connecting_ipv6, cfo_visitor_t *visitor);

/* The word of CF_ORIGIN_CLIENT_IP: "rewritten", "pseudo", "absent", "invalid", "off". */
const char *cfo_visitor_status_name(cfo_visitor_status_t status);

#endif
