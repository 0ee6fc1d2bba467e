/* SPDX-License-Identifier: Apache-2.0 */
/* What calls of cf-originctl edge have begun with a zone, in a file without secrets. */
#ifndef CFO_CTL_CHANGE_STATE_H
#define CFO_CTL_CHANGE_STATE_H

#include "apr_pools.h"
#include "apr_tables.h"
#include "apr_time.h"

/* A certificate at Cloudflare when the change began, which the change may delete. An id
 * comes back to life if the same certificate is uploaded again, so the time counts. */
typedef struct {
    const char *id;
    const char *sha256;
    apr_time_t uploaded;
} cfo_state_old_t;

/* A certificate that the change uploads. */
typedef struct {
    const char *sha256;
    const char *pem;
    const char *proof; /* PEM of what proves it: its CA, or itself */
    apr_time_t tried;  /* when its upload was tried last; 0: never */
    apr_time_t used;   /* its last use before that; 0: never */
    int is_adopted;    /* it was at Cloudflare: never deleted */
} cfo_state_ours_t;

/* A host name, with its association as it was. */
typedef struct {
    const char *host;
    const char *cert_id; /* NULL: none */
    int use;             /* cfo_api_use_t */
} cfo_state_host_t;

/* A certificate in a file of proofs. */
typedef struct {
    const char *file;
    const char *sha256;
    int is_made; /* the file did not exist before */
} cfo_state_proof_t;

/* A change that is not finished. */
typedef struct {
    const char *verb; /* "enable", "rotate", "hostname enable" */
    int level;        /* cfo_api_level_t */
    apr_time_t begun;
    int was_on;                   /* the zone-level switch */
    const char *ca_key;           /* the file of the CA's key that it makes; NULL: none */
    apr_array_header_t *hosts;    /* of cfo_state_host_t; none for a zone */
    apr_array_header_t *olds;     /* of cfo_state_old_t */
    apr_array_header_t *ours;     /* of cfo_state_ours_t, the newest last */
    apr_array_header_t *added;    /* of cfo_state_proof_t: what it added to files */
    apr_array_header_t *replaced; /* of cfo_state_proof_t: what the old ones hang on */
} cfo_change_t;

/* A proof that is to be removed from a file when it is safe. */
typedef struct {
    const char *file;
    const char *sha256;
    apr_array_header_t *leaves; /* of const char *: SHA-256 of what hung on it */
    apr_time_t since;           /* nothing at Cloudflare needs it since then ... */
    apr_time_t since_boot;      /* ... by the clock that nobody sets ... */
    const char *boot;           /* ... of this boot; "": not known */
    int is_made;                /* the change made the file for it */
} cfo_removal_t;

typedef struct {
    const char *zone;
    const char *zone_id;
    apr_array_header_t *changes;  /* of cfo_change_t */
    apr_array_header_t *removals; /* of cfo_removal_t */
} cfo_state_t;

/* A state without a file. */
cfo_state_t *cfo_state_create(apr_pool_t *p, const char *zone, const char *zone_id);

/* Removes what a call that was killed while it wrote has left. Only with the lock. */
void cfo_state_tidy(apr_pool_t *p, const char *folder, const char *zone);

/* Reads the state of a zone; one that is empty, if there is no file. Returns NULL, or
 * what is wrong. */
const char *cfo_state_open(apr_pool_t *p, const char *folder, const char *zone,
                           const char *zone_id, cfo_state_t **state);

/* Reads all state files of a folder (of cfo_state_t *); a folder that is missing has
 * none. Returns NULL, or what is wrong with one. */
const char *cfo_state_read_all(apr_pool_t *p, const char *folder,
                               apr_array_header_t **states);

/* Writes and syncs the state of a zone as a whole; without changes and removals, removes
 * its file. Only under its lock. */
const char *cfo_state_write(apr_pool_t *p, const char *folder, const cfo_state_t *state);

/* A change of the state, empty. It stays where it is until another one is added. */
cfo_change_t *cfo_state_begin(apr_pool_t *p, cfo_state_t *state);
void cfo_state_end(cfo_state_t *state, const cfo_change_t *change);

/* Adds a removal, or renews the one that is there. */
void cfo_state_remove_later(apr_pool_t *p, cfo_state_t *state,
                            const cfo_state_proof_t *proof,
                            const apr_array_header_t *leaves);

/* How long nothing has needed it, whatever happened to the clock. */
apr_interval_time_t cfo_state_idle(apr_pool_t *p, const cfo_removal_t *removal);

#endif
