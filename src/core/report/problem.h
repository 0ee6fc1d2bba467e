/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong now, in the order in which to look at it. */
#ifndef CFO_CORE_REPORT_PROBLEM_H
#define CFO_CORE_REPORT_PROBLEM_H

#include "apr_tables.h"

#include "core/report/report.h"

/* ERROR: requests are refused that should not be. WARNING: something does not do what it
 * seems to, or soon will not. NOTICE: to be known. */
typedef enum { CFO_WEIGHT_ERROR, CFO_WEIGHT_WARNING, CFO_WEIGHT_NOTICE } cfo_weight_t;

typedef struct {
    cfo_weight_t weight;
    const char *title;
    const char *text;
    const char *remedy; /* what to do; NULL: the text says it */
    const char *place;  /* file, or file and line; NULL: none */
    const char *code;   /* in the manual: "CFO0202"; NULL: none */
} cfo_problem_t;

/* All there is to say of a report whose other lists are made (of cfo_problem_t), the
 * weightiest first. */
apr_array_header_t *cfo_problems_list(const cfo_report_t *report);

/* How many have a weight. */
int cfo_problems_count(const apr_array_header_t *problems, cfo_weight_t weight);

#endif
