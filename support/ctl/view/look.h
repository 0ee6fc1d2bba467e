/* SPDX-License-Identifier: Apache-2.0 */
/* What Cloudflare holds of one zone, read through its API. */
#ifndef CFO_CTL_VIEW_LOOK_H
#define CFO_CTL_VIEW_LOOK_H

#include "ctl/cloudflare/api.h"
#include "ctl/origin/origin.h"

/* Each is read by its own calls, and may fail alone. */
typedef enum {
    CFO_LOOK_ZONE,
    CFO_LOOK_SSL_MODE,
    CFO_LOOK_GLOBAL,
    CFO_LOOK_ZONE_LEVEL,
    CFO_LOOK_CERTIFICATES,
    CFO_LOOK_HOST_CERTIFICATES,
    CFO_LOOK_RECORDS,
    CFO_LOOK_ASSOCIATIONS,
    CFO_LOOK_PARTS
} cfo_look_part_t;

/* The permission of the token that a part needs. */
typedef enum {
    CFO_PERMISSION_ZONE,
    CFO_PERMISSION_SETTINGS,
    CFO_PERMISSION_CERTIFICATES,
    CFO_PERMISSION_DNS,
    CFO_PERMISSIONS
} cfo_look_permission_t;

typedef struct {
    const char *name; /* "the SSL mode" */
    cfo_look_permission_t permission;
} cfo_look_part_info_t;

extern const cfo_look_part_info_t cfo_look_parts[CFO_LOOK_PARTS];
extern const char *const cfo_look_permissions[CFO_PERMISSIONS]; /* "Zone Read" */

/* A host name of the zone. */
typedef struct {
    const char *name; /* lower case; may begin with "*." */
    int is_proxied;   /* a DNS record of it is proxied */
    int is_dns_only;  /* it has records, and none is proxied */
    int is_virtual;   /* a virtual host of the origin has this name */
    int is_zone;      /* a zone of the origin has this name, and the DNS is not known */
    int is_unasked;   /* its association was not asked for */
    const cfo_api_association_t *association; /* NULL: none, or not known */
    const cfo_api_error_t *error;             /* why it is not known */
} cfo_look_host_t;

/* Certificates, records and so on are NULL if they could not be read; then errors[] says
 * why, as for all parts. */
typedef struct {
    const char *name; /* as it was asked for */
    cfo_api_zone_t zone;
    const char *ssl_mode;
    int is_global_on;
    int is_zone_level_on;
    apr_array_header_t *certificates[2]; /* by cfo_api_level_t, of
                                            cfo_api_certificate_t */
    apr_array_header_t *records;         /* of cfo_api_record_t */
    apr_array_header_t *hosts; /* of cfo_look_host_t, by name; proxied records, and
                                  the origin's virtual hosts in the zone; if the
                                  records are not known, also its zones */
    int unasked;               /* host names whose association was not asked for */
    const cfo_api_error_t *errors[CFO_LOOK_PARTS];
} cfo_look_t;

/* Reads a zone. `zone` may be NULL: then it is looked for by `name`. `origin` (NULL: not
 * known) tells its virtual hosts and zones. Reads only. */
cfo_look_t *cfo_look(apr_pool_t *p, cfo_api_t *api, const char *name,
                     const cfo_api_zone_t *zone, const cfo_origin_t *origin);

/* Whether `host` is the zone or below it. */
int cfo_look_covers(const char *zone, const char *host);

/* A host name certificate by its id; NULL: it is not in the list. */
const cfo_api_certificate_t *cfo_look_certificate(const cfo_look_t *look, const char *id);

#endif
