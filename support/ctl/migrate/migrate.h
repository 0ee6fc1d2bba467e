/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl migrate: what an existing configuration of httpd has to do with
 * Cloudflare, and the changes that move it to this module. Everything lives in one pool.
 */
#ifndef CFO_CTL_MIGRATE_MIGRATE_H
#define CFO_CTL_MIGRATE_MIGRATE_H

#include "core/net/ranges.h"
#include "ctl/migrate/httpd_conf.h"

/* What a line does. The order is that of `kinds` in migrate_kinds.c. */
typedef enum {
    CFO_KIND_NONE,
    CFO_KIND_REQUIRE_CERT,       /* SSLVerifyClient require, of a virtual host */
    CFO_KIND_OPTIONAL_CERT,      /* optional, optional_no_ca */
    CFO_KIND_CA,                 /* SSLCACertificateFile, SSLCACertificatePath */
    CFO_KIND_DIRECTORY_CERT,     /* SSLVerifyClient of a directory */
    CFO_KIND_CERT_RULE,          /* Require ssl-verify-client */
    CFO_KIND_CERT_EXPRESSION,    /* SSL_CLIENT_... in SSLRequire, If, RewriteCond */
    CFO_KIND_RANGE_RULE,         /* Require ip, Cloudflare's */
    CFO_KIND_NOT_RANGE_RULE,     /* Require not ip, or in RequireNone */
    CFO_KIND_ALLOW_RULE,         /* Allow from, Cloudflare's */
    CFO_KIND_DENY_RULE,          /* Deny from, Cloudflare's */
    CFO_KIND_RANGE_EXPRESSION,   /* Cloudflare's ranges and the client address */
    CFO_KIND_PEER_EXPRESSION,    /* ... and CONN_REMOTE_ADDR */
    CFO_KIND_RANGE_PATTERN,      /* SetEnvIf Remote_Addr */
    CFO_KIND_HEADER_GATE,        /* no CF-* header: refused */
    CFO_KIND_HEADER_USE,         /* any other use of a CF-* header */
    CFO_KIND_SECRET_GATE,        /* another header must have a value */
    CFO_KIND_REMOTEIP_CF,        /* RemoteIPHeader CF-Connecting-IP, True-Client-IP */
    CFO_KIND_REMOTEIP_OTHER,     /* RemoteIPHeader X-Forwarded-For */
    CFO_KIND_REMOTEIP_PROXY,     /* RemoteIPTrustedProxy and its like */
    CFO_KIND_REMOTEIP_LOCAL,     /* ... with a loopback address */
    CFO_KIND_PROXY_PROTOCOL,     /* RemoteIPProxyProtocol On */
    CFO_KIND_MOD_CLOUDFLARE,     /* CloudFlareRemoteIPHeader, ...TrustedProxy */
    CFO_KIND_MOD_CLOUDFLARE_DENY /* DenyAllButCloudFlare */
} cfo_kind_t;

typedef struct {
    cfo_kind_t kind;
    const cfo_conf_line_t *line;
    const char *detail; /* NULL: none. Never the value of a header */
} cfo_found_t;

/* One edit of a file. `phase` is 1 to 3: all edits of a phase, of all virtual hosts, are
 * made in one reload. */
typedef struct {
    int phase;
    const char
        *op; /* "add" after `line`, "change" and "remove" lines, "edit" within them */
    const char *file;
    int line, last_line;
    const char *old_text; /* "change", "edit" */
    const char *new_text; /* "add", "change", "edit" */
    const char *why;
} cfo_change_t;

/* A virtual host, or the main server. */
typedef struct {
    const cfo_conf_line_t *section; /* NULL: the main server */
    apr_array_header_t *lines;      /* of const cfo_conf_line_t *, its own */
    apr_array_header_t *found;      /* of cfo_found_t, its own */
    apr_array_header_t *changes;    /* of cfo_change_t */
    apr_array_header_t *notes;      /* of const char * */
    apr_array_header_t *names;      /* of const char *: ServerName, then ServerAlias */
    const char *root;               /* DocumentRoot; "": none */
    int has_tls, is_cloudflares;    /* something was found that concerns Cloudflare */
    int is_planned;                 /* it moves itself */
} cfo_site_t;

typedef struct {
    cfo_httpd_conf_t *conf;
    const cfo_ranges_t *edge;  /* the built-in list, and CFOriginPullRanges */
    cfo_site_t *server;        /* the main server */
    apr_array_header_t *sites; /* of cfo_site_t *, without it */
} cfo_migration_t;

/* "aop-by-hand", and a sentence. */
const char *cfo_kind_name(cfo_kind_t kind);
const char *cfo_kind_text(cfo_kind_t kind);

/* What the line number `index` of the configuration does; may set *detail. */
cfo_kind_t cfo_migration_classify(const cfo_migration_t *migration, int index,
                                  const cfo_conf_line_t *line, const char **detail);

