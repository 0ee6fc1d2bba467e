/* SPDX-License-Identifier: Apache-2.0 */
/* Cloudflare's request headers: found, taken out, put back. */
#ifndef CFO_HTTPD_REQUEST_HEADERS_H
#define CFO_HTTPD_REQUEST_HEADERS_H

#include "httpd.h"

/* Values are NULL where the header is absent; two headers of one name give a value that
 * is valid as nothing. They live as long as the request. */
typedef struct {
    const char *connecting_ip;
    const char *connecting_ipv6;
    const char *ray;
    const char *worker;
    int genuine;                /* how many headers have one of Cloudflare's names */
    int lookalikes;             /* how many have a name that only looks like one */
    apr_array_header_t *parked; /* of apr_table_entry_t: taken out; NULL: nothing is */
} cfo_headers_t;

/* Looks, and changes nothing. */
void cfo_headers_read(const request_rec *r, cfo_headers_t *headers);

/* Takes all of them out of r->headers_in. */
void cfo_headers_park(request_rec *r, cfo_headers_t *headers);

/* Puts the genuine ones back that were parked, and if `all`, the look-alikes too. */
void cfo_headers_restore(request_rec *r, cfo_headers_t *headers, int all);

/* Removes look-alikes, and if `all`, the genuine ones too. */
void cfo_headers_remove(request_rec *r, int all);

#endif
