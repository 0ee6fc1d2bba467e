/* SPDX-License-Identifier: Apache-2.0 */
/* What the origins accept: their zones and proofs, and what was presented to them. */
#ifndef CFO_CTL_ORIGIN_ORIGIN_H
#define CFO_CTL_ORIGIN_ORIGIN_H

#include "apr_pools.h"
#include "apr_tables.h"
#include "apr_time.h"

#include "core/verdict/reason.h"
#include "ctl/command/ctl.h"
#include "ctl/command/explain.h"

/* Where it is read from. */
typedef struct {
    const char *httpd;  /* a command with arguments, to which "-t -D DUMP_CF_ORIGIN" is
                           added; NULL: the first of apache2ctl, apachectl, httpd that is
                           found, if neither `dump` nor `folder` is given */
    const char *dump;   /* its output in a file instead; NULL: none */
    const char *folder; /* a folder as CFOriginPullZoneDir has it instead; NULL: none */
    const apr_array_header_t *status; /* of const char *: URLs of the status JSON of
                                         running origins; may be empty */
} cfo_origin_sources_t;

typedef enum {
    CFO_ORIGIN_OFF,
    CFO_ORIGIN_AUDIT,
    CFO_ORIGIN_ON,
    CFO_ORIGIN_POLICY_UNKNOWN
} cfo_origin_policy_t;

/* A zone as one server or virtual host has it. */
typedef struct {
    const char *name;  /* as in cfo_zone_t; may be "*" */
    const char *vhost; /* "shop.example.com:443", "main server"; NULL: a folder */
    const char *shut;  /* why nothing can prove it; NULL: it is not */
    apr_array_header_t *sources; /* of cfo_ctl_proof_file_t: files that can be read, and
                                    pins */
    apr_array_header_t *files;   /* of const char *: all of its files */
    cfo_origin_policy_t policy;  /* of the virtual host; for the main server, the highest
                                    of those that inherit its zones */
} cfo_origin_zone_t;

/* A server or virtual host. */
typedef struct {
    const char *name;          /* "shop.example.com:443", "main server" */
    apr_array_header_t *names; /* of const char *, lower case: ServerName and ServerAlias,
                                  maybe with wildcards */
    apr_array_header_t *tables; /* of apr_hash_t * (name -> cfo_origin_zone_t *), in the
                                   order in which it searches them ... */
    int own;                    /* ... its own ones first: so many */
    cfo_origin_policy_t policy; /* the highest of its own and its directories'; Off, if
                                   it needs no certificates */
} cfo_origin_vhost_t;

/* A certificate that a running origin has seen, or a proof of it. */
typedef struct {
    const char *zone;
    const char *sha256;    /* hex */
    apr_time_t first_used; /* 0: never, or not known */
    apr_time_t last_used;
} cfo_origin_use_t;

/* A zone of a running origin. Several virtual hosts may have zones of one name. */
typedef struct {
    const char *name;
    int is_shut;
    apr_array_header_t
        *proofs; /* of const char *: SHA-256 in hex; pins of keys have none */
} cfo_origin_live_t;

/* A running origin. */
typedef struct {
    const char *url;                /* NULL: the one that the dump speaks of */
    const char *error;              /* why its status cannot be read; NULL: it can */
    apr_array_header_t *proofs;     /* in force, of cfo_origin_use_t; pins by digest have
                                       theirs here */
    apr_array_header_t *presented;  /* of cfo_origin_use_t */
    apr_array_header_t *zones;      /* of cfo_origin_live_t; NULL: not known */
    apr_array_header_t *in_trouble; /* files not loaded, as sentences (const char *) */
} cfo_origin_running_t;

/* Immutable; in its pool. */
typedef struct {
    apr_array_header_t *zones;   /* of cfo_origin_zone_t */
    apr_array_header_t *servers; /* of cfo_origin_vhost_t */
    apr_array_header_t *vhosts;  /* of const char *: names of virtual hosts without port
                                    that are not Off */
    apr_array_header_t *running; /* of cfo_origin_running_t, one a status URL; or the
                                    dump's one, which knows what was used, but not what
                                    is in force */
    const char *zone_dir;        /* CFOriginPullZoneDir, the first; NULL: none */
    int reload; /* seconds of CFOriginPullReload; 0: Off; -1: not known */
} cfo_origin_t;

/* Reads all of it anew. Returns NULL and sets *origin, or returns the reason, if there is
 * neither a dump nor a folder. Files that cannot be read are `shut`, not an error. Any
 * thread, with its own `ctl`. */
const char *cfo_origin_read(cfo_ctl_t *ctl, const cfo_origin_sources_t *sources,
                            const cfo_origin_t **origin);

/* The zones' names, each once, sorted (of const char *). */
apr_array_header_t *cfo_origin_zone_names(apr_pool_t *p, const cfo_origin_t *origin);

/* The zones that cover `host`, as the module finds them: of the virtual host of that
 * name, or else of each virtual host that has one (of const cfo_origin_zone_t *). */
apr_array_header_t *cfo_origin_zones_for(apr_pool_t *p, const cfo_origin_t *origin,
                                         const char *host);

/* Whether the origin accepts a certificate for a host. */
typedef struct {
    cfo_reason_t reason;           /* CFO_REASON_VERIFIED: it does, everywhere */
    const cfo_origin_zone_t *zone; /* the first that does not, or one that does; NULL: no
                                      zone covers the host */
    cfo_ctl_words_t words;         /* why, and what to do */
} cfo_origin_answer_t;

/* As the module judges at the time `at`, against the proofs in the files. */
cfo_origin_answer_t cfo_origin_accepts(cfo_ctl_t *ctl, const cfo_origin_t *origin,
                                       const char *host, const cfo_certificate_t *leaf,
                                       const char *pem, apr_time_t at);

/* Whether it accepts Cloudflare's shared certificate for a host: all zones that cover it
 * have the shared CA as a proof. */
cfo_origin_answer_t cfo_origin_accepts_shared(cfo_ctl_t *ctl, const cfo_origin_t *origin,
                                              const char *host);

/* Whether every running origin has this certificate among the proofs in force of the
 * zone; without a status URL, whether the dump has it and its file has been unchanged for
 * longer than two of CFOriginPullReload. Returns NULL (it has), or why not. */
const char *cfo_origin_in_force(apr_pool_t *p, const cfo_origin_t *origin,
                                const char *zone, const char *sha256);

/* When a presented certificate was last used at any origin; 0: never. *everywhere (may be
 * NULL): whether every origin that can be read has seen it. */
apr_time_t cfo_origin_last_used(const cfo_origin_t *origin, const char *sha256,
                                int *everywhere);

/* The file of proofs that certificates are added to for a zone: its only file. NULL:
 * there is none or several, and *why says so. */
const char *cfo_origin_proof_file(apr_pool_t *p, const cfo_origin_t *origin,
                                  const char *zone, const char **why);

#endif
