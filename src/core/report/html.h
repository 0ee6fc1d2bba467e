/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces that the sections of the status page are made of. */
#ifndef CFO_CORE_REPORT_HTML_H
#define CFO_CORE_REPORT_HTML_H

#include "apr_time.h"

#include "core/report/report.h"
#include "core/base/writer.h"

/* "2029-11-01 17:00" in UTC, to be understood by programs, too. */
void cfo_html_time(const cfo_writer_t *out, apr_time_t time);

/* The same as mere text. */
void cfo_html_time_text(const cfo_writer_t *out, apr_time_t time);

/* "12 s", "5 min", "3 h", "12 days": how long that is. */
void cfo_html_span(const cfo_writer_t *out, apr_interval_time_t span);

/* "5 min ago", with the time; "never" for 0. */
void cfo_html_ago(const cfo_writer_t *out, apr_time_t now, apr_time_t time);

/* "in 12 days", "expired 3 days ago", with the time; marked if it is within `warn` days.
 */
void cfo_html_expiry(const cfo_writer_t *out, apr_time_t now, apr_time_t time, int warn);

/* The address of this page with other things asked for; an attribute's value. NULL and 0
 * leave them out. */
void cfo_html_address(const cfo_writer_t *out, const cfo_report_t *report,
                      const char *vhost, const char *zone, int refresh);

/* A cell with a number; 0 is pale, so that the others catch the eye. If it is `wide`, it
 * is not there on a narrow screen. */
void cfo_html_number(const cfo_writer_t *out, apr_uint64_t number, int wide);

/* A form that asks for virtual hosts or zones (`name`) by a part of their names. */
void cfo_html_filter(const cfo_writer_t *out, const cfo_report_t *report,
                     const char *name, const char *label);

/* Says how many rows of a table are shown, if that is not all of them. */
void cfo_html_limit(const cfo_writer_t *out, int shown, int all);

/* No table of the page is longer than this; and how many of `all` rows that makes. */
enum { CFO_HTML_ROWS = 100 };
int cfo_html_rows(int all);

/* A table that scrolls within the page, up to its first row, and its end. `head` is the
 * rest of the first row; both texts are ours. */
void cfo_html_table(const cfo_writer_t *out, const char *caption, const char *head);
void cfo_html_table_end(const cfo_writer_t *out);

#endif
