/* SPDX-License-Identifier: Apache-2.0 */
/* The current problems, the most severe first. */
#ifndef CFO_CORE_REPORT_PROBLEM_H
#define CFO_CORE_REPORT_PROBLEM_H

#include "apr_tables.h"

#include "core/log/finding.h"
#include "core/report/report.h"

typedef struct {
    cfo_level_t level;
    const char *title;
    const char *text;
    const char *remedy; /* what to do; NULL: the text says it */
    const char *place;  /* file, or file and line; NULL: none */
    const char *code;   /* in the manual: "CFO0202"; NULL: none */
} cfo_problem_t;

/* The problems of a report that is complete (of cfo_problem_t). */
const apr_array_header_t *cfo_problems_list(const cfo_report_t *report);

/* The number of problems of a level. */
int cfo_problems_count(const apr_array_header_t *problems, cfo_level_t level);

#endif
