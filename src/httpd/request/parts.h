/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a request, and of the parts that it has within httpd. */
#ifndef CFO_HTTPD_REQUEST_PARTS_H
#define CFO_HTTPD_REQUEST_PARTS_H

#include "httpd.h"
#include "http_config.h"

#include "core/verdict/verdict.h"
#include "core/verdict/visitor.h"
#include "core/trust/zones.h"
#include "httpd/config/conf.h"
#include "httpd/request/connection.h"
#include "httpd/request/headers.h"

/* The result for a request, or for a part of one. */
typedef struct {
    cfo_reason_t reason; /* 0, unjudged, until there is a verdict */
    int believed;        /* its CF-* headers count */
} cfo_outcome_t;

/* A request as it came, with all internal redirects and subrequests that it leads to.
 * It and all that it points to live in the pool of the first request_rec, so until the
 * request is logged; a subrequest's pool may be gone by then. Used only by the thread
 * that handles the request. */
typedef struct {
    cfo_facts_t facts; /* except the path, which differs from part to part */
    cfo_outcome_t outcome;
    cfo_mode_t mode; /* the highest at any gate that it came to */
    int refused;     /* and its line is written */
    cfo_headers_t headers;
    const cfo_connection_t *connection; /* NULL: nothing is known of it */
    const char *edge;                   /* edge address as text */
    int is_unnamed;        /* the edge is a load balancer that named no address */
    int is_unlisted;       /* the peer sent a PROXY header, and is not listed */
    int is_left;           /* mod_remoteip saw the headers of Cloudflare's */
    int is_taken;          /* mod_remoteip took the client address from a header of
                              Cloudflare's */
    const char *zone_name; /* of the zone that covers the host; NULL: none */
    int is_stray;          /* a zone covers the host, but not in this vhost */
    const char *cert_zone; /* the zone that the certificate proves, as far as the
                              verdict needs it; see cfo_facts_cert_zone() */
    int is_first;          /* CFO_FIRST_PROOF, CFO_FIRST_LEAF: used for the first
                              time */
    /* While its facts are collected; NULL after that: */
    cfo_snapshot_t *snapshot;
    cfo_zone_t *zone;           /* NULL: none */
    const cfo_proof_t *proof;   /* of `zone`, by which the certificate holds */
    const char *why_unsuitable; /* text for cert-unsuitable and cert-unknown */
    const char *ray;            /* NULL: none that is valid */
    /* Once a part of it was believed: */
    int is_visitor_read;
    cfo_visitor_status_t client_ip;
    apr_sockaddr_t *visitor; /* NULL: the address stays as it is */
    const char *visitor_ip;
} cfo_request_t;

/* One request_rec of it: the first, an internal redirect, a subrequest. Lives in its
 * pool; nothing that lives longer points to it. */
typedef struct {
    cfo_request_t *request; /* set if is_judged, and in the first once it exists */
    int is_judged;          /* it has a verdict of its own */
    cfo_outcome_t outcome;
    int is_https; /* as CFOriginPullScheme visitor says */
    /* What was changed in this request_rec, whether or not it has a verdict of its own;
     * NULL: nothing yet. */
    const cfo_effects_t *effects;
    const char *uri;      /* r->uri when its directory was found, or its variant */
    int is_logged;        /* its line as a part is written */
    int is_unserved;      /* a refused variant: it may be chosen, but not served */
    const char *index_of; /* r->uri when mod_dir began to look for an index; else NULL */
    int index_is_refused; /* an index that mod_dir found */
} cfo_part_t;

/* The request_rec as which the request came. */
request_rec *cfo_request_first(request_rec *r);

/* The request that `r` is part of. NULL: no verdict was needed yet. */
cfo_request_t *cfo_request_whole(request_rec *r);

/* The part that `r` is. cfo_request_part() makes it if there is none, cfo_request_own()
 * returns NULL. */
cfo_part_t *cfo_request_part(request_rec *r);
static inline cfo_part_t *cfo_request_own(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &cf_origin_module);
}

/* What was changed in `r`: by its own part, or that of what it comes from. NULL: nothing
 * yet. */
const cfo_effects_t *cfo_request_effects(const request_rec *r);

/* What `r` comes from: the request_rec that was redirected, or that made the subrequest.
 * NULL: `r` is the first. */
static inline request_rec *cfo_request_parent(const request_rec *r)
{
    return r->prev ? r->prev : r->main;
}

/* The part whose verdict holds for `r`: its own, or that of what it comes from. NULL if
 * there is none. */
static inline cfo_part_t *cfo_request_find(const request_rec *r)
{
    for (; r; r = cfo_request_parent(r)) {
        cfo_part_t *part = cfo_request_own(r);

        if (part && part->is_judged)
            return part;
    }
    return NULL;
}

#endif
