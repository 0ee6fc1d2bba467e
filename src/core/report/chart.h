/* SPDX-License-Identifier: Apache-2.0 */
/* The pictures of the status page: stacked bars, and their numbers in a table. */
#ifndef CFO_CORE_REPORT_CHART_H
#define CFO_CORE_REPORT_CHART_H

#include "core/stats/counters.h"
#include "core/base/writer.h"

typedef struct {
    const char *id;    /* a word, different from that of other charts of the page */
    const char *title; /* "Last hour, minute by minute" */
    const char *unit;  /* of a bar: "a minute" */
    const char *const *ticks;
    int tick_count; /* evenly spaced, from the first bar to the last */
    const cfo_sample_t *samples;
    int count; /* the last one first */
} cfo_chart_t;

/* What is admitted and what is not each have a picture with a scale of its own, for a few
 * refusals must be seen beside a million requests. */
void cfo_report_chart(const cfo_writer_t *out, const cfo_chart_t *chart);

/* What the colours stand for, for requests by reason; those that occur. */
void cfo_report_legend(const cfo_writer_t *out, const apr_uint64_t *requests);

#endif
