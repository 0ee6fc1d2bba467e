/* SPDX-License-Identifier: Apache-2.0 */
/* Virtual hosts that serve the same as a protected one: the parts of the check for twins.
 */
#ifndef CFO_HTTPD_CHECK_KINSHIP_H
#define CFO_HTTPD_CHECK_KINSHIP_H

#include "httpd/check/check.h"
#include "httpd/stranger/name_index.h"
#include "httpd/stranger/site.h"

/* The protected sites, and all names. Made once in a run of the checks. */
typedef struct cfo_guarded_t {
    cfo_name_index_t *all_names; /* of all virtual hosts */
    cfo_name_index_t *names;     /* of the protected ones */
    apr_hash_t *folders;         /* folder -> array of cfo_guarded_site_t */
    apr_hash_t *above;           /* the same for each folder around it */
    apr_hash_t *sources;         /* the same by back end and the like */
} cfo_guarded_t;

typedef struct {
    const cfo_vhost_t *vhost;
    const char *folder; /* of its content */
} cfo_guarded_site_t;

/* How a virtual host is a twin of a protected one. */
typedef struct {
    const cfo_vhost_t *guarded;
    const char *name;    /* that both have; NULL: they have the same content */
    const char *prefix;  /* of the paths of that content */
    const char *content; /* "DocumentRoot /srv/shop" */
} cfo_kinship_t;

/* Whether a virtual host has a policy, for itself or for all of its paths. */
int cfo_guarded_has(const cfo_checking_t *checking, const cfo_vhost_t *vhost);

const cfo_guarded_t *cfo_guarded_of(cfo_checking_t *checking);

/* Whether only this machine reaches a virtual host, and others reach the protected one: a
 * back end, such as that behind a cache. */
int cfo_reach_is_behind(const cfo_vhost_t *vhost, const cfo_vhost_t *guarded);

/* Whether only this machine reaches the main server. */
int cfo_reach_main_is_local(const server_rec *main);

/* Whether httpd opens a port for a virtual host. */
int cfo_reach_is_listened(const cfo_vhost_t *vhost);

/* Whether httpd chooses the virtual host for a host name, at one of its addresses. */
int cfo_reach_serves(cfo_checking_t *checking, apr_pool_t *p, const cfo_vhost_t *vhost,
                     const char *host);

/* The hosts that lead to a virtual host: its names, names that no virtual host has, no
 * name at all; of cfo_host_t of probes.h, from the site's pool. */
apr_array_header_t *cfo_reach_hosts(cfo_checking_t *checking, const cfo_site_t *site,
                                    const cfo_kinship_t *kinship);

/* Whether a virtual host is a twin of a protected one; how goes to *kinship. */
int cfo_kinship_find(cfo_checking_t *checking, apr_pool_t *p, const cfo_vhost_t *vhost,
                     cfo_kinship_t *kinship);

#endif
