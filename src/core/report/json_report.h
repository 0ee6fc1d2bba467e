/* SPDX-License-Identifier: Apache-2.0 */
/* A report as JSON; docs/status.md has the schema. */
#ifndef CFO_CORE_REPORT_JSON_REPORT_H
#define CFO_CORE_REPORT_JSON_REPORT_H

#include "core/report/report.h"
#include "core/base/writer.h"

/* Everything, but only the virtual hosts and zones of the query. */
void cfo_report_json(const cfo_writer_t *out, const cfo_report_t *report);

#endif
