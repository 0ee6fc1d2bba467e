/* SPDX-License-Identifier: Apache-2.0 */
/* What audit writes: for people, or as JSON. */
#ifndef CFO_CTL_AUDIT_REPORT_H
#define CFO_CTL_AUDIT_REPORT_H

#include "log_summary.h"
#include "ctl.h"
#include "readiness.h"

typedef struct {
    cfo_ctl_t *ctl;
    apr_pool_t *pool; /* for as long as the report is being written */
    const cfo_ctl_summary_t *summary;
    cfo_ctl_readiness_t readiness;
    int top;      /* so many rows of each table */
    int is_brief; /* readiness alone */
} cfo_ctl_report_t;

/* The tables in the order in which they are shown; the last has NULL. */
typedef struct {
    const char *title;
    const char *member; /* of the JSON */
    const cfo_ctl_breakdown_t *breakdown;
    int examples; /* so many of each row for people; the JSON has all */
} cfo_ctl_table_t;

enum { CFO_CTL_TABLES = 6 };

void cfo_ctl_report_tables(const cfo_ctl_summary_t *summary,
                           cfo_ctl_table_t tables[CFO_CTL_TABLES]);

/* Both to stdout. Of foreign text only what is fit for a terminal. */
void cfo_ctl_report_text(const cfo_ctl_report_t *report);
void cfo_ctl_report_json(const cfo_ctl_report_t *report);

#endif
