/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be said about Cloudflare's side, with what to do about it. */
#ifndef CFO_CTL_VIEW_FINDINGS_H
#define CFO_CTL_VIEW_FINDINGS_H

#include "ctl/view/judged.h"

/* The worse the higher. */
typedef enum {
    CFO_EDGE_NOTE,
    CFO_EDGE_WARNING,
    CFO_EDGE_UNKNOWN, /* something could not be read, which may hide anything */
    CFO_EDGE_CRITICAL,
    CFO_EDGE_LEVELS
} cfo_edge_level_t;

extern const char *const cfo_edge_levels[CFO_EDGE_LEVELS]; /* "note", "warning", ... */

typedef struct {
    cfo_edge_level_t level;
    const char *code;    /* a word for programs: "refused", ... */
    const char *zone;    /* NULL: not about one zone */
    const char *subject; /* host name, SHA-256 or file; NULL: none. As it came */
    int count;           /* host names, or records; 0: it is not about such */
    const char *text;    /* one sentence without a full stop, safe to print */
    const char *remedy;  /* the same; NULL: none */
} cfo_edge_finding_t;

/* A zone that was looked at. */
typedef struct {
    const char *name;
    const cfo_look_t *look;
    const cfo_presented_t *presented; /* for hosts without a certificate of their own */
    apr_array_header_t *groups;       /* of cfo_judged_t */
    apr_array_header_t *findings;     /* of cfo_edge_finding_t, the worst first */
    int is_up;                        /* all was read that decides what is presented */
} cfo_edge_zone_t;

/* What finds them works on this. */
typedef struct {
    cfo_ctl_t *ctl;
    const cfo_look_t *look;
    const cfo_edge_zone_t *zone;
    const cfo_origin_t *origin; /* NULL: not known */
    const cfo_judged_at_t *at;
} cfo_edge_finder_t;

/* Judges a zone, in the pool of `ctl`. Any thread. */
cfo_edge_zone_t *cfo_edge_zone_judge(cfo_ctl_t *ctl, const cfo_look_t *look,
                                     const cfo_origin_t *origin,
                                     const cfo_judged_at_t *at);

/* Adds one; `subject` and `remedy` may be NULL. */
void cfo_edge_find(const cfo_edge_finder_t *finder, cfo_edge_level_t level,
                   const char *code, const char *subject, int count, const char *text,
                   const char *remedy);

/* What a failure costs at an origin with this policy: critical where it is On or not
 * known, a warning in Audit, a note where it is Off. */
cfo_edge_level_t cfo_edge_stake(cfo_origin_policy_t policy);

/* The parts of cfo_edge_zone_judge(), each in a file of its name. */
void cfo_edge_find_hosts(const cfo_edge_finder_t *finder);
void cfo_edge_find_certificates(const cfo_edge_finder_t *finder);
void cfo_edge_find_records(const cfo_edge_finder_t *finder);

/* The origins: files in trouble, proofs that are not in force or that no certificate
 * needs. `zones` (of const cfo_edge_zone_t *) are those that were looked at. */
void cfo_edge_find_origins(cfo_ctl_t *ctl, const cfo_origin_t *origin,
                           const apr_array_header_t *zones, int has_status,
                           apr_array_header_t *findings);

/* Whether Cloudflare presents a certificate for any host name of the zone. */
int cfo_edge_is_presented(const cfo_edge_zone_t *zone,
                          const cfo_api_certificate_t *certificate);

/* Whether a zone of the origin ("app.example.com", "*") is at least partly in a zone of
 * Cloudflare ("example.com"). */
int cfo_edge_belongs(const char *origin_zone, const char *cloudflare_zone);

/* Sorts findings, the worst first; returns the level of the first, NOTE if none. */
cfo_edge_level_t cfo_edge_findings_sort(apr_array_header_t *findings);

/* "a.example.com, b.example.com and 1,202 more", safe to print. `names` is of
 * const char *. */
const char *cfo_edge_names(apr_pool_t *p, const apr_array_header_t *names);

#endif
