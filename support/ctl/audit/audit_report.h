/* SPDX-License-Identifier: Apache-2.0 */
/* The output of audit: text or JSON. */
#ifndef CFO_CTL_AUDIT_AUDIT_REPORT_H
#define CFO_CTL_AUDIT_AUDIT_REPORT_H

#include "ctl/audit/log_summary.h"
#include "ctl/command/ctl.h"
#include "ctl/audit/readiness.h"

typedef struct {
    cfo_ctl_t *ctl;
    apr_pool_t *pool; /* until the report is written */
    const cfo_ctl_summary_t *summary;
    cfo_ctl_readiness_t readiness;
    int top;      /* the number of rows of each table */
    int is_brief; /* only the readiness */
} cfo_ctl_report_t;

/* A table of the report. */
typedef struct {
    const char *title;
    const char *member; /* of the JSON */
    const cfo_ctl_breakdown_t *breakdown;
    int examples; /* for each row of the text; the JSON has all */
} cfo_ctl_table_t;

enum { CFO_CTL_TABLES = 8 };

void cfo_ctl_report_tables(const cfo_ctl_summary_t *summary,
                           cfo_ctl_table_t tables[CFO_CTL_TABLES]);

/* Both write to stdout, with foreign text made safe for a terminal. */
void cfo_ctl_report_text(const cfo_ctl_report_t *report);
void cfo_ctl_report_json(const cfo_ctl_report_t *report);

#endif
