/* SPDX-License-Identifier: Apache-2.0 */
/* A report as a web page. */
#ifndef CFO_CORE_REPORT_PAGE_H
#define CFO_CORE_REPORT_PAGE_H

#include "core/report/report.h"
#include "core/base/writer.h"

void cfo_report_html(const cfo_writer_t *out, const cfo_report_t *report);

#endif
