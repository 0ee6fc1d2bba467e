/* SPDX-License-Identifier: Apache-2.0 */
/* What the origins accept: the types of origin.h. */
#ifndef CFO_CTL_ORIGIN_ORIGIN_TYPES_H
#define CFO_CTL_ORIGIN_ORIGIN_TYPES_H

#include "apr_pools.h"
#include "apr_tables.h"
#include "apr_time.h"

#include "ctl/command/proof_file.h"

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
    apr_array_header_t *addresses; /* of const char *: "192.0.2.1:443"; NULL: not known */
    int never_asks;                /* for a certificate, though one is needed (CFO0201,
                                      CFO0202) */
    int has_tls;                   /* it does, or that is not known */
    cfo_origin_policy_t policy;    /* the highest of its own and its directories'; Off, if
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

/* A virtual host of a running origin. */
typedef struct {
    const char *name; /* ServerName without the port, as the status has it */
    int is_on;        /* CFOriginPull is On there, or in a directory */
} cfo_origin_server_t;

/* A running origin. */
typedef struct {
    const char *url;                /* NULL: the one that the dump speaks of */
    const char *error;              /* why its status cannot be read; NULL: it can */
    apr_array_header_t *proofs;     /* in force, of cfo_origin_use_t; pins by digest have
                                       theirs here */
    apr_array_header_t *presented;  /* of cfo_origin_use_t */
    apr_array_header_t *zones;      /* of cfo_origin_live_t; NULL: not known */
    apr_array_header_t *servers;    /* of cfo_origin_server_t; NULL: not known */
    apr_array_header_t *in_trouble; /* files not loaded, as sentences (const char *) */
} cfo_origin_running_t;

/* Immutable; in its pool. */
typedef struct {
    apr_array_header_t *zones;    /* of cfo_origin_zone_t */
    apr_array_header_t *servers;  /* of cfo_origin_vhost_t */
    apr_array_header_t *groups;   /* of apr_array_header_t * (of cfo_origin_vhost_t *): of
                                     each address; NULL: not known */
    apr_array_header_t *vhosts;   /* of const char *: names of virtual hosts without port
                                     that are not Off */
    apr_array_header_t *running;  /* of cfo_origin_running_t, one a status URL; or the
                                     dump's one, which knows what was used, but not what
                                     is in force */
    apr_array_header_t *findings; /* of const char *: of the configuration check, as httpd
                                     prints them ("CFO0202 never-asks vhost=... ...") */
    const char *zone_dir;         /* CFOriginPullZoneDir, the first; NULL: none */
    int reload; /* seconds of CFOriginPullReload; 0: Off; -1: not known */
} cfo_origin_t;

#endif
