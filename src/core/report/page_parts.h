/* SPDX-License-Identifier: Apache-2.0 */
/* The sections of a report's page, a file each. */
#ifndef CFO_CORE_REPORT_PAGE_PARTS_H
#define CFO_CORE_REPORT_PAGE_PARTS_H

#include "core/report/report.h"
#include "core/base/writer.h"

/* page_traffic.c: the requests, as charts and as a table by reason. */
void cfo_report_traffic(const cfo_writer_t *out, const cfo_report_t *report);

/* page_vhosts.c: the virtual hosts. */
void cfo_report_vhost_table(const cfo_writer_t *out, const cfo_report_t *report);

/* page_zones.c: the zones, and the certificates that were presented. */
void cfo_report_zone_tables(const cfo_writer_t *out, const cfo_report_t *report);

/* page_rest.c: ranges, and the counters other than requests. */
void cfo_report_rest(const cfo_writer_t *out, const cfo_report_t *report);

#endif
