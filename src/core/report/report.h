/* SPDX-License-Identifier: Apache-2.0 */
/* The data of the status page, its JSON and its metrics. */
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

typedef struct {
    const char *name;                /* "shop.example.com:443" */
    cfo_mode_t mode, directory_mode; /* CFOriginPull; the highest in its directories */
    /* The words of CFOriginPullRequire, ClientIP, Scheme and Scrub; NULL: it is Off. */
    const char *require, *client_ip, *scheme, *scrub;
    const cfo_vhost_totals_t *totals; /* NULL: nothing was counted there */
    int is_gone; /* it was counted, but this configuration has none of this name */
} cfo_report_vhost_t;

typedef struct {
    const cfo_zone_t *zone;
    apr_time_t ends; /* the first expiry of its certificates; 0: it has only pins */
    int is_shut;     /* no proof of it can hold */
} cfo_report_zone_t;

enum { CFO_WEEK = CFO_HOURS + 1 }; /* with the current hour */

/* In `pool`; valid as long as the snapshot is held. */
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

    /* The query. */
    const char *vhost; /* NULL: all; a name or a part of one */
    const char *zone;  /* likewise */
    int refresh;       /* of the page, in seconds; 0: no refresh */

    /* Set by cfo_report_complete(). */
    apr_array_header_t *zones;    /* of cfo_report_zone_t; the most urgent first */
    apr_array_header_t *expiring; /* of cfo_expiry_t */

    const apr_array_header_t *problems; /* of cfo_problems_list() */
} cfo_report_t;

/* Joins `vhosts` (of cfo_report_vhost_t without totals, sorted by name, each name once)
 * with the totals by name. Names that only the totals have are gone. */
apr_array_header_t *cfo_report_join(apr_pool_t *p, const apr_array_header_t *vhosts,
                                    const cfo_totals_t *totals);

/* The virtual host whose name is exactly the query's; NULL: none. Names are compared
 * without regard to case, here and below. */
const cfo_report_vhost_t *cfo_report_chosen(const cfo_report_t *report);

/* Whether a name contains `part`; NULL and "" match all names. */
int cfo_report_matches(const char *name, const char *part);

/* The virtual hosts of the query (of const cfo_report_vhost_t *): the chosen one, or
 * those that match. Likewise the zones (of const cfo_report_zone_t *). */
apr_array_header_t *cfo_report_vhosts(const cfo_report_t *report);
apr_array_header_t *cfo_report_zones(const cfo_report_t *report);

/* The leaves that proved a zone of the query (of const cfo_usage_t *), the last used
 * first. */
apr_array_header_t *cfo_report_presented(const cfo_report_t *report);

/* The history of the chosen virtual host, or of all; NULL: none. */
const cfo_sample_t *cfo_report_minutes(const cfo_report_t *report);
const cfo_sample_t *cfo_report_hours(const cfo_report_t *report);

/* The requests since the start of the chosen virtual host, or of all, by reason. */
void cfo_report_requests(const cfo_report_t *report, apr_uint64_t *requests);

/* When a proof was last used; 0: never, or not known. */
apr_time_t cfo_report_last_used(const cfo_report_t *report, const cfo_zone_t *zone,
                                const cfo_proof_t *proof);

/* The CFO_WEEK hours of a week, from hours and minutes; the current hour first. */
void cfo_report_week(const cfo_sample_t *hours, const cfo_sample_t *minutes,
                     apr_time_t now, cfo_sample_t *week);

/* Adds up samples, by reason. */
void cfo_report_sum(const cfo_sample_t *samples, int count, apr_uint64_t *requests);

/* The number of requests (given by reason) with a verdict. */
apr_uint64_t cfo_report_with(const apr_uint64_t *requests, cfo_verdict_t verdict);

/* The number of virtual hosts with a mode, without those that are gone. */
int cfo_report_count(const cfo_report_t *report, cfo_mode_t mode);

/* Sets zones and expiring when everything else but the problems is set. */
void cfo_report_complete(cfo_report_t *report);

#endif
