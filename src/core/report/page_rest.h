/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges, and the counters other than requests, as part of the page. */
#ifndef CFO_CORE_REPORT_PAGE_REST_H
#define CFO_CORE_REPORT_PAGE_REST_H

#include "core/report/report.h"
#include "core/base/writer.h"

void cfo_report_rest(const cfo_writer_t *out, const cfo_report_t *report);

#endif
