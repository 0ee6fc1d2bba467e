/* SPDX-License-Identifier: Apache-2.0 */
/* The requests of a report, as part of the page: charts, and a table by reason. */
#ifndef CFO_CORE_REPORT_PAGE_TRAFFIC_H
#define CFO_CORE_REPORT_PAGE_TRAFFIC_H

#include "core/report/report.h"
#include "core/base/writer.h"

void cfo_report_traffic(const cfo_writer_t *out, const cfo_report_t *report);

#endif
