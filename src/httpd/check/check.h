/* SPDX-License-Identifier: Apache-2.0 */
/* One check of the configuration: it looks at each server, and adds what it finds. */
#ifndef CFO_HTTPD_CHECK_CHECK_H
#define CFO_HTTPD_CHECK_CHECK_H

#include "core/log/finding.h"
#include "httpd/survey/vhost.h"

/* One run of all checks. */
typedef struct {
    apr_pool_t *pool;
    const cfo_vhosts_t *vhosts;
    const struct cfo_check_t *now; /* the check that runs */
    apr_array_header_t *findings;  /* of cfo_finding_t */
    apr_hash_t *seen;              /* what was found, looked at or read already */
    struct cfo_guarded_t *guarded; /* protected sites, by name and content: twins.c */
} cfo_checking_t;

/* A check: a row of an array of checks.h. `look` is called for each server that a request
 * can reach, or look_at_zone for its zones: see cfo_check_zones(). */
typedef struct cfo_check_t {
    cfo_level_t level;
    const char *code; /* "CFO0202 never-asks"; NULL ends the array */
    void (*look)(cfo_checking_t *checking, const cfo_vhost_t *vhost);
    void (*look_at_zone)(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                         const cfo_zone_t *zone); /* if `look` is NULL */
} cfo_check_t;

/* Adds a finding at `line`, or where the server is defined if that is NULL. `text` says
 * what is wrong and what to do. A line that several servers inherit is reported once, for
 * the first of them. */
void cfo_check_add(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                   const ap_directive_t *line, const char *text);

/* The same for a whole file (NULL: no file) instead of a line. */
void cfo_check_add_file(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                        const char *file, const char *text);

/* The same for a proof of a zone: at the CFOriginPullZone line of the zone, or, if it
 * comes from a folder, for the file. */
void cfo_check_add_proof(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                         const cfo_zone_t *zone, const cfo_proof_t *proof,
                         const char *text);

/* Calls look_at_zone of the check that runs for each zone of a server that needs client
 * certificates. Zones of a table that several servers share are looked at once in a run.
 */
void cfo_check_zones(cfo_checking_t *checking, const cfo_vhost_t *vhost);

/* The main server. */
const cfo_vhost_t *cfo_check_main(const cfo_checking_t *checking);

/* Whether something is looked at for the first time in this run; `key` is kept. */
int cfo_check_is_first(cfo_checking_t *checking, const char *key);

/* A name or subject in quotes, shortened, for the text of a finding. */
const char *cfo_check_quote(const cfo_checking_t *checking, const char *name);

#endif
