/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge status: counts and words of all its forms. */
#include "ctl/view/status.h"

#include "core/live/expiry.h"

const char *cfo_edge_status_word(cfo_edge_level_t level)
{
    static const char *const words[CFO_EDGE_LEVELS] = {
        [CFO_EDGE_NOTE] = "OK",
        [CFO_EDGE_WARNING] = "WARNING",
        [CFO_EDGE_UNKNOWN] = "UNKNOWN",
        [CFO_EDGE_CRITICAL] = "CRITICAL",
    };

    return words[level];
}

cfo_edge_level_t cfo_edge_zone_level(const cfo_edge_zone_t *zone)
{
    if (!zone->findings->nelts)
        return CFO_EDGE_NOTE;
    return APR_ARRAY_IDX(zone->findings, 0, cfo_edge_finding_t).level;
}

int cfo_edge_count_findings(const apr_array_header_t *findings, cfo_edge_level_t level)
{
    int i, count = 0;

    for (i = 0; i < findings->nelts; i++)
        count += APR_ARRAY_IDX(findings, i, cfo_edge_finding_t).level == level;
    return count;
}

int cfo_edge_count_hosts(const cfo_edge_status_t *status, cfo_judgement_t judgement)
{
    int i, j, count = 0;

    for (i = 0; i < status->zones->nelts; i++) {
        const apr_array_header_t *groups =
            APR_ARRAY_IDX(status->zones, i, const cfo_edge_zone_t *)->groups;

        for (j = 0; j < groups->nelts; j++) {
            const cfo_judged_t *group = &APR_ARRAY_IDX(groups, j, cfo_judged_t);

            count += group->judgement == judgement ? group->hosts->nelts : 0;
        }
    }
    return count;
}

static void take_earliest(const cfo_edge_zone_t *zone, apr_time_t *earliest)
{
    cfo_api_level_t of;
    int i;

    for (of = CFO_API_FOR_ZONE; of <= CFO_API_FOR_HOSTS; of++) {
        const apr_array_header_t *all = zone->look->certificates[of];

        for (i = 0; all && i < all->nelts; i++) {
            const cfo_api_certificate_t *one =
                &APR_ARRAY_IDX(all, i, cfo_api_certificate_t);

            if (one->certificate && cfo_edge_is_presented(zone, one) &&
                (!*earliest || one->certificate->not_after < *earliest))
                *earliest = one->certificate->not_after;
        }
    }
}

int cfo_edge_days_left(const cfo_edge_status_t *status, int *is_known)
{
    apr_time_t earliest = 0;
    int i;

    for (i = 0; i < status->zones->nelts; i++)
        take_earliest(APR_ARRAY_IDX(status->zones, i, const cfo_edge_zone_t *),
                      &earliest);
    *is_known = earliest != 0;
    return earliest ? cfo_expiry_days(earliest, status->at.now) : 0;
}
