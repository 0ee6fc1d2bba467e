/* SPDX-License-Identifier: Apache-2.0 */
/* Which virtual host answers for a name at an address. */
#ifndef CFO_HTTPD_STRANGER_NAME_INDEX_H
#define CFO_HTTPD_STRANGER_NAME_INDEX_H

#include "httpd/survey/vhost.h"

/* An index of names, some with wildcards, and the virtual hosts that have them. */
typedef struct cfo_name_index_t cfo_name_index_t;

typedef struct {
    const char *name;
    const cfo_vhost_t *vhost;
} cfo_named_t;

cfo_name_index_t *cfo_name_index_make(apr_pool_t *p);

/* Adds all names of a virtual host. `with_inherited`: also the one that httpd gives to a
 * virtual host without ServerName. */
void cfo_name_index_add(cfo_name_index_t *names, const cfo_vhosts_t *vhosts,
                        const cfo_vhost_t *vhost, int with_inherited);

/* The names of the index that some host has in common with `name`, which may have
 * wildcards; of const cfo_named_t *, from `p`. */
apr_array_header_t *cfo_name_index_find(const cfo_name_index_t *names, apr_pool_t *p,
                                        const char *name);

/* The virtual host that httpd chooses at an address for a host without wildcards. `names`
 * has all virtual hosts. */
const cfo_vhost_t *cfo_name_index_serving(const cfo_name_index_t *names, apr_pool_t *p,
                                          const cfo_vhosts_t *vhosts,
                                          const server_addr_rec *addr, const char *host);

/* One of the hosts that a name stands for: without wildcards. */
const char *cfo_host_name_sample(apr_pool_t *p, const char *name);

#endif
