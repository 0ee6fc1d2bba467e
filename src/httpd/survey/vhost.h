/* SPDX-License-Identifier: Apache-2.0 */
/* What the configuration check knows about each server. */
#ifndef CFO_HTTPD_SURVEY_VHOST_H
#define CFO_HTTPD_SURVEY_VHOST_H

#include "httpd.h"
#include "ap_listen.h"

#include "apr_hash.h"
#include "apr_tables.h"

#include "core/trust/ca_store.h"
#include "core/trust/zones.h"
#include "httpd/config/conf.h"
#include "httpd/survey/conf_tree.h"

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
    int is_judged;                 /* CFOriginPull is not Off for the whole server */
    int needs_certificate;         /* for the server, or in one of its own sections; not
                                      where there is no zone, for tunnels and exempt peers */
    cfo_tls_t tls;
    cfo_verify_t verify;
    int depth;           /* SSLVerifyDepth */
    const char *ca_file; /* absolute path; NULL: none */
    const char *ca_path;
} cfo_vhost_t;

/* All servers, the main server first. */
typedef struct {
    apr_pool_t *pool;
    cfo_conf_tree_t *conf_tree;
    const server_rec *main;
    const cfo_snapshot_t *snapshot;
    apr_array_header_t *all; /* of cfo_vhost_t */
    apr_hash_t *by_name;     /* ServerName and ServerAlias as written, in lower case */
    apr_hash_t *by_address;  /* "192.0.2.1:443"; of arrays of const cfo_vhost_t * */
    apr_hash_t *proxies;     /* by address: the RemoteIPProxyProtocol line in effect */
    apr_hash_t *stores;      /* cfo_ca_store_t of the CA files that were read */
    apr_hash_t *patterns;    /* regular expressions: see pattern.h */
    apr_hash_t *sections;    /* what sections.c keeps */
} cfo_vhosts_t;

/* Whether a request can reach the main server, which serves the addresses that no virtual
 * host has. */
int cfo_vhosts_reach_main(const server_rec *main);

/* Whether connections to a port that httpd opens may be for the main server. */
int cfo_vhosts_leads_to_main(const server_rec *main, const ap_listen_rec *listener);

/* Works before and after defaults are set. `snapshot` has the zones and the views of all
 * servers. */
cfo_vhosts_t *cfo_vhosts_make(apr_pool_t *p, const server_rec *main,
                              const cfo_snapshot_t *snapshot);

/* The servers that have a name (lower case), or an address, in the order in which httpd
 * looks at them; of const cfo_vhost_t *, never NULL. */
const apr_array_header_t *cfo_vhosts_named(const cfo_vhosts_t *vhosts, const char *name);
const apr_array_header_t *cfo_vhosts_at(const cfo_vhosts_t *vhosts,
                                        const server_addr_rec *addr);

/* The last line of a directive in the server's own scope; the line in effect, maybe of
 * the main server. NULL: none. See conf_tree.h. */
const ap_directive_t *cfo_vhost_own_line(const cfo_vhosts_t *vhosts,
                                         const cfo_vhost_t *vhost, const char *name);
const ap_directive_t *cfo_vhost_line(const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost,
                                     const char *name);

/* The RemoteIPProxyProtocol line in effect for connections to a server; NULL: none.
 * mod_remoteip keeps this setting by address, whichever server has the line. */
const ap_directive_t *cfo_vhost_proxy_line(const cfo_vhosts_t *vhosts,
                                           const cfo_vhost_t *vhost);

/* The configured names of a server: its own ServerName, if any, and ServerAlias, with
 * wildcards; of const char *, lower case. */
apr_array_header_t *cfo_vhost_names(const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost);

/* The zones in which a server looks up hosts. */
const cfo_view_t *cfo_vhost_zones(const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost);

/* The zone that covers a name, or all names that a wildcard stands for; NULL: none. */
const cfo_zone_t *cfo_vhost_zone(const cfo_vhosts_t *vhosts, const cfo_vhost_t *vhost,
                                 const char *name);

/* The CA certificates of the server's SSLCACertificateFile and SSLCACertificatePath;
 * NULL: there are none, or they cannot be read. */
const cfo_ca_store_t *cfo_vhost_store(const cfo_vhosts_t *vhosts,
                                      const cfo_vhost_t *vhost);

#endif
