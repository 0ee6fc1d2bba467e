/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a text is what it ought to be. Each returns where it is not, NULL if it is. */
#ifndef CFO_TEST_SYNTAX_H
#define CFO_TEST_SYNTAX_H

/* One value of RFC 8259, and a newline. */
const char *syntax_json(const char *text);

/* OpenMetrics as far as this project uses it: families begin with TYPE, have no sample
 * twice, names and labels are well-formed, and EOF ends it. */
const char *syntax_metrics(const char *text);

/* HTML whose elements are all closed in order (but for those that have no end), whose
 * attributes are all quoted, and which has no script, style attribute or handler. */
const char *syntax_html(const char *text);

#endif
