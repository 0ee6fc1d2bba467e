/* SPDX-License-Identifier: Apache-2.0 */
/* Cloudflare's API, as far as Authenticated Origin Pulls needs it (internals 12). */
#ifndef CFO_CTL_CLOUDFLARE_API_H
#define CFO_CTL_CLOUDFLARE_API_H

#include "apr_pools.h"
#include "apr_tables.h"
#include "apr_time.h"

#include "core/trust/certificate.h"

/* The API with a token, shared by threads: they have its rate limit in common. */
typedef struct cfo_api_t cfo_api_t;

typedef struct {
    const char *base;    /* "https://...", without a final slash; nothing but https */
    const char *token;   /* never printed */
    const char *ca_file; /* CAs that verify the API; NULL: the system's */
    apr_interval_time_t patience; /* no call waits longer for the end of a limit, or tries
                                     again after that */
    int per_five_minutes;         /* requests, at most; 0: 1,100 of Cloudflare's 1,200 */
} cfo_api_settings_t;

/* Why a call failed. */
typedef enum {
    CFO_API_UNREACHABLE, /* no answer: name, connection, TLS, time-out. A change may or
                            may not have been made */
    CFO_API_BROKEN,      /* 5xx, or an answer that is not the API's (a proxy's page). The
                            same is true */
    CFO_API_LIMITED,     /* 429, for longer than `patience` */
    CFO_API_TOKEN,       /* the token is invalid or has expired */
    CFO_API_DENIED,      /* the token lacks a permission */
    CFO_API_ABSENT,      /* there is no such thing (404) */
    CFO_API_REFUSED,     /* the API refuses the request, and says why */
    CFO_API_STOPPED      /* SIGINT or SIGTERM came before it was sent */
} cfo_api_failure_t;

typedef struct {
    cfo_api_failure_t failure;
    int http;           /* status; 0: none */
    int code;           /* the API's first error code; 0: none */
    const char *reason; /* one sentence without a full stop: what was asked, what went
                           wrong; foreign text in it is made safe to print */
    const char *remedy; /* what to do, the same form; NULL: nothing is known */
} cfo_api_error_t;

/* Checks the settings. `p` must outlive all calls. Returns NULL and sets *api, or returns
 * the reason (a `base` that is not https, a CA file that cannot be read). */
const char *cfo_api_create(apr_pool_t *p, const cfo_api_settings_t *settings,
                           cfo_api_t **api);

/* Every call below: results are in `p`, the caller's own; any thread; returns NULL, or
 * the error. GET, PUT, PATCH and DELETE are repeated a few times after a failure that may
 * pass; POST never is. All wait after 429 for as long as Retry-After says. Lists are
 * read to their last page. */

/* Of the token itself: "active", "disabled", "expired". ABSENT or DENIED: a token that
 * belongs to an account, which this call knows nothing about. */
const cfo_api_error_t *cfo_api_token_status(cfo_api_t *api, apr_pool_t *p,
                                            const char **status);

typedef struct {
    const char *id; /* 32 hex digits */
    const char *name;
    const char *status; /* "active", "pending", ... */
} cfo_api_zone_t;

/* The zone of exactly this name; ABSENT if the token sees none. */
const cfo_api_error_t *cfo_api_zone(cfo_api_t *api, apr_pool_t *p, const char *name,
                                    cfo_api_zone_t *zone);

/* The zone that `host` belongs to: the longest parent, or the name itself, that is a
 * zone. ABSENT if there is none. */
const cfo_api_error_t *cfo_api_zone_of_host(cfo_api_t *api, apr_pool_t *p,
                                            const char *host, cfo_api_zone_t *zone);

/* "off", "flexible", "full", "strict", or what else the API says. */
const cfo_api_error_t *cfo_api_ssl_mode(cfo_api_t *api, apr_pool_t *p,
                                        const char *zone_id, const char **mode);

/* The two switches of a zone: the one for Cloudflare's shared certificate, and the one
 * for the zone's own certificates. */
typedef enum { CFO_API_GLOBAL, CFO_API_ZONE_LEVEL } cfo_api_switch_t;

const cfo_api_error_t *cfo_api_switch_get(cfo_api_t *api, apr_pool_t *p,
                                          const char *zone_id, cfo_api_switch_t which,
                                          int *is_on);
