/* SPDX-License-Identifier: Apache-2.0 */
/* Cloudflare's request headers: read, removed, put back. */
#ifndef CFO_HTTPD_REQUEST_HEADERS_H
#define CFO_HTTPD_REQUEST_HEADERS_H

#include "httpd.h"

/* A value is NULL if the header is absent; two headers of the same name give a value that
 * is never valid. Values live as long as the request. */
typedef struct {
    const char *connecting_ip;
    const char *connecting_ipv6;
    const char *ray;
    const char *worker;
    const char *visitor;        /* CF-Visitor */
    int genuine;                /* how many headers have one of Cloudflare's names */
    apr_uintptr_t values;       /* the sum of the addresses of their values */
    int lookalikes;             /* how many have a similar name (see header_name.h) */
    apr_array_header_t *parked; /* of apr_table_entry_t: removed for now; NULL: none */
} cfo_headers_t;

/* Fills *headers; changes nothing in the request. */
void cfo_headers_read(const request_rec *r, cfo_headers_t *headers);

/* Whether one of the genuine headers is no longer in the request, or has another value:
 * mod_remoteip has taken the client address from it, and left what was before it. */
int cfo_headers_were_taken(const request_rec *r, const cfo_headers_t *headers);

/* Moves all of them from r->headers_in to headers->parked. */
void cfo_headers_park(request_rec *r, cfo_headers_t *headers);

/* Puts the parked genuine ones back, and if `all`, the look-alikes too. There are some
 * parked. */
void cfo_headers_restore(request_rec *r, cfo_headers_t *headers, int all);

/* Removes look-alikes from a table, and if `all`, the genuine ones too. */
void cfo_headers_remove(apr_pool_t *p, apr_table_t *headers, int all);

/* Removes an Upgrade to anything but WebSocket, and if `all`, that too. */
void cfo_headers_forget_upgrade(request_rec *r, int all);

/* Removes the CGI variables of them: a subrequest of a page of mod_include has those of
 * the page. */
void cfo_headers_remove_variables(request_rec *r);

#endif
