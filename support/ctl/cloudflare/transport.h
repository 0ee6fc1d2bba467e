/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP request to the API and its answer, over verified TLS. */
#ifndef CFO_CTL_CLOUDFLARE_TRANSPORT_H
#define CFO_CTL_CLOUDFLARE_TRANSPORT_H

#include "apr_pools.h"
#include "apr_time.h"

/* Shared by threads. */
typedef struct cfo_transport_t cfo_transport_t;

/* `base`, `token` and `ca_file` as in cfo_api_settings_t. Returns NULL, or the reason. */
const char *cfo_transport_make(apr_pool_t *p, const char *base, const char *token,
                               const char *ca_file, cfo_transport_t **transport);

typedef struct {
    const char *method;
    const char *path; /* below the base, with its query */
    const char *body; /* NULL: none */
    apr_size_t length;
} cfo_request_t;

/* Why there is no answer. */
typedef enum {
    CFO_TRANSPORT_OK,
    CFO_TRANSPORT_NAME,    /* the host name or the proxy's is not known */
    CFO_TRANSPORT_CONNECT, /* no connection */
    CFO_TRANSPORT_PROXY,   /* the proxy refuses it */
    CFO_TRANSPORT_TRUST,   /* the certificate of the server is not trusted */
    CFO_TRANSPORT_TLS,     /* another failure of TLS */
    CFO_TRANSPORT_TIME,    /* it took too long */
    CFO_TRANSPORT_SIZE,    /* the answer is too large */
    CFO_TRANSPORT_OTHER    /* cut off, not HTTP, no memory */
} cfo_transport_failure_t;

typedef struct {
    cfo_transport_failure_t failure;
    const char *why; /* libcurl's words for it, safe to print */
    int proxy_status;
    int http;
    const char *type;     /* Content-Type; "" if there is none */
    const char *location; /* where a redirection leads; NULL: there is none */
    apr_interval_time_t retry_after;
    const char *text; /* ends in a NUL, but may contain others */
    apr_size_t length;
} cfo_answer_t;

/* Any thread; the answer is in `p`. It takes a minute at most. A request with a body
 * whose `is_once` is set is not sent again when a connection turns out to be closed. */
void cfo_transport_send(cfo_transport_t *transport, apr_pool_t *p,
                        const cfo_request_t *request, int is_once, cfo_answer_t *answer);

/* Escapes a value for a path or a query. */
const char *cfo_transport_escape(apr_pool_t *p, const char *value);

#endif