const cfo_api_error_t *cfo_api_switch_set(cfo_api_t *api, apr_pool_t *p,
                                          const char *zone_id, cfo_api_switch_t which,
                                          int is_on);

/* The state of a certificate or an association (internals 12). */
typedef enum {
    CFO_API_INITIALIZING,
    CFO_API_PENDING_DEPLOYMENT,
    CFO_API_ACTIVE,
    CFO_API_PENDING_DELETION,
    CFO_API_DELETED,
    CFO_API_DEPLOYMENT_TIMED_OUT,
    CFO_API_DELETION_TIMED_OUT,
    CFO_API_STATE_UNKNOWN
} cfo_api_state_t;

const char *cfo_api_state_name(cfo_api_state_t state);

/* Certificates of the zone, or for host names: separate lists. */
typedef enum { CFO_API_FOR_ZONE, CFO_API_FOR_HOSTS } cfo_api_level_t;

typedef struct {
    const char *id;
    cfo_api_state_t state;
    const char *state_text;               /* as the API says it, safe to print */
    apr_time_t uploaded;                  /* 0: not known */
    const char *pem;                      /* as the API returned it */
    const cfo_certificate_t *certificate; /* its first; NULL: it cannot be read ... */
    const char *invalid;                  /* ... for this reason */
} cfo_api_certificate_t;

/* All of them, the last uploaded first (of cfo_api_certificate_t); without deleted
 * ones. */
const cfo_api_error_t *cfo_api_certificates(cfo_api_t *api, apr_pool_t *p,
                                            const char *zone_id, cfo_api_level_t level,
                                            apr_array_header_t **certificates);

const cfo_api_error_t *cfo_api_certificate(cfo_api_t *api, apr_pool_t *p,
                                           const char *zone_id, cfo_api_level_t level,
                                           const char *id,
                                           cfo_api_certificate_t *certificate);

/* Uploads a leaf (PEM) with its key (PEM), which is overwritten in all buffers of the
 * call afterwards; `key_pem` remains the caller's to erase. After UNREACHABLE and BROKEN
 * look for it in the list. */
const cfo_api_error_t *cfo_api_upload(cfo_api_t *api, apr_pool_t *p, const char *zone_id,
                                      cfo_api_level_t level, const char *leaf_pem,
                                      const char *key_pem,
                                      cfo_api_certificate_t *certificate);

/* ABSENT is success: it is gone. */
const cfo_api_error_t *cfo_api_delete(cfo_api_t *api, apr_pool_t *p, const char *zone_id,
                                      cfo_api_level_t level, const char *id);

/* Whether a host name uses its certificate. */
typedef enum {
    CFO_API_VOID, /* null: there is no association; the zone's certificate is used */
    CFO_API_NONE, /* false: no certificate at all */
    CFO_API_USED  /* true */
} cfo_api_use_t;

typedef struct {
    const char *host;
    const char *cert_id; /* NULL: none */
    cfo_api_use_t use;
    cfo_api_state_t state;                /* of the association */
    cfo_api_state_t cert_state;           /* of the certificate */
    const cfo_certificate_t *certificate; /* NULL: none, or it cannot be read */
} cfo_api_association_t;

/* ABSENT is success: CFO_API_VOID. */
const cfo_api_error_t *cfo_api_association(cfo_api_t *api, apr_pool_t *p,
                                           const char *zone_id, const char *host,
                                           cfo_api_association_t *association);
const cfo_api_error_t *cfo_api_associate(cfo_api_t *api, apr_pool_t *p,
                                         const char *zone_id, const char *host,
                                         const char *cert_id, cfo_api_use_t use);

typedef struct {
    const char *name; /* in Punycode; quoted if it is no name, and safe to print */
    const char *type;
    const char *content; /* the address, for A and AAAA; the same */
    int is_proxied;
} cfo_api_record_t;

/* The A, AAAA and CNAME records of a zone (of cfo_api_record_t). */
const cfo_api_error_t *cfo_api_records(cfo_api_t *api, apr_pool_t *p, const char *zone_id,
                                       apr_array_header_t **records);

/* Requests sent so far, repeated ones included. */
int cfo_api_requests(cfo_api_t *api);

#endif
