/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict on a request, and what it changes in the request. */
#ifndef CFO_HTTPD_REQUEST_H
#define CFO_HTTPD_REQUEST_H

#include "httpd.h"

#include "../core/verdict.h"
#include "../core/visitor.h"
#include "../core/zones.h"
#include "conf.h"
#include "connection.h"
#include "headers.h"

/* Belongs to the request that was judged; internal redirects and subrequests of it find
 * it there. Used by the one thread that works on the request. */
typedef struct {
    cfo_facts_t facts;
    cfo_reason_t reason; /* 0, unjudged, until there is a verdict */
    cfo_mode_t mode;     /* the highest at any gate that it came to */
    int believed;        /* its CF-* headers count */
    int refused;         /* and its line is written */
    int is_part;         /* of a subrequest or error page that was refused */
    const char *uri;     /* r->uri when its directory was found */
    int is_late;         /* judged when httpd had decoded the path already */
    cfo_headers_t headers;
    const cfo_connection_t *connection; /* NULL: nothing is known of it */
    const cfo_snapshot_t *snapshot;     /* what it is judged by; NULL: not judged */
    const char *edge;                   /* edge address as text */
    int is_unnamed;                     /* it is a load balancer's that named nobody */
    int is_unlisted;                    /* a PROXY header came from no listed balancer */
    cfo_zone_t *zone;                   /* that covers the host; NULL: none */
    int is_stray;                       /* the zone is not this virtual host's business */
    const char *cert_zone;              /* the zone that the certificate proves, as far as
                                           the verdict asks; see cfo_facts_cert_zone() */
    const char *why_unsuitable;         /* words for cert-unsuitable and -unknown */
    cfo_visitor_status_t client_ip;     /* if believed */
    const char *ray;                    /* valid and believed */
    const char *claimed_ray;            /* valid, but not believed */
} cfo_request_t;

/* post_read_request, first of all: looks at the headers, and judges, unless mod_remoteip
 * still has a word to say; then it takes the headers out of its sight. */
int cfo_request_begin(request_rec *r);

/* post_read_request, after mod_remoteip: judges what is not judged yet. */
int cfo_request_judge(request_rec *r);

/* The verdict that holds for `r`: its own, or that of the request it comes from. NULL if
 * there is none. */
cfo_request_t *cfo_request_find(const request_rec *r);

/* The same, but judges `r`, if nobody has judged it or what it comes from. For
 * directories below a virtual host that is Off. */
cfo_request_t *cfo_request_require(request_rec *r);

/* To be asked where an internal redirect, an index or a FallbackResource has led to a new
 * path: returns the verdict that holds from here on, which is another one if the old one
 * was an exemption of a path that `path` is not below. */
cfo_request_t *cfo_request_follow(request_rec *r, cfo_request_t *request,
                                  const char *path);

/* r's path as httpd will see it once it is decoded and normalised; NULL if httpd will
 * reject it. */
const char *cfo_request_path(const request_rec *r);

#endif
