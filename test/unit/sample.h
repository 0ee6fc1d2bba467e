/* SPDX-License-Identifier: Apache-2.0 */
/* A server as it may be, to be reported of. */
#ifndef CFO_TEST_SAMPLE_H
#define CFO_TEST_SAMPLE_H

#include "core/log/finding.h"
#include "core/report/report.h"
#include "fixture.h"
#include "pki.h"

/* Everything that an attacker, or an unlucky file name, could bring along. */
#define HOSTILE "<script>alert(1)</script>&\"'\\\n\xff"

/* A report on nothing: no virtual host, no zone, no count. At NOW. */
cfo_report_t *sample_empty(void);

/* Adds a virtual host with so many requests for a reason in each of the last minutes and
 * hours, and since the start. */
cfo_vhost_totals_t *sample_vhost(cfo_report_t *report, const char *name,
                                 cfo_stance_t stance);
void sample_requests(cfo_report_t *report, cfo_vhost_totals_t *totals,
                     cfo_reason_t reason, int a_minute, int an_hour);

/* Adds up its minutes and hours, after they were changed. */
void sample_sum(cfo_vhost_totals_t *totals);

/* Adds a zone with a CA that ends in so many days; NULL: with nothing, shut by its file.
 */
void sample_zone(cfo_report_t *report, const char *name, const pki_t *ca);
const pki_t *sample_ca(const char *name, int days);

void sample_path_error(cfo_report_t *report, const cfo_path_error_t *flaw);
void sample_finding(cfo_report_t *report, const cfo_finding_t *finding);

/* A server in a bad night, with a week behind it; completed. */
cfo_report_t *sample_night(void);

#endif
