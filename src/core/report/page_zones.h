/* SPDX-License-Identifier: Apache-2.0 */
/* The zones of a report and the certificates that were presented, as part of the page. */
#ifndef CFO_CORE_REPORT_PAGE_ZONES_H
#define CFO_CORE_REPORT_PAGE_ZONES_H

#include "core/report/report.h"
#include "core/base/writer.h"

void cfo_report_zone_tables(const cfo_writer_t *out, const cfo_report_t *report);

#endif
