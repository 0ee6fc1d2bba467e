/* SPDX-License-Identifier: Apache-2.0 */
/* What the configuration check has to know of each server. */
#ifndef CFO_HTTPD_CHECK_VHOST_H
#define CFO_HTTPD_CHECK_VHOST_H

#include "httpd.h"

#include "apr_hash.h"
#include "apr_tables.h"

#include "core/trust/ca_store.h"
#include "core/trust/zones.h"
#include "httpd/config/conf.h"
#include "httpd/check/conf_tree.h"

typedef enum { CFO_TLS_OFF, CFO_TLS_OPTIONAL, CFO_TLS_ON } cfo_tls_t;

/* SSLVerifyClient. */
typedef enum {
    CFO_VERIFY_NONE,
    CFO_VERIFY_OPTIONAL_NO_CA,
    CFO_VERIFY_OPTIONAL,
    CFO_VERIFY_REQUIRE
} cfo_verify_t;

typedef struct {
    const server_rec *s;
    const char *name;              /* name:port, as in the log */
    const cfo_server_conf_t *conf; /* a copy, with defaults set */
    int is_judged;                 /* CFOriginPull is not Off */
    int needs_certificate;         /* here, or in a directory that it names itself */
    cfo_tls_t tls;
    cfo_verify_t verify;
    int depth;           /* SSLVerifyDepth */
    const char *ca_file; /* absolute; NULL: none */
    const char *ca_path;
} cfo_vhost_t;

/* All servers that a request can come to. */
typedef struct {
    apr_pool_t *pool;
    cfo_conf_tree_t *conf_tree;
    const server_rec *main;
    const cfo_snapshot_t *snapshot;
    apr_array_header_t *all; /* of cfo_vhost_t */
    apr_hash_t *by_name;     /* ServerName and ServerAlias as written, in lower case */
    apr_hash_t *by_address;  /* "192.0.2.1:443"; of arrays of const cfo_vhost_t * */
    apr_hash_t *proxies;     /* by address: the RemoteIPProxyProtocol line that holds */
    apr_hash_t *stores;      /* CA files that were read */
} cfo_vhosts_t;

/* Whether a request can come to the main server: it has what comes to an address that no
 * virtual host claims. */
int cfo_vhosts_reach_main(const server_rec *main);

/* Works before and after defaults are set. `snapshot` has the zones, and the views of all
 * servers. */
cfo_vhosts_t *cfo_vhosts_make(apr_pool_t *p, const server_rec *main,
                              const cfo_snapshot_t *snapshot);

/* Those that bear a name (lower case), or listen on an address of `site`, `site` among
 * them, in the order in which httpd looks at them; of const cfo_vhost_t *. */
const apr_array_header_t *cfo_vhosts_named(const cfo_vhosts_t *vhosts, const char *name);
const apr_array_header_t *cfo_vhosts_beside(const cfo_vhosts_t *vhosts,
                                            const server_addr_rec *addr);

/* The RemoteIPProxyProtocol line that holds for connections to a server: mod_remoteip
 * goes by address, whichever server says so. NULL: none. */
const ap_directive_t *cfo_vhost_proxy_line(const cfo_vhosts_t *vhosts,
                                           const cfo_vhost_t *vhost);

/* The names that were written for a server: ServerName, unless it has none of its own,
 * and ServerAlias, wildcards too; of const char *, lower case. */
apr_array_header_t *cfo_vhost_names(const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost);

/* The zones that a server can look hosts up in. */
const cfo_view_t *cfo_vhost_zones(const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost);

/* The zone that covers a name, all of it if it has wildcards; NULL: none. */
const cfo_zone_t *cfo_vhost_zone(const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost,
                                 const char *name);

/* What mod_ssl verifies with there, NULL if it cannot be read or if there is nothing. */
const cfo_ca_store_t *cfo_vhost_store(const cfo_vhosts_t *vhosts,
                                      const cfo_vhost_t *vhost);

/* Whether mod_ssl asks for certificates there and judges them itself. */
int cfo_vhost_verifies(const cfo_vhost_t *vhost);

#endif
