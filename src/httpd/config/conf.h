/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of a server and of a directory. */
#ifndef CFO_HTTPD_CONFIG_CONF_H
#define CFO_HTTPD_CONFIG_CONF_H

#include "httpd.h"
#include "http_config.h"

#include "apr_tables.h"

#include "core/stats/counters.h"
#include "core/live/snapshot_builder.h"
#include "core/net/ranges.h"
#include "core/trust/cert_cache.h"
#include "core/live/snapshot.h"
#include "core/verdict/verdict.h"

extern module AP_MODULE_DECLARE_DATA cf_origin_module;

enum { CFO_UNSET = -1 };

typedef enum {
    CFO_CLIENT_IP_VERIFIED,
    CFO_CLIENT_IP_EDGE,
    CFO_CLIENT_IP_OFF
} cfo_client_ip_t;

enum { CFO_REQUIRE_CERT = 1, CFO_REQUIRE_IP = 2 };

enum { CFO_REFUSE_DROP = 0 }; /* instead of a status */
enum { CFO_RELOAD_OFF = 0 };  /* instead of seconds */

/* In DefaultRuntimeDir: which proofs were used, see core/sighting.h. */
#define CFO_USAGE_FILE "cf_origin.seen"

/* Every directive whose value a virtual host takes over or replaces: type, name, the mark
 * of "not set", the default. Struct, creation, merge and defaults are made from this
 * list; there is no other. Lists hold what was written: NULL is not set, an empty list is
 * "none". */
#define CFO_SERVER_FIELDS(X)                                                             \
    X(int, mode, CFO_UNSET, CFO_MODE_OFF)                                                \
    X(int, directory_mode, CFO_UNSET, CFO_MODE_OFF) /* the highest in any directory */   \
    X(int, require, CFO_UNSET, CFO_REQUIRE_CERT | CFO_REQUIRE_IP)                        \
    X(int, client_ip, CFO_UNSET, CFO_CLIENT_IP_VERIFIED)                                 \
    X(int, scrub, CFO_UNSET, 1)                                                          \
    X(int, workers, CFO_UNSET, CFO_WORKERS_ANY)                                          \
    X(int, refuse, CFO_UNSET, HTTP_FORBIDDEN)                                            \
    X(int, early_drop, CFO_UNSET, 0)                                                     \
    X(int, log_id, CFO_UNSET, 0)                                                         \
    X(int, reload, CFO_UNSET, 30)                      /* seconds; CFO_RELOAD_OFF */     \
    X(int, expiry_warn, CFO_UNSET, 30)                 /* days */                        \
    X(int, log_limit, CFO_UNSET, 60)                   /* lines; CFO_LOG_LIMIT_OFF */    \
    X(apr_array_header_t *, edge_list, NULL, NULL)     /* of cfo_edge_part_t */          \
    X(apr_array_header_t *, balancer_list, NULL, NULL) /* of cfo_range_t */              \
    X(apr_array_header_t *, tunnel_list, NULL, NULL)   /* of cfo_range_t */              \
    X(apr_array_header_t *, exempt_list, NULL, NULL)   /* of cfo_range_t */              \
    X(apr_array_header_t *, exempt_paths, NULL, NULL)  /* of const char * */

typedef struct cfo_ticker_t cfo_ticker_t;
typedef struct cfo_libssl_t cfo_libssl_t;

/* What all servers share; made at start. */
typedef struct {
    cfo_snapshot_builder_t *builder;
    cfo_snapshots_t *snapshots;
    cfo_cert_cache_t *cert_cache;
    module *remoteip;       /* mod_remoteip, NULL if it is not loaded */
    int wants_certificates; /* some server has a use for them */
    int wants_handshakes;   /* some server or directory is not Off */
    int is_in_use;          /* or a .htaccess file may be: there are zones or ranges */
    cfo_counters_t *counters;
    cfo_ticker_t *ticker;               /* NULL: nothing is done beside requests */
    const apr_array_header_t *findings; /* of cfo_finding_t; of the configuration check */
    const apr_array_header_t *vhosts;   /* of cfo_report_vhost_t; see status.h */
    const cfo_libssl_t *libssl;         /* NULL: handshakes cannot be watched */
} cfo_shared_t;

typedef struct cfo_server_conf_t {
#define CFO_DECLARE(type, name, unset, preset) type name;
    CFO_SERVER_FIELDS(CFO_DECLARE)
#undef CFO_DECLARE

    /* Zones add up along inheritance, so each server keeps what is its own. */
    cfo_table_builder_t *zones;  /* CFOriginPullZone; NULL: none here */
    apr_array_header_t *folders; /* of cfo_table_builder_t *; NULL: none here */
    int zones_none;              /* "none": not those of the main server */
    int folders_none;
    int own_directory_mode;               /* the highest in its own directories */
    const struct cfo_server_conf_t *base; /* the main server's, for a virtual host */

    /* Worked out at start by cfo_startup_prepare(); read-only from then on. */
    cfo_policy_t policy;
    const cfo_ranges_t *balancers; /* CFOriginPullProxyProtocol */
    const cfo_ranges_t *tunnels;
    const cfo_ranges_t *exempt_addresses;
    int view;               /* its zones, in a snapshot */
    int number;             /* among the counters; see cfo_counters_vhost() */
    int waits_for_remoteip; /* it has a word to say before the verdict */
    const cfo_shared_t *shared;
} cfo_server_conf_t;

typedef struct {
    int mode; /* CFO_UNSET: only the server's counts */
} cfo_dir_conf_t;

/* httpd's create and merge functions. */
void *cfo_server_conf_create(apr_pool_t *p, server_rec *s);
void *cfo_server_conf_merge(apr_pool_t *p, void *base, void *add);
void *cfo_dir_conf_create(apr_pool_t *p, char *path);
void *cfo_dir_conf_merge(apr_pool_t *p, void *base, void *add);

/* Gives every field that is still not set its default. */
void cfo_server_conf_set_defaults(cfo_server_conf_t *conf);

cfo_server_conf_t *cfo_server_conf(const server_rec *s);

/* The highest mode anywhere in a server, its directories among it; before and after
 * defaults are set. */
cfo_mode_t cfo_mode_anywhere(const server_rec *s);

/* The plan of the configuration that is being read; made when it is first asked for. */
cfo_snapshot_builder_t *cfo_conf_builder(apr_pool_t *pconf);

/* The tables (of cfo_table_builder_t *) that a server searches: its own before the main
 * server's, explicit zones before folders. */
apr_array_header_t *cfo_conf_tables(apr_pool_t *p, const cfo_server_conf_t *conf);

/* How many of them are the server's own, and not inherited: the first ones. */
int cfo_conf_own_tables(const cfo_server_conf_t *conf);

/* The mode that holds for a request whose directory is known: the higher of the server's
 * and the directory's. */
cfo_mode_t cfo_mode_in_directory(const request_rec *r);

#endif
