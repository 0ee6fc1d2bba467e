/* SPDX-License-Identifier: Apache-2.0 */
/* The data of the status page, its JSON and its metrics. */
#include "core/report/report.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/live/expiry.h"

static const apr_interval_time_t hour = APR_TIME_C(3600) * APR_USEC_PER_SEC;
static const apr_interval_time_t day = APR_TIME_C(86400) * APR_USEC_PER_SEC;

static const cfo_vhost_totals_t *totals_at(const cfo_totals_t *totals, int i)
{
    return i < totals->vhosts->nelts
               ? APR_ARRAY_IDX(totals->vhosts, i, const cfo_vhost_totals_t *)
               : NULL;
}

apr_array_header_t *cfo_report_join(apr_pool_t *p, const apr_array_header_t *vhosts,
                                    const cfo_totals_t *totals)
{
    apr_array_header_t *joined = apr_array_make(p, vhosts->nelts + totals->vhosts->nelts,
                                                sizeof(cfo_report_vhost_t));
    int i = 0, j = 0;

    while (i < vhosts->nelts || j < totals->vhosts->nelts) {
        const cfo_vhost_totals_t *counted = totals_at(totals, j);
        int order = i == vhosts->nelts ? 1 : -1;
        cfo_report_vhost_t *vhost;

        if (i < vhosts->nelts && counted)
            order =
                strcmp(APR_ARRAY_IDX(vhosts, i, cfo_report_vhost_t).name, counted->name);
        /* Every server has counters, also one that no request can reach. */
        if (order > 0 && !cfo_counters_any(counted->requests)) {
            j++;
            continue;
        }
        vhost = apr_array_push(joined);
        if (order <= 0)
            *vhost = APR_ARRAY_IDX(vhosts, i++, cfo_report_vhost_t);
        else
            *vhost = (cfo_report_vhost_t){ .name = counted->name, .is_gone = 1 };
        if (order >= 0) {
            vhost->totals = counted;
            j++;
        }
    }
    return joined;
}

const cfo_report_vhost_t *cfo_report_chosen(const cfo_report_t *report)
{
    int i;

    for (i = 0; report->vhost && i < report->vhosts->nelts; i++) {
        const cfo_report_vhost_t *vhost =
            &APR_ARRAY_IDX(report->vhosts, i, cfo_report_vhost_t);

        if (!strcasecmp(vhost->name, report->vhost))
            return vhost;
    }
    return NULL;
}

int cfo_report_matches(const char *name, const char *part)
{
    size_t length = part ? strlen(part) : 0;

    for (; length && *name; name++) {
        if (!strncasecmp(name, part, length))
            return 1;
    }
    return !length;
}

apr_array_header_t *cfo_report_vhosts(const cfo_report_t *report)
{
    apr_array_header_t *list = apr_array_make(report->pool, report->vhosts->nelts,
                                              sizeof(const cfo_report_vhost_t *));
    const cfo_report_vhost_t *chosen = cfo_report_chosen(report);
    int i;

    for (i = 0; i < report->vhosts->nelts; i++) {
        const cfo_report_vhost_t *vhost =
            &APR_ARRAY_IDX(report->vhosts, i, cfo_report_vhost_t);

        if (chosen ? vhost == chosen : cfo_report_matches(vhost->name, report->vhost))
            APR_ARRAY_PUSH(list, const cfo_report_vhost_t *) = vhost;
    }
    return list;
}

apr_array_header_t *cfo_report_zones(const cfo_report_t *report)
{
    apr_array_header_t *list = apr_array_make(report->pool, report->zones->nelts,
                                              sizeof(const cfo_report_zone_t *));
    int i;

    for (i = 0; i < report->zones->nelts; i++) {
        const cfo_report_zone_t *zone =
            &APR_ARRAY_IDX(report->zones, i, cfo_report_zone_t);

        if (cfo_report_matches(zone->zone->name, report->zone))
            APR_ARRAY_PUSH(list, const cfo_report_zone_t *) = zone;
    }
    return list;
}

static int by_last_use(const void *a, const void *b)
{
    apr_time_t first = (*(const cfo_usage_t *const *)a)->last;
    apr_time_t second = (*(const cfo_usage_t *const *)b)->last;

    return (first < second) - (first > second);
}

apr_array_header_t *cfo_report_presented(const cfo_report_t *report)
{
    apr_array_header_t *list = apr_array_make(report->pool, 8, sizeof(void *)), *leaves;
    int i;

    if (!report->usages)
        return list;
    leaves = cfo_usages_leaves(report->pool, report->usages);
    for (i = 0; i < leaves->nelts; i++) {
        const cfo_usage_t *leaf = APR_ARRAY_IDX(leaves, i, const cfo_usage_t *);

        if (cfo_report_matches(leaf->zone, report->zone))
            APR_ARRAY_PUSH(list, const cfo_usage_t *) = leaf;
    }
    qsort(list->elts, list->nelts, list->elt_size, by_last_use);
    return list;
}

