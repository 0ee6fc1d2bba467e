/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict on a request, and what it changes in the request. */
#ifndef CFO_HTTPD_REQUEST_REQUEST_H
#define CFO_HTTPD_REQUEST_REQUEST_H

#include "httpd.h"

#include "core/verdict/verdict.h"
#include "core/verdict/visitor.h"
#include "core/trust/zones.h"
#include "httpd/config/conf.h"
#include "httpd/request/connection.h"
#include "httpd/request/headers.h"

/* What is to become of a request, or of a part of one. */
typedef struct {
    cfo_reason_t reason; /* 0, unjudged, until there is a verdict */
    int believed;        /* its CF-* headers count */
} cfo_outcome_t;

/* A request as it came, with all internal redirects and subrequests that it leads to.
 * Lies in the pool of the first request_rec, as does all that it points to: it is there
 * until the request is logged, when a subrequest may be gone. Used by the one thread that
 * works on the request. */
typedef struct {
    cfo_facts_t facts; /* but for the path, which each part has for itself */
    cfo_outcome_t outcome;
    cfo_mode_t mode; /* the highest at any gate that it came to */
    int refused;     /* and its line is written */
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
    const char *ray;                    /* NULL: none that is valid */
    /* Once a part of it was believed: */
    int is_visitor_read;
    cfo_visitor_status_t client_ip;
    apr_sockaddr_t *visitor; /* NULL: the address stays as it is */
    const char *visitor_ip;
} cfo_request_t;

/* One request_rec of it: the first, an internal redirect, a subrequest. Lies in its pool;
 * nothing that lives longer points to it. */
typedef struct {
    cfo_request_t *request; /* always with is_judged, and in the first once it exists */
    int is_judged;          /* it has come under the policy itself */
    cfo_outcome_t outcome;
    const char *uri;      /* r->uri when its directory was found, or its variant */
    int is_told;          /* its line as a part is written */
    int is_unserved;      /* a variant that was let through to be chosen, not served */
    const char *index_of; /* r->uri when mod_dir began to look for an index; else NULL */
    int index_is_refused; /* one that it found */
} cfo_part_t;

/* post_read_request, first of all: looks at the headers, and judges, unless mod_remoteip
 * still has a word to say; then it takes the headers out of its sight. */
int cfo_request_begin(request_rec *r);

/* post_read_request, after mod_remoteip: judges what is not judged yet. */
int cfo_request_judge(request_rec *r);

/* The request_rec as which it came. */
request_rec *cfo_request_first(request_rec *r);

/* The whole that `r` belongs to. NULL: nobody has asked for a verdict. */
cfo_request_t *cfo_request_whole(const request_rec *r);

/* r's own part; cfo_request_part() makes it if need be, cfo_request_own() returns NULL.
 */
cfo_part_t *cfo_request_part(request_rec *r);
cfo_part_t *cfo_request_own(const request_rec *r);

/* The verdict that holds for `r`: its own, or that of what it comes from. NULL if there
 * is none. */
cfo_part_t *cfo_request_find(const request_rec *r);

/* The same, but judges `r`, if nobody has judged it or what it comes from. For
 * directories below a virtual host that is Off. */
cfo_part_t *cfo_request_require(request_rec *r);

/* To be asked where `r` may lead out of an exempt path, to `path` (NULL: out of any):
 * returns the verdict that holds from here on. */
cfo_part_t *cfo_request_follow(request_rec *r, cfo_part_t *part, const char *path);

/* r's path as httpd will see it once it is decoded and normalised; NULL if httpd will
 * reject it. */
const char *cfo_request_path(const request_rec *r);

#endif
