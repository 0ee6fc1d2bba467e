/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual hosts of a report, as part of the page. */
#ifndef CFO_CORE_REPORT_PAGE_VHOSTS_H
#define CFO_CORE_REPORT_PAGE_VHOSTS_H

#include "core/report/report.h"
#include "core/base/writer.h"

void cfo_report_vhost_table(const cfo_writer_t *out, const cfo_report_t *report);

#endif
