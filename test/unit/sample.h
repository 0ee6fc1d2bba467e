/* SPDX-License-Identifier: Apache-2.0 */
/* Example reports. */
#ifndef CFO_TEST_SAMPLE_H
#define CFO_TEST_SAMPLE_H

#include "core/log/finding.h"
#include "core/report/report.h"
#include "fixture.h"
#include "pki.h"

/* Everything that an attacker, or an unusual file name, could contain. */
#define HOSTILE "<script>alert(1)</script>&\"'\\\n\xff"

/* A report without virtual hosts, zones or counts. At NOW. */
cfo_report_t *sample_empty(void);

/* Adds a virtual host with so many requests for a reason in each of the last minutes and
 * hours, and since the start. */
cfo_vhost_totals_t *sample_vhost(cfo_report_t *report, const char *name, cfo_mode_t mode);
void sample_requests(cfo_report_t *report, cfo_vhost_totals_t *totals,
                     cfo_reason_t reason, int a_minute, int an_hour);

/* Sums up its minutes and hours after a change. */
void sample_sum(cfo_vhost_totals_t *totals);

/* Adds a zone with a CA that expires in so many days; NULL: shut, because its file did
 * not load. */
void sample_zone(cfo_report_t *report, const char *name, const pki_t *ca);
const pki_t *sample_ca(const char *name, int days);

/* Completes a report, as the status does. */
void sample_complete(cfo_report_t *report);

void sample_flaw(cfo_report_t *report, const cfo_flaw_t *flaw);
void sample_finding(cfo_report_t *report, const cfo_finding_t *finding);

/* A completed report on a server with many problems and a week of requests. */
cfo_report_t *sample_night(void);

#endif
