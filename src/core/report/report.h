/* SPDX-License-Identifier: Apache-2.0 */
/* What the status page, its JSON and its metrics tell. */
#ifndef CFO_CORE_REPORT_REPORT_H
#define CFO_CORE_REPORT_REPORT_H

#include "apr_pools.h"
#include "apr_tables.h"
#include "apr_time.h"

#include "core/stats/counters.h"
#include "core/live/provenance.h"
#include "core/trust/usage.h"
#include "core/live/snapshot.h"
#include "core/trust/zones.h"

/* CFOriginPull of a virtual host. GONE: there is none of this name (any more). */
typedef enum {
    CFO_STANCE_GONE = -1,
    CFO_STANCE_OFF,
    CFO_STANCE_AUDIT,
    CFO_STANCE_ON
} cfo_stance_t;

typedef struct {
    const char *name; /* "shop.example.com:443" */
    cfo_stance_t stance;
    cfo_stance_t in_directories;      /* the highest in a directory of it */
    const cfo_vhost_totals_t *totals; /* NULL: nothing was counted there */
} cfo_report_vhost_t;

typedef struct {
    const cfo_zone_t *zone;
    apr_time_t ends; /* of the certificate that ends first; 0: none has an end */
    int is_shut;     /* nothing can prove it */
} cfo_report_zone_t;

enum { CFO_WEEK = CFO_HOURS + 1 }; /* with the running hour */

/* Lives in `pool`, and as long as the snapshot is held. */
typedef struct {
    apr_pool_t *pool;
    const char *version;
    const char *server; /* the main server's name */
    apr_time_t now;
    int expiry_warn; /* CFOriginPullExpiryWarn, days */
    const cfo_totals_t *totals;
    apr_array_header_t *vhosts; /* of cfo_report_vhost_t, by name */
    cfo_snapshot_t *snapshot;
    cfo_usages_t *usages;               /* NULL: not known */
    const apr_array_header_t *findings; /* of cfo_finding_t */

    /* What is asked for. */
    const char *vhost; /* NULL: all; the page: a part of a name will do */
    const char *zone;  /* likewise */
    int refresh;       /* seconds; 0: not by itself */

    /* Made by cfo_report_complete(). */
    apr_array_header_t *zones;    /* of cfo_report_zone_t; the most urgent first */
    apr_array_header_t *expiring; /* of cfo_expiry_t */
    apr_array_header_t *problems; /* of cfo_problem_t */
} cfo_report_t;

/* "Off", "Audit", "On"; NULL for GONE. */
const char *cfo_stance_name(cfo_stance_t stance);

/* `vhosts` (of cfo_report_vhost_t without totals, sorted by name, each name once) with
 * what was counted at each; and what was counted at others. */
apr_array_header_t *cfo_report_join(apr_pool_t *p, const apr_array_header_t *vhosts,
                                    const cfo_totals_t *totals);

/* The virtual host that is asked for; NULL: all, or none has exactly this name. (Case
 * makes no difference here and in what follows.) */
const cfo_report_vhost_t *cfo_report_chosen(const cfo_report_t *report);

/* Whether a name has `part` in it; NULL and "" are in all of them. */
int cfo_report_matches(const char *name, const char *part);

/* The virtual hosts (of const cfo_report_vhost_t *) that are asked for: the chosen one,
 * or those whose names match. Likewise the zones (of const cfo_report_zone_t *). */
apr_array_header_t *cfo_report_vhosts(const cfo_report_t *report);
apr_array_header_t *cfo_report_zones(const cfo_report_t *report);

/* The leaves that were seen to prove a zone that is asked for (of const cfo_usage_t
 * *), the last one first. */
apr_array_header_t *cfo_report_presented(const cfo_report_t *report);

/* The minutes and hours of the chosen virtual host, or of all; NULL: none. */
const cfo_sample_t *cfo_report_minutes(const cfo_report_t *report);
const cfo_sample_t *cfo_report_hours(const cfo_report_t *report);

/* What was counted since the start at the chosen virtual host, or at all, by reason. */
void cfo_report_requests(const cfo_report_t *report, apr_uint64_t *requests);

/* When a proof was last used; 0: never, or it is not known. */
apr_time_t cfo_report_last_used(const cfo_report_t *report, const cfo_zone_t *zone,
                                const cfo_proof_t *proof);

/* The hours of a week (CFO_WEEK of them, the running one first) from what is known of
 * hours and minutes. */
void cfo_report_week(const cfo_sample_t *hours, const cfo_sample_t *minutes,
                     apr_time_t now, cfo_sample_t *week);

/* Adds up samples, by reason. */
void cfo_report_sum(const cfo_sample_t *samples, int count, apr_uint64_t *requests);

/* How many of the requests (by reason) got a verdict. */
apr_uint64_t cfo_report_with(const apr_uint64_t *requests, cfo_verdict_t verdict);

/* Works out the rest once everything else is filled in. */
void cfo_report_complete(cfo_report_t *report);

#endif
