/* SPDX-License-Identifier: Apache-2.0 */
/* The charts of the status page: stacked bars, with their numbers in a table. */
#ifndef CFO_CORE_REPORT_CHART_H
#define CFO_CORE_REPORT_CHART_H

#include "core/stats/counters.h"
#include "core/base/writer.h"

typedef struct {
    const char *id;    /* a word, unique on the page */
    const char *title; /* "Last hour, minute by minute" */
    const char *unit;  /* of one bar: "a minute" */
    const char *const *ticks;
    int tick_count; /* evenly spaced, from the first bar to the last */
    const cfo_sample_t *samples;
    int count; /* newest first */
} cfo_chart_t;

/* Admitted and unproven requests have a chart each, with its own scale, so that a few
 * refusals are visible next to a million requests. */
void cfo_report_chart(const cfo_writer_t *out, const cfo_chart_t *chart);

/* The colours of the groups that occur in `requests` (by reason). */
void cfo_report_legend(const cfo_writer_t *out, const apr_uint64_t *requests);

#endif
