/* SPDX-License-Identifier: Apache-2.0 */
/* A report as OpenMetrics text (version 1.0.0); docs/status.md lists the metrics. */
#ifndef CFO_CORE_REPORT_METRICS_H
#define CFO_CORE_REPORT_METRICS_H

#include "core/report/report.h"
#include "core/base/writer.h"

/* Everything, without regard to the query. */
void cfo_report_metrics(const cfo_writer_t *out, const cfo_report_t *report);

#endif
