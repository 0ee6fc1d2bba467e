/* SPDX-License-Identifier: Apache-2.0 */
/* A sample server, to test reports with. */
#ifndef CFO_TEST_SAMPLE_H
#define CFO_TEST_SAMPLE_H

#include "core/log/finding.h"
#include "core/report/report.h"
#include "fixture.h"
#include "pki.h"

/* Text that an attacker could try to inject, for instance by a file name. */
#define HOSTILE "<script>alert(1)</script>&\"'\\\n\xff"

/* An empty report: no virtual host, no zone, no counts. Its time is NOW. */
cfo_report_t *sample_empty(void);

/* Adds a virtual host; adds requests with a reason to it, in each of the last minutes and
 * hours and since start. */
cfo_vhost_totals_t *sample_vhost(cfo_report_t *report, const char *name,
                                 cfo_stance_t stance);
void sample_requests(cfo_report_t *report, cfo_vhost_totals_t *totals,
                     cfo_reason_t reason, int a_minute, int an_hour);

/* Updates the sums of its minutes and hours after a change. */
void sample_sum(cfo_vhost_totals_t *totals);

/* Adds a zone with a CA that expires in so many days; NULL: no CA, because its file did
 * not load. */
void sample_zone(cfo_report_t *report, const char *name, const pki_t *ca);
const pki_t *sample_ca(const char *name, int days);

void sample_path_error(cfo_report_t *report, const cfo_path_error_t *error);
void sample_finding(cfo_report_t *report, const cfo_finding_t *finding);

/* A busy server with a week of history and many problems; completed. */
cfo_report_t *sample_night(void);

#endif