/* Sorts the lines to their virtual hosts, and finds what concerns Cloudflare. */
cfo_migration_t *cfo_migration_scan(cfo_httpd_conf_t *conf);

/* Adds the changes of those virtual hosts that concern Cloudflare; of all with TLS if
 * `all` is set or there are none. */
void cfo_migration_plan(cfo_migration_t *migration, int all);

/* The line in force: the last one at the level of the virtual host or, unless `own`, of
 * the main server. NULL: none. */
const cfo_conf_line_t *cfo_site_line(const cfo_migration_t *migration,
                                     const cfo_site_t *site, const char *name, int own);

/* The first find of this kind in the virtual host; or, unless `own`, in the main server.
 */
const cfo_found_t *cfo_site_found(const cfo_migration_t *migration,
                                  const cfo_site_t *site, cfo_kind_t kind, int own);

/* Whether a word of Require ip, Allow from or RemoteIPTrustedProxy is or contains one of
 * Cloudflare's ranges. Also takes netmasks, parts of addresses (172.64) and set host
 * bits. */
int cfo_word_is_edge(const cfo_ranges_t *edge, const char *word);

/* Whether a text that compares addresses (-ipmatch, a regular expression) has any of
 * them. */
int cfo_text_has_edge(const cfo_migration_t *migration, const char *text);

int cfo_word_is_loopback(const char *word);

/* What decides about the CA file of a virtual host as a proof. */
typedef enum {
    CFO_CA_NONE,   /* there is no such line */
    CFO_CA_UNREAD, /* it cannot be read, or is a folder */
    CFO_CA_OWN,
    CFO_CA_SHARED, /* Cloudflare's, for all its customers */
    CFO_CA_PUBLIC, /* a bundle, or CAs that issue to anybody */
    CFO_CA_UNFIT   /* it can never prove anything */
} cfo_ca_kind_t;

typedef struct {
    cfo_ca_kind_t kind;
    const cfo_conf_line_t *line;
    const char *file; /* as written */
    const char *text; /* what is to be known about it; NULL: nothing */
} cfo_ca_t;

cfo_ca_t cfo_site_ca(const cfo_migration_t *migration, const cfo_site_t *site);

/* Guesses the zone of a host name: its last two labels, or three below co.uk and the
 * like. NULL for what is no name of a zone. */
const char *cfo_zone_guess(apr_pool_t *p, const char *host);

/* How a site moves. */
typedef struct {
    int on_phase;  /* the phase in which CFOriginPull becomes On */
    int is_global; /* its rules count for virtual hosts that do not move, too */
    int is_on;     /* CFOriginPull is On already */
} cfo_move_t;

#define CFO_REQUIRE_VERIFIED "Require expr \"%{reqenv:CF_ORIGIN} == 'verified'\""

/* The changes of the access rules of a site, or of the main server. */
void cfo_plan_address_rules(cfo_migration_t *migration, cfo_site_t *site,
                            cfo_move_t move);
void cfo_plan_verdict_rules(cfo_migration_t *migration, cfo_site_t *site,
                            cfo_move_t move);

/* Those of mod_remoteip and mod_cloudflare. */
void cfo_plan_remoteip(cfo_migration_t *migration, cfo_site_t *site, cfo_move_t move);

/* Those of virtual hosts with the TLS settings or the names of one that moves. */
void cfo_plan_neighbours(cfo_migration_t *migration);

/* Those of the main server, when all sites are planned: its lines count for those that do
 * not move, too. */
void cfo_plan_server(cfo_migration_t *migration);

/* Whether a plain virtual host neither redirects to https nor denies all; apachectl -t
 * looks more closely (CFO0210). */
int cfo_site_is_open(const cfo_migration_t *migration, const cfo_site_t *site);

/* Whether a virtual host is shut on purpose: it says CFOriginPull Off, and denies all. */
int cfo_site_is_shut(const cfo_migration_t *migration, const cfo_site_t *site);

/* Changes a whole line; `new_text` NULL: removes it. `old_text` NULL: not shown. */
void cfo_plan_change(cfo_site_t *site, int phase, const cfo_conf_line_t *line,
                     const char *old_text, const char *new_text, const char *why);

/* Adds a line directly below the opening line of a virtual host or, without one, below
 * `line`. */
void cfo_plan_add(cfo_site_t *site, int phase, const cfo_conf_line_t *line,
                  const char *new_text, const char *why);

/* Changes a part of a line, without showing the rest. */
void cfo_plan_edit(cfo_site_t *site, int phase, const cfo_conf_line_t *line,
                   const char *old_text, const char *new_text, const char *why);

/* The line as it is written. */
const char *cfo_line_text(apr_pool_t *p, const cfo_conf_line_t *line);

#endif
