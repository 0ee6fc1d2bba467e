/* SPDX-License-Identifier: Apache-2.0 */
/* Which certificate Cloudflare presents to the origin for a host name (internals 12.1).
 */
#ifndef CFO_CTL_VIEW_PRESENTED_H
#define CFO_CTL_VIEW_PRESENTED_H

#include "ctl/view/look.h"

typedef enum {
    CFO_PRESENTS_UNKNOWN, /* something that decides it could not be read */
    CFO_PRESENTS_NOTHING,
    CFO_PRESENTS_SHARED, /* Cloudflare's shared certificate */
    CFO_PRESENTS_OWN     /* `certificates` */
} cfo_presents_t;

typedef struct {
    cfo_presents_t what;
    const char *key;                  /* equal for what is equal, within a zone */
    apr_array_header_t *certificates; /* of const cfo_api_certificate_t *: any of them may
                                         be presented, the likeliest first; empty
                                         otherwise */
    const char *why;    /* of UNKNOWN and NOTHING, one sentence without a full stop */
    const char *remedy; /* of these; NULL: none */
} cfo_presented_t;

/* What a host without a certificate of its own gets. An SSL mode that cannot be read
 * counts as Full. */
cfo_presented_t cfo_presented_for_zone(apr_pool_t *p, const cfo_look_t *look);

/* What this host gets; `zone` is what the above returned. */
cfo_presented_t cfo_presented_for(apr_pool_t *p, const cfo_look_t *look,
                                  const cfo_presented_t *zone,
                                  const cfo_look_host_t *host);

/* Whether Cloudflare presents a certificate in an SSL mode at all: 1, 0, or -1, if this
 * command does not know the mode. */
int cfo_presented_in_mode(const char *ssl_mode);

/* The certificate is about to be presented: it is being deployed. */
int cfo_presented_soon(const cfo_api_certificate_t *certificate);

/* It may be presented still: it is being deleted, or in a state that this command does
 * not know. */
int cfo_presented_maybe(const cfo_api_certificate_t *certificate);

#endif
