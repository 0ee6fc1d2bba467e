/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of edge status, and its three forms. */
#ifndef CFO_CTL_VIEW_STATUS_H
#define CFO_CTL_VIEW_STATUS_H

#include "ctl/view/findings.h"

typedef struct {
    cfo_judged_at_t at;
    const char *token;      /* "active", "disabled", "expired"; NULL: not known */
    const char *token_note; /* what else is to be said about it; NULL: nothing */
    int permissions[CFO_PERMISSIONS]; /* 1: it has it, 0: it lacks it in some zone,
                                         -1: not known */
    const cfo_origin_t *origin;       /* NULL: it cannot be read ... */
    const char *origin_error;         /* ... for this reason */
    const apr_array_header_t *status_urls;
    apr_array_header_t *zones;    /* of const cfo_edge_zone_t *, by name */
    apr_array_header_t *findings; /* of cfo_edge_finding_t, all, the worst first */
    cfo_edge_level_t level;       /* of the worst */
} cfo_edge_status_t;

/* "OK", "WARNING", "UNKNOWN", "CRITICAL", as monitoring plugins write it. */
const char *cfo_edge_status_word(cfo_edge_level_t level);

/* The worst level of a zone's own findings. */
cfo_edge_level_t cfo_edge_zone_level(const cfo_edge_zone_t *zone);

/* How many host names have this judgement, and how many findings this level. */
int cfo_edge_count_hosts(const cfo_edge_status_t *status, cfo_judgement_t judgement);
int cfo_edge_count_findings(const apr_array_header_t *findings, cfo_edge_level_t level);

/* Whole days to the first end of a certificate that is presented; 0: *is_known is 0. */
int cfo_edge_days_left(const cfo_edge_status_t *status, int *is_known);

/* To stdout, for people; its first line is what a monitoring system shows. */
void cfo_edge_status_text(cfo_ctl_t *ctl, const cfo_edge_status_t *status);

/* The members of the JSON object. */
void cfo_edge_status_json(cfo_ctl_t *ctl, const cfo_edge_status_t *status);

/* Metrics in the text format of Prometheus: written next to `path`, and renamed to it.
 * Returns NULL, or the reason. */
const char *cfo_edge_status_metrics(cfo_ctl_t *ctl, const cfo_edge_status_t *status,
                                    const char *path);

#endif
