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

typedef enum { CFO_SCHEME_CONNECTION, CFO_SCHEME_VISITOR } cfo_scheme_t;

/* Bits, of which CFO_REQUIRE_TUNNEL is never combined with others. */
enum {
    CFO_REQUIRE_CERT = 1,
    CFO_REQUIRE_IP = 2,
    CFO_REQUIRE_BOTH = 3,
    CFO_REQUIRE_TUNNEL = 4
};

enum { CFO_REFUSE_DROP = 0 }; /* a value of `refuse` next to the statuses */
enum { CFO_RELOAD_OFF = 0 };  /* a value of `reload` next to the seconds */

/* In DefaultRuntimeDir: when each proof was last used, see core/trust/usage.h. */
#define CFO_USAGE_FILE "cf_origin.seen"

/* Every directive that has one value or one list, which a virtual host inherits or
 * replaces: kind, field, default, directive, default as an administrator would write it.
 * Struct, creation, merge, defaults and cfo_settings are made from this list; there is no
 * other. GLOBAL ones are set for the main server only. A list holds what was written,
 * as cfo_range_t if no other type is noted: NULL is not set, an empty list is "none".
 * client_ip and scrub have another default under Audit: see cfo_effects(). */
/* clang-format off */
#define CFO_SERVER_FIELDS(X) \
    X(VALUE, mode, CFO_MODE_OFF, "CFOriginPull", "Off") \
    X(VALUE, require, CFO_REQUIRE_BOTH, "CFOriginPullRequire", "cert ip") \
    X(LIST, balancer_list, NULL, "CFOriginPullProxyProtocol", "none") \
    X(LIST, tunnel_list, NULL, "CFOriginPullTunnel", "none") \
    X(LIST, exempt_list, NULL, "CFOriginPullExemptFrom", "none") \
    X(LIST, exempt_paths, NULL, "CFOriginPullExemptPath", "none") /* const char * */ \
    X(VALUE, client_ip, CFO_CLIENT_IP_VERIFIED, "CFOriginPullClientIP", "verified") \
    X(VALUE, scheme, CFO_SCHEME_CONNECTION, "CFOriginPullScheme", "connection") \
    X(VALUE, scrub, 1, "CFOriginPullScrub", "On") \
    X(VALUE, workers, CFO_WORKERS_ANY, "CFOriginPullWorkers", "any") \
    X(VALUE, refuse, HTTP_FORBIDDEN, "CFOriginPullRefuse", "403") \
    X(VALUE, early_drop, 0, "CFOriginPullEarlyDrop", "Off") \
    X(VALUE, log_id, 0, "CFOriginPullLogID", "Off") \
    X(GLOBAL_VALUE, reload, 30, "CFOriginPullReload", "30") /* seconds */ \
    X(GLOBAL_VALUE, expiry_warn, 30, "CFOriginPullExpiryWarn", "30") /* days */ \
    X(GLOBAL_VALUE, log_limit, 60, "CFOriginPullLogLimit", "60") /* lines per minute */ \
    X(GLOBAL_LIST, edge_list, NULL, "CFOriginPullRanges", "builtin") /* cfo_edge_part_t */
/* clang-format on */

/* The type of each kind, and its mark of "not set". */
#define CFO_TYPE_VALUE int
#define CFO_TYPE_LIST apr_array_header_t *
#define CFO_TYPE_GLOBAL_VALUE CFO_TYPE_VALUE
#define CFO_TYPE_GLOBAL_LIST CFO_TYPE_LIST
#define CFO_UNSET_VALUE CFO_UNSET
#define CFO_UNSET_LIST NULL
#define CFO_UNSET_GLOBAL_VALUE CFO_UNSET_VALUE
#define CFO_UNSET_GLOBAL_LIST CFO_UNSET_LIST

/* A row of CFO_SERVER_FIELDS, for reports. */
typedef struct {
    const char *directive;
    const char *preset; /* what holds where it is not set */
    int is_list;        /* its lines in a server add up, "none" empties it */
    int is_global;
} cfo_setting_t;

/* All rows, in their order; the end has directive NULL. */
extern const cfo_setting_t cfo_settings[];

/* What holds under `mode` where a setting is not set. *is_special: not elsewhere. */
const char *cfo_setting_preset(const cfo_setting_t *setting, cfo_mode_t mode,
                               int *is_special);

typedef struct cfo_ticker_t cfo_ticker_t;
typedef struct cfo_libssl_t cfo_libssl_t;

/* What all servers share; made at startup. */
typedef struct {
    cfo_snapshot_builder_t *builder;
    cfo_snapshots_t *snapshots;
    cfo_cert_cache_t *cert_cache;
    module *remoteip;        /* mod_remoteip, NULL if it is not loaded */
    int uses_remoteip;       /* and it reads a header or PROXY headers somewhere */
    int wants_certificates;  /* some server needs the certificates of clients */
    int wants_handshakes;    /* some server or directory is not Off */
    int uses_visitor_scheme; /* some server has CFOriginPullScheme visitor */
    int is_in_use;           /* the same, or a .htaccess file may be: there are zones or
                                ranges */
    int has_raw_tunnels;     /* mod_proxy_wstunnel makes tunnels before the back end has
                                agreed to the Upgrade */
    const apr_table_t *variables; /* see cfo_environment_prepare() */
    const cfo_ranges_t *listed;   /* the tunnels, exempt peers and load balancers of all
                                     servers; NULL: none */
    cfo_counters_t *counters;
    cfo_ticker_t *ticker; /* NULL: no regular work between requests */
    const apr_array_header_t
        *findings;                    /* of cfo_finding_t, from the configuration check */
    const apr_array_header_t *vhosts; /* of cfo_report_vhost_t; see status.h */
    const cfo_libssl_t *libssl;       /* NULL: handshakes cannot be watched */
    const struct cfo_host_names_t *host_names; /* of all servers; NULL: there is no zone
                                                  folder */
} cfo_shared_t;

