/* SPDX-License-Identifier: Apache-2.0 */
/* HTML elements that the sections of the status page share. */
#ifndef CFO_CORE_REPORT_HTML_H
#define CFO_CORE_REPORT_HTML_H

#include "apr_time.h"

#include "core/report/report.h"
#include "core/base/writer.h"

/* "2029-11-01 17:00" in UTC, as a <time> element. */
void cfo_html_time(const cfo_writer_t *out, apr_time_t time);

/* The same as text. */
void cfo_html_time_text(const cfo_writer_t *out, apr_time_t time);

/* A duration: "12 s", "5 min", "3 h", "12 days". */
void cfo_html_span(const cfo_writer_t *out, apr_interval_time_t span);

/* "5 min ago", with the time; "never" for 0. */
void cfo_html_ago(const cfo_writer_t *out, apr_time_t now, apr_time_t time);

/* "in 12 days" or "expired 3 days ago", with the time; highlighted within `warn` days. */
void cfo_html_expiry(const cfo_writer_t *out, apr_time_t now, apr_time_t time, int warn);

/* The URL of this page with another query, as the value of an attribute. NULL and 0 omit
 * a parameter. */
void cfo_html_address(const cfo_writer_t *out, const cfo_report_t *report,
                      const char *vhost, const char *zone, int refresh);

/* A cell with a number; 0 is pale. A `wide` cell is hidden on a narrow screen. */
void cfo_html_number(const cfo_writer_t *out, apr_uint64_t number, int wide);

/* A form that filters virtual hosts or zones (`name`) by a part of their names. */
void cfo_html_filter(const cfo_writer_t *out, const cfo_report_t *report,
                     const char *name, const char *label);

/* A note on how many rows of a table are shown, unless all are. */
void cfo_html_limit(const cfo_writer_t *out, int shown, int all);

/* The most rows in a table of the page, and how many of `all` rows are shown. */
enum { CFO_HTML_ROWS = 100 };
int cfo_html_rows(int all);

/* The begin and the end of a table that scrolls within the page. `head` has the cells of
 * the header row. Both texts are not escaped. */
void cfo_html_table(const cfo_writer_t *out, const char *caption, const char *head);
void cfo_html_table_end(const cfo_writer_t *out);

#endif
