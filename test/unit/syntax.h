/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the syntax of a text. Returns NULL if it is correct, or the place of the first
 * error. */
#ifndef CFO_TEST_SYNTAX_H
#define CFO_TEST_SYNTAX_H

/* One JSON value (RFC 8259) and a newline. */
const char *syntax_json(const char *text);

/* OpenMetrics, as far as this project uses it: a family begins with TYPE, no sample
 * appears twice, names and labels are well-formed, and EOF is the end. */
const char *syntax_metrics(const char *text);

/* HTML: all elements are closed in order (except void ones), all attributes are quoted,
 * and there is no script, style attribute or event handler. */
const char *syntax_html(const char *text);

#endif