/* What the module changes in a request. */
typedef struct {
    cfo_mode_t mode;
    int client_ip; /* CFO_CLIENT_IP_* */
    int scrub;
} cfo_effects_t;

typedef struct cfo_server_conf_t {
#define CFO_DECLARE(kind, field, preset, directive, text) CFO_TYPE_##kind field;
    CFO_SERVER_FIELDS(CFO_DECLARE)
#undef CFO_DECLARE

    /* CFOriginPull in directories, .htaccess files not counted. */
    int directory_mode;     /* the highest, inherited ones included */
    int own_directory_mode; /* of a virtual host: the highest in its own */

    /* Each server keeps its own zones; a virtual host searches the main server's too. */
    cfo_table_builder_t *zones;  /* CFOriginPullZone; NULL: none here */
    apr_array_header_t *folders; /* of cfo_table_builder_t *; NULL: none here */
    int zones_none;              /* "none": those of the main server do not count */
    int folders_none;
    const struct cfo_server_conf_t *base; /* the main server's, for a virtual host */

    /* Set with the defaults. Where the mode of a place is not that of the server, what
     * holds there is here, and not in client_ip and scrub: see cfo_effects(). */
    cfo_effects_t effects[CFO_MODE_ON + 1];

    /* Set at startup by cfo_startup_prepare(); read-only from then on. */
    cfo_policy_t policy;
    const cfo_ranges_t *balancers; /* CFOriginPullProxyProtocol */
    const cfo_ranges_t *tunnels;
    const cfo_ranges_t *exempt_addresses;
    int view;               /* number of its zones in each snapshot */
    int number;             /* among the counters; see cfo_counters_vhost() */
    const char *name;       /* cfo_vhost_name() */
    int waits_for_remoteip; /* mod_remoteip has to run before the verdict */
    const cfo_shared_t *shared;
} cfo_server_conf_t;

typedef struct {
    int mode; /* CFO_UNSET: the server's mode holds */
} cfo_dir_conf_t;

/* httpd's create and merge functions. */
void *cfo_server_conf_create(apr_pool_t *p, server_rec *s);
void *cfo_server_conf_merge(apr_pool_t *p, void *base, void *add);
void *cfo_dir_conf_create(apr_pool_t *p, char *path);
void *cfo_dir_conf_merge(apr_pool_t *p, void *base, void *add);

/* Sets every field that is not set to its default, which may depend on the mode. */
void cfo_server_conf_set_defaults(cfo_server_conf_t *conf);

/* What is changed in the requests of a place where `mode` is in force: under Audit
 * nothing that no line asks for, under Off nothing. After defaults are set. */
static inline const cfo_effects_t *cfo_effects(const cfo_server_conf_t *conf,
                                               cfo_mode_t mode)
{
    return &conf->effects[mode];
}

/* Whether CFOriginPullRanges is none. */
int cfo_conf_has_no_ranges(const cfo_server_conf_t *conf);

/* The word of a value, as it is written in the configuration. */
const char *cfo_require_name(int require);
const char *cfo_client_ip_name(int client_ip);

/* Inline: a request asks for it two dozen times. */
static inline cfo_server_conf_t *cfo_server_conf(const server_rec *s)
{
    return ap_get_module_config(s->module_config, &cf_origin_module);
}

/* The name of a server as all log lines and reports print it, "shop.example.com:443":
 * ServerName and port, as in apachectl -S. Made in `p`, or the server's own text. */
const char *cfo_vhost_name(apr_pool_t *p, const server_rec *s);

/* The highest mode in a server and its directories; also before defaults are set. */
cfo_mode_t cfo_mode_anywhere(const server_rec *s);

/* The builder of the configuration that is being read; made at the first call. */
cfo_snapshot_builder_t *cfo_conf_builder(apr_pool_t *pconf);

/* The tables (of cfo_table_builder_t *) that a server searches, in order: its own before
 * those of the main server, CFOriginPullZone before CFOriginPullZoneDir. */
apr_array_header_t *cfo_conf_tables(apr_pool_t *p, const cfo_server_conf_t *conf);

/* How many of them are the server's own; they come first. */
int cfo_conf_own_tables(const cfo_server_conf_t *conf);

/* The mode for a request whose directory is known: the higher of the server's and the
 * directory's. */
static inline cfo_mode_t cfo_mode_in_directory(const request_rec *r)
{
    const cfo_dir_conf_t *dir =
        ap_get_module_config(r->per_dir_config, &cf_origin_module);
    int mode = cfo_server_conf(r->server)->mode;

    return (cfo_mode_t)(dir && dir->mode > mode ? dir->mode : mode);
}

/* The addresses in CFOriginPullTunnel, CFOriginPullExemptFrom and
 * CFOriginPullProxyProtocol of any server; NULL: none. */
const cfo_ranges_t *cfo_conf_listed(apr_pool_t *p, apr_pool_t *ptemp,
                                    const server_rec *main);

#endif
