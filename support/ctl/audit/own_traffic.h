/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that On would refuse although they are the administrator's own: of this host
 * itself (wp-cron, apachectl status), of its network, of monitors, of health checks at
 * Cloudflare, and of certificate authorities. */
#ifndef CFO_CTL_AUDIT_OWN_TRAFFIC_H
#define CFO_CTL_AUDIT_OWN_TRAFFIC_H

#include "ctl/audit/breakdown.h"
#include "core/log/event_line.h"

typedef enum {
    CFO_OWN_NONE,      /* another address */
    CFO_OWN_LOOPBACK,  /* 127.0.0.1 and the like, ::1 */
    CFO_OWN_HOST,      /* of an interface of this host */
    CFO_OWN_LISTED,    /* as the command line says */
    CFO_OWN_NETWORK,   /* private, link-local or shared: 10.0.0.0/8, fc00::/7 and the like
                        */
    CFO_OWN_WORDPRESS, /* another address, calling wp-cron.php as WordPress does */
    CFO_OWN_MONITOR,   /* another address, at regular times; or several in turn */
    CFO_OWN_CHECK,     /* Cloudflare's addresses, at regular times */
    CFO_OWN_ACME       /* a challenge of a certificate authority */
} cfo_ctl_own_kind_t;

/* A source of such requests. */
typedef struct {
    cfo_ctl_own_kind_t kind;
    char address[48];      /* "": several */
    apr_uint64_t unproven; /* requests */
    apr_uint64_t proven;   /* from the same address: it forwards requests of others */
    apr_uint64_t rays;     /* of `unproven`: with a CF-Ray, so they came to Cloudflare */
} cfo_ctl_own_source_t;

typedef struct cfo_ctl_own_t cfo_ctl_own_t;

/* With the addresses of this host's interfaces. */
cfo_ctl_own_t *cfo_ctl_own_create(apr_pool_t *p);

/* Adds a range of own addresses. Returns NULL, or the reason. */
const char *cfo_ctl_own_list(cfo_ctl_own_t *own, const char *range);

/* What may be refused, or denied by another rule: a range, or a path with all below it.
 * Returns NULL, or the reason. */
const char *cfo_ctl_own_ignore(cfo_ctl_own_t *own, const char *range_or_path);

/* Whether cfo_ctl_own_ignore() names the path of this URI, or something above it. */
int cfo_ctl_own_ignores(const cfo_ctl_own_t *own, const char *uri);

/* Counts a request. */
void cfo_ctl_own_add(cfo_ctl_own_t *own, const cfo_event_line_t *line,
                     const cfo_ctl_counts_t counts, apr_time_t time);

/* All sources, the most requests first: an array of cfo_ctl_own_source_t. */
apr_array_header_t *cfo_ctl_own_sources(const cfo_ctl_own_t *own, apr_pool_t *p);

/* What a source asked for, the most requests first. The name of a row is the path, its
 * label a virtual host. An array of const cfo_ctl_row_t *. */
apr_array_header_t *cfo_ctl_own_paths(const cfo_ctl_own_t *own,
                                      const cfo_ctl_own_source_t *source, apr_pool_t *p);

/* "loopback", "host", "listed", "network", "wordpress", "monitor", "health-check", "acme"
 */
const char *cfo_ctl_own_kind_name(cfo_ctl_own_kind_t kind);

#endif