const cfo_sample_t *cfo_report_minutes(const cfo_report_t *report)
{
    const cfo_report_vhost_t *chosen = cfo_report_chosen(report);

    if (!chosen)
        return report->totals->minutes;
    return chosen->totals ? chosen->totals->minutes : NULL;
}

const cfo_sample_t *cfo_report_hours(const cfo_report_t *report)
{
    const cfo_report_vhost_t *chosen = cfo_report_chosen(report);

    if (!chosen)
        return report->totals->hours;
    return chosen->totals ? chosen->totals->hours : NULL;
}

static void add(apr_uint64_t *sum, const apr_uint64_t *requests)
{
    int i;

    for (i = 0; i < CFO_REASON_COUNT; i++)
        sum[i] += requests[i];
}

void cfo_report_requests(const cfo_report_t *report, apr_uint64_t *requests)
{
    const cfo_report_vhost_t *chosen = cfo_report_chosen(report);
    int i;

    memset(requests, 0, CFO_REASON_COUNT * sizeof *requests);
    if (chosen && chosen->totals)
        add(requests, chosen->totals->requests);
    for (i = 0; !chosen && i < report->totals->vhosts->nelts; i++)
        add(requests, totals_at(report->totals, i)->requests);
}

apr_time_t cfo_report_last_used(const cfo_report_t *report, const cfo_zone_t *zone,
                                const cfo_proof_t *proof)
{
    const cfo_usage_t *seen = NULL;

    if (report->usages)
        seen = cfo_usages_find(report->usages, zone->name, proof);
    return cfo_usage_last(seen);
}

void cfo_report_week(const cfo_sample_t *hours, const cfo_sample_t *minutes,
                     apr_time_t now, cfo_sample_t *week)
{
    int i;

    memset(&week[0], 0, sizeof week[0]);
    for (i = 0; i < CFO_MINUTES; i++) {
        if (!minutes[i].start || minutes[i].start < now - now % hour)
            continue;
        week[0].start = now - now % hour;
        add(week[0].requests, minutes[i].requests);
    }
    memcpy(&week[1], hours, CFO_HOURS * sizeof *hours);
}

void cfo_report_sum(const cfo_sample_t *samples, int count, apr_uint64_t *requests)
{
    int i;

    memset(requests, 0, CFO_REASON_COUNT * sizeof *requests);
    for (i = 0; i < count; i++)
        add(requests, samples[i].requests);
}

apr_uint64_t cfo_report_with(const apr_uint64_t *requests, cfo_verdict_t verdict)
{
    apr_uint64_t sum = 0;
    int i;

    for (i = 0; i < CFO_REASON_COUNT; i++) {
        if (cfo_reason_verdict((cfo_reason_t)i) == verdict)
            sum += requests[i];
    }
    return sum;
}

/* When the first of its certificates expires, and whether all have expired. */
static cfo_report_zone_t look_at(const cfo_zone_t *zone, apr_time_t now)
{
    cfo_report_zone_t result = { zone, 0, 1 };
    int i;

    for (i = 0; i < zone->proofs->nelts; i++) {
        const cfo_certificate_t *certificate =
            APR_ARRAY_IDX(zone->proofs, i, const cfo_proof_t *)->certificate;

        if (!certificate || certificate->not_after >= now)
            result.is_shut = 0;
        if (certificate && (!result.ends || certificate->not_after < result.ends))
            result.ends = certificate->not_after;
    }
    return result;
}

static int by_urgency(const void *a, const void *b)
{
    const cfo_report_zone_t *first = a, *second = b;

    if (first->is_shut != second->is_shut)
        return second->is_shut - first->is_shut;
    if (!first->ends != !second->ends)
        return !first->ends - !second->ends;
    if (first->ends != second->ends)
        return first->ends < second->ends ? -1 : 1;
    return strcmp(first->zone->name, second->zone->name);
}

static void list_zones(cfo_report_t *report)
{
    int i, j;

    report->zones = apr_array_make(report->pool, 16, sizeof(cfo_report_zone_t));
    for (i = 0; i < report->snapshot->tables->nelts; i++) {
        apr_array_header_t *zones =
            cfo_zone_table_list(report->pool, APR_ARRAY_IDX(report->snapshot->tables, i,
                                                            const cfo_zone_table_t *));

        for (j = 0; j < zones->nelts; j++)
            APR_ARRAY_PUSH(report->zones, cfo_report_zone_t) =
                look_at(APR_ARRAY_IDX(zones, j, const cfo_zone_t *), report->now);
    }
    qsort(report->zones->elts, report->zones->nelts, sizeof(cfo_report_zone_t),
          by_urgency);
}

int cfo_report_count(const cfo_report_t *report, cfo_mode_t mode)
{
    int i, count = 0;

    for (i = 0; i < report->vhosts->nelts; i++) {
        const cfo_report_vhost_t *vhost =
            &APR_ARRAY_IDX(report->vhosts, i, cfo_report_vhost_t);

        count += !vhost->is_gone && vhost->mode == mode;
    }
    return count;
}

void cfo_report_complete(cfo_report_t *report)
{
    list_zones(report);
    report->expiring = cfo_expiry_list(report->pool, report->snapshot, report->usages,
                                       report->now, report->expiry_warn * day);
}
