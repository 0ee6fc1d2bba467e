/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges, and what is counted beside requests, for people. */
#ifndef CFO_CORE_REPORT_PAGE_REST_H
#define CFO_CORE_REPORT_PAGE_REST_H

#include "core/report/report.h"
#include "core/base/writer.h"

void cfo_report_rest(const cfo_writer_t *out, const cfo_report_t *report);

#endif
